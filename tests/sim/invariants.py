"""The promises, asked of what is really there: the terminals' disks and head office's database, beside what the oracle knows."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from central import leases
from central.store import ledger
from loyalty.journal import FIRST_PREV_HASH, chain_hash
from loyalty.refusal import Refusal
from loyalty.reverse import Back, reverse
from loyalty.sale import Sale
from posd.store import agreements, journal, members, pages
from sync import wire
from tests.sim.counter_promises import AT_THE_COUNTER, KINDS, claimed, roots
from tests.sim.office import CHAINS
from tests.sim.oracle import POINTS, CameBack, Deed, Sold, whole
from tests.sim.rules import parsed
from tests.sim.town import DAY

TASKS_MAX = 12  # of one terminal's process: its loops, and what the till has asked
MADE_MINOR = {1: 100, 0: 200}  # what a point costs, by whether the version is odd


def settle_what_is_lost(world: Any) -> None:
    """A disk that was rolled back or copied has made two histories. What only the overwritten one had is lost, and nobody can know
    it; of an id that both have, head office has booked one. Its promises that nobody can keep are left for a person.
    """
    twisted = {terminal.place for terminal in world.terminals if terminal.twisted}
    for one in [*world.oracle.sold, *world.oracle.back, *world.oracle.deeds]:
        if one.place in twisted and one.booked:
            found = world.office.look(
                "SELECT bytes FROM record JOIN applied ON record_key = key WHERE applied.id = ?", one.booked.id
            )
            one.lost = not found
            if found:
                body: Any = wire.read_body(wire.read_envelope(found[0][0]))
                one.booked = replace(one.booked, **({"member": body.member} if isinstance(one, Deed) else {"body": body}))
    codes = {terminal.terminal for terminal in world.terminals if terminal.twisted}
    open_holds = (
        "SELECT h.id, m.handle, h.pieces, t.code FROM hold h JOIN member m ON m.id = h.member_id"
        " JOIN terminal t ON t.id = h.terminal_id WHERE h.state = 'open'"
    )
    for own, handle, pieces, code in world.office.look(open_holds):
        if code in codes:
            world.oracle.orphans[own] = (handle, pieces)
            world.marks.sometimes("promise lost with a disk")


def acknowledged_are_kept(world: Any, terminal: Any) -> Iterator[str]:
    """Every acknowledged sale is on its terminal or at head office."""
    db = terminal.db
    for one in world.oracle.acknowledged(terminal.place):
        if not journal.find(db, one.booked.id):
            found = world.office.look("SELECT 1 FROM record WHERE id = ?", one.booked.id)
            if not found:
                yield f"{terminal.name}: acknowledged and gone: {_name(one)}"


def journal_is_one_chain(world: Any, terminal: Any) -> Iterator[str]:
    """Without a gap, each record on the hash of the one before."""
    before, expected = FIRST_PREV_HASH, 1
    for data in journal.records_after(terminal.db, 0, 1 << 30, 1 << 60):
        envelope = wire.read_envelope(data)
        if (envelope.seq, envelope.prev_hash) != (expected, before):
            yield f"{terminal.name}: the chain breaks at {envelope.seq}"
        before, expected = chain_hash(before, data), expected + 1


def cache_equals_head_office(world: Any, terminal: Any) -> Iterator[str]:
    """Every member's balance is what head office says."""
    into, available = roots(world), _available(world)
    for handle, points in ((card, available[into.get(card, card)]) for card in available):
        found = members.by_handle(terminal.db, handle, DAY)
        have = found.member.balances.get(POINTS, 0) if found else 0
        if have != points:
            yield f"{terminal.name}: shows {have} points of {handle}, head office has {points}"
    newest = pages.newest_program(terminal.db, 1 << 62)
    if not newest or newest[0] != world.town.version:
        yield f"{terminal.name}: has version {newest and newest[0]} of the program"


def nothing_is_open(world: Any, terminal: Any) -> Iterator[str]:
    """No promise, no reservation that nobody has settled."""
    if agreements.still_open(terminal.db):
        yield f"{terminal.name}: agreements are open"
    for state, count in terminal.db.execute("SELECT state, count(*) FROM hold GROUP BY state"):
        if state in ("asked", "granted"):
            yield f"{terminal.name}: {count} holds are {state}"


EACH_TERMINAL: Mapping[str, Callable[[Any, Any], Iterator[str]]] = {
    "acknowledged are kept": acknowledged_are_kept,
    "journal is one chain": journal_is_one_chain,
    "cache equals head office": cache_equals_head_office,
    "nothing is open": nothing_is_open,
}


def balances_equal_entries(world: Any) -> Iterator[str]:
    """Head office's balances are the sums of its entries, and all accounts of a unit together come to nothing."""
    for one in world.office.write(lambda db: list(ledger.check_balances(db))):
        yield f"balance of {one.account}: {one.balance}, entries {one.entries}"
    for unit, total in world.office.look("SELECT unit, sum(pieces) FROM balance GROUP BY unit HAVING sum(pieces) <> 0"):
        yield f"all balances of {unit} come to {total}"


def chains_verify(world: Any) -> Iterator[str]:
    """What head office has stored is whole chains."""

    chains = "SELECT c.id, t.code, c.seq, c.hash, base_seq, base_hash FROM chain c JOIN terminal t ON t.id = c.terminal_id"
    for chain, code, noted, head, *base in world.office.look(chains):
        seq, before = base
        for at, told, data in world.office.look("SELECT seq, hash, bytes FROM record WHERE chain_id = ? ORDER BY seq", chain):
            if at != seq + 1 or chain_hash(before, data) != told:
                yield f"chain of {code} breaks at {at}"
            seq, before = at, told
        if (noted, head) != (seq, before):
            yield f"head of {code} is noted as {noted}, records end at {seq}"


def holds_are_resolved(world: Any) -> Iterator[str]:
    """No reservation is open, and nothing lies in one."""
    orphans = world.oracle.orphans
    for own, state in world.office.look("SELECT id, state FROM hold WHERE state NOT IN ('ended', 'refused', 'released')"):
        if own not in orphans:
            yield f"hold {own} is {state}"
    for account, pieces in world.office.look("SELECT account, pieces FROM balance WHERE account LIKE 'hold/%' AND pieces <> 0"):
        if account.removeprefix("hold/") not in orphans:
            yield f"{account} holds {pieces}"


def each_once(world: Any) -> Iterator[str]:
    """What was sold and what came back is booked once each, under its own id, for its own amount."""
    rows = world.office.look("SELECT business_date, receipt_number, id, kind, amount_minor FROM transactions")
    by_receipt: dict[tuple[str, str], list[tuple[str, str, int]]] = {}  # whose receipt it is stands in its number
    for date, number, *booked in rows:
        by_receipt.setdefault((date, number), []).append(tuple(booked))
    for one in [*world.oracle.sold, *world.oracle.back]:
        report = one.paid.till if isinstance(one, Sold) else one.back.till
        found = by_receipt.pop((report.business_date, report.receipt_number), [])
        if not found and (one.lost or (isinstance(one, CameBack) and one.of.lost)):
            continue
        if isinstance(one, CameBack) and not found and _came_twice(world, one):
            continue
        if len(found) != 1 or not one.booked or found[0][0] != one.booked.id:
            yield f"{_name(one)}: booked at head office {len(found)} times"
        elif isinstance(one, Sold) and found[0][1:] != ("sale", one.sale.paid_minor):
            yield f"{_name(one)}: paid {one.sale.paid_minor}, head office has {found[0]}"
    for receipt, found in by_receipt.items():
        yield f"head office has {receipt}, which never was: {found}"


def nothing_waits(world: Any) -> Iterator[str]:
    """Every record has had its effect; a dead letter is goods that came back twice, and nothing else."""
    lost = {one.booked.id for one in world.oracle.sold if one.booked and one.lost}
    for kind, state, reason in world.office.look(
        "SELECT kind, state, reason FROM record WHERE state NOT IN ('applied', 'repeated')"
    ):
        if kind in KINDS:
            continue  # counter_promises.py knows what may become of those
        if (kind, state) == ("return", "dead") and reason.startswith("returned_more_than_sold"):
            world.marks.sometimes("dead letter")
        elif not (state == "waiting" and reason.removeprefix("for sale ") in lost):
            yield f"a {kind} is {state}: {reason}"


def worked_out_alike(world: Any) -> Iterator[str]:
    """Head office comes to the same for every sale from what is stamped on it."""
    for own, differs in world.office.look("SELECT id, differs FROM transactions WHERE differs <> ''"):
        yield f"sale {own} differs: {differs}"


def promised_is_booked(world: Any) -> Iterator[str]:
    """What a till was promised is what it pays, unless an older disk has forgotten it; and points come and go as the program of the
    sale says.
    """
    twisted = {terminal.place for terminal in world.terminals if terminal.twisted}
    for one in world.oracle.sold:
        if one.booked is None:
            yield f"{_name(one)}: never acknowledged"
            continue
        sale = one.sale
        forgotten = one.place in twisted and "agreement_unknown" in sale.flags
        if one.to_pay_minor >= 0 and not forgotten and sale.paid_minor != one.to_pay_minor:
            yield f"{_name(one)}: {one.to_pay_minor} was promised, {sale.paid_minor} is booked"
        earned = sum(movement.pieces for movement in sale.accruals)
        tendered = sum(tender.amount_minor for tender in sale.tenders)
        paid = sale.paid_minor if forgotten else min(sale.paid_minor, tendered)
        if sale.member and sale.program_version and earned != paid // MADE_MINOR[sale.program_version % 2]:
            yield f"{_name(one)}: {earned} points for {paid}"
        spent, off = sum(movement.pieces for movement in sale.redemptions), sale.basket.total_minor - sale.total_minor
        if spent * 10 != off:
            yield f"{_name(one)}: {spent} points for {off} off"


def points_add_up(world: Any) -> Iterator[str]:
    """Each member has what they began with, and what was sold and came back has done to it, with any of their cards and what they
    claimed; and nobody has overspent.
    """
    into, claims = roots(world), claimed(world)
    expected, excused, bounded = Counter[str](), Counter[str](), Counter[str]()
    for handle, pieces in world.town.start.items():
        expected[into.get(handle, handle)] += pieces
    twisted = {terminal.place for terminal in world.terminals if terminal.twisted}
    for handle, pieces in world.oracle.orphans.values():
        expected[into.get(handle, handle)] -= pieces
    for one in world.oracle.sold:
        sale = one.booked and not one.lost and (one.sale if one.sale.member else claims.get(one.booked.id))
        if sale:
            handle = into.get(sale.member.handle, sale.member.handle)
            expected[handle] += _points(sale)
            spent = sum(movement.pieces for movement in sale.redemptions)
            if {"agreement_cancelled", "agreement_committed"} & set(sale.flags):
                excused[handle] += spent
            elif one.place in twisted:
                bounded[handle] += spent
            taken = _reversed(sale, _applied_back(world, one))
            expected[handle] -= taken
            excused[handle] += max(0, taken)
    over = Counter[str]()
    for handle, points in _available(world).items():
        if points != expected[handle]:
            yield f"member {handle} has {points} points, not {expected[handle]}"
        over[handle] = max(0, -points - excused[handle])
        if over[handle] > bounded[handle]:
            yield f"member {handle} has {points} points: overspent beyond {excused[handle]} and {bounded[handle]}"
    published = world.office.write(lambda db: sum(one.cloned + one.released for one in leases.bound(db)))
    if over.total() > published:
        yield f"{over.total()} points are overspent, and the published bound is {published}"


AT_THE_END: Mapping[str, Callable[[Any], Iterator[str]]] = {
    "promised is booked": promised_is_booked,
    "balances equal entries": balances_equal_entries,
    "chains verify": chains_verify,
    "holds are resolved": holds_are_resolved,
    "each once": each_once,
    "nothing waits": nothing_waits,
    "worked out alike": worked_out_alike,
    "points add up": points_add_up,
    **AT_THE_COUNTER,
}


def nobody_is_owed(world: Any) -> Iterator[str]:
    """While everything goes wrong: what is reserved or leased was there to be reserved."""
    excused = any("agreement_" in flag for one in world.oracle.sold if one.booked for flag in one.sale.flags)
    if not excused and not world.oracle.back and not any(terminal.twisted for terminal in world.terminals):
        for account, pieces in world.office.look(
            "SELECT account, sum(pieces) FROM balance WHERE account LIKE 'member/%' AND unit = 'points'"
            " GROUP BY account HAVING sum(pieces) < 0"
        ):
            yield f"{account} has {pieces} points"


def granted(world: Any, handle: str) -> Iterator[str]:
    """What head office has just set aside was there to be set aside, and it knows all that it ever knew."""
    twisted = {terminal.terminal for terminal in world.terminals if terminal.twisted}
    for code, epoch, seq in world.office.look(CHAINS):
        if code not in twisted and seq < (known := world.office.known.get((code, epoch), 0)):
            yield f"a hold was granted while head office has {seq} records of {code}, and had {known} before it was restored"
    handle = roots(world).get(handle, handle)
    left = "SELECT coalesce(sum(pieces), 0) FROM balance WHERE account = ? AND unit = 'points'"
    [(points,)] = world.office.look(left, f"member/{handle}/available")
    if points < 0:
        yield f"a hold was granted that leaves {handle} with {points} points"


def bounded(world: Any) -> Iterator[str]:
    """Nothing piles up in memory."""
    for terminal in world.terminals:
        if terminal.process.busy > TASKS_MAX:
            yield f"{terminal.name}: {terminal.process.busy} tasks"
    if world.office.process.busy > 4 * len(world.terminals) + 20:
        yield f"head office: {world.office.process.busy} tasks"


def set_aside_until_a_record(world: Any) -> Iterator[str]:
    """What is leased or reserved comes back to its member by a record of the terminal that has it, never by itself."""
    for cause, source in world.office.look(
        "SELECT cause, source FROM entry WHERE (source LIKE 'lease/%' OR source LIKE 'hold/%') AND target LIKE 'member/%'"
        " AND cause NOT IN (SELECT id FROM applied)"
    ):
        yield f"{source} was given back by {cause}"


def leases_within(world: Any) -> Iterator[str]:
    """No terminal spends more from a lease than it was granted; a head office that was restored may not know of all."""
    for terminal in world.terminals:
        if terminal.up and not terminal.twisted and not world.office.known:
            for granted, spent in terminal.db.execute("SELECT granted, spent FROM leased WHERE spent > granted"):
                yield f"{terminal.name} has spent {spent} from a lease of {granted}"


NOW_AND_THEN: Mapping[str, Callable[[Any], Iterator[str]]] = {
    "set aside until a record": set_aside_until_a_record,
    "leases within": leases_within,
    "balances equal entries": balances_equal_entries,
    "nobody is owed": nobody_is_owed,
    "bounded": bounded,
}


def _available(world: Any) -> dict[str, int]:
    """What members have, leased or not, by handle: a lease is the member's until it is spent."""
    rows = world.office.look(
        "SELECT m.handle, coalesce((SELECT sum(pieces) FROM balance b WHERE b.member_id = m.id AND unit = 'points'"
        " AND (account = 'member/' || m.handle || '/available' OR account LIKE 'lease/%')), 0) FROM member m"
    )
    return dict(rows)  # type: ignore[arg-type]


def _points(sale: Sale) -> int:
    earned = sum(movement.pieces for movement in sale.accruals if movement.unit == POINTS)
    return earned - sum(movement.pieces for movement in sale.redemptions if movement.unit == POINTS)


def _applied_back(world: Any, sold: Sold) -> set[str]:
    """The lines that head office must have taken back: each once, however often they came."""
    lines: set[str] = set()
    for one in world.oracle.back:
        if one.of is sold and not one.lost:
            lines |= {line.line for line in one.back.lines}
    return lines


def _reversed(sale: Sale, lines: set[str]) -> int:
    """Points that a return of those lines takes, less what it gives."""
    if not lines or not sale.member:
        return 0
    program = parsed(sale.program_version) if sale.program_version else None
    if program is None:
        return 0
    found = reverse(program, sale, Back({}, whole(sale, tuple(sorted(lines))), DAY))
    assert not isinstance(found, Refusal)
    return found.taken_back.get(POINTS, 0) - found.given_back.get(POINTS, 0)


def _came_twice(world: Any, one: CameBack) -> bool:
    return any(other is not one and other.of is one.of and other.back.lines == one.back.lines for other in world.oracle.back)


def _name(one: Sold | CameBack | Deed) -> str:
    report = one.paid if isinstance(one, Sold) else one.back if isinstance(one, CameBack) else one.report
    return f"till-{one.place} {report.key}"
