"""Members who join at a till: the record makes one; what they gave comes beside it, and is erased without touching a journal."""

import hashlib
import hmac
from dataclasses import replace

from central import blanks, standings
from central.effects import Effect, member_of
from central.fence import BY_ITSELF
from central.standings import Change
from central.store import audit, feed, members, merges, people, records
from central.store.audit import Clerk, Note
from central.store.engine import Connection
from central.store.members import MemberHere
from central.store.terminals import Key
from loyalty import standing
from loyalty.joining import Join, Person, content_hash, phone_number
from loyalty.refusal import Refusal
from runtime.errors import Rejected
from sync import wire
from sync.joining import AttachmentAnswer, AttachmentRequest

STORED, WRONG, UNKNOWN = (AttachmentAnswer(outcome) for outcome in ("stored", "wrong", "unknown"))


def join(db: Connection, effect: Effect, body: Join) -> None:
    """A code that was nobody's is a member's: the first Join of a handle counts, and comes late where the card was merged into
    another before it: then that one's member has joined. Raises Rejected for a second one.
    """
    member = member_of(db, body.member, effect.cause.now_ms)
    card = members.by_handle(db, body.member, lock=True)
    assert card  # there is one by now
    if not card.provisional:
        raise Rejected("member_already", f"{body.member} is somebody's already", "Give the customer another card")
    members.confirm(db, card.id)
    blanks.used(db, body.member)
    if body.code and not members.add_code(db, card.id, body.code):
        audit.add(db, Note(effect.cause.now_ms, BY_ITSELF, "card_taken", body.member, body.code))
    people.expect(db, effect.envelope.id, body.member)
    attached = people.get(db, effect.envelope.id)
    if attached and attached.content:
        _greet(db, body.member, _person(attached.content).first_name)
    now, before = standings.now_in(db, effect.cause.now_ms), standings.load(db, member)
    after = standing.joined(now.program, before, body.desk.business_date)
    if before.joined:  # with another card
        after = replace(after, joined=min(before.joined, after.joined), reviewed=before.reviewed)
    also = [("member", card.id)] if card.id != member.id else []
    standings.save(db, now, effect.cause, Change(member, before, after), also=also)


def attach(db: Connection, key: Key, request: AttachmentRequest, now_ms: int) -> AttachmentAnswer:
    """Keep what belongs to a stored record of that journal: once, and not what was erased."""
    records.in_turn(db)  # the record may have its effect at this moment, and must see this or be seen
    data = records.stored_as(db, key.chain, request.seq, request.record)
    if data is None:
        return UNKNOWN
    body = wire.read_body(wire.read_envelope(data))
    if not isinstance(body, Join) or content_hash(request.content) != body.attachment:
        return WRONG
    try:
        person = _person(request.content)
    except ValueError:
        return WRONG
    before = people.get(db, request.record)
    if before and before.stored_ms:
        return STORED
    people.expect(db, request.record, body.member)
    if not people.erased(db, body.member):
        people.keep(db, request.record, body.member, request.content, _hashed(db, person.phone))
        if records.applied(db, request.record):
            _greet(db, body.member, person.first_name)
    people.came(db, request.record, now_ms)
    return STORED


def erase(db: Connection, handle: str, clerk: Clerk, now_ms: int) -> int:
    """Erase name, number and consent of a member, given with any card of theirs; how many attachments. Raises Rejected."""
    records.in_turn(db)
    member = members.current(db, handle, lock=True)
    if member is None:
        raise Rejected("member_unknown", f"there is no member {handle!r}", "Look for one: posd-central member find")
    cards = [member, *members.by_ids(db, merges.absorbed(db, member.id))]
    count = sum(people.erase(db, card.handle, now_ms) for card in cards)
    audit.add(db, Note(now_ms, clerk.person, "erase", handle, clerk.reason))
    for card in cards:
        members.set_first_name(db, card.id, "")
    feed.publish(db, [("member", card.id) for card in cards])
    return count


def find(db: Connection, text: str, rows_max: int) -> list[MemberHere]:
    """Members by first name, handle or plain code, and by the telephone number that they gave."""
    phone = phone_number(text)
    if not phone or isinstance(phone, Refusal):
        return members.find(db, text, rows_max)
    found = (members.current(db, handle) for handle in people.of_phone(db, _hashed(db, phone)))
    here = list({member.id: member for member in found if member}.values())
    return here[:rows_max] or members.find(db, text, rows_max)


def _hashed(db: Connection, phone: str) -> str:
    return hmac.new(people.people_key(db), phone.encode(), hashlib.sha256).hexdigest() if phone else ""


def _greet(db: Connection, handle: str, first_name: str) -> None:
    """By the name that came; one whose card was merged into another's has that one's."""
    member = members.current(db, handle, lock=True)
    if member and (member.handle == handle or not member.first_name):
        members.set_first_name(db, member.id, first_name)
        feed.publish(db, [("member", member.id)])


def _person(content: str) -> Person:
    return wire.decode(content.encode(), Person)
