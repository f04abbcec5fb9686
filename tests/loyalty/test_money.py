"""Sharing a total, and the rounding down."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loyalty.money import floor_share, split

weights = st.lists(st.integers(0, 10**10), min_size=1, max_size=30).filter(any)
totals = st.integers(-(10**12), 10**12)


@given(totals, weights)
def test_the_parts_sum_to_the_total(total, shares):
    """Nothing is lost and nothing is made."""
    assert sum(split(total, shares)) == total


@given(totals, weights)
def test_no_part_is_off_by_one_or_more(total, shares):
    """Each part is its exact share rounded down or up."""
    for part, weight in zip(split(total, shares), shares, strict=True):
        assert abs(part - Fraction(total * weight, sum(shares))) < 1


@given(st.data())
def test_a_part_of_at_most_the_whole_never_exceeds_its_weight(data):
    """A discount no larger than what is due takes no more off a line than is due there."""
    shares = data.draw(weights)
    total = data.draw(st.integers(0, sum(shares)))
    assert all(part <= weight for part, weight in zip(split(total, shares), shares, strict=True))


@given(totals, st.integers(1, 20), st.integers(1, 99))
def test_equal_weights_get_equal_parts(total, count, weight):
    """They differ by one at the most, and the earlier ones get the more."""
    parts = split(total, [weight] * count)
    assert max(parts) - min(parts) <= 1
    assert list(parts) == sorted(parts, reverse=total >= 0)


@given(totals, weights)
def test_a_negative_total_is_the_mirror_image(total, shares):
    """What a return takes is what the sale gave."""
    assert split(-total, shares) == tuple(-part for part in split(total, shares))


@pytest.mark.parametrize(
    ("total", "shares", "parts"),
    [
        (10, (1, 1, 1), (4, 3, 3)),
        (7, (3, 2, 2), (3, 2, 2)),
        (100, (1, 2), (33, 67)),
        (5, (0, 1, 0), (0, 5, 0)),
        (1, (1, 1), (1, 0)),
        (-10, (1, 1, 1), (-4, -3, -3)),
        (0, (0, 0), (0, 0)),
        (0, (), ()),
    ],
)
def test_plain_splits(total, shares, parts):
    """The remainder goes to the largest fraction, then to the earlier part."""
    assert split(total, shares) == parts


def test_medusa_shares_two_amounts_over_two_lines():
    """30 and 50 over lines of 50 and 150 are 7.50 + 22.50 and 12.50 + 37.50 (conformance case medusa-003)."""
    assert split(3000, (5000, 15000)) == (750, 2250)
    assert split(5000, (5000, 15000)) == (1250, 3750)


@pytest.mark.parametrize(("total", "shares"), [(1, (0, 0)), (-1, (0,)), (1, ()), (5, (-1, 3)), (0, (-1,))])
def test_what_cannot_be_shared_is_an_error(total, shares):
    """Nobody to give it to, or a negative weight."""
    with pytest.raises(ValueError, match=r"share|negative"):
        split(total, shares)


@given(st.integers(0, 10**10), st.integers(0, 10**6), st.integers(1, 10**6))
def test_a_share_is_rounded_down(amount, numerator, denominator):
    """It is the largest whole number not above the exact one."""
    share = floor_share(amount, numerator, denominator)
    assert share * denominator <= amount * numerator < (share + 1) * denominator


@pytest.mark.parametrize("numbers", [(-1, 1, 1), (1, -1, 1), (1, 1, 0)])
def test_a_share_of_nonsense_is_a_bug(numbers):
    """Negative amounts never get here."""
    with pytest.raises(AssertionError):
        floor_share(*numbers)
