"""Making members and their cards."""

import secrets
from typing import NamedTuple

from central.code_keys import CodeSigner
from central.programs import in_force, tier_in_force
from central.store import feed, members
from central.store.engine import Connection
from central.store.members import MemberHere
from loyalty import bounds
from loyalty.code import Claims, ean13_holds
from runtime.errors import Rejected
from sync import codes

YEARS = 5  # as long as a card lives in a wallet

SECONDS_PER_YEAR = 365 * 24 * 3600 + 6 * 3600
FIRST_NAME_CHARS_MAX = 60


class Card(NamedTuple):
    """A member's code as its QR says it, and when it ends."""

    text: str
    expires_s: int


def add(db: Connection, first_name: str, code: str, now_ms: int) -> MemberHere:
    """Make a member, with a plain card's number if `code` is one. Raises Rejected."""
    name = first_name.strip()
    try:
        bounds.text("first name", name, 0, FIRST_NAME_CHARS_MAX)
    except ValueError as error:
        raise Rejected("name_invalid", str(error)) from error
    tier = tier_in_force(db, {}, now_ms) or ""
    member = members.add(db, secrets.token_hex(codes.HANDLE_BYTES), name, tier, now_ms)
    if code:
        _give_code(db, member, code, now_ms)
    feed.publish(db, [("member", member)])
    return members.by_ids(db, [member])[0]


def get(db: Connection, handle: str) -> MemberHere:
    """The member with that handle. Raises Rejected."""
    member = members.by_handle(db, handle)
    if member is None:
        raise Rejected("member_unknown", f"there is no member {handle!r}", "Look for one: posd-central member find")
    return member


def new_card(db: Connection, handle: str) -> MemberHere:
    """The old card was lost: every code made before is refused once terminals have pulled. Raises Rejected."""
    member = members.by_handle(db, handle, lock=True) or get(db, handle)
    if member.generation >= 255:
        raise Rejected("generations_used_up", "this member has had 255 cards", "Make a new member")
    members.raise_generation(db, member.id)
    feed.publish(db, [("member", member.id)])
    return get(db, handle)


def card(member: MemberHere, signer: CodeSigner, now_s: int, years: int = YEARS) -> Card:
    """The member's signed code, valid for `years`. Raises Rejected for a provisional member's odd handle."""
    if len(member.handle) != codes.HANDLE_BYTES * 2:
        raise Rejected("handle_invalid", f"{member.handle!r} is no handle that a code can say")
    expires_s = min(now_s + years * SECONDS_PER_YEAR, codes.SECONDS_MAX)
    claims = Claims(member.handle, member.generation, now_s, expires_s)
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
