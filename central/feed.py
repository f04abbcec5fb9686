"""What has changed for a terminal since it last asked, in whole positions, so that it never sees half of a transaction.

A cursor is `incarnation.told.position`, opaque to terminals: everything up to `position` has been read. `told` is where the
round of pages began: a member that changes again while a terminal reads page after page moves on to a later page, and what it
includes is counted from the beginning of the round, so that nothing it includes is ever passed over.
"""

import asyncio
import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import msgspec

from central import blanks, budgets, layouts, leases, standings
from central.store import feed, members, merges, programs
from central.store.engine import Connection
from central.store.feed import Change, Office
from loyalty.lots import folded
from sync import wire

_CURSOR = re.compile(r"([0-9a-f]{16})\.([0-9]{1,18})\.([0-9]{1,18})")


class Cursor(NamedTuple):
    """How far a terminal has read."""

    told: int = 0
    position: int = 0


class Asked(NamedTuple):
    """Where the round of pages began, and the day on which it is asked."""

    told: int
    day: str


class Page(NamedTuple):
    """A page, and whether it holds anything that is worth an answer now."""

    page: wire.FeedPage
    news: bool


def read_page(db: Connection, terminal: int, cursor: str, now_ms: int, rows_max: int = wire.FEED_ROWS_MAX) -> Page:
    """The next page after `cursor` for that terminal; from the beginning for a cursor of another life of this database.

    At most `rows_max` rows, unless one position alone has more. `db` must be one snapshot.
    """
    office = feed.office(db)
    start = _start(cursor, office)
    changes = feed.changes_after(db, terminal, start.position, rows_max + 1)
    more = len(changes) > rows_max
    if more:
        changes = _whole(db, terminal, changes)
    position = changes[-1].position if more else office.position
    then = Cursor(start.told if more else position, position)
    text = f"{office.incarnation}.{then.told}.{then.position}"
    page = wire.FeedPage(
        text,
        tuple(_rows(db, changes, terminal, Asked(start.told, standings.today(db, now_ms)))),
        more,
        office.incarnation,
        now_ms,
    )
    return Page(page, news=bool(changes) or not cursor.startswith(office.incarnation))


def _start(cursor: str, office: Office) -> Cursor:
    found = _CURSOR.fullmatch(cursor)
    if not found or found[1] != office.incarnation:
        return Cursor()
    start = Cursor(int(found[2]), int(found[3]))
    return start if start.told <= start.position <= office.position else Cursor()


def position_of(db: Connection, cursor: str) -> int:
    """How far a terminal with that cursor has read; 0 for a cursor of another life of this database."""
    return _start(cursor, feed.office(db)).position


def _whole(db: Connection, terminal: int, changes: list[Change]) -> list[Change]:
    """Without the last position, which may go on beyond what was read; or that one in full if there is no other."""
    cut = changes[-1].position
    whole = [change for change in changes if change.position < cut]
    return whole or feed.changes_at(db, terminal, cut)


def _rows(db: Connection, changes: Sequence[Change], terminal: int, asked: Asked) -> list[wire.FeedRow]:
    """The entities as they are now, in the feed's order."""
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
    if "member" in keys:
        included = members.included_after(db, keys["member"], terminal, asked.told)
        rows = _members(db, keys["member"], included, asked.day)
        entities |= {("member", key): row for key, row in rows.items()}
    beside: Mapping[int, wire.LeaseRow] = {}
    if "member" in keys:
        beside = leases.told(db, keys["member"], terminal)
    return [
        wire.feed_row(entity)
        for change in changes
        for entity in (entities[change.kind, change.key], beside.get(change.key) if change.kind == "member" else None)
        if entity
    ]


def _program(row: programs.Published, pool_key: str) -> wire.ProgramRow:
    return wire.ProgramRow(row.code, row.version, row.effective_ms, msgspec.json.decode(row.json), pool_key)


def _members(db: Connection, keys: Sequence[int], included: Mapping[int, Sequence[str]], day: str) -> dict[int, wire.MemberRow]:
    found = members.by_ids(db, keys)
    standing_of, codes, into = standings.load_all(db, found), members.codes_of(db, keys), merges.handles(db, keys)
    return {
        member.id: wire.MemberRow(
            handle=member.handle,
            first_name=member.first_name,
            tier=member.tier,
            generation=member.generation,
            balances={unit: folded(held, day) for unit, held in standing_of[member.id].owned().items()},
            codes=tuple(codes.get(member.id, ())),
            blocked=member.blocked,
            includes=tuple(included.get(member.id, ())),
            visits=member.visits,
            spent_minor=member.spent_minor,
            joined=member.joined,
            last_visit=member.last_visit,
            segments=tuple(member.segments),
            occasions=standing_of[member.id].occasions,
            merged_into=into.get(member.id, ""),
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
