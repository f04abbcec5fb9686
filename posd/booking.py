"""The point of no return: a paid basket or a return becomes a record. Each function here runs whole in one transaction."""

import dataclasses
from collections import Counter
from dataclasses import dataclass
from typing import Any, NamedTuple

from drivers.printers.job import receipt_bytes, receipt_from
from loyalty import budgets
from loyalty.agreement import Agreement
from loyalty.basket import Tender
from loyalty.document import Receipt
from loyalty.ids import RecordId
from loyalty.journal import Stamp
from loyalty.moment import NOWHERE, Place
from loyalty.pool import Luck
from loyalty.program import Program
from loyalty.receipt import Bearer, Ending, return_receipt, sale_receipt
from loyalty.refusal import Refusal
from loyalty.reverse import Back, reverse
from loyalty.sale import Payment, Return, ReturnedLine, Reversal, Sale, TillReference, commit
from posd.quoting import Ask, program_now, program_of, stamped
from posd.sights import Sight
from posd.store import agreements, code_uses, journal, members, pages, print_jobs, sales
from posd.store import budgets as shares
from posd.store.db import Db
from runtime.errors import Rejected
from sync import wire


@dataclass(frozen=True, slots=True)
class Paid:
    """What a till reports after payment: under which key, its receipt, the tenders; the agreement, or all that one would have.

    `fingerprint` is the SHA-256 of the request, so that a key that comes back with another body is noticed.
    """

    key: str
    fingerprint: str
    till: TillReference
    tenders: tuple[Tender, ...]
    agreement: str = ""
    ask: Ask | None = None
    language: str = "he"


@dataclass(frozen=True, slots=True)
class BroughtBack:
    """What a till reports of a return: which sale (its id, or receipt number and date), which lines."""

    key: str
    fingerprint: str
    till: TillReference
    lines: tuple[ReturnedLine, ...]
    sale: str = ""
    receipt_number: str = ""
    business_date: str = ""
    language: str = "he"


class Named(NamedTuple):
    """What a till calls a sale: its id, or its receipt number and business date (empty: whatever date)."""

    sale: str
    receipt_number: str
    business_date: str


class Booking(NamedTuple):
    """What a record needs beside the till's report: id, time and place, who prints, whether head office is in reach. By `sight` go
    the rules and what has expired: our clock, which stamps, may be in doubt.
    """

    id: RecordId
    stamp: Stamp
    sight: Sight
    prints: bool
    online: bool
    place: Place = NOWHERE


class Promise(NamedTuple):
    """The agreement that a sale keeps. `ended` is as in loyalty.sale.Payment; `refusals` say what could not be promised.

    `kept` says that it stands in the store: what it gives is off the budgets already. `step` is that of the member's changing code.
    """

    agreement: Agreement
    ended: str = ""
    refusals: tuple[Refusal, ...] = ()
    kept: bool = False
    step: int = 0


@dataclass(frozen=True, slots=True)
class Booked:
    """A committed record: nothing takes it back. `refusals` say what was asked for and could not be had."""

    id: RecordId
    seq: int
    body: Sale | Return
    receipt: Receipt | None
    program: Program
    replayed: bool = False
    refusals: tuple[Refusal, ...] = ()


def promise(db: Db, agreement: Agreement, step: int = 0) -> None:
    """Keep what was agreed; what it gives is off the budgets from now on, and the `step` of the member's changing code is used."""
    agreements.save(db, agreement)
    _use_code(db, agreement, step)
    shares.give(db, _given(db, agreement))


def cancel(db: Db, agreement_id: str, stamp: Stamp, void_id: str) -> agreements.Kept | None:
    """Take a promise back, and put into the budgets what it took; how it stood before. A second call changes nothing."""
    kept = agreements.cancel(db, agreement_id, stamp, void_id)
    if kept and kept.state == agreements.OPEN:
        shares.give(db, _given(db, kept.agreement), -1)
        if kept.agreement.member:
            code_uses.free(db, kept.agreement.member.handle, agreement_id)
    return kept


def keep(db: Db, paid: Paid, booking: Booking) -> Booked | None:
    """Book `paid` by the agreement it cites, or find it booked already; None when this terminal has no such agreement."""
    if already := _before(db, booking.id, paid.fingerprint):
        return already
    kept = agreements.find(db, paid.agreement) if paid.agreement else None
    if kept is None:
        return None
    if kept.state == agreements.OPEN:
        return _sell(db, paid, booking, Promise(kept.agreement, kept=True))
    return _sell(db, paid, booking, Promise(dataclasses.replace(kept.agreement, holds=()), kept.state))


def before(db: Db, paid: Paid, booking: Booking) -> Booked | None:
    """What is booked under this key already."""
    return _before(db, booking.id, paid.fingerprint)


def keep_on_the_spot(db: Db, paid: Paid, booking: Booking, promise: Promise) -> Booked:
    """Make `promise` and keep it in the same transaction: a crash leaves either nothing of both or all.

    It looks again for what is booked: a request that broke off may have committed since it was looked for.
    """
    if already := _before(db, booking.id, paid.fingerprint):
        return already
    if promise.agreement.holds:
        agreements.save(db, promise.agreement)
    _use_code(db, promise.agreement, promise.step)
    return _sell(db, paid, booking, promise)


def bring_back(db: Db, back: BroughtBack, booking: Booking) -> Booked:
    """Book a return. Raises Rejected when more comes back than was sold, or when the sale is not known by what was given."""
    if already := _before(db, booking.id, back.fingerprint):
        return already
    returned = _returned(db, back)
    program = program_now(db, booking.sight.rules_ms)
    receipt = _return_receipt(db, returned, program, back.language, booking)
    seq = sales.commit_return(db, returned, _commit(booking, receipt))
    _put_back(db, returned)
    return Booked(booking.id, seq, returned, receipt, program)


def _use_code(db: Db, agreement: Agreement, step: int) -> None:
    if step and agreement.member:
        code_uses.use(db, agreement.member.handle, step, agreement.id)


def _sell(db: Db, paid: Paid, booking: Booking, promise: Promise) -> Booked:
    agreement = promise.agreement
    basket = paid.ask.basket if paid.ask else agreement.basket
    program = program_of(db, agreement.program_version)
    luck = _luck(db, agreement.program_version, booking.id)
    if luck:  # other sales may have won since it was promised
        agreement = dataclasses.replace(agreement, moment=stamped(db, agreement.moment, program.pools))
    sale = commit(program, agreement, Payment(paid.till, paid.tenders, basket, paid.fingerprint, promise.ended), luck)
    if promise.kept:
        shares.give(db, _given(db, agreement), -1)
    shares.give(db, budgets.spent(program, sale.extras.uses))
    receipt = _sale_receipt(db, sale, program, paid.language, booking)
    seq = sales.commit_sale(db, sale, _commit(booking, receipt, promise.refusals))
    return Booked(booking.id, seq, sale, receipt, program, refusals=promise.refusals)


def _given(db: Db, agreement: Agreement) -> dict[str, int]:
    """What a promise takes off the budgets."""
    uses = agreement.extras.uses
    return budgets.spent(program_of(db, agreement.program_version), uses) if uses else {}


def _luck(db: Db, version: int, own: RecordId) -> Luck | None:
    """What draws the prizes of the record `own`, which comes next; None for a program without pools."""
    key = pages.pool_key(db, version)
    return Luck(key, journal.head(db).hash, own) if key else None


def _put_back(db: Db, returned: Return) -> None:
    """What a sale of ours took off the budgets is there again once the last of it has come back here."""
    if returned.reversal.whole and (found := journal.find(db, returned.original)):
        sale = _sale(found[2])
        shares.give(db, budgets.put_back(program_of(db, sale.program_version), sale, returned.reversal), -1)


def under_key(db: Db, own: RecordId, fingerprint: str) -> tuple[int, Any] | None:
    """The seq and the body that are booked under this id already. Raises Rejected when that was another request, or too long ago to
    be told again.
    """
    found = journal.find(db, own)
    if not found:
        if journal.was_pruned(db, own):
            told = "This key was booked long ago; this terminal has only its id left"
            raise Rejected("record_pruned", told, "Use a new key for a new sale; head office has the one that is booked")
        return None
    seq, kind, data = found
    body = wire.read_body(wire.read_envelope(data))
    if body.fingerprint != fingerprint:
        told = f"This key already has another request booked, a {kind}"
        raise Rejected("key_reused", told, "Use a new key for a new sale; the one that is booked stays as it is")
    return seq, body


def receipt_kept(db: Db, seq: int) -> Receipt | None:
    """Our block of the record `seq`, as it was first made."""
    receipt = print_jobs.receipt_of(db, seq)
    return receipt_from(receipt) if receipt else None


def _before(db: Db, own: RecordId, fingerprint: str) -> Booked | None:
    """What is booked under this id already. Raises Rejected."""
    found = under_key(db, own, fingerprint)
    if found is None:
        return None
    seq, body = found
    assert isinstance(body, Sale | Return)
    program = program_of(db, body.program_version) if isinstance(body, Sale) else program_now(db, journal.made_ms(db, seq))
    receipt = receipt_kept(db, seq)
    return Booked(own, seq, body, receipt, program, replayed=True, refusals=sales.refusals_of(db, seq))


def _returned(db: Db, back: BroughtBack) -> Return:
    original, sale = _original(db, back)
    if sale is None:  # sold elsewhere: head office makes the entries
        return Return(back.till, back.fingerprint, original, "", back.lines, Reversal({}, {}, 0), estimate=True)
    program = program_of(db, sale.program_version)
    reversal = reverse(program, sale, Back(sales.returned_before(db, original), back.lines, back.till.business_date))
    if isinstance(reversal, Refusal):
        told = ", ".join(f"{name} {value}" for name, value in reversal.params.items())
        raise Rejected(reversal.code, f"{reversal.code}: {told}", "Check the lines against the receipt")
    handle = sale.member.handle if sale.member else ""
    return Return(back.till, back.fingerprint, original, handle, back.lines, reversal, estimate=False)


def _original(db: Db, back: BroughtBack) -> tuple[str, Sale | None]:
    """The id of the sale that comes back, and the sale if it is one of ours."""
    found = sale_named(db, Named(back.sale, back.receipt_number, back.business_date))
    if found is None:
        hint = "Check the number and the date; for a sale of another terminal give the sale's id"
        raise Rejected("sale_unknown", f"No sale of this terminal has receipt number {back.receipt_number}", hint)
    return found


def sale_named(db: Db, named: Named) -> tuple[str, Sale | None] | None:
    """The id of that sale, and the sale where it is one of ours; None where no sale of ours has that receipt. Raises Rejected."""
    if named.sale:
        found = journal.find(db, named.sale)
        if found and found[1] != "sale":
            raise Rejected(
                "sale_unknown", f"The record {named.sale} is a {found[1]}, no sale", "Give the id of the sale itself"
            )
        return named.sale, _sale(found[2]) if found else None
    records = journal.find_receipt(db, named.receipt_number, named.business_date)
    booked = [data for _, kind, data in records if kind == "sale"]
    if len(booked) == 1:
        return wire.read_envelope(booked[0]).id, _sale(booked[0])
    if booked:
        hint = "Give the sale's id" if named.business_date else "Give its business date too, or the sale's id"
        raise Rejected("sale_ambiguous", f"Several sales have receipt number {named.receipt_number}", hint)
    gone = journal.pruned_receipt(db, named.receipt_number, named.business_date)
    return (gone[0], None) if len(gone) == 1 else None  # ours, and deleted since: head office has it


def _sale(data: bytes) -> Sale:
    body = wire.read_body(wire.read_envelope(data))
    assert isinstance(body, Sale)
    return body


def _sale_receipt(db: Db, sale: Sale, program: Program, language: str, booking: Booking) -> Receipt | None:
    """Our block. The balance before is what is there now with what this sale has reserved: other sales may have come since."""
    if sale.member is None:
        return None
    found = members.by_handle(db, sale.member.handle, sale.moment.local_date)
    before = Counter(found.member.balances if found else {})
    for hold in sale.holds:
        before[hold.unit] += hold.pieces
    expiring = members.expiring(db, sale.member.handle, sale.moment.local_date) if found else {}
    bearer = Bearer(found.member.first_name if found else "", dict(before), expiring, known=found is not None)
    return sale_receipt(sale, bearer, program, language, online=booking.online)


def _return_receipt(db: Db, returned: Return, program: Program, language: str, booking: Booking) -> Receipt | None:
    if not returned.member:
        return None
    found = members.by_handle(db, returned.member, returned.till.business_date)
    bearer = Bearer("", {}, known=False)
    if found:
        who = found.member
        bearer = Bearer(who.first_name, dict(who.balances), tier=who.tier, known=not who.provisional)
    ending = Ending(returned.till.receipt_number, returned.till.business_date, booking.online, booking.place)
    return return_receipt(returned.reversal, bearer, program, language, ending)


def _commit(booking: Booking, receipt: Receipt | None, refusals: tuple[Refusal, ...] = ()) -> sales.Commit:
    return sales.Commit(booking.id, booking.stamp, receipt_bytes(receipt) if receipt else b"", booking.prints, refusals)
