"""The store as the sync loop wants it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from posd.store import agreements, budgets, joining, journal, pages, snapshots
from posd.store.database import Store
from sync.joining import AttachmentRequest
from sync.pull import PullState
from sync.push import PushState
from sync.snapshot import Loading, Taken


@dataclass(frozen=True, slots=True)
class StoredJournal:
    """sync.ports.Journal over the store."""

    store: Store

    async def push_state(self) -> PushState:
        """How far head office has us."""
        return await self.store.look(journal.push_state)

    async def save_push_state(self, state: PushState) -> None:
        """Remember it."""
        await self.store.run(journal.save_push_state, state)
        await _note_freeze(self.store)

    async def records_after(self, seq: int, records_max: int, bytes_max: int) -> list[bytes]:
        """The next records."""
        return await self.store.look(journal.records_after, seq, records_max, bytes_max)

    async def hash_at(self, seq: int) -> str | None:
        """Our record's hash there."""
        return await self.store.look(journal.hash_at, seq)

    async def end(self) -> int:
        """Where the journal ends."""
        return await self.store.look(agreements.journal_end)

    async def queued(self) -> tuple[int, int]:
        """What waits, and since when."""
        return await self.store.look(journal.queued)

    async def next_attachment(self) -> AttachmentRequest | None:
        """What is to be sent."""
        return await self.store.look(joining.next_attachment)

    async def drop_attachment(self, seq: int) -> None:
        """Delete it."""
        await self.store.run(joining.drop_attachment, seq)


@dataclass(frozen=True, slots=True)
class StoredCache:
    """sync.ports.Cache over the store."""

    store: Store

    async def pull_state(self) -> PullState:
        """Where reading goes on."""
        return await self.store.look(journal.pull_state)

    async def budgets_given(self) -> dict[str, int]:
        """What has been given of each budget."""
        return await self.store.look(budgets.given)

    async def loading(self) -> Loading | None:
        """A snapshot that is coming in."""
        return await self.store.look(snapshots.loading)

    async def save_chunk(self, taken: Taken) -> None:
        """A chunk of it, in one transaction."""
        await self.store.run(snapshots.save_chunk, taken)

    async def save_page(self, entities: Sequence[Any], state: PullState) -> None:
        """Rows and cursor in one transaction."""
        await self.store.run(pages.save_page, entities, state)
        await _note_freeze(self.store)


async def _note_freeze(store: Store) -> None:
    """What head office has just said of our journal holds from now on, not from the next start on."""
    store.condition.frozen = store.condition.frozen or await store.look(journal.frozen)
