"""A member's standing: the one place where it is read, and where what has happened to it is written.

What follows from a record, a hold or a day is decided by loyalty/standing.py; here it becomes entries and columns.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from central.clock import local_day
from central.programs import NO_PROGRAM, in_force
from central.store import ledger, members, terminals
from central.store.engine import Connection
from central.store.ledger import NO_TERMINAL, Cause
from central.store.members import MemberHere
from loyalty import bounds, standing
from loyalty.ledger import available, exposed, held
from loyalty.program import Program
from loyalty.standing import Standing
from sync import wire


class Change(NamedTuple):
    """A locked member's standing, and what has become of it."""

    member: MemberHere
    before: Standing
    after: Standing


class Now(NamedTuple):
    """What is in force when something happens at head office: the program, and today."""

    program: Program
    day: str


def now_in(db: Connection, now_ms: int) -> Now:
    """What is in force."""
    return Now(in_force(db, now_ms) or NO_PROGRAM, today(db, now_ms))


def today(db: Connection, now_ms: int) -> str:
    """The day that has begun in every store: no piece expires while it is still good somewhere."""
    return min((local_day(zone, now_ms) for zone in terminals.time_zones(db)), default=local_day("UTC", now_ms))


def load(db: Connection, member: MemberHere, holds: Iterable[str] = ()) -> Standing:
    """How `member` stands, with what is in those holds, exposed of them or of leases, and in all leases."""
    return load_all(db, [member], holds)[member.id]


def load_all(db: Connection, found: Sequence[MemberHere], holds: Iterable[str] = ()) -> dict[int, Standing]:
    """How each of those members stands."""
    holds = list(holds)
    accounts = [*(available(member.handle) for member in found), *map(held, holds), *map(exposed, holds)]
    lots = ledger.lots_in(db, [member.id for member in found], accounts)
    return {
        member.id: Standing(
            handle=member.handle,
            accounts=lots[member.id],
            tier=member.tier,
            reviewed=member.reviewed,
            visits=member.visits,
            spent_minor=member.spent_minor,
            joined=member.joined,
            last_visit=member.last_visit,
            segments=tuple(member.segments),
            occasions={name: (first, last) for name, (first, last) in member.occasions.items()},
            referred_by=member.referred_by,
        )
        for member in found
    }


def save(db: Connection, now: Now, cause: Cause, *changes: Change, also: Sequence[tuple[str, int]] = ()) -> None:
    """Write what has become of members, and of those who brought them; tell the terminals of whoever has changed, and of what
    `also` has.

    Raises ValueError for a sum that no database holds. Call it last: the feed's position is taken here.
    """
    changes = (*changes, *_owed(db, now, changes))
    for change in changes:
        _bounded(change.after)
        members.set_standing(db, change.member.id, change.after, standing.due(now.program, change.after, now.day))
    told = {
        change.member.id: change.after.posted
        for change in changes
        if cause.terminal != NO_TERMINAL or change.after.posted or change.after != change.before
    }
    if told or also:
        ledger.post(db, cause, told, also)


def _owed(db: Connection, now: Now, changes: Sequence[Change]) -> list[Change]:
    """What members are given for those whom they brought."""
    given = []
    for change in changes:
        if not change.after.owed or change.after.referred_by == change.after.handle:
            continue
        member = members.current(db, change.after.referred_by, lock=True)
        if member and member.id not in {one.member.id for one in changes}:
            before = load(db, member)
            given.append(Change(member, before, standing.given(now.program, before, change.after.owed, now.day)))
    return given


def _bounded(after: Standing) -> None:
    bounds.whole("spent_minor", after.spent_minor, 0, wire.SEQ_MAX)
    for held_lots in after.accounts.values():
        bounds.whole("balance", sum(held_lots.values()), -wire.SEQ_MAX, wire.SEQ_MAX)
