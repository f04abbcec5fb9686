"""A customer joins at the till, with head office or without it: a code that is nobody's becomes theirs."""

from dataclasses import dataclass

from drivers.printers.job import receipt_bytes
from loyalty.document import Qr, Receipt
from loyalty.ids import RecordId
from loyalty.joining import Desk, Join, Person, content_hash, phone_number
from loyalty.journal import Draft
from loyalty.moment import Moment
from loyalty.program import Program
from loyalty.receipt import join_receipt
from loyalty.refusal import Refusal
from posd.booking import Booking, receipt_kept, under_key
from posd.quoting import Known, claims_of, program_now, who
from posd.sights import Sight
from posd.store import joining, members, sales
from posd.store.db import Db


@dataclass(frozen=True, slots=True)
class Joining:
    """What a till says of who joins. `code` is a card that was handed out, as it was scanned: a signed one that is nobody's, or a
    plain one that is no member's; without it a code of the terminal's pool is given.

    `fingerprint` is of all but the name and the number: a hash of those would stay in the journal, and could be found by trying.
    """

    key: str
    fingerprint: str
    desk: Desk
    first_name: str
    phone: str
    language: str
    consent: str
    code: str = ""


@dataclass(frozen=True, slots=True)
class Joined:
    """A member since this moment. `code` is the signed code that they were given; empty for who has a card already."""

    id: RecordId
    seq: int
    member: str
    code: str
    receipt: Receipt | None
    program: Program
    replayed: bool = False


def join(db: Db, asked: Joining, booking: Booking, moment: Moment, salt: str) -> Joined | Refusal:
    """Make a member in one transaction: the record, what they gave beside it, the slip. A Refusal writes nothing."""
    if already := under_key(db, booking.id, asked.fingerprint):
        seq, body = already
        receipt = receipt_kept(db, seq)
        code = next((block.text for block in receipt.blocks if isinstance(block, Qr)), "") if receipt else ""
        return Joined(booking.id, seq, body.member, code, receipt, program_now(db, moment.wall_ms), replayed=True)
    phone = phone_number(asked.phone)
    if isinstance(phone, Refusal):
        return phone
    card = _card(db, asked.code, moment, booking.sight)
    if isinstance(card, Refusal):
        return card
    person = Person(salt, asked.first_name, phone, asked.language, asked.consent)
    hashed = content_hash(person.content)
    body = Join(asked.desk, asked.fingerprint, card.handle, card.plain, asked.consent, hashed)
    program = program_now(db, moment.wall_ms)
    receipt = join_receipt(asked.first_name, card.code, program, asked.language)
    commit = sales.Commit(booking.id, booking.stamp, receipt_bytes(receipt), booking.prints)
    seq = sales.append(db, commit, Draft("join", booking.id, body), asked.desk.business_date)
    joining.attach(db, seq, person.content)
    members.join(db, card.handle, asked.first_name, asked.desk.business_date, card.plain)
    return Joined(booking.id, seq, card.handle, card.code, receipt, program)


@dataclass(frozen=True, slots=True)
class _Card:
    """Whose handle it will be; the signed code that is given, the number of the plain card that is theirs already."""

    handle: str
    code: str = ""
    plain: str = ""


def _card(db: Db, scanned: str, moment: Moment, sight: Sight) -> _Card | Refusal:
    """The card that was scanned, if it is nobody's, or the next of the pool."""
    known = who(db, scanned, moment, sight) if scanned else None
    if isinstance(known, Known):
        return Refusal("member_already") if known.member.joined else _Card(known.member.handle)
    if known and known.code != "unknown_member":  # that is what a plain card of nobody's is
        return known
    while code := joining.take(db):
        claims = claims_of(db, code)
        if not isinstance(claims, Refusal) and claims.expires_s > sight.passed_s:
            return _Card(claims.handle, code, scanned.strip())
    return Refusal("no_blank_codes")
