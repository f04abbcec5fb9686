"""What each kind of record does to the ledger. What left the shop is always booked; head office only says how."""

import itertools
import re
from collections.abc import Iterable
from dataclasses import replace
from typing import NamedTuple

from central import budgets, evaluate, leases, standings
from central.programs import pool_key_of, program_of
from central.standings import Change
from central.store import claims, holds, ledger, members, merges, partners, records, sales, terminals
from central.store.engine import Connection
from central.store.holds import HoldRow
from central.store.ledger import Cause
from central.store.members import MemberHere
from central.store.partners import Place
from loyalty import bounds, standing
from loyalty.agreement import Hold
from loyalty.leases import give_up, reserved
from loyalty.partners import costs, costs_back
from loyalty.pool import Luck
from loyalty.posting import hold_entries, spent_lots, void_entries
from loyalty.program import Program
from loyalty.refusal import Refusal
from loyalty.reverse import Back, reverse
from loyalty.sale import Enrol, LeaseReturn, Promised, Return, Sale, TillReference, Void
from runtime.errors import Rejected
from sync import wire

FLAGS_MAX = 20  # five are known
_HANDLE = re.compile(f"[0-9a-f]{{{wire.HANDLE_CHARS}}}")


class Effect(NamedTuple):
    """A record that is having its effect: where it is stored, its envelope, and whom its entries name as their cause."""

    key: int
    envelope: wire.Envelope
    cause: Cause


def enrol(db: Connection, effect: Effect, body: Enrol) -> None:
    """The first record of a chain: the terminal says what it is."""
    terminals.heard_from(db, effect.cause.terminal, effect.cause.now_ms, {"posd_version": body.posd_version})


def sale(db: Connection, effect: Effect, body: Sale) -> None:
    """Book a sale: issue what it earned, redeem what it spent, end its holds, and decide what follows from it.

    An unknown handle makes a provisional member. The program in force decides, so that it does not depend on the order in which
    terminals come back.
    """
    _sound(body)
    program = program_of(db, body.program_version)
    luck = _luck(db, effect.envelope, program) if program.pools else None
    differs = evaluate.differs(program, body, luck)
    if body.extras.uses:
        budgets.sold(db, _chain(db, effect.envelope), program, body)
    day = body.till.business_date
    place = Place(effect.cause.terminal, day)
    if body.member is None:
        sales.add(db, _transaction(effect, body.till, body, None)._replace(differs=differs))
        partners.add_given(db, place, costs(program, body))
        return
    member = member_of(db, body.member.handle, effect.cause.now_ms)
    body = replace(body, member=replace(body.member, handle=member.handle))
    now, chain = standings.now_in(db, effect.cause.now_ms), _chain(db, effect.envelope)
    body = leases.own_only(db, chain, body)
    before = standings.load(db, member, [name for hold in body.holds for name in (hold.id, hold.lease) if name])
    row = _transaction(effect, body.till, body, member.id)
    sales.add(db, row._replace(differs=differs, stale=evaluate.stale(before, body)))
    cause = effect.cause._replace(also=_end(db, member, effect.cause, body.holds))
    after = standing.after_sale(now.program, before, body, day)
    partners.add_given(db, place, costs(program, body, after.posted))
    visit = leases.Visit(chain, effect.cause.terminal, effect.cause.id, effect.cause.now_ms)
    after = leases.visited(db, now, visit, member, after)
    standings.save(db, now, cause, Change(member, before, after))


def give_back(db: Connection, effect: Effect, body: Return) -> str | None:
    """Book a return from the original sale, whatever the till's estimate was; the sale's id if that has not come yet."""
    bounds.text("original", body.original, 1, 64)
    found = sale_of(db, body.original)
    if found is None:
        return body.original
    envelope, original = found
    day = body.till.business_date
    back = Back(sales.returned_before(db, body.original), body.lines, day)
    program = program_of(db, original.program_version)
    reversal = reverse(program, original, back)
    if isinstance(reversal, Refusal):
        raise Rejected(reversal.code, ", ".join(f"{name} {value}" for name, value in reversal.params.items()))
    quantities: dict[str, int] = {}
    for line in body.lines:
        quantities[line.line] = quantities.get(line.line, 0) + line.quantity_milli
    sales.add_returned(db, body.original, quantities)
    if original.extras.uses:
        budgets.brought_back(db, _chain(db, envelope), program, original, reversal)
    member = member_of(db, original.member.handle, effect.cause.now_ms) if original.member else None
    row = _transaction(effect, body.till, original, member.id if member else None)
    sales.add(db, row._replace(kind="return", original=body.original, amount_minor=-reversal.refund_minor, flags=""))
    place = Place(effect.cause.terminal, day)
    if member is None:
        partners.add_returned(db, place, costs_back(program, original, back))
        return None
    now, before = standings.now_in(db, effect.cause.now_ms), standings.load(db, member)
    claim = claims.get(db, body.original)
    causes = [claim.cause if claim else body.original, *sales.returns_of(db, body.original)]
    theirs = (ledger.of_causes(db, one, causes) for one in (member.id, *merges.absorbed(db, member.id)))
    spent = spent_lots(itertools.chain.from_iterable(theirs))
    after = standing.after_return(now.program, before, reversal, day, spent)
    partners.add_returned(db, place, costs_back(program, original, back, after.posted))
    standings.save(db, now, effect.cause, Change(member, before, after))
    return None


def void(db: Connection, effect: Effect, body: Void) -> None:
    """Give holds back. One that has not come yet gets a tombstone: when it comes it is refused."""
    if not body.holds:
        return
    member = member_of(db, body.member, effect.cause.now_ms)
    known = [one for one in (_own(db, member, effect.cause, hold) for hold in body.holds) if one]
    still = tuple(leases.voided(db, _as_hold(one)) for one in known if one.state == "open")
    now, before = standings.now_in(db, effect.cause.now_ms), standings.load(db, member, [one.id for one in known])
    stays = {one.id for one in known if one.state == "exposed" and not leases.may_free(db, one)}  # until a person releases it
    over = [hold for hold in body.holds if hold.id not in stays]
    cause = effect.cause._replace(also=_end(db, member, effect.cause, over))
    after = standing.book(now.program, before, void_entries(Void(body.agreement, still, member.handle)), now.day)
    exposed = [leases.voided(db, _as_hold(one)) for one in known if one.state == "exposed" and one.id not in stays]
    after = give_up(now.program, after, exposed, now.day)
    stay = [hold for one in known if one.id in stays for hold in leases.back_in_lease(db, one)]
    after = give_up(now.program, after, stay, now.day, free=False)
    standings.save(db, now, cause, Change(member, before, after))


def _as_hold(row: HoldRow) -> Hold:
    return Hold(row.id, row.unit, row.pieces, row.lease, row.leased)


def lease_return(db: Connection, effect: Effect, body: LeaseReturn) -> None:
    """Take back what a terminal says it will not spend of a lease: of whom it was granted, merged into another or not."""
    member = _itself(db, body.member, effect.cause.now_ms)
    now = standings.now_in(db, effect.cause.now_ms)
    before, after = leases.returned(db, now, _chain(db, effect.envelope), body, member)
    standings.save(db, now, effect.cause, Change(member, before, after))


def promised(db: Connection, effect: Effect, body: Promised) -> None:
    """Set aside again what a terminal has promised and this database, an older copy of itself, may have forgotten. All of it, for
    nothing is granted to others before every terminal has said so: in the end it is there.
    """
    member, chain = member_of(db, body.member, effect.cause.now_ms), _chain(db, effect.envelope)
    now = standings.now_in(db, effect.cause.now_ms)
    for hold in body.holds:
        known = _own(db, member, effect.cause, hold)
        if known and known.state != "refused":  # a refusal that was not heard: then it was promised from the lease
            continue
        before, mine = standings.load(db, member), leases.own(db, member, chain, hold.lease) is not None
        kept = reserved(before, hold, own=mine)
        row = HoldRow(
            member.id, hold.id, effect.cause.terminal, hold.unit, hold.pieces, "open", None, chain, kept.lease, kept.leased
        )
        if known:
            holds.save(db, row)
        else:
            holds.add(db, row, effect.cause.now_ms)
        after = standing.book(now.program, before, hold_entries(kept, member.handle), now.day)
        standings.save(db, now, effect.cause._replace(id=hold.id), Change(member, before, after))


def in_vain(db: Connection, stored: records.Stored, now_ms: int) -> None:
    """A record that is to have no effect: its terminal, which shows the member what it expected, is told what there is."""
    try:
        envelope = wire.read_outside(stored.bytes)
        body = wire.read_body(envelope)
    except ValueError:
        return
    handle = _whose(body)
    member = members.current(db, handle, lock=True) if _HANDLE.fullmatch(handle) else None
    if member:
        ledger.post(db, Cause(envelope.id, stored.terminal, now_ms), {member.id: ()})


def _whose(body: object) -> str:
    """The handle of the member that a record is about; empty for none."""
    told = getattr(body, "member", None) or ""
    return told if isinstance(told, str) else str(told.handle)


def _sound(body: Sale) -> None:
    """Raise ValueError for what one Sale by itself may say and no ledger can book."""
    if body.member is None and (body.redemptions or body.holds):
        raise ValueError("it spends, and names no member")
    bounds.whole("number of flags", len(body.flags), 0, FLAGS_MAX)
    for flag in body.flags:
        bounds.text("flag", flag, 1, 40)
    if len({hold.id for hold in body.holds}) != len(body.holds):
        raise ValueError("it lists a hold twice")


def member_of(db: Connection, handle: str, now_ms: int) -> MemberHere:
    """The member that a record is about, locked: whom it was merged into, if it was; a provisional one for an unknown handle.

    Raises ValueError.
    """
    if not _HANDLE.fullmatch(handle):
        raise ValueError(f"{handle!r:.80} is no member's handle")
    return members.current(db, handle, lock=True) or members.add_provisional(db, handle, now_ms)


def _itself(db: Connection, handle: str, now_ms: int) -> MemberHere:
    member_of(db, handle, now_ms)  # there is one then
    found = members.by_handle(db, handle, lock=True)
    assert found
    return found


def sale_of(db: Connection, record_id: str) -> tuple[wire.Envelope, Sale] | None:
    """The sale of that id, as it is booked: a claimed one as it is its member's. Raises Rejected for what is no sale."""
    data = records.bytes_of(db, record_id)
    if data is None:
        return None
    envelope = wire.read_envelope(data)
    body = wire.read_body(envelope)
    if not isinstance(body, Sale):
        raise Rejected("not_a_sale", f"{record_id} is no sale")
    claim = claims.get(db, record_id) if body.member is None else None
    return envelope, wire.decode(claim.body, Sale) if claim else body


def _luck(db: Connection, envelope: wire.Envelope, program: Program) -> Luck | None:
    """What the prizes of a record were drawn from."""
    key = pool_key_of(db, program.version)
    return Luck(key, envelope.prev_hash, envelope.id) if key else None


def _chain(db: Connection, envelope: wire.Envelope) -> int:
    """The journal that a stored record is in."""
    key = terminals.key(db, envelope.terminal, envelope.epoch)
    assert key  # it was stored for it
    return key.chain


def _own(db: Connection, member: MemberHere, cause: Cause, hold: Hold) -> HoldRow | None:
    """What head office knows of a hold. Raises Rejected when it was made for another member or unit, or by another terminal."""
    known = holds.get(db, hold.id)
    owners = (member.id, *merges.absorbed(db, member.id)) if known and known.member_id != member.id else (member.id,)
    if known and (known.member_id not in owners or (known.terminal_id, known.unit) != (cause.terminal, hold.unit)):
        raise Rejected("hold_of_another", f"hold {hold.id} belongs to another member, terminal or unit")
    return known


def _end(db: Connection, member: MemberHere, cause: Cause, listed: Iterable[Hold]) -> tuple[str, ...]:
    """These holds are over, those that never came too: their ids, for a restored head office may have granted them in another life,
    and the terminal has taken their pieces off what it shows.
    """
    unheard = []
    for hold in listed:
        known = _own(db, member, cause, hold)
        if known is None:
            unheard.append(hold.id)
            ended = HoldRow(member.id, hold.id, cause.terminal, hold.unit, hold.pieces, "ended")
            holds.add(db, ended, cause.now_ms)
        else:
            holds.end(db, known)
    return tuple(unheard)


def _transaction(effect: Effect, till: TillReference, body: Sale, member: int | None) -> sales.Transaction:
    envelope = effect.envelope
    return sales.Transaction(
        record_key=effect.key,
        id=envelope.id,
        kind="sale",
        original="",
        terminal_id=effect.cause.terminal,
        member_id=member,
        wall_ms=envelope.wall,
        utc_offset=envelope.utc_offset,
        business_date=till.business_date,
        till=till.till,
        receipt_number=till.receipt_number,
        amount_minor=body.paid_minor,
        currency=body.basket.currency,
        flags=" ".join(body.flags),
    )
