"""What a scanned text says, at its edges."""

from dataclasses import replace

import pytest

from loyalty.code import Claims, MemberCode, Strength, identify
from loyalty.refusal import Refusal

CLAIMS = Claims("00112233445566778899", generation=2, issued_s=100, expires_s=200)


def test_the_reader_is_given_the_whole_code():
    """With its prefix, without what the scanner put around it."""
    seen = []

    def reads(text):
        seen.append(text)
        return replace(CLAIMS, generation=7)

    assert identify("\tPL1:AB C\n", reads, (), 0) == MemberCode(Strength.SIGNED, "PL1:AB C", CLAIMS.handle, 7)
    assert seen == ["PL1:AB C"]


def test_spaces_are_not_counted():
    """A code of the longest length is read with a line end after it."""
    code = "PL1:" + "A" * 296
    assert identify(f"  {code}\r\n", lambda _: CLAIMS, (), 0).text == code


@pytest.mark.parametrize("number", ["7290000000008\n", "  7290000000008"])
def test_spaces_are_no_part_of_a_plain_code(number):
    """It is looked up by its digits alone."""
    assert identify(number, lambda _: CLAIMS, ("7",), 0) == MemberCode(Strength.PLAIN, "7290000000008", "", 0)


def test_a_misread_number_is_no_product():
    """The check digit is looked at before the prefix."""
    assert identify("5000000000000", lambda _: CLAIMS, ("729",), 0) == Refusal("code_misread")


BASE32 = "PL1:ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
IN_HEBREW = "פך1:שנבגקכעיןחלךצמםפ/רדאוה'סטז234567"  # the same keys in a window with the Israeli layout


@pytest.mark.parametrize(
    "typed", [BASE32, BASE32.lower(), IN_HEBREW, "PL1:" + IN_HEBREW[4:], "pl1:" + IN_HEBREW[4:20] + BASE32[20:]]
)
def test_a_code_that_was_typed_into_a_window_is_what_was_printed(typed):
    """A scanner's keys under Caps Lock, a Hebrew layout, or both by turns; the signature is of the code as it was printed."""
    seen = []

    def reads(text):
        seen.append(text)
        return CLAIMS

    assert identify(f" {typed}\n", reads, (), 0).text == BASE32
    assert seen == [BASE32]


@pytest.mark.parametrize("text", ["שלום", "pl2:abc", "pl1", "7290000000008/", "פך:1", "ﬁ1:abc", "pl1:ß", "PL1:ß"])
def test_other_texts_stay_as_they_are(text):
    """Only what begins as a signed code is turned back, letter by letter."""
    seen = []

    def reads(text):
        seen.append(text)
        return Refusal("code_unreadable")

    assert isinstance(identify(text, reads, (), 0), Refusal)
    assert seen == ([text] if text.startswith("PL1:") else [])
