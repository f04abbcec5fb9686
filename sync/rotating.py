"""The part of a member's code that changes every half minute, after a second colon: a photo of a code is soon worth less.

Two kinds, by where the secret is:

    PL1:BODY:12345678     a wallet's TOTP (RFC 6238: HMAC-SHA-1, 30 s, 8 digits) of the member's secret: whoever has it can check
    PL1:BODY:PART         PART is base32 of the step (4 bytes) and an ES256 signature (r and s, RFC 9053 2.1) over the ASCII text
                          `PL1:BODY:STEP`, by the phone's key that stands in BODY: whoever has head office's public key checks it

A step is the number of half minutes since 1970. SHA-1 and the decimal digits are what Google's wallet computes (its
RotatingBarcode, `TOTP_SHA1`): a MAC of eight digits does not stand on SHA-1's collisions. Apple's passes cannot change by
themselves; there it takes an app, and the second kind.
"""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Callable

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ec import (
    ECDSA,
    SECP256R1,
    EllipticCurvePrivateKey,
    EllipticCurvePublicKey,
)
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from loyalty.code import STEP_S, MemberCode, steps_of

SECRET_BYTES = 20  # what RFC 4226, section 4, recommends, and the length of the MAC
DIGITS = 8
STEP_BYTES = 4
NUMBER_BYTES = 32  # r and s of P-256

SignPhone = Callable[[bytes], bytes]
"""Message to ES256 signature: r and s, 64 bytes."""


def step_of(code: MemberCode, secret: bytes | None, now_s: int) -> int | None:
    """The step of which the changing part of `code` is, if it is genuine and may be shown at `now_s`; None where it is not, or
    where nobody can tell: a wallet's without the member's `secret`.
    """
    if not code.changing:
        return None
    if code.phone_key:
        return _phone_step(code, steps_of(now_s))
    if secret is None:
        return None
    return next((step for step in steps_of(now_s) if hmac.compare_digest(totp(secret, step), code.changing)), None)


def totp(secret: bytes, step: int) -> str:
    """Eight digits of RFC 6238, by the dynamic truncation of RFC 4226 section 5.3."""
    mac = hmac.new(secret, step.to_bytes(8, "big"), hashlib.sha1).digest()
    at = mac[-1] & 0x0F
    number = int.from_bytes(mac[at : at + 4], "big") & 0x7FFF_FFFF
    return f"{number % 10**DIGITS:0{DIGITS}}"


def with_totp(signed: str, secret: bytes, step: int) -> str:
    """What a wallet shows of the signed code: 185 characters, QR version 8 at error correction M."""
    return f"{signed}:{totp(secret, step)}"


def wallet_object(signed: str, secret: bytes) -> dict[str, object]:
    """The `rotatingBarcode` of a pass for Google's wallet. Whoever has it can make the code: it belongs into the pass object on
    their server, not into the link that saves the pass.
    """
    return {
        "type": "QR_CODE",
        "valuePattern": f"{signed}:{{totp_value_0}}",
        "totpDetails": {
            "algorithm": "TOTP_SHA1",
            "periodMillis": str(STEP_S * 1000),
            "parameters": [{"key": secret.hex(), "valueLength": DIGITS}],
        },
    }


def with_phone(signed: str, sign: SignPhone, step: int) -> str:
    """What an app shows: 358 characters, QR version 11 at error correction M."""
    part = step.to_bytes(STEP_BYTES, "big") + sign(_said(signed, step))
    return f"{signed}:{_base32(part)}"


def phone_key(key: EllipticCurvePrivateKey) -> str:
    """A phone's public key as head office certifies it: 33 bytes in hex."""
    return key.public_key().public_bytes(Encoding.X962, PublicFormat.CompressedPoint).hex()


def phone_signer(key: EllipticCurvePrivateKey) -> SignPhone:
    """Signs as a phone does."""

    def sign(message: bytes) -> bytes:
        r, s = decode_dss_signature(key.sign(message, ECDSA(SHA256())))
        return r.to_bytes(NUMBER_BYTES, "big") + s.to_bytes(NUMBER_BYTES, "big")

    return sign


def _phone_step(code: MemberCode, steps: range) -> int | None:
    """The step is looked at first: a signature of another time need not be checked."""
    try:
        part = base64.b32decode(code.changing + "=" * (-len(code.changing) % 8))
    except (binascii.Error, ValueError):
        return None
    step, numbers = int.from_bytes(part[:STEP_BYTES], "big"), part[STEP_BYTES:]
    if step not in steps or len(numbers) != 2 * NUMBER_BYTES or _base32(part) != code.changing:
        return None
    r, s = (int.from_bytes(half, "big") for half in (numbers[:NUMBER_BYTES], numbers[NUMBER_BYTES:]))
    try:
        key = EllipticCurvePublicKey.from_encoded_point(SECP256R1(), bytes.fromhex(code.phone_key))
        key.verify(encode_dss_signature(r, s), _said(code.signed, step), ECDSA(SHA256()))
    except (InvalidSignature, ValueError):
        return None
    return step


def _said(signed: str, step: int) -> bytes:
    return f"{signed}:{step}".encode()


def _base32(data: bytes) -> str:
    return base64.b32encode(data).decode().rstrip("=")
