"""Rewards that take money off: an amount, a share, a price for each piece."""

import pytest

from loyalty.refusal import Refusal
from loyalty.rewards import amount_off, percent_off, piece_price
from loyalty.rewards.amount_off import AmountOff
from loyalty.rewards.percent_off import PercentOff
from loyalty.rewards.piece_price import PiecePrice
from tests.bills import checkout, goods, target

NOTHING, NO_GOODS = Refusal("nothing_left"), Refusal("goods_missing", {"missing": 1})
TAXED = (goods("a", 1180, tax_bp=1800), goods("b", 1000))


def offs(given):
    """What comes off, by place; a reward of this file gives nothing else."""
    assert given == type(given)(given.offs)
    return dict(given.offs)


@pytest.mark.parametrize(
    ("settings", "bought", "aim", "room"),
    [
        (AmountOff(1000), (2500,), {}, 2),
        (AmountOff(1000), (goods("a", 2000, tax_bp=1800),), {}, 2),
        (AmountOff(1000, times_max=1), (2500,), {}, 1),
        (AmountOff(1000, times_max=3), (2500,), {}, 2),
        (AmountOff(1000), (999,), {}, Refusal("basket_too_small", {"missing_minor": 1})),
        (AmountOff(1000), (999,), {"costs": False}, 1),
        (AmountOff(1000), (2500,), {"costs": False}, 1),
        (AmountOff(1000, each_piece=True), (2500,), {}, 1),
        (AmountOff(1000), (2500,), {"most": 1999}, 1),
        (AmountOff(1000), (0,), {}, NOTHING),
        (AmountOff(1000), (1,), {"costs": False}, 1),
        (AmountOff(1000), (0,), {"costs": False}, NOTHING),
        (AmountOff(1000), (2500, -1600), {}, Refusal("basket_too_small", {"missing_minor": 100})),
    ],
)
def test_room_for_an_amount(settings, bought, aim, room):
    """Who pays for it gets whole steps; a promotion takes what is there."""
    bill = checkout(*bought)
    assert amount_off.room(settings, bill, target(bill, **aim)) == room


@pytest.mark.parametrize(
    ("amount", "tax_bp", "missing"),
    [(1100, 1700, 70), (1169, 1700, 1), (1170, 1700, None), (999, 0, 1), (1000, 0, None)],
)
def test_what_is_missing_to_an_amount_before_tax(amount, tax_bp, missing):
    """10.00 with 17 % on top are 11.70: so much must be there."""
    bill = checkout(goods("a", amount, tax_bp=tax_bp), rules={"amount_off_tax": "excluded"})
    wanted = Refusal("basket_too_small", {"missing_minor": missing}) if missing else 1
    assert amount_off.room(AmountOff(1000), bill, target(bill)) == wanted


def test_no_goods_no_discount():
    """It says that the goods are missing, not that they are free."""
    bill = checkout(1000)
    nowhere = target(bill)._replace(places=())
    for room, settings in (
        (amount_off.room, AmountOff(100)),
        (percent_off.room, PercentOff(1000)),
        (piece_price.room, PiecePrice(1)),
    ):
        assert room(settings, bill, nowhere) == NO_GOODS


@pytest.mark.parametrize(
    ("settings", "times", "bought", "aim", "off"),
    [
        (AmountOff(1000), 1, (3000, 1000), {}, {0: 750, 1: 250}),
        (AmountOff(1000), 2, (3000, 1000), {}, {0: 1500, 1: 500}),
        (AmountOff(1000), 1, (300, 100), {}, {0: 300, 1: 100}),
        (AmountOff(1000), 1, (3000, 1000), {"most": 400}, {0: 300, 1: 100}),
        (AmountOff(100), 1, (100, 100, 100), {}, {0: 34, 1: 33, 2: 33}),
        (AmountOff(1000), 1, (3000, -100, 1000), {}, {0: 750, 2: 250}),
        (AmountOff(100), 1, (goods("a", 300, 3), goods("b", 50)), {}, {0: 86, 1: 14}),
        (AmountOff(20, each_piece=True), 1, (goods("a", 300, 3), goods("b", 50)), {}, {0: 60, 1: 20}),
        (AmountOff(20, each_piece=True), 2, (goods("a", 300, 3), goods("b", 30)), {}, {0: 120, 1: 30}),
        (AmountOff(20, each_piece=True), 1, (goods("a", 300, 3), goods("b", 50)), {"most": 40}, {0: 30, 1: 10}),
        (AmountOff(500), 1, (goods("a", 1000, levy_minor=700), 1000), {}, {0: 250, 1: 250}),
        (AmountOff(800), 1, (goods("a", 1000, levy_minor=700), 1000), {}, {0: 300, 1: 500}),
    ],
)
def test_an_amount_is_shared(settings, times, bought, aim, off):
    """By what is due for each line, within what may come off it; or so much for each piece."""
    bill = checkout(*bought)
    assert offs(amount_off.give(settings, times, bill, target(bill, **aim))) == off


def test_an_amount_falls_on_the_rules_goods():
    """And on no others."""
    bill = checkout(3000, 1000, 500)
    assert offs(amount_off.give(AmountOff(300), 1, bill, target(bill, 1, 2))) == {1: 200, 2: 100}


@pytest.mark.parametrize(
    ("remainder", "off"),
    [("largest", {0: 34, 1: 33, 2: 33}), ("first", {0: 34, 1: 33, 2: 33}), ("last", {0: 33, 1: 33, 2: 34})],
)
def test_the_odd_agora_goes_where_the_policy_says(remainder, off):
    """For an amount, with or without tax, for each piece, and for a share."""
    bill = checkout(100, 100, 100, rules={"remainder": remainder})
    assert offs(amount_off.give(AmountOff(100), 1, bill, target(bill))) == off
    assert offs(amount_off.give(AmountOff(50, each_piece=True), 1, bill, target(bill, most=100))) == off
    assert offs(percent_off.give(PercentOff(3333), 1, bill, target(bill))) == off
    assert offs(piece_price.give(PiecePrice(50), 1, bill, target(bill, most=100))) == off
    assert offs(percent_off.give(PercentOff(5000, only="dearest", pieces=3), 1, bill, target(bill, most=100))) == off
    by_line = checkout(100, 100, 100, rules={"remainder": remainder, "percent_rounded_per": "line"})
    assert offs(percent_off.give(PercentOff(5000), 1, by_line, target(by_line, most=100))) == off
    untaxed = checkout(100, 100, 100, rules={"remainder": remainder, "amount_off_tax": "excluded"})
    assert offs(amount_off.give(AmountOff(100), 1, untaxed, target(untaxed))) == off
    assert offs(amount_off.give(AmountOff(300), 1, untaxed, target(untaxed, most=100))) == off


def test_an_amount_before_tax():
    """10.00 before tax takes more off goods with tax: each line's part with its own tax on top."""
    bill = checkout(*TAXED, rules={"amount_off_tax": "excluded"})
    assert amount_off.room(AmountOff(1000), bill, target(bill)) == 1
    assert offs(amount_off.give(AmountOff(1000), 1, bill, target(bill))) == {0: 590, 1: 500}
    assert offs(amount_off.give(AmountOff(1000), 1, bill, target(bill, most=545))) == {0: 295, 1: 250}
    assert offs(amount_off.give(AmountOff(5000), 1, bill, target(bill))) == {0: 1180, 1: 1000}


def test_room_before_tax_is_by_the_highest_rate():
    """So that a step never takes off more than there is."""
    bill = checkout(*TAXED, rules={"amount_off_tax": "excluded"})
    assert amount_off.room(AmountOff(923), bill, target(bill)) == 2  # 923 and 18 % are 1,089.14
    assert amount_off.room(AmountOff(925), bill, target(bill)) == 1  # and 925 are 1,091.50: twice that is more than 21.80
    assert amount_off.room(AmountOff(500), bill, target(bill, 1)) == 2


def test_a_share_of_something_only():
    """As long as there is something to pay: once as a promotion, as often as the rule says where it costs."""
    bill = checkout(100, 0)
    assert percent_off.room(PercentOff(1000, times_max=3), bill, target(bill)) == 3
    assert percent_off.room(PercentOff(1000, times_max=3), bill, target(bill, costs=False)) == 1
    assert percent_off.room(PercentOff(1000), bill, target(bill, 1)) == NOTHING


@pytest.mark.parametrize(
    ("settings", "times", "bought", "aim", "policies", "off"),
    [
        (PercentOff(1000), 1, (1000, 500), {}, {}, {0: 100, 1: 50}),
        (PercentOff(1000), 1, (1005, 505), {}, {}, {0: 101, 1: 50}),
        (PercentOff(1000), 1, (1005, 505), {}, {"percent_rounded_per": "line"}, {0: 101, 1: 51}),
        (
            PercentOff(1000),
            1,
            (1005, 505),
            {},
            {"percent_rounded_per": "line", "percent_rounding": "half_even"},
            {0: 100, 1: 50},
        ),
        (PercentOff(1000), 1, (1005,), {}, {"percent_rounding": "down"}, {0: 100}),
        (PercentOff(1000), 1, (1001,), {}, {"percent_rounding": "up"}, {0: 101}),
        (PercentOff(1000, times_max=2), 2, (1000, 500), {}, {}, {0: 190, 1: 95}),
        (PercentOff(1000, times_max=2), 1, (1000, 500), {}, {}, {0: 100, 1: 50}),
        (PercentOff(1000, times_max=2), 1, (1000, 500), {"costs": False}, {}, {0: 190, 1: 95}),
        (PercentOff(1000, times_max=2), 2, (1000, 500), {}, {"percent_rounded_per": "line"}, {0: 190, 1: 95}),
        (PercentOff(5000), 1, (1000, 500), {"most": 300}, {}, {0: 200, 1: 100}),
        (PercentOff(5000), 1, (1000, 500), {"most": 300}, {"percent_rounded_per": "line"}, {0: 200, 1: 100}),
        (PercentOff(5000, times_max=2), 2, (1000, 500), {"most": 900}, {}, {0: 600, 1: 300}),
        (PercentOff(5000, times_max=2), 2, (1000, 500), {"most": 900}, {"percent_rounded_per": "line"}, {0: 600, 1: 300}),
        (PercentOff(1000), 1, (1000, -400), {"order_wide": True}, {}, {0: 60}),
        (PercentOff(1000), 1, (1000, -400), {}, {}, {0: 100}),
        (PercentOff(5000, times_max=2), 2, (1000, -400), {"order_wide": True}, {}, {0: 450}),
        (PercentOff(10_000), 1, (1000, -400), {}, {}, {0: 600}),
        (PercentOff(1000), 1, (goods("a", 1000, levy_minor=200), 500), {}, {}, {0: 80, 1: 50}),
        (PercentOff(5000), 1, (goods("a", 1000, floor_minor=800), 500), {}, {"percent_rounded_per": "line"}, {0: 200, 1: 250}),
        (PercentOff(1000), 1, (goods("a", 1000, floor_minor=800), 500), {}, {}, {0: 100, 1: 50}),
        (PercentOff(1000), 1, (goods("a", 1000, levy_minor=200, floor_minor=300), 500), {}, {}, {0: 80, 1: 50}),
        (PercentOff(5000), 1, (goods("a", 1000, floor_minor=1000), 500), {}, {}, {1: 250}),
        (PercentOff(1500, 2), 2, (goods("a", 1000, floor_minor=800), 1000), {}, {}, {0: 200, 1: 355}),
        (
            PercentOff(1500, 2),
            2,
            (goods("a", 1000, floor_minor=800), 1000),
            {},
            {"percent_rounded_per": "line"},
            {0: 200, 1: 278},
        ),
    ],
)
def test_a_share(settings, times, bought, aim, policies, off):
    """Rounded once or line by line, on what is left, without levies, down to the lowest price, and never above the bound."""
    bill = checkout(*bought, rules=policies)
    assert offs(percent_off.give(settings, times, bill, target(bill, **aim))) == off


def test_a_share_of_the_rules_goods():
    """On what earlier discounts have left of them."""
    bill = checkout(1000, 500, 300)
    bill.take([(1, 100)])
    assert offs(percent_off.give(PercentOff(1000), 1, bill, target(bill, 1, 2))) == {1: 40, 2: 30}


SHELF = (goods("a", 900, 3), goods("b", 200), goods("c", 500, 2))


@pytest.mark.parametrize(
    ("settings", "aim", "off"),
    [
        (PercentOff(5000, only="cheapest"), {}, {1: 100}),
        (PercentOff(5000, only="dearest"), {}, {0: 150}),
        (PercentOff(5000, only="cheapest", pieces=2), {}, {1: 100, 2: 125}),
        (PercentOff(5000, only="cheapest", pieces=3), {}, {1: 100, 2: 250}),
        (PercentOff(5000, only="dearest", pieces=9), {}, {0: 450, 1: 100, 2: 250}),
        (PercentOff(10_000, only="dearest"), {}, {0: 300}),
        (PercentOff(5000, only="cheapest", pieces=2), {"most": 90}, {1: 40, 2: 50}),
    ],
)
def test_a_share_of_some_pieces(settings, aim, off):
    """The cheapest or the dearest, by the price of one."""
    bill = checkout(*SHELF)
    assert offs(percent_off.give(settings, 1, bill, target(bill, **aim))) == off


def test_pieces_that_are_free_already_are_not_counted():
    """Nor is a line that nothing may come off."""
    bill = checkout(*SHELF, goods("d", 100, discountable=False))
    bill.take([(1, 200), (2, 250)])
    bill.given = {1: 1, 2: 1}
    assert offs(percent_off.give(PercentOff(5000, only="cheapest", pieces=2), 1, bill, target(bill))) == {0: 150, 2: 125}


@pytest.mark.parametrize(
    ("price", "bought", "aim", "room", "off"),
    [
        (100, goods("a", 450, 3), {}, 1, {0: 150}),
        (150, goods("a", 450, 3), {}, Refusal("cheaper_already"), {}),
        (149, goods("a", 450, 3), {}, 1, {0: 3}),
        (100, goods("a", 250, quantity_milli=1505), {}, 1, {0: 99}),
        (100, goods("a", 450, 3, levy_minor=30), {}, 1, {0: 120}),
        (100, goods("a", 450, 3, floor_minor=400), {}, 1, {0: 50}),
        (100, goods("a", 450, 3), {"most": 40}, 1, {0: 40}),
        (100, goods("a", 450, 3), {"most": 0}, NOTHING, {}),
        (0, goods("a", 450, 3), {}, 1, {0: 450}),
        (0, goods("a", 1), {}, 1, {0: 1}),
    ],
)
def test_a_price_for_each_piece(price, bought, aim, room, off):
    """Or for each kilogram, rounded up; what is cheaper stays so, and the levy comes on top."""
    bill = checkout(bought)
    assert piece_price.room(PiecePrice(price), bill, target(bill, **aim)) == room
    assert offs(piece_price.give(PiecePrice(price), 1, bill, target(bill, **aim))) == off


def test_a_price_for_several_lines():
    """Each on its own; a dearer one does not make up for a cheaper one."""
    bill = checkout(goods("a", 300, 2), goods("b", 90), goods("c", 101))
    assert offs(piece_price.give(PiecePrice(100), 1, bill, target(bill))) == {0: 100, 2: 1}
    bill.take([(0, 70)])
    assert offs(piece_price.give(PiecePrice(100), 1, bill, target(bill))) == {0: 30, 2: 1}
