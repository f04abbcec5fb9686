"""A day's receipts against the books: nothing is missed, nothing is invented."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loyalty.day import RECEIPTS_MAX, DayClose, Differing, apart, by_number, taken_minor
from loyalty.sale import Return, ReturnedLine, Reversal
from tests.samples import basket, cafe, member, sold, till

NUMBERS = st.dictionaries(st.sampled_from("abcdef"), st.integers(-500, 500), max_size=6)


def returned(refund_minor: int, *, estimate: bool) -> Return:
    return Return(till(), "f" * 64, "", "", (ReturnedLine("1", 1),), Reversal({}, {}, refund_minor), estimate)


@given(NUMBERS, NUMBERS)
def test_each_number_is_in_its_place(told: dict[str, int], booked: dict[str, int]) -> None:
    """On one side only, on both with other amounts, or on both and the same: never twice, never left out."""
    unheard, unlisted, differing = apart(told, booked)
    same = [number for number in told if booked.get(number) == told[number]]
    found = [*unheard, *unlisted, *(one.receipt_number for one in differing), *same]
    assert sorted(found) == sorted({*told, *booked})
    assert set(unheard) == told.keys() - booked.keys()
    assert set(unlisted) == booked.keys() - told.keys()
    assert all(told[number] == mine != theirs == booked[number] for number, mine, theirs in differing)


def test_an_amount_that_nobody_knows_differs_from_none() -> None:
    """A return whose original was not at hand has no amount, nor has the receipt that it is on."""
    booked = by_number([("1", 500), ("2", 700), ("2", None), ("3", None), ("3", 20), ("4", 900), ("4", -200)])
    assert booked == {"1": 500, "2": None, "3": None, "4": 700}
    assert apart({"1": 600, "2": 1, "3": 2, "4": 700}, booked) == ((), (), (Differing("1", 600, 500),))


def test_what_a_receipt_took() -> None:
    """A sale what was paid in money, a return what was refunded; an estimate says nothing."""
    assert taken_minor(sold(cafe(), member(), basket(1250, 800))) == 2050
    assert (taken_minor(returned(300, estimate=False)), taken_minor(returned(0, estimate=True))) == (-300, None)


def test_a_day_has_bounds() -> None:
    """What no till could mean is no day."""
    DayClose("t", "2026-11-21", {str(number): 1 for number in range(RECEIPTS_MAX)})
    good = DayClose("t", "2026-11-21", {})
    for wrong in (
        {"till": ""},
        {"business_date": "2026-02-30"},
        {"receipts": {str(number): 1 for number in range(RECEIPTS_MAX + 1)}},
        {"receipts": {"": 1}},
        {"receipts": {"1": True}},
    ):
        with pytest.raises(ValueError, match=" is "):
            replace(good, **wrong)
