"""Offers on some of the pieces only: so many together, or so many of each line."""

from dataclasses import replace

import pytest

from loyalty.basket import Basket, Line
from loyalty.conditions.checkout import Measure
from loyalty.goods import Goods
from loyalty.member import Member
from loyalty.program import Policies, PromotionRule, RewardRule
from loyalty.quote import Choice, quote
from loyalty.rewards.amount_off import AmountOff
from loyalty.rewards.free_pieces import FreePieces
from loyalty.rewards.percent_off import PercentOff
from loyalty.rewards.piece_price import PiecePrice
from tests.samples import NOW, cafe

LINES = (Line("1", "shirt", 10_000), Line("2", "sweater", 75_000, 5000))
POLICIES = Policies()


def off(kind, settings, lines=LINES, policies=POLICIES):
    """What a promotion for everybody takes off each line; nothing for one that is not given."""
    rule = PromotionRule(kind, {"en": kind}, settings, members_only=False)
    quoted = quote(replace(cafe(), promotions={"it": rule}, policies=policies), None, Basket(lines), NOW)
    return quoted.discounts[0].by_line if quoted.discounts else ()


@pytest.mark.parametrize(
    ("settings", "by_line"),
    [
        (AmountOff(1000, each_piece=True), (1000, 5000)),
        (AmountOff(1000, each_piece=True, pieces=2), (1000, 1000)),
        (AmountOff(1000, each_piece=True, pieces=2, only="dearest"), (0, 2000)),
        (AmountOff(1000, each_piece=True, pieces=2, each_line=True), (1000, 2000)),
        (AmountOff(20_000, each_piece=True, pieces=1, each_line=True), (10_000, 15_000)),
    ],
)
def test_an_amount_off_some_pieces(settings, by_line):
    """Of all, the cheapest or the dearest; never more than those pieces cost."""
    assert off("amount_off", settings) == by_line


@pytest.mark.parametrize(
    ("settings", "by_line"),
    [
        (PercentOff(5000, only="cheapest", pieces=3), (5000, 15_000)),
        (PercentOff(5000, only="dearest", pieces=1), (0, 7500)),
        (PercentOff(5000, pieces=2, each_line=True), (5000, 15_000)),
    ],
)
def test_a_share_off_some_pieces(settings, by_line):
    """Of all, the cheapest or the dearest, or of each line."""
    assert off("percent_off", settings) == by_line


@pytest.mark.parametrize(("per", "by_line"), [("order", (149, 1499)), ("line", (150, 1499)), ("piece", (150, 1500))])
def test_a_share_is_rounded_for_the_order_each_line_or_each_piece(per, by_line):
    """Fifteen percent of 9.99 is 1.4985: eleven of them are 16.48, or 1.50 and 14.99, or 1.50 each."""
    lines = (Line("1", "a", 999), Line("2", "b", 9990, 10_000))
    taken = off("percent_off", PercentOff(1500), lines, Policies(percent_rounded_per=per, remainder="last"))
    assert taken == by_line


def test_a_rule_says_itself_whether_its_amount_is_with_tax():
    """10.00 before tax are 12.00 with 20 percent of it, whatever the policy."""
    lines = (Line("1", "a", 6000, tax_bp=2000),)
    assert off("amount_off", AmountOff(1000, tax="excluded"), lines) == (1200,)
    assert off("amount_off", AmountOff(1000, tax="included"), lines, Policies(amount_off_tax="excluded")) == (1000,)
    assert off("amount_off", AmountOff(1000), lines, Policies(amount_off_tax="excluded")) == (1200,)


@pytest.mark.parametrize("goods", [Goods(), Goods(products=("pen",))])
def test_the_last_time_may_give_fewer_pieces_and_costs_as_much(goods):
    """Two pens for three points: five pens are nine points."""
    reward = RewardRule(
        "free_pieces", {"en": "pens"}, "point", 3, FreePieces(0, 2, goods=goods, partial=True), Goods(products=("pen",))
    )
    who = Member("m", balances={"point": 50}, spendable={"point": 50})
    lines = (Line("1", "pen", 500, 5000),)
    quoted = quote(replace(cafe(), rewards={"pens": reward}), who, Basket(lines), NOW, (Choice("pens", 3),))
    assert quoted.offers[0].times_max == 3
    assert quoted.redemptions[0].pieces == 9
    assert quoted.to_pay_minor == 0


@pytest.mark.parametrize(
    ("settings", "by_line"),
    [
        (PiecePrice(9000), (1000, 30_000)),
        (PiecePrice(9000, pieces=1), (1000, 0)),
        (PiecePrice(9000, pieces=2, only="dearest"), (0, 12_000)),
        (PiecePrice(9000, pieces=2, each_line=True), (1000, 12_000)),
        (PiecePrice(12_000, pieces=2, each_line=True), (0, 6000)),
    ],
)
def test_a_price_for_some_pieces(settings, by_line):
    """Of all or of each line; what is cheaper already stays so."""
    assert off("piece_price", settings) == by_line


@pytest.mark.parametrize(
    ("how", "off"),
    [({"price": 9900}, 2 * 5100), ({"amount": 2000}, 4000), ({"amount": 20_000}, 30_000), ({"price": 20_000}, 0)],
)
def test_whoever_buys_a_shirt_has_two_sweaters_cheaper(how, off):
    """For a price each, or an amount less each, and never below nothing: the others cost what they cost."""
    settings = FreePieces(1, 2, **how, goods=Goods(products=("sweater",)))
    rule = PromotionRule("free_pieces", {"en": "it"}, settings, Goods(products=("shirt",)), members_only=False)
    quoted = quote(replace(cafe(), promotions={"it": rule}), None, Basket(LINES), NOW)
    assert sum(part for one in quoted.discounts for part in one.by_line) == off
    assert not any(pieces for one in quoted.discounts for pieces in one.free)


@pytest.mark.parametrize(("partial", "most", "to_pay"), [(False, 2, 500), (True, 3, 0)])
def test_the_last_amount_off_may_be_a_part_of_it(partial, most, to_pay):
    """10.00 off for 100 points, of 25.00: twice, or three times for whoever wants to."""
    reward = RewardRule("amount_off", {"en": "ten off"}, "point", 100, AmountOff(1000, partial=partial))
    who = Member("m", balances={"point": 500}, spendable={"point": 500})
    quoted = quote(replace(cafe(), rewards={"ten": reward}), who, Basket((Line("1", "a", 2500),)), NOW, (Choice("ten", most),))
    assert quoted.offers[0].times_max == most
    assert quoted.redemptions[0].pieces == 100 * most
    assert quoted.to_pay_minor == to_pay


@pytest.mark.parametrize(("products", "given"), [(("a", "b", "c"), True), (("a", "b", "b"), False)])
def test_so_many_different_products(products, given):
    """Three different ones are wanted: two of the same are one."""
    lines = tuple(Line(str(place), product, 1000) for place, product in enumerate(products))
    when = {"basket": (Measure(products_min=3),)}
    rule = PromotionRule("amount_off", {"en": "it"}, AmountOff(100), members_only=False, when=when)
    quoted = quote(replace(cafe(), promotions={"it": rule}), None, Basket(lines), NOW)
    assert bool(quoted.discounts) is given
    assert given or quoted.trace[0][1:] == ("goods_missing", {"missing": 1})


def test_pieces_beside_the_basket_may_be_taken_several_times():
    """For points alone they have no bound in the basket, only in the points."""
    settings = FreePieces(0, 2, free_piece="extra", goods=Goods(products=("pen",)))
    reward = RewardRule("free_pieces", {"en": "pens"}, "point", 3, settings)
    who = Member("m", balances={"point": 10}, spendable={"point": 10})
    quoted = quote(replace(cafe(), rewards={"pens": reward}), who, Basket(LINES), NOW, (Choice("pens", 3),))
    assert [(gift.product, gift.pieces) for gift in quoted.extras.gifts] == [("pen", 6)]
