"""Making members and their cards."""

import secrets
from collections.abc import Mapping
from dataclasses import replace
from typing import NamedTuple

from central import standings
from central.code_keys import CodeSigner
from central.programs import in_force
from central.standings import Change
from central.store import audit, changing, feed, members
from central.store.audit import Note
from central.store.engine import Connection
from central.store.ledger import NO_TERMINAL, Cause
from central.store.members import MemberHere
from loyalty import bounds, counters, standing
from loyalty.code import Claims, ean13_holds
from loyalty.joining import FIRST_NAME_CHARS_MAX
from loyalty.member import Window
from runtime.errors import Rejected
from sync import codes

YEARS = 5  # as long as a card lives in a wallet

SECONDS_PER_YEAR = 365 * 24 * 3600 + 6 * 3600


class Card(NamedTuple):
    """A member's code as its QR says it, and when it ends."""

    text: str
    expires_s: int


class Gift(NamedTuple):
    """So many pieces of a unit, who gives them, and why."""

    unit: str
    pieces: int
    person: str
    reason: str


def add(db: Connection, first_name: str, code: str, now_ms: int, referred_by: str = "") -> MemberHere:
    """Make a member, with a plain card's number if `code` is one; `referred_by` is the handle of who brought them.

    The member gets what joining gives. Raises Rejected.
    """
    name = first_name.strip()
    try:
        bounds.text("first name", name, 0, FIRST_NAME_CHARS_MAX)
    except ValueError as error:
        raise Rejected("name_invalid", str(error)) from error
    if referred_by:
        get(db, referred_by)
    handle = secrets.token_hex(codes.HANDLE_BYTES)
    member = members.add(db, handle, name, now_ms)
    if code:
        _give_code(db, member, code, now_ms)
    now, made = standings.now_in(db, now_ms), get(db, handle)
    before = standings.load(db, made)
    after = standing.joined(now.program, replace(before, referred_by=referred_by), now.day)
    standings.save(db, now, Cause("join", NO_TERMINAL, now_ms), Change(made, before, after))
    return get(db, handle)


def note(
    db: Connection, handle: str, segments: tuple[str, ...] | None, occasions: Mapping[str, Window] | None, now_ms: int
) -> MemberHere:
    """Say what segments a member is in, and when something of theirs comes (None: as before). Raises Rejected."""
    member = members.by_handle(db, handle, lock=True) or get(db, handle)
    try:
        _sound(segments or (), occasions or {})
    except ValueError as error:
        raise Rejected("fact_invalid", str(error), "For example: --occasion birthday=2026-11-20..2026-11-27") from error
    now, before = standings.now_in(db, now_ms), standings.load(db, member)
    after = replace(
        before,
        segments=before.segments if segments is None else segments,
        occasions=before.occasions if occasions is None else dict(occasions),
    )
    standings.save(db, now, Cause("note", NO_TERMINAL, now_ms), Change(member, before, after))
    return get(db, handle)


def give(db: Connection, handle: str, gift: Gift, now_ms: int) -> MemberHere:
    """Give a member pieces of a unit of the program in force: a personal offer, an apology. Raises Rejected.

    They live as long as pieces that are earned today; who gave them and why stands in the audit log.
    """
    member = members.by_handle(db, handle, lock=True) or get(db, handle)
    now = standings.now_in(db, now_ms)
    if gift.unit not in now.program.units:
        known = ", ".join(now.program.units) or "none, no program is published"
        raise Rejected("unit_unknown", f"the program has no unit {gift.unit!r}", f"Its units: {known}")
    if not 1 <= gift.pieces <= bounds.COST_MAX:
        raise Rejected("pieces_invalid", f"{gift.pieces} pieces cannot be given", f"1 to {bounds.COST_MAX}")
    before = standings.load(db, member)
    after = standing.given(now.program, before, ((gift.unit, gift.pieces),), now.day)
    cause = Cause(f"give/{secrets.token_hex(16)}", NO_TERMINAL, now_ms)
    standings.save(db, now, cause, Change(member, before, after))
    audit.add(db, Note(now_ms, gift.person, "give", member.handle, f"{gift.pieces} {gift.unit}: {gift.reason}"))
    return get(db, handle)


def _sound(segments: tuple[str, ...], occasions: Mapping[str, Window]) -> None:
    bounds.whole("number of names", len(segments) + len(occasions), 0, bounds.WORDS_MAX)
    for word in (*segments, *occasions):
        bounds.text("name", word)
    for first, last in occasions.values():
        bounds.date("first day", first)
        bounds.date("last day", last)
        if last < first:
            raise ValueError(f"the window {first} to {last} ends before it begins")


def balances_of(db: Connection, found: list[MemberHere]) -> dict[int, dict[str, int]]:
    """What each of those members has of the program's units, pending and leased pieces too; counters are nobody's to read."""
    return {
        member: {unit: sum(held.values()) for unit, held in sorted(one.owned().items()) if not counters.is_counter(unit)}
        for member, one in standings.load_all(db, found).items()
    }


def get(db: Connection, handle: str) -> MemberHere:
    """The member with that handle. Raises Rejected."""
    member = members.by_handle(db, handle)
    if member is None:
        raise Rejected("member_unknown", f"there is no member {handle!r}", "Look for one: posd-central member find")
    return member


def new_card(db: Connection, handle: str) -> MemberHere:
    """The old card or phone was lost: every code made before is refused once terminals have pulled. Raises Rejected."""
    member = members.by_handle(db, handle, lock=True) or get(db, handle)
    if member.generation >= 255:
        raise Rejected("generations_used_up", "this member has had 255 cards", "Make a new member")
    members.raise_generation(db, member.id)
    changing.set_secret(db, member.id, "")
    feed.publish(db, [("member", member.id)])
    return get(db, handle)


def card(member: MemberHere, signer: CodeSigner, now_s: int, years: int = YEARS, phone_key: str = "") -> Card:
    """The member's signed code, valid for `years`. Raises Rejected for a provisional member's odd handle."""
    if len(member.handle) != codes.HANDLE_BYTES * 2:
        raise Rejected("handle_invalid", f"{member.handle!r} is no handle that a code can say")
    expires_s = min(now_s + years * SECONDS_PER_YEAR, codes.SECONDS_MAX)
    claims = Claims(member.handle, member.generation, now_s, expires_s, phone_key)
    return Card(codes.make(claims, signer.key_id, signer.sign), expires_s)


def _give_code(db: Connection, member: int, code: str, now_ms: int) -> None:
    if len(code) != 13 or not (code.isascii() and code.isdigit()) or not ean13_holds(code):
        raise Rejected("code_invalid", f"{code!r} is no EAN-13 number", "13 digits, the last of them the check digit")
    program = in_force(db, now_ms)
    if program and not code.startswith(program.plain_prefixes):
        wanted = ", ".join(program.plain_prefixes) or "none: the program has no plain_prefixes"
        raise Rejected("code_prefix", f"terminals would take {code} for a product", f"Card numbers begin with {wanted}")
    if not members.add_code(db, member, code):
        raise Rejected("code_taken", f"another member has the card {code}")
