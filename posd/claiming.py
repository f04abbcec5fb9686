"""A purchase without a card is claimed afterwards: a record, and head office gives what it earns."""

from dataclasses import dataclass

from loyalty.claiming import too_late
from loyalty.ids import RecordId
from loyalty.joining import Claim, Desk
from loyalty.journal import Draft
from loyalty.moment import Moment
from loyalty.refusal import Refusal
from posd.booking import Booking, Named, sale_named, under_key
from posd.quoting import program_of, who
from posd.store import journal
from posd.store.db import Db
from runtime.errors import Rejected


@dataclass(frozen=True, slots=True)
class Claiming:
    """What a till says: whose purchase it was, by the code as it was scanned, and which."""

    key: str
    fingerprint: str
    desk: Desk
    code: str
    named: Named


@dataclass(frozen=True, slots=True)
class Claimed:
    """A claim that head office will hear of. `sale` is empty where only head office can say which it is."""

    id: RecordId
    seq: int
    member: str
    sale: str
    replayed: bool = False


def claim(db: Db, asked: Claiming, booking: Booking, moment: Moment) -> Claimed | Refusal:
    """Tell head office, unless it is plain here that nothing can come of it. Raises Rejected for a sale that nobody could name."""
    if already := under_key(db, booking.id, asked.fingerprint):
        seq, body = already
        return Claimed(booking.id, seq, body.member, body.sale, replayed=True)
    known = who(db, asked.code, moment, booking.sight)
    if isinstance(known, Refusal):
        return known
    found, named = sale_named(db, asked.named), asked.named
    if found is None and not named.business_date:
        hint = "Give its business date too: then head office looks for it in the whole store"
        raise Rejected("sale_unknown", f"No sale of this terminal has receipt number {named.receipt_number}", hint)
    sale_id, sale = found or ("", None)
    if sale and sale.member:
        return Refusal("sale_has_member")
    if sale and (late := too_late(program_of(db, sale.program_version), sale.till.business_date, asked.desk.business_date)):
        return late
    receipt = ("", "") if sale_id else (named.receipt_number, named.business_date)
    body = Claim(asked.desk, asked.fingerprint, known.member.handle, sale_id, *receipt)
    seq = journal.append(db, booking.stamp, Draft("claim", booking.id, body), asked.desk.business_date).seq
    return Claimed(booking.id, seq, body.member, sale_id)
