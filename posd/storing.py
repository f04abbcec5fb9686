"""The store as the sync loop wants it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from posd.store import agreements, budgets, joining, journal, pages, snapshots
from posd.store.database import Store
from posd.store.db import Db
from sync.joining import AttachmentRequest
from sync.pull import Health, PullState, Reading
from sync.push import PushState
from sync.snapshot import Taken


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

    async def reading(self) -> Reading:
        """All that the next request says."""
        return await self.store.look(_reading)

    async def save_chunk(self, taken: Taken) -> None:
        """A chunk of it, in one transaction."""
        await self.store.run(snapshots.save_chunk, taken)

    async def save_page(self, entities: Sequence[Any], state: PullState) -> None:
        """Rows and cursor in one transaction."""
        await self.store.run(pages.save_page, entities, state)
        await _note_freeze(self.store)


def _reading(db: Db) -> Reading:
    health = Health(*journal.queued(db), given=budgets.given(db), journal_seq=agreements.journal_end(db))
    return Reading(journal.pull_state(db), health, snapshots.loading(db))


async def _note_freeze(store: Store) -> None:
    """What head office has just said of our journal holds from now on, not from the next start on."""
    store.condition.frozen = store.condition.frozen or await store.look(journal.frozen)
