"""Two cards of one customer become one: both are shown at the till, a record says so, and head office does it."""

from dataclasses import dataclass

from loyalty.code import Strength
from loyalty.ids import RecordId
from loyalty.joining import Alias, Desk
from loyalty.journal import Draft
from loyalty.moment import Moment
from loyalty.refusal import Refusal
from posd.booking import Booking, under_key
from posd.quoting import who
from posd.store import journal
from posd.store.db import Db


@dataclass(frozen=True, slots=True)
class Merging:
    """What a till says: the card that goes and the one that stays, both as they were scanned."""

    key: str
    fingerprint: str
    desk: Desk
    code: str
    into: str


@dataclass(frozen=True, slots=True)
class Merged:
    """What head office will hear of: the handle that goes, and the one that stays."""

    id: RecordId
    seq: int
    member: str
    into: str
    replayed: bool = False


def merge(db: Db, asked: Merging, booking: Booking, moment: Moment) -> Merged | Refusal:
    """Tell head office. Both must be signed: whoever knows a number has no card in hand."""
    if already := under_key(db, booking.id, asked.fingerprint):
        seq, body = already
        return Merged(booking.id, seq, body.member, body.into, replayed=True)
    cards = [who(db, code, moment, booking.sight) for code in (asked.code, asked.into)]
    handles = []
    for card in cards:
        if isinstance(card, Refusal):
            return card
        if card.strength not in (Strength.SIGNED, Strength.ROTATING):
            return Refusal("merge_needs_cards")
        handles.append(card.member.handle)
    member, into = handles
    if member == into:
        return Refusal("merge_same_member")
    body = Alias(asked.desk, asked.fingerprint, member, into)
    seq = journal.append(db, booking.stamp, Draft("alias", booking.id, body), asked.desk.business_date).seq
    return Merged(booking.id, seq, member, into)
