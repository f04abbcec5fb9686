"""What head office does with leases: it grants them where members are likely, wants them back when somebody online needs the units,
and sets apart what a fenced terminal may still have. What is arithmetic about it is in loyalty/leases.py.

Nothing here looks at a clock to take a lease back: pieces come back by the terminal's own records, in the order of its journal.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import NamedTuple

from central import recovery, standings
from central.standings import Change, Now
from central.store import audit, changing, feed, members, merges, records
from central.store import leases as rows
from central.store.audit import Note
from central.store.engine import Connection, Store
from central.store.holds import HoldRow
from central.store.holds import save as save_hold
from central.store.leases import LeaseRow
from central.store.ledger import NO_TERMINAL, Cause
from central.store.members import MemberHere
from loyalty import leases
from loyalty.agreement import Hold
from loyalty.ids import record_id
from loyalty.ledger import exposed, leased
from loyalty.sale import LeaseReturn, Sale
from loyalty.standing import Standing
from runtime.errors import Rejected
from sync import wire

ROWS_PER_LOOK = 50  # as many members as a day's look takes: no hold waits longer for its member
LOOK_AGAIN_S = 5.0  # a terminal is fenced by a person or by a fork: what it held may stay a few seconds where it is
BOUND_KEY = 1  # there is one bound


class Visit(NamedTuple):
    """A sale that has its effect: whose journal it stands in, its record's id, and when it is booked."""

    chain: int
    terminal: int
    record: str
    now_ms: int


class Parted(NamedTuple):
    """Where two copies of a journal part: the last seq that both have, and by when head office had a record behind it of all but
    one of them. The disk was copied before that.
    """

    seq: int
    before_ms: int


class Bound(NamedTuple):
    """What could be spent of a unit beyond members' balances: by clones of terminals, and of what people released."""

    unit: str
    cloned: int
    released: int


def own_only(db: Connection, chain: int, sale: Sale) -> Sale:
    """`sale` without the leases that are not its terminal's own: they are some other terminal's to spend."""
    found = {hold.lease: rows.get(db, hold.lease) for hold in sale.holds if hold.lease}
    mine = {name for name, row in found.items() if row and row.chain_id == chain}
    holds = tuple(hold if hold.lease in mine else Hold(hold.id, hold.unit, hold.pieces) for hold in sale.holds)
    return sale if holds == sale.holds else replace(sale, holds=holds)


def visited(db: Connection, now: Now, visit: Visit, member: MemberHere, after: Standing) -> Standing:
    """`member` was at a terminal: its store's lease is filled up, or this terminal gets one. In a store one terminal has it.

    Whoever is likely elsewhere too loses the lease that was not used for longest; who is overdrawn, blocked or merged loses all.
    Lost means recalled: its terminal gives it back. Nothing is granted while head office recovers.
    """
    out = rows.of_member(db, member.id)
    if member.blocked or leases.overdrawn(after) or merges.get(db, member.id):
        recall(db, out)
        return after
    place = rows.place_of(db, visit.chain)
    here = next((row for row in out if rows.place_of(db, row.chain_id).store_id == place.store_id), None)
    if not recovery.granting(db, visit.now_ms):
        return after
    if here is None and len(out) >= leases.STORES_MAX:
        recall(db, out[:1])
        return after
    if here is None and place.current:
        name = record_id("lease", "", visit.record)
        here = LeaseRow(member.id, name, visit.chain, visit.terminal, "open", False, {}, {}, {}, {}, visit.now_ms, visit.now_ms)
    if here is None or here.recalled:
        return after
    taken = rows.taken(db, member.id)
    filled = leases.grant(now.program, after, here.id, now.day, taken)
    was, has = leases.within(after, leased(here.id)), leases.within(filled, leased(here.id))
    if here.granted or has:
        names = {here.id, *rows.names_of(db, member.id, here.chain_id)}
        peak = Counter(here.peak) | Counter(leases.at_stake(filled, names, taken))
        granted = Counter(here.granted) + Counter(has) - Counter(was)
        rows.save(db, here._replace(granted=granted, peak=peak, used_ms=visit.now_ms))
    return filled


def recall(db: Connection, wanted: Sequence[LeaseRow]) -> None:
    """Ask their terminals to give these leases back; whoever calls publishes the member."""
    for row in wanted:
        if not row.recalled:
            rows.save(db, row._replace(recalled=True))


def elsewhere(db: Connection, member: MemberHere, before: Standing, hold: Hold) -> list[tuple[int, LeaseRow]]:
    """The open leases, but for the hold's own, that have something of its unit, and how much; the fullest first."""
    have = [(leases.within(before, leased(row.id)).get(hold.unit, 0), row) for row in rows.of_member(db, member.id)]
    return sorted((one for one in have if one[0] and one[1].id != hold.lease), key=lambda one: (-one[0], one[1].id))


def own(db: Connection, member: MemberHere, chain: int | None, name: str) -> LeaseRow | None:
    """The open lease of that name, if it is of this member and of that journal."""
    row = rows.get(db, name) if name else None
    return row if row and (row.member_id, row.chain_id) == (member.id, chain) and row.state in rows.OUT else None


def returned(db: Connection, now: Now, chain: int, body: LeaseReturn, member: MemberHere) -> tuple[Standing, Standing]:
    """The member before and after a terminal's word on its lease. One that head office does not know (it was restored) has
    nothing in it; of a forked journal neither copy knows what the other has spent. Raises Rejected for another's.
    """
    row = rows.get(db, body.lease)
    before = standings.load(db, member, [body.lease])
    if row is None:
        return before, before
    if (row.chain_id, row.member_id) != (chain, member.id):
        raise Rejected("lease_of_another", f"lease {body.lease} belongs to another member or terminal")
    if rows.place_of(db, chain).forked:
        return before, before
    after = leases.give_back(now.program, before, row.lease, body.spent, now.day)
    back = Counter(_held(before, row.id)) - Counter(_held(after, row.id))
    state = row.state if row.state in ("exposed", "released") else "returned" if _held(after, row.id) else "ended"
    rows.save(db, row._replace(returned=Counter(row.returned) + back, state=state))
    return before, after


def may_free(db: Connection, hold: HoldRow) -> bool:
    """Whether a Void frees what was exposed of `hold`: not of a forked journal, of which the other copy may have spent it."""
    return hold.state == "exposed" and hold.chain_id is not None and not rows.place_of(db, hold.chain_id).forked


def back_in_lease(db: Connection, hold: HoldRow) -> list[Hold]:
    """What a Void of a forked journal does to an exposed hold: the part that came out of the lease is exposed of that from now on,
    and covers what either copy has spent of it.
    """
    row = rows.get(db, hold.lease) if hold.lease else None
    if row is None or row.state == "released":
        return []
    rows.save(db, row._replace(state="exposed", exposed=Counter(row.exposed) + Counter({hold.unit: hold.leased})))
    left = hold.pieces - hold.leased
    save_hold(db, hold._replace(pieces=left, lease="", leased=0, state="exposed" if left else "ended"))
    return [Hold(hold.id, hold.unit, hold.pieces, hold.lease, hold.leased)]


def voided(db: Connection, hold: Hold) -> Hold:
    """`hold` as it is given back: to the lease that it took from, or to the member where that one is returned already."""
    row = rows.get(db, hold.lease) if hold.lease else None
    if row is None or row.state in {"open", "exposed"}:
        return hold
    rows.save(db, row._replace(returned=Counter(row.returned) + Counter({hold.unit: hold.leased})))
    return Hold(hold.id, hold.unit, hold.pieces)


def told(db: Connection, of: Sequence[int], terminal: int) -> dict[int, wire.LeaseRow]:
    """The leases that a terminal has of these members, by member; with each that may be spent from, what the member's wallet makes
    its code from. Nothing is said of one that it has returned, which it may have forgotten by now.
    """
    last = {member: row for member, row in rows.last_of(db, of, terminal).items() if row.state != "returned"}
    if not last:
        return {}
    found: dict[int, wire.LeaseRow] = {}
    secrets = changing.secrets_of(db, list(last))
    for member, before in standings.load_all(db, members.by_ids(db, list(last))).items():
        row = last[member]
        spent, over = leases.seen(before, row.lease), row.state not in rows.OUT
        secret = secrets.get(member, "") if row.state == "open" and not row.recalled else ""
        found[member] = wire.LeaseRow(row.id, before.handle, dict(row.granted), spent, row.recalled, over, secret)
    return found


def expose(db: Connection, now_ms: int) -> int:
    """Set apart the next few leases and holds of terminals that were fenced; how many members had some."""
    records.in_turn(db)
    wanted = rows.on_fenced(db, ROWS_PER_LOOK)
    if not wanted:
        return 0
    now, changes = standings.now_in(db, now_ms), []
    for member in members.by_ids(db, list(wanted), lock=True):
        names = wanted[member.id]
        before = standings.load(db, member, names)
        after = leases.expose(now.program, before, names, now.day)
        for row in filter(None, (rows.get(db, name) for name in names)):
            amount = leases.within(after, exposed(row.id))
            rows.save(db, row._replace(state="exposed" if amount else "ended", exposed=amount))
        rows.end_holds(db, member.id, names, "exposed")
        changes.append(Change(member, before, after))
    cause = Cause(f"expose/{feed.office(db).position}", NO_TERMINAL, now_ms)
    standings.save(db, now, cause, *changes, also=[("bound", BOUND_KEY)])
    return len(changes)


async def expose_all(store: Store, now_ms: Callable[[], int], told: Callable[[], None]) -> None:
    """Look for ever for what fenced terminals held; `told` is called after each look that changed something."""
    while True:
        while await store.run(expose, now_ms()):
            told()
        await asyncio.sleep(LOOK_AGAIN_S)


def release(db: Connection, terminal: str, person: str, reason: str, now_ms: int) -> list[rows.Exposed]:
    """Make available again what was exposed of the terminal with that code. It joins the published bound: that terminal may spend
    it all the same. Raises Rejected when there is nothing.
    """
    records.in_turn(db)
    found = rows.exposed(db, terminal=terminal)
    if not found:
        raise Rejected("nothing_exposed", f"nothing is exposed of terminal {terminal!r}", "See: posd-central exposure list")
    now, changes = standings.now_in(db, now_ms), []
    by_handle: dict[str, list[str]] = {}
    for one in found:
        by_handle.setdefault(one.handle, []).append(one.id)
    for handle, names in sorted(by_handle.items()):
        member = members.by_handle(db, handle, lock=True)
        assert member
        before = standings.load(db, member, names)
        for row in filter(None, (rows.get(db, name) for name in names)):
            rows.save(db, row._replace(state="released", exposed=leases.within(before, exposed(row.id))))
        rows.end_holds(db, member.id, names, "released")
        changes.append(Change(member, before, leases.release(now.program, before, names, now.day)))
    cause = Cause(f"release/{feed.office(db).position}", NO_TERMINAL, now_ms)
    pieces = sum((Counter(one.pieces) for one in found), Counter[str]())
    told = ", ".join(f"{count} {unit}" for unit, count in sorted(pieces.items()))
    audit.add(db, Note(now_ms, person, "release", terminal, f"{told}: {reason}"))
    standings.save(db, now, cause, *changes, also=[("bound", BOUND_KEY)])
    return found


def copied(db: Connection, chain: int, parted: Parted) -> dict[str, int]:
    """What a copy of a terminal's disk may have spent beside the original, by unit: of each member one lease, the most that was
    ever at stake of it, and what had been reserved online when the disk was copied. Both promised that, and no promise is refused.
    """
    most: dict[int, Counter[str]] = {}
    for member, peak in rows.peaks(db, chain):
        most[member] = most.get(member, Counter()) | Counter(peak)
    promised = rows.promised(db, chain, parted.seq, parted.before_ms)
    return dict(sum(most.values(), Counter(promised)))


def bound(db: Connection) -> list[Bound]:
    """The published bound as it is now, by unit: nothing, but for what copies may have spent that were seen, and what people
    released.
    """
    released = sum((Counter(one.pieces) for one in rows.exposed(db, "released")), Counter[str]())
    clones = sum(map(Counter, rows.copied(db)), Counter[str]())
    return [Bound(unit, clones[unit], released[unit]) for unit in sorted({*released, *clones})]


def bound_told(db: Connection) -> wire.BoundRow:
    """The same for a terminal."""
    return wire.BoundRow({one.unit: one.cloned + one.released for one in bound(db)})


def _held(standing: Standing, lease: str) -> dict[str, int]:
    """What is in a lease, or was exposed of it, by unit."""
    return Counter(leases.within(standing, leased(lease))) + Counter(leases.within(standing, exposed(lease)))
