"""The checkout while its quote is being worked out."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loyalty.bill import open_part, without_tax
from loyalty.member import Member
from tests.bills import checkout, goods


@pytest.mark.parametrize(
    ("amount", "fields", "part"),
    [
        (1000, {}, 1000),
        (0, {}, 0),
        (-100, {}, 0),
        (1000, {"discountable": False}, 0),
        (1000, {"levy_minor": 30}, 970),
        (1000, {"floor_minor": 400}, 600),
        (1000, {"levy_minor": 30, "floor_minor": 400}, 600),
        (1000, {"levy_minor": 500, "floor_minor": 400}, 500),
        (300, {"floor_minor": 400}, 0),
        (300, {"levy_minor": 300}, 0),
    ],
)
def test_what_may_come_off_a_line(amount, fields, part):
    """Nothing below its levy or its lowest price, and nothing of what is not to be discounted."""
    line = goods("a", amount, **fields)
    assert open_part(line) == part
    assert checkout(line, 1000).room == [part, 1000]


@given(st.integers(-(10**9), 10**9), st.integers(0, 10_000))
def test_tax_is_taken_out_to_the_nearest(amount, tax_bp):
    """What is below zero is the mirror image."""
    net = without_tax(amount, tax_bp)
    assert abs(net - Fraction(amount * 10_000, 10_000 + tax_bp)) <= Fraction(1, 2)
    assert without_tax(-amount, tax_bp) == -net


@pytest.mark.parametrize(
    ("amount", "tax_bp", "net"), [(118, 1800, 100), (-118, 1800, -100), (3, 10_000, 2), (-3, 10_000, -2), (7, 0, 7)]
)
def test_amounts_without_tax(amount, tax_bp, net):
    """A half goes up, away from zero."""
    assert without_tax(amount, tax_bp) == net


def test_a_new_bill():
    """Nothing taken, nothing used, nothing given."""
    bill = checkout(
        goods("a", 1000, 3, floor_minor=100), goods("b", -200), goods("c", 0, 2), goods("d", 500, quantity_milli=1500)
    )
    assert (bill.left, bill.total, bill.rung) == ([1000, -200, 0, 500], 1300, 1300)
    assert (bill.room, bill.free) == ([900, 0, 0, 500], [3, 0, 0, 1])
    assert (bill.donated, bill.paid, bill.given, bill.floored) == (0, 0, {}, True)
    assert bill.lines == bill.basket.lines
    assert not checkout(1000).floored
    assert checkout(1).free == [1]


def test_what_a_member_may_spend():
    """What is confirmed, but never more than there is; and nothing of a unit that is not there any more."""
    known = Member("h", balances={"a": 5, "b": 9}, spendable={"a": 7, "b": 4, "c": 3})
    assert checkout(1000, member=known).spendable == {"a": 5, "b": 4, "c": 0}
    assert checkout(1000).spendable == {}


def test_taking_off():
    """From the lines, from what may still come off, and from the total."""
    bill = checkout(1000, 500)
    assert bill.take([(0, 300), (1, 50)]) == 350
    assert (bill.left, bill.room, bill.total, bill.rung) == ([700, 450], [700, 450], 1150, 1500)
    assert (bill.open((0, 1)), bill.open((1,)), bill.open(())) == (1150, 450, 0)


def test_never_more_comes_off_than_the_basket_costs():
    """A till's correction lowers it."""
    bill = checkout(1000, -900)
    assert bill.open((0, 1)) == bill.open((0,)) == 100
    bill.take([(0, 100)])
    assert bill.open((0,)) == 0


def test_pieces_are_used_once():
    """More than are free is a bug."""
    bill = checkout(goods("a", 1000, 3))
    bill.use(0, 2)
    assert bill.free == [1]
    bill.use(0, 0)
    for wrong in (2, -1):
        with pytest.raises(AssertionError):
            bill.use(0, wrong)
    bill.use(0, 1)
    assert bill.free == [0]


def test_what_is_due():
    """The goods after all discounts, and what is donated."""
    bill = checkout(1000)
    bill.take([(0, 100)])
    bill.donated = 7
    assert bill.due == 907


def test_what_some_pieces_still_cost():
    """Without the levy, by the pieces that cost something; all of them are the whole line."""
    assert [checkout(goods("a", 1000, pieces)).worth(0, 1) for pieces in (1, 2, 3)] == [1000, 500, 333]
    bill = checkout(goods("a", 1000, 3, levy_minor=100))
    assert [bill.worth(0, pieces) for pieces in range(4)] == [0, 300, 600, 900]
    bill.given[0] = 1
    assert [bill.worth(0, pieces) for pieces in range(3)] == [0, 450, 900]
    bill.take([(0, 900)])
    assert bill.worth(0, 2) == 0
    bill.given[0] = 3
    assert bill.worth(0, 1) == 0


def test_a_line_brought_back_is_worth_nothing():
    """It never makes other goods cheaper."""
    assert checkout(1000, -100).worth(1, 1) == 0


@pytest.mark.parametrize(("amount", "pieces", "price"), [(1000, 3, 334), (999, 3, 333), (1000, 1, 1000)])
def test_the_price_of_a_piece(amount, pieces, price):
    """As it was rung, rounded up."""
    bill = checkout(100, goods("a", amount, pieces))
    bill.take([(1, 100)])
    assert bill.price(1) == price


@pytest.mark.parametrize(
    ("places", "after", "with_tax", "amount"),
    [
        ((0, 1), False, True, 2180),
        ((0, 1), True, True, 2000),
        ((0,), False, True, 1180),
        ((0,), True, True, 1000),
        ((1,), True, True, 1000),
        ((0, 1), False, False, 2000),
        ((0, 1), True, False, 1847),
        ((0,), True, False, 847),
        ((0,), False, False, 1000),
        ((), True, True, 0),
        ((), False, True, 0),
    ],
)
def test_what_lines_cost(places, after, with_tax, amount):
    """Before or after the discounts so far, with or without tax."""
    bill = checkout(goods("a", 1180, tax_bp=1800), goods("b", 1000))
    bill.take([(0, 180)])
    assert bill.amount(places, after, with_tax) == amount
