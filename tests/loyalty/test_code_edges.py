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
