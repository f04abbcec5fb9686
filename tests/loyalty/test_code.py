"""What a scanned text says."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loyalty.code import Claims, MemberCode, Strength, ean13_holds, identify, steps_of
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
        "PL1:" + "A" * 397,
    ],
)
def test_anything_else_is_no_member_code(text):
    """A leaflet, a product's short code, digits of another script, a text that is too long."""
    assert identify(text, never, ("729",), 0) == Refusal("not_a_member_code")


def test_the_longest_code_is_read():
    """400 characters are within the bound."""
    assert isinstance(identify("PL1:" + "A" * 396, reads, (), 0), MemberCode)


@given(st.one_of(st.text(), st.from_regex(r"\A[0-9]{12,14}\Z"), st.text().map(lambda t: "PL1:" + t)), st.integers())
def test_no_text_breaks_it(text, now_s):
    """Whatever is scanned, the answer is a code or a refusal."""
    assert isinstance(identify(text, reads, ("729",), now_s), MemberCode | Refusal)


WALLET, PHONE = "12345678", "A" * 109
FROM_PHONE = Claims(handle="00112233445566778899", generation=2, issued_s=100, expires_s=200, phone_key="02" + "11" * 32)


@pytest.mark.parametrize(("claims", "changing"), [(CLAIMS, WALLET), (FROM_PHONE, PHONE)])
def test_a_changing_part_is_kept_apart(claims, changing):
    """Who checks the signature is not shown it, and it makes nothing of the code yet."""
    shown = []
    code = identify(f"PL1:ABC:{changing}", lambda text: shown.append(text) or claims, (), 199)
    assert (code.strength, code.changing, code.phone_key, code.signed) == (
        Strength.SIGNED,
        changing,
        claims.phone_key,
        "PL1:ABC",
    )
    assert shown == ["PL1:ABC"]


@pytest.mark.parametrize(
    ("claims", "changing"),
    [
        *(
            (CLAIMS, one)
            for one in ("", "1234567", "123456789", "1234567A", "١٢٣٤٥٦٧٨", WALLET + ":", WALLET + ":" + WALLET, PHONE)
        ),
        *((FROM_PHONE, one) for one in ("", PHONE[1:], PHONE + "A", "0" + PHONE[1:], PHONE[1:] + "=", WALLET)),
    ],
)
def test_a_changing_part_has_one_shape(claims, changing):
    """Eight digits of a wallet, 109 letters of a phone, each only where the signed part says so."""
    assert identify(f"PL1:ABC:{changing}", lambda _: claims, (), 0) == Refusal("code_unreadable")


def test_a_code_without_its_changing_part_is_a_printed_one():
    """Whoever leaves it off shows what a card would."""
    assert identify("PL1:ABC", lambda _: FROM_PHONE, (), 0).changing == ""


@pytest.mark.parametrize(("now_s", "steps"), [(0, [-1, 0, 1]), (89, [1, 2, 3]), (90, [2, 3, 4])])
def test_a_part_is_shown_for_half_a_minute_and_counts_a_little_longer(now_s, steps):
    """One step early or late: two clocks are never quite the same."""
    assert list(steps_of(now_s)) == steps


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
