"""A snapshot: all that head office would tell a terminal whose cursor it does not know, in chunks, while the terminal goes on.

    POST /v1/snapshot  SnapshotRequest -> SnapshotChunk

First come programs, layouts and the like, then members in the order of their handles, then their plain codes in theirs: so a
terminal writes each page of its tables once. Each chunk is read for itself, so members that change meanwhile come as they are then;
whoever has all chunks reads the feed on from `feed_cursor`, where it stood when the first was made, and is level.

`hash` is SHA-256 over the hash before it, as 64 hex digits, and the bytes of the chunk: one that is wrong, missing, doubled or out
of place does not fit. Nothing of a snapshot is kept at head office; all that it needs to go on is in `cursor`.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import msgspec
import zstandard

from loyalty import bounds
from loyalty.journal import FIRST_PREV_HASH
from loyalty.moment import WALL_MS_MAX
from runtime.errors import Unavailable
from sync import wire
from sync.wire import FeedRow, MemberRow

CHUNK_ROWS_MAX = 500  # a sale at the till waits no longer than for one chunk to be written
CHUNK_BYTES_MAX = 1024 * 1024  # where head office cuts a chunk short; one row alone may be larger
CHUNK_INFLATED_BYTES_MAX = 6 * 1024 * 1024  # where a terminal stops reading
ZSTD_LEVEL = 1


@dataclass(frozen=True, slots=True)
class SnapshotRequest:
    """The next chunk behind `cursor`; the first one for none, or for one that head office does not know."""

    cursor: str = ""


@dataclass(frozen=True, slots=True)
class SnapshotChunk:
    """`packed` are rows of the feed as one JSON array, zstd; `members` and `hash` count from the first chunk to this one."""

    cursor: str
    feed_cursor: str
    incarnation: str
    members: int
    hash: str
    packed: bytes
    server_ms: int
    first: bool = False
    last: bool = False

    def __post_init__(self) -> None:
        bounds.hexadecimal("hash", self.hash, 64)
        bounds.whole("server_ms", self.server_ms, 0, WALL_MS_MAX)


@dataclass(frozen=True, slots=True)
class CodeRow:
    """A member's plain code."""

    text: str
    handle: str

    def __post_init__(self) -> None:
        bounds.text("text", self.text)
        bounds.hexadecimal("handle", self.handle, wire.HANDLE_CHARS)


@dataclass(frozen=True, slots=True)
class Loading:
    """How far a terminal has a snapshot: what it asks with, where its feed will go on, of which life of head office it is."""

    cursor: str = ""
    feed_cursor: str = ""
    incarnation: str = ""
    members: int = 0
    hash: str = FIRST_PREV_HASH


class Taken(NamedTuple):
    """What a chunk holds, how far the snapshot has come with it, and head office's own time of it, milliseconds UTC; `first` begins
    one, `last` completes it.
    """

    entities: Sequence[Any]
    loading: Loading
    heard_ms: int
    first: bool
    last: bool


ENTITIES = {**wire.ENTITIES, "code": CodeRow}
"""What a snapshot carries. A terminal skips kinds that it does not know."""

_ROWS = msgspec.json.Decoder(tuple[FeedRow, ...])


def packed(data: bytes) -> bytes:
    """The JSON of a chunk as it travels."""
    return zstandard.ZstdCompressor(level=ZSTD_LEVEL).compress(data)


def unpacked(data: bytes) -> bytes:
    """The JSON of a chunk. Raises ValueError for what is none, or inflates beyond CHUNK_INFLATED_BYTES_MAX."""
    try:
        with zstandard.ZstdDecompressor().stream_reader(data) as reader:
            found = reader.read(CHUNK_INFLATED_BYTES_MAX + 1)
    except zstandard.ZstdError as error:
        raise ValueError(f"not a zstd frame: {error}") from error
    if len(found) > CHUNK_INFLATED_BYTES_MAX:
        raise ValueError(f"the chunk inflates to more than {CHUNK_INFLATED_BYTES_MAX} bytes")
    return found


def chained(before: str, data: bytes) -> str:
    """The hash of a chunk whose JSON is `data`."""
    return hashlib.sha256(before.encode() + data).hexdigest()


def taken(loading: Loading, chunk: SnapshotChunk) -> Taken:
    """What `chunk` brings to whoever is as far as `loading`. Raises Unavailable for one that does not fit: it is asked again."""
    before = Loading() if chunk.first else loading
    if not chunk.first and (chunk.incarnation, chunk.feed_cursor) != (before.incarnation, before.feed_cursor):
        raise _broken("it belongs to another snapshot")
    try:
        data = unpacked(chunk.packed)
        if chained(before.hash, data) != chunk.hash:
            raise _broken("its hash is another one")
        entities: list[Any] = [
            wire.decode(bytes(row.body), ENTITIES[row.kind]) for row in _ROWS.decode(data) if row.kind in ENTITIES
        ]
    except (ValueError, msgspec.MsgspecError) as error:
        raise _broken(str(error)) from error
    members = before.members + sum(isinstance(one, MemberRow) for one in entities)
    if members != chunk.members:
        raise _broken(f"it counts {chunk.members} members, and {members} have come")
    now = Loading(chunk.cursor, chunk.feed_cursor, chunk.incarnation, members, chunk.hash)
    return Taken(entities, now, chunk.server_ms, chunk.first, chunk.last)


def _broken(why: str) -> Unavailable:
    hint = "It is asked for again by itself; the till goes on with the members that it has"
    return Unavailable("snapshot_broken", f"A part of the members came wrong from head office: {why}", hint)
