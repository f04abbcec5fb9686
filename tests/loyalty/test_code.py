"""What a scanned text says."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loyalty.code import Claims, MemberCode, Strength, ean13_holds, identify
from loyalty.refusal import Refusal

CLAIMS = Claims(handle="00112233445566778899", generation=2, issued_s=100, expires_s=200)
MEMBER_EAN = "7290000000008"


def reads(_text):
    """A signature that holds."""
    return CLAIMS


def never(text):
    """No signature may be looked at."""
    raise AssertionError(text)


def test_a_signed_code_says_its_handle_and_generation():
    """Spaces and the line end that a scanner adds are not part of it."""
    code = identify("  PL1:ABC\r\n", reads, (), 199)
    assert code == MemberCode(Strength.SIGNED, "PL1:ABC", CLAIMS.handle, 2)


@pytest.mark.parametrize("now_s", [200, 201])
def test_a_signed_code_expires(now_s):
    """From its second of expiry on it is refused."""
    assert identify("PL1:ABC", reads, (), now_s) == Refusal("code_expired")


def test_why_a_signature_does_not_hold_is_passed_on():
    """The refusal is the reader's own."""
    assert identify("PL1:ABC", lambda _: Refusal("code_forged"), (), 0) == Refusal("code_forged")


def test_the_chains_own_ean_is_a_plain_code():
    """It is known by its first digits and looked up by its text."""
    assert identify(MEMBER_EAN, never, ("500", "729"), 0) == MemberCode(Strength.PLAIN, MEMBER_EAN)


@pytest.mark.parametrize("prefixes", [(), ("500",), ("7291",)])
def test_any_other_ean_is_a_product(prefixes):
    """A member's number begins as the chain's numbers do."""
    assert identify(MEMBER_EAN, never, prefixes, 0) == Refusal("product_code")


def test_a_wrong_check_digit_is_a_misreading():
    """Scan again, says the refusal."""
    assert identify("7290000000009", never, ("729",), 0) == Refusal("code_misread")


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "pl2:ABC",
        "https://example.org/menu",
        "729000000000",
        "72900000000088",
        "٧٢٩٠٠٠٠٠٠٠٠٠٨",
        "PL1",
        "PL1:" + "A" * 297,
    ],
)
def test_anything_else_is_no_member_code(text):
    """A leaflet, a product's short code, digits of another script, a text that is too long."""
    assert identify(text, never, ("729",), 0) == Refusal("not_a_member_code")


def test_the_longest_code_is_read():
    """300 characters are within the bound."""
    assert isinstance(identify("PL1:" + "A" * 296, reads, (), 0), MemberCode)


@given(st.one_of(st.text(), st.from_regex(r"\A[0-9]{12,14}\Z"), st.text().map(lambda t: "PL1:" + t)), st.integers())
def test_no_text_breaks_it(text, now_s):
    """Whatever is scanned, the answer is a code or a refusal."""
    assert isinstance(identify(text, reads, ("729",), now_s), MemberCode | Refusal)


@pytest.mark.parametrize("number", ["4006381333931", "9780201379624", "7290000066318", "0000000000000"])
def test_printed_eans_hold(number):
    """Numbers as they stand on goods."""
    assert ean13_holds(number)


@given(st.from_regex(r"\A[0-9]{12}\Z"), st.integers(0, 12), st.integers(1, 9))
def test_one_wrong_digit_never_holds(twelve, place, shift):
    """The check digit finds every misread digit."""
    number = next(twelve + str(check) for check in range(10) if ean13_holds(twelve + str(check)))
    wrong = str((int(number[place]) + shift) % 10)
    assert not ean13_holds(number[:place] + wrong + number[place + 1 :])
