"""The named roundings, who gets the remainder, and sharing under caps."""

from fractions import Fraction
from math import ceil, floor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loyalty.money import ROUNDINGS, split, spread

small = st.integers(0, 50)
shares = st.lists(st.tuples(small, small), min_size=1, max_size=6)
remainders = st.sampled_from(["largest", "first", "last"])


@pytest.mark.parametrize(
    ("numerator", "denominator", "half_up", "half_even", "down", "up"),
    [
        (0, 10, 0, 0, 0, 0),
        (1, 10, 0, 0, 0, 1),
        (4, 10, 0, 0, 0, 1),
        (5, 10, 1, 0, 0, 1),
        (6, 10, 1, 1, 0, 1),
        (10, 10, 1, 1, 1, 1),
        (15, 10, 2, 2, 1, 2),
        (25, 10, 3, 2, 2, 3),
        (35, 10, 4, 4, 3, 4),
        (36, 10, 4, 4, 3, 4),
        (1, 3, 0, 0, 0, 1),
        (5, 3, 2, 2, 1, 2),
        (7, 1, 7, 7, 7, 7),
    ],
)
def test_the_named_roundings(numerator, denominator, half_up, half_even, down, up):
    """At a half, beside it, and where there is nothing to round."""
    named = {"half_up": half_up, "half_even": half_even, "down": down, "up": up}
    assert {name: rounded(numerator, denominator) for name, rounded in ROUNDINGS.items()} == named


@given(st.integers(0, 10**12), st.integers(1, 10**6))
def test_each_rounding_is_what_it_is_called(numerator, denominator):
    """Against exact fractions."""
    exact = Fraction(numerator, denominator)
    assert ROUNDINGS["down"](numerator, denominator) == floor(exact)
    assert ROUNDINGS["up"](numerator, denominator) == ceil(exact)
    assert ROUNDINGS["half_even"](numerator, denominator) == round(exact)
    assert ROUNDINGS["half_up"](numerator, denominator) == floor(exact + Fraction(1, 2))


@pytest.mark.parametrize(
    ("remainder", "parts"), [("largest", (0, 34, 33, 33, 0)), ("first", (0, 34, 33, 33, 0)), ("last", (0, 33, 33, 34, 0))]
)
def test_what_is_left_over_goes_where_the_policy_says(remainder, parts):
    """Never to a part without weight."""
    assert split(100, (0, 1, 1, 1, 0), remainder) == parts
    assert split(-100, (0, 1, 1, 1, 0), remainder) == tuple(-part for part in parts)


@pytest.mark.parametrize(("remainder", "parts"), [("largest", (1, 2, 2)), ("first", (3, 1, 1)), ("last", (1, 1, 3))])
def test_all_of_it_may_go_to_one(remainder, parts):
    """Two left over: one each to the largest remainders, or both to the first or to the last."""
    assert split(5, (10, 13, 13), remainder) == parts


def test_split_shares_by_the_largest_remainder_unless_told():
    """The default of `split` and of `spread`."""
    assert split(5, (10, 13, 13)) == spread(5, (10, 13, 13), (9, 9, 9)) == (1, 2, 2)


@given(st.integers(0, 300), shares, remainders)
def test_spread_keeps_to_the_caps(total, parts, remainder):
    """All that the caps let through is given, to parts with a weight, and to none above its cap."""
    weights, caps = zip(*parts, strict=True)
    given_out = spread(total, weights, caps, remainder)
    assert sum(given_out) == min(total, sum(cap for weight, cap in parts if weight))
    assert all(0 <= part <= (cap if weight else 0) for part, (weight, cap) in zip(given_out, parts, strict=True))


@given(st.integers(0, 300), st.lists(st.integers(1, 50), min_size=1, max_size=6), remainders)
def test_spread_without_caps_is_split(total, weights, remainder):
    """A cap that nobody reaches changes nothing."""
    assert spread(total, weights, [total + 1] * len(weights), remainder) == split(total, weights, remainder)


@given(st.integers(0, 60), shares, remainders)
def test_a_cap_that_turns_nothing_away_changes_nothing(total, parts, remainder):
    """Also one that is met exactly, under every policy for the remainder. One of nothing keeps its part out of the sharing."""
    weights = [weight + 1 for weight, _ in parts]
    exact = split(total, weights, remainder)
    assert spread(total, weights, [part + cap + 1 for part, (_, cap) in zip(exact, parts, strict=True)], remainder) == exact
    assert spread(total, weights, exact, remainder) == exact


@given(st.integers(0, 300), shares)
def test_who_is_below_the_cap_has_a_fair_share(total, parts):
    """Of two parts below their caps, each has its weight's share of what both have, to within one for each round."""
    weights, caps = zip(*parts, strict=True)
    given_out = spread(total, weights, caps)
    below = [(part, weight) for part, (weight, cap) in zip(given_out, parts, strict=True) if weight and part < cap]
    for one, weight in below:
        exact = Fraction(sum(part for part, _ in below) * weight, sum(weight for _, weight in below))
        assert abs(one - exact) < 1


@pytest.mark.parametrize(
    ("total", "weights", "caps", "parts"),
    [
        (10, (1, 1), (3, 9), (3, 7)),
        (10, (1, 1), (5, 5), (5, 5)),
        (10, (1, 1), (4, 5), (4, 5)),
        (10, (1, 0), (4, 9), (4, 0)),
        (10, (1, 1, 1), (1, 4, 9), (1, 4, 5)),
        (10, (8, 1, 1), (2, 9, 9), (2, 4, 4)),
        (1, (1, 1), (0, 5), (0, 1)),
        (0, (1, 1), (5, 5), (0, 0)),
        (5, (), (), ()),
        (7, (1, 1, 1), (9, 9, 9), (3, 2, 2)),
    ],
)
def test_plain_spreads(total, weights, caps, parts):
    """What a cap turns away goes to the others, by their weights."""
    assert spread(total, weights, caps) == parts


def test_spread_gives_the_remainder_as_the_policy_says():
    """Also in the rounds after a cap was met."""
    assert spread(11, (5, 1, 1, 1), (1, 9, 9, 9), "first") == (1, 4, 3, 3)
    assert spread(11, (5, 1, 1, 1), (1, 9, 9, 9), "last") == (1, 3, 3, 4)
    assert spread(20, (1, 1, 1, 6), (3, 2, 3, 14), "first") == (3, 2, 2, 13)
    assert spread(11, (1, 1, 1), (3, 9, 9), "last") == (3, 3, 5)
