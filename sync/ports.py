"""What the sync loop needs from a terminal's store."""

from collections.abc import Sequence
from typing import Any, Protocol

from sync.joining import AttachmentRequest
from sync.pull import PullState, Reading
from sync.push import PushState
from sync.snapshot import Taken


class Journal(Protocol):
    """The records, and how far head office has them."""

    async def push_state(self) -> PushState:
        """How far head office has acknowledged, and what a person must look at if anything."""
        ...

    async def save_push_state(self, state: PushState) -> None:
        """Remember it durably."""
        ...

    async def records_after(self, seq: int, records_max: int, bytes_max: int) -> list[bytes]:
        """The next records in order: as many as both bounds allow, but one at least if there is one."""
        ...

    async def hash_at(self, seq: int) -> str | None:
        """Our record's hash at `seq`; that of an empty chain at 0; None beyond our head, push.PRUNED_HASH for a deleted one."""
        ...

    async def next_attachment(self) -> AttachmentRequest | None:
        """The oldest attachment whose record head office has acknowledged."""
        ...

    async def drop_attachment(self, seq: int) -> None:
        """Head office has the attachment of our record `seq`: delete it."""
        ...


class Cache(Protocol):
    """What head office told us."""

    async def pull_state(self) -> PullState:
        """Where reading goes on."""
        ...

    async def reading(self) -> Reading:
        """The same, how far a snapshot has come in, and how this terminal is doing, all of one moment: how many records wait and
        since when, what it has given or promised of each budget, ever, by rule, and its last seq (-1 while something is still to be
        said in the journal first, to a head office that was restored).
        """
        ...

    async def save_chunk(self, taken: Taken) -> None:
        """Keep a chunk and how far the snapshot has come with it in one transaction; the last one puts it into use."""
        ...

    async def save_page(self, entities: Sequence[Any], state: PullState) -> None:
        """Store the entities of one page and the new state in one transaction."""
        ...
