"""A snapshot for a terminal whose cursor is not known, chunk by chunk; sync/snapshot.py says what it is made of.

Each chunk is one short read, and nothing is kept between two of them: where it goes on stands in the cursor, with the hash and the
count of what was told. What changes meanwhile the terminal reads in the feed, from where that stood at the first chunk.
"""

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import msgspec

from central import feed, standings
from central.feed import MEMBER
from central.store import feed as changes
from central.store import members
from central.store.engine import Connection
from central.store.feed import Change
from loyalty.journal import FIRST_PREV_HASH
from sync import snapshot, wire
from sync.snapshot import CodeRow, SnapshotChunk
from sync.wire import FeedRow

CODE = "code"
OTHERS = tuple(sorted(set(wire.ENTITIES) - {MEMBER, "lease"}))

_CURSOR = re.compile(r"([0-9a-f]{16})\.([0-9]{1,18})\.([0-9]{1,18})\.([0-9a-f]{64})\.([a-z_]{1,20})\.(.{1,100})")


class Place(NamedTuple):
    """Where the feed stood at the beginning; how many members were told, and the hash of it all; the last entity that was."""

    position: int
    members: int = 0
    hash: str = FIRST_PREV_HASH
    kind: str = ""
    after: str = ""


class Asked(NamedTuple):
    """Which terminal asks, on which day and while head office recovers or not, and for how many entities at most."""

    terminal: int
    day: str
    recovering: bool
    rows_max: int


class Step(NamedTuple):
    """An entity as a place in the order, and what is told of it."""

    kind: str
    after: str
    rows: Sequence[FeedRow]


def read_chunk(
    db: Connection, terminal: int, cursor: str, now_ms: int, rows_max: int = snapshot.CHUNK_ROWS_MAX
) -> SnapshotChunk:
    """The chunk behind `cursor`, of at most `rows_max` entities; the first for a cursor of another life of this database."""
    office = changes.office(db)
    known = _place(cursor, office.incarnation)
    at = known or Place(office.position)
    told, last = _within(_steps(db, Asked(terminal, standings.today(db, now_ms), office.recovering, rows_max), at), rows_max)
    data = msgspec.json.encode([row for step in told for row in step.rows])
    members_told = at.members + sum(step.kind == MEMBER for step in told)
    place = Place(at.position, members_told, snapshot.chained(at.hash, data), *(told[-1][:2] if told else at[3:]))
    return SnapshotChunk(
        cursor=".".join((office.incarnation, *map(str, place))),
        feed_cursor=feed.cursor_text(office.incarnation, feed.Cursor(place.position, place.position)),
        incarnation=office.incarnation,
        members=place.members,
        hash=place.hash,
        packed=snapshot.packed(data),
        server_ms=now_ms,
        first=known is None,
        last=last,
    )


def _place(cursor: str, incarnation: str) -> Place | None:
    found = _CURSOR.fullmatch(cursor)
    if not found or found[1] != incarnation:
        return None
    return Place(int(found[2]), int(found[3]), found[4], found[5], found[6])


def _within(steps: Iterator[Step], rows_max: int) -> tuple[list[Step], bool]:
    """The next steps within the bounds of a chunk, but one at least if there is one; and whether those are all."""
    told: list[Step] = []
    size = 0
    for step in steps:
        size += sum(len(bytes(row.body)) for row in step.rows)
        if told and (len(told) == rows_max or size > snapshot.CHUNK_BYTES_MAX):
            return told, False
        told.append(step)
    return told, True


def _steps(db: Connection, asked: Asked, at: Place) -> Iterator[Step]:
    """What comes behind `at`, in the order of a snapshot. One more of each is read than is wanted: that tells whether it ends."""
    kind, after = at.kind, at.after
    count = asked.rows_max + 1
    if kind not in (MEMBER, CODE):
        found = changes.others_after(db, asked.terminal, OTHERS, (kind, int(after or -1)), count)
        yield from _told(db, asked, found, [str(one.key) for one in found])
        after = ""
    if kind != CODE:
        those = members.after_handle(db, after if kind == MEMBER else "", count)
        yield from _told(db, asked, [Change(0, MEMBER, key) for key, _ in those], [handle for _, handle in those])
    for text, handle in members.after_code(db, after if kind == CODE else "", count):
        yield Step(CODE, text, [FeedRow(CODE, msgspec.Raw(wire.encode(CodeRow(text, handle))))])


def _told(db: Connection, asked: Asked, found: Sequence[Change], after: Sequence[str]) -> Iterator[Step]:
    rows = feed.told(db, found, asked.terminal, feed.Asked(0, asked.day, asked.recovering))
    return (Step(one.kind, place, told) for one, place, told in zip(found, after, rows, strict=True))
