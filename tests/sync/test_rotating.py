"""The changing part of a member's code: a wallet's digits by the RFC's own numbers, a phone's signature, and nothing else."""

import json
import random

import pytest
import segno
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from loyalty.code import FROM_HEBREW, Claims, MemberCode, Strength, identify
from sync import codes, rotating

HEAD_OFFICE = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
KEY_ID = "0a0b0c0d"
PHONE = ec.derive_private_key(7, ec.SECP256R1())
SIGN = rotating.phone_signer(PHONE)
SECRET = b"12345678901234567890"
HANDLE = "00112233445566778899"
NOW_S = 1_795_000_010
STEP = NOW_S // 30
verify = codes.verifier({KEY_ID: HEAD_OFFICE.public_key().public_bytes_raw()})


def signed(phone_key: str = "") -> str:
    return codes.make(Claims(HANDLE, 0, 1_700_000_000, 4_000_000_000, phone_key), KEY_ID, HEAD_OFFICE.sign)


CARD, APP = signed(), signed(rotating.phone_key(PHONE))


def scanned(text: str) -> MemberCode:
    """As a terminal takes it."""
    code = identify(text, lambda one: codes.read(one, verify), (), NOW_S)
    assert isinstance(code, MemberCode), code
    return code


def of_wallet(step: int = STEP) -> MemberCode:
    return scanned(rotating.with_totp(CARD, SECRET, step))


def of_phone(step: int = STEP) -> MemberCode:
    return scanned(rotating.with_phone(APP, SIGN, step))


@pytest.mark.parametrize(
    ("seconds", "digits"),
    [
        (59, "94287082"),
        (1111111109, "07081804"),
        (1111111111, "14050471"),
        (1234567890, "89005924"),
        (2000000000, "69279037"),
        (20000000000, "65353130"),
    ],
)
def test_the_digits_are_those_of_the_rfc(seconds: int, digits: str) -> None:
    """RFC 6238, appendix B, SHA-1."""
    assert rotating.totp(SECRET, seconds // 30) == digits


@pytest.mark.parametrize("step", range(STEP - 1, STEP + 2))
def test_both_kinds_say_their_step(step: int) -> None:
    """What is shown now, or was half a minute ago, or will be."""
    assert rotating.step_of(of_wallet(step), SECRET, NOW_S) == step
    assert rotating.step_of(of_phone(step), None, NOW_S) == step


@pytest.mark.parametrize("step", [STEP - 1000, STEP - 2, STEP + 2, STEP + 1000, 0])
def test_another_time_is_none(step: int) -> None:
    """Yesterday's photo, and a phone whose clock is minutes away."""
    assert rotating.step_of(of_wallet(step), SECRET, NOW_S) is None
    assert rotating.step_of(of_phone(step), None, NOW_S) is None


def test_without_the_secret_nobody_can_tell() -> None:
    """A terminal that has no lease of the member neither believes the digits nor refuses them."""
    assert rotating.step_of(of_wallet(), None, NOW_S) is None


def test_another_members_secret_or_phone_is_of_no_use() -> None:
    """The digits are of one member; a phone signs what head office has certified for it."""
    other = ec.derive_private_key(8, ec.SECP256R1())
    assert rotating.step_of(of_wallet(), b"0" * 20, NOW_S) is None
    assert rotating.step_of(scanned(rotating.with_phone(APP, rotating.phone_signer(other), STEP)), None, NOW_S) is None


def test_a_signature_is_of_one_code_and_one_step() -> None:
    """Moved to a member's other code, or to another step, it is nothing."""
    fresh = rotating.with_phone(APP, SIGN, STEP)
    again = codes.make(Claims(HANDLE, 1, 1_700_000_000, 4_000_000_000, rotating.phone_key(PHONE)), KEY_ID, HEAD_OFFICE.sign)
    assert rotating.step_of(scanned(again + fresh.removeprefix(APP)), None, NOW_S) is None
    later = rotating.with_phone(APP, lambda _: SIGN(f"{APP}:{STEP}".encode()), STEP + 1)
    assert rotating.step_of(scanned(later), None, NOW_S) is None


def test_a_phones_key_that_is_no_point_proves_nothing() -> None:
    """Even if head office had signed one."""
    text = signed("02" + "ff" * 32)
    assert rotating.step_of(scanned(rotating.with_phone(text, SIGN, STEP)), None, NOW_S) is None


def test_numbers_that_no_signature_has_prove_nothing() -> None:
    """Nothing, everything, and a part with letters beyond its last bit."""
    for numbers in (bytes(64), b"\xff" * 64, bytes(63) + b"\x01"):
        assert rotating.step_of(scanned(rotating.with_phone(APP, lambda _, n=numbers: n, STEP)), None, NOW_S) is None
    fresh = rotating.with_phone(APP, SIGN, STEP)
    spare = fresh[:-1] + "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"["ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".index(fresh[-1]) ^ 1]
    assert rotating.step_of(scanned(spare), None, NOW_S) is None


def test_none_of_5_000_altered_parts_counts() -> None:
    """A letter or several changed anywhere in a phone's part: it stays the printed code that it was."""
    chance, fresh = random.Random(5_000), rotating.with_phone(APP, SIGN, STEP)
    for _ in range(5_000):
        part = list(fresh[-109:])
        for at in {chance.randrange(109) for _ in range(chance.randint(1, 3))}:
            part[at] = chance.choice("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".replace(part[at], ""))
        assert rotating.step_of(scanned(f"{APP}:{''.join(part)}"), None, NOW_S) is None


@given(st.from_regex(r"\A[A-Z2-7]{109}\Z"), st.integers(0, 1 << 40))
def test_no_part_breaks_it(part: str, now_s: int) -> None:
    """Whatever a phone shows."""
    code = MemberCode(Strength.SIGNED, f"{APP}:{part}", HANDLE, 0, part, rotating.phone_key(PHONE))
    assert rotating.step_of(code, None, now_s) in (None, *range(now_s // 30 - 1, now_s // 30 + 2))


@pytest.mark.parametrize(
    ("text", "characters", "version"),
    [(CARD, 176, 7), (rotating.with_totp(CARD, SECRET, STEP), 185, 8), (rotating.with_phone(APP, SIGN, STEP), 358, 11)],
)
def test_how_large_a_code_is(text: str, characters: int, version: int) -> None:
    """Characters, and the version of the QR code at error correction M: letters and digits only, so it stays small."""
    made = segno.make(text, error="m", boost_error=False, micro=False)
    assert (len(text), made.version, made.mode) == (characters, version, "alphanumeric")


@pytest.mark.parametrize("text", [rotating.with_totp(CARD, SECRET, STEP), rotating.with_phone(APP, SIGN, STEP)])
def test_a_hebrew_keyboard_layout_loses_nothing(text: str) -> None:
    """A scanner that types it where the layout is Hebrew, or with Caps Lock."""
    to_hebrew = str.maketrans({latin: hebrew for hebrew, latin in ((chr(one), two) for one, two in FROM_HEBREW.items())})
    for typed in (text.lower().translate(to_hebrew), text.lower(), text.swapcase()):
        assert rotating.step_of(scanned(typed), SECRET, NOW_S) == STEP


def test_what_a_wallet_is_given_makes_the_same_code() -> None:
    """The pass of Google's wallet, by hand: the pattern with the digits of its key in it."""
    made = json.loads(json.dumps(rotating.wallet_object(CARD, SECRET)))
    details = made["totpDetails"]
    (parameters,) = details["parameters"]
    assert (details["algorithm"], details["periodMillis"], parameters["valueLength"]) == ("TOTP_SHA1", "30000", 8)
    shown = made["valuePattern"].replace("{totp_value_0}", rotating.totp(bytes.fromhex(parameters["key"]), STEP))
    assert rotating.step_of(scanned(shown), SECRET, NOW_S) == STEP
