"""An amount off several goods, and a later offer on some of them."""

from dataclasses import replace

import pytest

from loyalty.basket import Basket, Line
from loyalty.goods import Goods
from loyalty.program import Policies, PromotionRule
from loyalty.quote import quote
from loyalty.rewards.amount_off import AmountOff
from loyalty.rewards.percent_off import PercentOff
from tests.samples import NOW, cafe


def promotion(kind, settings, *products):
    """A promotion for everybody, on these products."""
    return PromotionRule(kind, {"en": kind}, settings, Goods(products=products), members_only=False)


def offs(policies, promotions, lines):
    """What each promotion takes off each line."""
    program = replace(cafe(), promotions=dict(enumerate(promotions)), policies=policies)
    return [one.by_line for one in quote(program, None, Basket(lines), NOW).discounts]


A_AND_B = promotion("amount_off", AmountOff(500), "a", "b")
A_ONLY = promotion("amount_off", AmountOff(1000), "a")
LINES = (Line("1", "a", 600), Line("2", "b", 400), Line("3", "c", 1000))


@pytest.mark.parametrize(
    ("overlap", "first", "second"),
    [("others_first", (100, 400, 0), (500, 0, 0)), ("by_share", (300, 200, 0), (300, 0, 0))],
)
def test_an_amount_off_makes_way_for_a_later_one(overlap, first, second):
    """It counts on the goods that the later one does not mean, as far as they bear it; or stays where its shares are."""
    assert offs(Policies(amount_overlap=overlap), [A_AND_B, A_ONLY], LINES) == [first, second]


def test_a_share_off_makes_way_as_well():
    """Odoo's example: ten percent off all, then 5.00 off A and B, then 10.00 off A, of 20.00: 9.00 is left."""
    tenth = promotion("percent_off", PercentOff(1000))
    taken = offs(Policies(), [tenth, A_AND_B, A_ONLY], LINES)
    assert taken == [(60, 40, 100), (140, 360, 0), (400, 0, 0)]


def test_it_stays_at_its_tax_rate():
    """Goods of another rate take nothing over: what each rate comes to must stay."""
    lines = (Line("1", "a", 1100, tax_bp=1000), Line("2", "b", 1200, tax_bp=2000))
    whole = promotion("percent_off", PercentOff(10_000), "a")
    assert offs(Policies(), [A_AND_B, whole], lines) == [(239, 261), (861, 0)]


def test_an_offer_that_gives_nothing_moves_nothing_out_of_the_sum():
    """However often it is moved, it takes off what it took off."""
    taken = offs(Policies(), [A_AND_B, A_ONLY, promotion("amount_off", AmountOff(1000), "b"), A_ONLY], LINES)
    assert sum(taken[0]) == 500
    assert all(sum(parts) <= line.amount_minor for parts, line in zip(zip(*taken, strict=True), LINES, strict=True))


def test_an_amount_off_each_piece_stays_on_its_pieces():
    """What belongs to a piece is not moved to others."""
    each = promotion("amount_off", AmountOff(100, each_piece=True), "a", "b")
    assert offs(Policies(), [each, A_ONLY], LINES) == [(100, 100, 0), (500, 0, 0)]
