"""Signed member codes: `PL1:` and a COSE_Sign1 CWT in base32, made by head office, verified offline by its public key alone.

One fixed shape (RFC 9052, RFC 8392, deterministic CBOR of RFC 8949 4.2.1): algorithm EdDSA and a 4-byte key id in the
protected header, nothing unprotected, and the claims exp (4), iat (6) and cti (7), which is the member's 10-byte handle and
one byte of card generation. A code that a phone shows has one claim more, cnf (8, RFC 8747): the phone's own P-256 key, its point
compressed (RFC 9053 7.1.1). A text is taken apart by position, built again and compared, so every accepted text is the only
one of its claims and signature. Base32 gives the same QR version as base45 would, and survives a Hebrew keyboard layout.

What changes on a phone follows a second colon: sync/rotating.py.
"""

import base64
import binascii
from collections.abc import Callable

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from loyalty.code import SIGNED_PREFIX, Claims
from loyalty.refusal import Refusal

KEY_ID_BYTES = 4
HANDLE_BYTES = 10
SIGNATURE_BYTES = 64
PHONE_KEY_BYTES = 33
SECONDS_MIN, SECONDS_MAX = 1 << 16, (1 << 32) - 1  # what CBOR writes in four bytes; 1970-01-01 18:12 to 2106

_PROTECTED = b"\xa2\x01\x27\x04\x44"  # {1: -8, 4: bytes(4)}
_PHONE = b"\x08\xa1\x01\xa4\x01\x02\x20\x01\x21\x58\x20"  # 8: {1: {1: 2, -1: 1, -2: bytes(32), -3: ...
_Y_IS_ODD = {
    b"\x02": b"\x22\xf4",
    b"\x03": b"\x22\xf5",
}  # ... False or True}}, by the first byte of a compressed point (SEC 1, 2.3.3)
_CARD_BYTES = 26
_PAYLOADS = (_CARD_BYTES, _CARD_BYTES + len(_PHONE) + 32 + 2)
_AROUND_BYTES = 2 + 1 + len(_PROTECTED) + KEY_ID_BYTES + 1 + 2 + 2 + SIGNATURE_BYTES

Sign = Callable[[bytes], bytes]
"""Message to Ed25519 signature, 64 bytes."""

Verify = Callable[[str, bytes, bytes], bool | None]
"""Key id (hex), message, signature: whether it holds; None where that key is not known."""


def make(claims: Claims, key_id: str, sign: Sign) -> str:
    """The text of a member's code, 176 characters: QR version 7 at error correction M; 248 with a phone's key."""
    payload = _payload(claims)
    protected = _PROTECTED + bytes.fromhex(key_id)
    return _text(protected, payload, sign(_message(protected, payload)))


def read(text: str, verify: Verify) -> Claims | Refusal:
    """What a `PL1:` text says, or why it is not believed. Expiry is for the caller, who knows the time."""
    token = _token(text)
    if token is None:
        return Refusal("code_unreadable")
    at = 3
    protected = token[at : at + len(_PROTECTED) + KEY_ID_BYTES]
    at += len(protected) + 3
    payload = token[at : -2 - SIGNATURE_BYTES]
    signature = token[-SIGNATURE_BYTES:]
    claims = _claims(payload)
    if min(claims.issued_s, claims.expires_s) < SECONDS_MIN or _text(protected, _payload(claims), signature) != text:
        return Refusal("code_unreadable")
    holds = verify(protected[-KEY_ID_BYTES:].hex(), _message(protected, payload), signature)
    if holds is None:
        return Refusal("code_key_unknown")
    return claims if holds else Refusal("code_forged")


def _token(text: str) -> bytes | None:
    body = text[len(SIGNED_PREFIX) :]
    try:
        token = base64.b32decode(body + "=" * (-len(body) % 8))
    except (binascii.Error, ValueError):
        return None
    return token if text.startswith(SIGNED_PREFIX) and len(token) - _AROUND_BYTES in _PAYLOADS else None


def _claims(payload: bytes) -> Claims:
    """What stands where in a payload of the right length; whether it is one is found out by building it again."""
    x, sign = payload[_CARD_BYTES + len(_PHONE) : -2], b"\x03" if payload[-1:] == b"\xf5" else b"\x02"
    return Claims(
        handle=payload[_CARD_BYTES - HANDLE_BYTES - 1 : _CARD_BYTES - 1].hex(),
        generation=payload[_CARD_BYTES - 1],
        issued_s=int.from_bytes(payload[9:13], "big"),
        expires_s=int.from_bytes(payload[3:7], "big"),
        phone_key=(sign + x).hex() if x else "",
    )


def _payload(claims: Claims) -> bytes:
    assert SECONDS_MIN <= claims.issued_s <= SECONDS_MAX
    assert SECONDS_MIN <= claims.expires_s <= SECONDS_MAX
    handle = bytes.fromhex(claims.handle)
    assert len(handle) == HANDLE_BYTES
    expires, issued = claims.expires_s.to_bytes(4, "big"), claims.issued_s.to_bytes(4, "big")
    cti = handle + bytes([claims.generation])
    card = b"\x04\x1a" + expires + b"\x06\x1a" + issued + b"\x07\x4b" + cti
    if not claims.phone_key:
        return b"\xa3" + card
    point = bytes.fromhex(claims.phone_key)
    assert len(point) == PHONE_KEY_BYTES
    return b"\xa4" + card + _PHONE + point[1:] + _Y_IS_ODD[point[:1]]


def _message(protected: bytes, payload: bytes) -> bytes:
    """The Sig_structure of RFC 9052 section 4.4."""
    return b"\x84\x6aSignature1" + bytes([0x40 + len(protected)]) + protected + b"\x40\x58" + bytes([len(payload)]) + payload


def _text(protected: bytes, payload: bytes, signature: bytes) -> str:
    token = b"\xd2\x84" + bytes([0x40 + len(protected)]) + protected + b"\xa0\x58" + bytes([len(payload)]) + payload
    return SIGNED_PREFIX + base64.b32encode(token + b"\x58\x40" + signature).decode().rstrip("=")


def verifier(keys: dict[str, bytes]) -> Verify:
    """A Verify over Ed25519 public keys (32 raw bytes each) by key id."""

    def verify(key_id: str, message: bytes, signature: bytes) -> bool | None:
        raw = keys.get(key_id)
        if raw is None:
            return None
        try:
            Ed25519PublicKey.from_public_bytes(raw).verify(signature, message)
        except InvalidSignature:
            return False
        return True

    return verify
