"""Signed member codes: one spelling, verified offline, read by an independent implementation of the same standards."""

import base64
import random

import cwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from loyalty.code import SIGNED_PREFIX, Claims
from loyalty.refusal import Refusal
from sync import codes

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
PUBLIC = KEY.public_key().public_bytes_raw()
KEY_ID = "0a0b0c0d"
CLAIMS = Claims("00112233445566778899", 2, 1_795_000_000, 1_950_000_000)
GOLDEN = (
    "PL1:2KCETIQBE4CEICQLBQG2AWA2UMCBU5B2UOAAMGTK7WDMAB2LAAISEM2EKVTHPCEZAJMEAHIM4YGZF27P7MHB"
    "ROKYMZFOAQH2OFRJDQRN6IPXE73VKFKOYGIDYLH2SVWOCYGB42O6NRVGSOGWNNO5KUMMQYYMKHDGXIQLIBXL4UDQ"
)
PHONE = Claims("00112233445566778899", 2, 1_795_000_000, 1_950_000_000, "03" + bytes(range(32)).hex())
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"

verify = codes.verifier({KEY_ID: PUBLIC})


def made(claims: Claims = CLAIMS, key: Ed25519PrivateKey = KEY, key_id: str = KEY_ID) -> str:
    return codes.make(claims, key_id, key.sign)


def token(text: str) -> bytes:
    body = text.removeprefix(SIGNED_PREFIX)
    return base64.b32decode(body + "=" * (-len(body) % 8))


def spelled(data: bytes) -> str:
    return SIGNED_PREFIX + base64.b32encode(data).decode().rstrip("=")


def test_a_code_is_the_one_that_was_printed_years_ago() -> None:
    """The same claims and key give, letter by letter, the text on cards that are out there: Ed25519 has no chance in it."""
    assert made() == GOLDEN
    assert len(made()) == 176
    assert codes.read(GOLDEN, verify) == CLAIMS


def test_an_independent_reader_of_the_standards_agrees() -> None:
    """PyPI's cwt finds the signature valid and reads the same claims."""
    pem = KEY.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    claims = cwt.decode(token(made()), cwt.COSEKey.from_pem(pem, kid=bytes.fromhex(KEY_ID)))
    assert claims == {4: CLAIMS.expires_s, 6: CLAIMS.issued_s, 7: bytes.fromhex(CLAIMS.handle) + bytes([CLAIMS.generation])}


def test_the_phones_key_is_a_claim_of_the_standards() -> None:
    """PyPI's cwt reads it as RFC 8747 says: confirmation by a COSE key, a P-256 point whose sign is a boolean."""
    pem = KEY.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    text = made(PHONE)
    claims = cwt.decode(token(text), cwt.COSEKey.from_pem(pem, kid=bytes.fromhex(KEY_ID)))
    assert (len(text), claims[8]) == (248, {1: {1: 2, -1: 1, -2: bytes(range(32)), -3: True}})


@given(
    st.builds(
        Claims,
        st.binary(min_size=10, max_size=10).map(bytes.hex),
        st.integers(0, 255),
        st.integers(codes.SECONDS_MIN, codes.SECONDS_MAX),
        st.integers(codes.SECONDS_MIN, codes.SECONDS_MAX),
        st.one_of(
            st.just(""), st.builds(lambda odd, x: f"0{2 + odd}{x.hex()}", st.booleans(), st.binary(min_size=32, max_size=32))
        ),
    )
)
def test_every_claim_survives_the_round_trip(claims: Claims) -> None:
    """What is signed is what is read, for any handle, generation, time that four bytes hold, and phone's key."""
    assert codes.read(made(claims), verify) == claims


@pytest.mark.parametrize("claims", [CLAIMS, PHONE])
def test_none_of_10_000_altered_codes_is_accepted(claims: Claims) -> None:
    """Letters changed, cut, doubled, swapped or inserted, and bytes changed below the base32: no other text is believed."""
    chance = random.Random(10_000)
    genuine = made(claims)
    raw = token(genuine)

    def altered() -> str:
        at = chance.randrange(len(SIGNED_PREFIX), len(genuine))
        way = chance.randrange(6)
        if way == 0:
            return genuine[:at] + chance.choice(LETTERS + LETTERS.lower() + "=01 ") + genuine[at + 1 :]
        if way == 1:
            return genuine[:at]
        if way == 2:
            return genuine[:at] + genuine[at] + genuine[at:]
        if way == 3:
            return genuine + chance.choice(LETTERS)
        place = chance.randrange(len(raw))
        if way == 4:
            return spelled(raw[:place] + bytes([raw[place] ^ (1 << chance.randrange(8))]) + raw[place + 1 :])
        return spelled(raw[:place] + chance.randbytes(1) + raw[place:])

    tried: set[str] = set()
    while len(tried) < 10_000:
        tried.add(altered())
        tried.discard(genuine)
    assert [text for text in tried if not isinstance(codes.read(text, verify), Refusal)] == []


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (made(key=Ed25519PrivateKey.from_private_bytes(bytes(32))), "code_forged"),
        (made(key_id="ffffffff"), "code_key_unknown"),
        (GOLDEN[:-1], "code_unreadable"),
        (GOLDEN.lower(), "code_unreadable"),
        (SIGNED_PREFIX + GOLDEN.removeprefix(SIGNED_PREFIX).lower(), "code_unreadable"),
        (GOLDEN + "=====", "code_unreadable"),
        (spelled(token(GOLDEN) + b"\x00"), "code_unreadable"),
        (GOLDEN.replace("PL1:", "PL2:"), "code_unreadable"),
        (SIGNED_PREFIX, "code_unreadable"),
        (SIGNED_PREFIX + "\u05d0" * 172, "code_unreadable"),
    ],
)
def test_what_is_wrong_with_a_code_is_said(text: str, reason: str) -> None:
    """A wrong key, an unknown or revoked one, a cut text, small letters, trailing bytes: each has its reason."""
    assert codes.read(text, verify) == Refusal(reason)


@given(st.text(max_size=300))
def test_any_text_is_answered(text: str) -> None:
    """No text makes the reader fail."""
    assert isinstance(codes.read(SIGNED_PREFIX + text, verify), Refusal)
