"""What has changed for a terminal since it last asked, in whole positions, so that it never sees half of a transaction.

A cursor is `incarnation.told.position`, opaque to terminals: everything up to `position` has been read. `told` is where the
round of pages began: a member that changes again while a terminal reads page after page moves on to a later page, and what it
includes is counted from the beginning of the round, so that nothing it includes is ever passed over.
"""

import asyncio
import re
from collections.abc import Mapping, Sequence
from itertools import chain
from typing import Any, NamedTuple

import msgspec

from central import blanks, budgets, layouts, leases, standings
from central.store import feed, members, merges, programs
from central.store.engine import Connection
from central.store.feed import Change, Office
from loyalty.lots import folded
from sync import wire

MEMBER = "member"
_CURSOR = re.compile(r"([0-9a-f]{16})\.([0-9]{1,18})\.([0-9]{1,18})")


class Cursor(NamedTuple):
    """How far a terminal has read."""

    told: int = 0
    position: int = 0


class Asked(NamedTuple):
    """Where the round of pages began, the day on which it is asked, and whether head office recovers."""

    told: int
    day: str
    recovering: bool


class Page(NamedTuple):
    """A page, and whether it holds anything that is worth an answer now."""

    page: wire.FeedPage
    news: bool


def answer(db: Connection, terminal: int, request: wire.FeedRequest, now_ms: int, rows_max: int = wire.FEED_ROWS_MAX) -> Page:
    """The next page for that terminal. To one with a cursor of another life of this database the word that there is a snapshot; or
    the feed from the beginning, where it takes none.

    At most `rows_max` rows, unless one position alone has more. `db` must be one snapshot.
    """
    office, head = feed.here(db, terminal)
    known = _start(request.cursor, office)
    if known is None and request.snapshots:
        return Page(wire.FeedPage("", (), True, office.incarnation, now_ms, snapshot=True), news=True)
    start = known or Cursor()
    changes = feed.changes_after(db, terminal, start.position, rows_max + 1) if start.position < office.position else []
    more = len(changes) > rows_max
    if more:
        changes = _whole(db, terminal, changes)
    position = changes[-1].position if more else office.position
    then = Cursor(start.told if more else position, position)
    day = standings.today(db, now_ms) if any(change.kind == MEMBER for change in changes) else ""
    rows = told(db, changes, terminal, Asked(start.told, day, office.recovering))
    page = wire.FeedPage(
        cursor_text(office.incarnation, then),
        tuple(chain.from_iterable(rows)),
        more,
        office.incarnation,
        now_ms,
        head.seq,
        head.hash,
    )
    return Page(page, news=bool(changes) or not request.cursor.startswith(office.incarnation))


def cursor_text(incarnation: str, cursor: Cursor) -> str:
    """A cursor as it travels."""
    return f"{incarnation}.{cursor.told}.{cursor.position}"


def _start(cursor: str, office: Office) -> Cursor | None:
    """Where `cursor` stands; None for one that is not of this life of the database."""
    found = _CURSOR.fullmatch(cursor)
    if not found or found[1] != office.incarnation:
        return None
    start = Cursor(int(found[2]), int(found[3]))
    return start if start.told <= start.position <= office.position else None


def read_to(db: Connection, cursor: str) -> int:
    """How far a terminal with that cursor has read; 0 for a cursor of another life of this database."""
    return (_start(cursor, feed.office(db)) or Cursor()).position


def _whole(db: Connection, terminal: int, changes: list[Change]) -> list[Change]:
    """Without the last position, which may go on beyond what was read; or that one in full if there is no other."""
    cut = changes[-1].position
    whole = [change for change in changes if change.position < cut]
    return whole or feed.changes_at(db, terminal, cut)


def told(db: Connection, changes: Sequence[Change], terminal: int, asked: Asked) -> list[list[wire.FeedRow]]:
    """What is told of each change: the entity as it is now, and with a member the terminal's lease of that one."""
    keys: dict[str, list[int]] = {}
    for change in changes:
        keys.setdefault(change.kind, []).append(change.key)
    entities: dict[tuple[str, int], Any] = {}
    if "program" in keys:
        secret = programs.pool_keys(db, keys["program"])
        found_programs = programs.by_versions(db, keys["program"])
        entities |= {("program", row.version): _program(row, secret[row.version]) for row in found_programs}
    if "layout" in keys:
        entities["layout", layouts.FEED_KEY] = layouts.told(db)
    if "share" in keys:
        entities["share", terminal] = budgets.told(db, terminal)
    if "pool" in keys:
        entities["pool", terminal] = blanks.told(db, terminal)
    if "bound" in keys:
        entities["bound", leases.BOUND_KEY] = leases.bound_told(db)
    if "code_key" in keys:
        found = programs.code_keys(db, keys["code_key"])
        entities |= {("code_key", row.id): wire.CodeKeyRow(row.key_id, row.public_key, row.revoked) for row in found}
    beside: Mapping[int, wire.LeaseRow] = {}
    if MEMBER in keys:
        rows = _members(db, keys[MEMBER], terminal, asked)
        entities |= {(MEMBER, key): row for key, row in rows.items()}
        if not asked.recovering:  # it may have forgotten itself what it was given back
            beside = leases.told(db, keys[MEMBER], terminal)
    both = (
        (entities[change.kind, change.key], beside.get(change.key) if change.kind == MEMBER else None) for change in changes
    )
    return [[wire.feed_row(entity) for entity in pair if entity] for pair in both]


def _program(row: programs.Published, pool_key: str) -> wire.ProgramRow:
    return wire.ProgramRow(row.code, row.version, row.effective_ms, msgspec.json.decode(row.json), pool_key)


def _members(db: Connection, keys: Sequence[int], terminal: int, asked: Asked) -> dict[int, wire.MemberRow]:
    """Of one who was merged into another the records that the other's balances include are told too: the terminal may still have
    them under the one, and need not know which row comes first.
    """
    found, into = members.by_ids(db, keys), merges.into(db, keys)
    standing_of, codes = standings.load_all(db, found), members.codes_of(db, keys)
    included = members.included_after(db, [*keys, *(key for key, _ in into.values())], terminal, asked.told)
    for member, (key, _) in into.items():
        included[member] = [*included.get(member, ()), *included.get(key, ())]
    return {
        member.id: wire.MemberRow(
            handle=member.handle,
            first_name=member.first_name,
            tier=member.tier,
            generation=member.generation,
            balances={unit: folded(held, asked.day) for unit, held in standing_of[member.id].owned().items()},
            codes=tuple(codes.get(member.id, ())),
            blocked=member.blocked,
            includes=tuple(included.get(member.id, ())),
            visits=member.visits,
            spent_minor=member.spent_minor,
            joined=member.joined,
            last_visit=member.last_visit,
            segments=tuple(member.segments),
            occasions=standing_of[member.id].occasions,
            merged_into=into[member.id][1] if member.id in into else "",
        )
        for member in found
    }


class News:
    """Tells waiting terminals that the feed has moved."""

    def __init__(self) -> None:
        """Nobody waits yet."""
        self._moved = asyncio.Event()
        self._closed = False

    def tell(self) -> None:
        """The feed has moved: everybody who waits looks again."""
        self._moved.set()
        self._moved = asyncio.Event()

    def close(self) -> None:
        """Head office stops: nobody waits any more."""
        self._closed = True
        self.tell()

    def ticket(self) -> asyncio.Event:
        """What will be set by the next `tell`; take it before looking, so that nothing slips through in between."""
        return self._moved

    async def wait(self, ticket: asyncio.Event, seconds: float) -> bool:
        """Wait for the next `tell` after `ticket` was taken; False when there is no use in waiting longer."""
        if self._closed or seconds <= 0:
            return False
        try:
            async with asyncio.timeout(seconds):
                await ticket.wait()
        except TimeoutError:
            return False
        return not self._closed
