"""Members' changing codes at head office: a wallet's secret, the text that an app builds on, and one use of a step in all shops."""

import secrets

from central.code_keys import CodeSigner
from central.members import YEARS, Card, card
from central.store import changing, feed, members
from central.store.changing import Use
from central.store.engine import Connection
from central.store.members import MemberHere
from loyalty.code import STEP_S, steps_of
from loyalty.refusal import Refusal
from runtime.errors import Rejected
from sync import rotating
from sync.codes import PHONE_KEY_BYTES

SIGHT_S_MAX = 20 * 60  # how long ago a code may have been scanned that spends now: a till's trolley, and its clock aside


def secret_of(db: Connection, member: MemberHere) -> bytes:
    """What the member's wallet makes its changing part from; made at the first call. Terminals get it with a lease only."""
    members.by_handle(db, member.handle, lock=True)  # of two who ask at once, both get the same
    known = changing.secrets_of(db, [member.id]).get(member.id)
    if known is None:
        known = secrets.token_hex(rotating.SECRET_BYTES)
        changing.set_secret(db, member.id, known)
        feed.publish(db, [("member", member.id)])
    return bytes.fromhex(known)


def phone_card(member: MemberHere, signer: CodeSigner, phone_key: str, now_s: int, years: int = YEARS) -> Card:
    """The text that an app builds the member's code on: it says that the phone with that key (33 bytes in hex) is this member's.

    Raises Rejected.
    """
    from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicKey

    try:
        point = bytes.fromhex(phone_key)
        EllipticCurvePublicKey.from_encoded_point(SECP256R1(), point)
    except ValueError as error:
        raise _no_key(phone_key) from error
    if len(point) != PHONE_KEY_BYTES:
        raise _no_key(phone_key)
    return card(member, signer, now_s, years, point.hex())


def refusal(db: Connection, member: int, this: Use, now_ms: int) -> Refusal | None:
    """Why a hold cannot be had with a code of that step: it has spent at another terminal, so one of the two was shown a copy."""
    if not _of_now(this.step, now_ms):
        return None
    before = changing.last_use(db, member)
    return Refusal("code_used") if before and before.step >= this.step and before.terminal != this.terminal else None


def use(db: Connection, member: int, this: Use, now_ms: int) -> None:
    """A hold was granted for a code of that step. What cannot be of now is some terminal's clock, and is not counted."""
    if _of_now(this.step, now_ms):
        changing.use(db, member, this)


def _of_now(step: int, now_ms: int) -> bool:
    newest = steps_of(now_ms // 1000)[-1]
    return newest - SIGHT_S_MAX // STEP_S <= step <= newest


def _no_key(phone_key: str) -> Rejected:
    hint = f"{PHONE_KEY_BYTES} bytes in hex: a point of P-256, compressed (SEC 1, 2.3.3)"
    return Rejected("phone_key_invalid", f"{phone_key[:80]!r} is no phone's public key", hint)
