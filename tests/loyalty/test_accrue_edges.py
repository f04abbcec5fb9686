"""What a checkout earns, under each policy and each cap."""

from dataclasses import replace

import pytest

from loyalty.accruals.multiply import Multiply
from loyalty.accruals.per_money import PerMoney
from loyalty.accruals.per_piece import PerPiece
from loyalty.accruals.per_sale import PerSale
from loyalty.accrue import Accrual, Settled, accrue
from loyalty.basket import Basket
from loyalty.bill import bill
from loyalty.goods import Goods
from loyalty.member import Member
from loyalty.program import AccrualRule, Challenge, Plan, Policies, Program, Tier, Tiers
from loyalty.refusal import Refusal
from loyalty.rules import make_ready
from tests.bills import NOW, goods

A = Goods(products=("a",))
LINES = (goods("a", 1000, 2), goods("b", 500))
TYPES = {PerMoney: "per_money", PerPiece: "per_piece", PerSale: "per_sale"}


def earns(settings, **fields):
    """An accrual of points."""
    return AccrualRule(TYPES[type(settings)], "point", settings, **fields)


def counts(**fields):
    """A challenge that counts pieces of `a`."""
    return Challenge("per_piece", {}, **{"goal": 3, "settings": PerPiece(), "lines": A, **fields})


def harvest(rules, *, lines=LINES, offs=(), order_offs=None, dry=0, member=None, **program):
    """What `rules` give on a basket of two lines, with so much taken off each line, of it `order_offs` by order-wide discounts."""
    policies = {name: program.pop(name) for name in set(program) & set(Policies.__slots__)}
    made = Program("bare", 1, "ILS", {}, {}, rules, {}, policies=Policies(**policies), **program)
    who = Member("h") if member is None else member
    basket = Basket(tuple(replace(line, id=str(place)) for place, line in enumerate(lines)))
    at = bill(made, who or None, basket, NOW)
    at.take(enumerate(offs))
    return accrue(make_ready(made), at, Settled(order_offs or [0] * len(lines), dry))


def points(rules, **fields):
    """Pieces earned by each rule, those that earn nothing left out."""
    return {one.rule: one.pieces for one in harvest(rules, **fields).accruals if one.unit == "point"}


def test_nothing_without_a_member():
    """Nobody is there to earn it."""
    assert harvest({"r": earns(PerMoney(100))}, member=False) == ((), (), ())


def test_a_tier_multiplies():
    """The one the member stands in; a program without tiers has the usual."""
    ladder = Tiers("standing", (Tier("low", {}), Tier("high", {}, 100, accrual_percent=250)))
    rule = {"r": earns(PerMoney(100))}
    assert points(rule) == {"r": 15}
    assert points(rule, tiers=ladder, member=Member("h", tier="high")) == {"r": 37}
    assert points(rule, tiers=ladder, member=Member("h", tier="low")) == {"r": 15}
    assert points({"r": earns(PerMoney(1))}, member=Member("h", tier="high")) == {"r": 1500}


@pytest.mark.parametrize(
    ("policies", "whole", "some"),
    [
        ({}, 1200, 800),
        ({"earn_on": "rung"}, 1500, 1000),
        ({"earn_on": "undiscounted_lines"}, 0, 0),
        ({"order_discounts_lower_goods": True}, 1200, 700),
    ],
)
def test_what_it_is_earned_on(policies, whole, some):
    """After discounts, as rung, or on what no discount touched; an order-wide one lowers rules on goods only by policy."""
    rules = {"whole": earns(PerMoney(1)), "some": earns(PerMoney(1), lines=A)}
    found = points(rules, offs=(300, 0), order_offs=[100, 0], **policies)
    assert found.get("some", 0) == some
    assert found.get("whole", 0) == (500 if policies.get("earn_on") == "undiscounted_lines" else whole)


def test_reduced_goods_are_discounted_already():
    """On the shelf."""
    lines = (goods("a", 1000, reduced=True), goods("b", 500))
    assert points({"r": earns(PerMoney(1))}, lines=lines, earn_on="undiscounted_lines") == {"r": 500}
    assert points({"r": earns(PerMoney(1))}, lines=lines) == {"r": 1500}


@pytest.mark.parametrize(("policy", "earned"), [(False, 1300), (True, 1500)])
def test_levies(policy, earned):
    """A deposit earns nothing, unless the policies say so."""
    lines = (goods("a", 1000, levy_minor=200), goods("b", 500))
    assert points({"r": earns(PerMoney(1))}, lines=lines, earn_on_levies=policy) == {"r": earned}


@pytest.mark.parametrize(
    ("dry", "earned", "weights"), [(0, 1500, (1000, 500)), (300, 1200, (800, 400)), (1500, 0, None), (9000, 0, None)]
)
def test_what_is_paid_by_what_earns_nothing(dry, earned, weights):
    """Is taken from all lines alike."""
    found = harvest({"r": earns(PerMoney(1))}, dry=dry).accruals
    assert [(one.pieces, one.weights) for one in found] == ([(earned, weights)] if earned else [])


def test_dry_money_and_goods():
    """It lowers rules on goods too, in the share of what was paid before order-wide discounts."""
    rules = {"some": earns(PerMoney(1), lines=A)}
    assert points(rules, offs=(100, 50), order_offs=[100, 50], dry=150) == {"some": 900}


def test_a_correction_lowers_what_is_earned():
    """No line earns less than nothing."""
    lines = (goods("a", 1000), goods("b", -300))
    assert harvest({"r": earns(PerMoney(1))}, lines=lines).accruals == (Accrual("r", "point", 700, (700, 0)),)


@pytest.mark.parametrize(("policy", "pieces"), [(False, 2), (True, 3)])
def test_free_pieces(policy, pieces):
    """Earn nothing by the piece, unless the policies say so."""
    made = Program("bare", 1, "ILS", {}, {}, {"r": earns(PerPiece())}, {}, policies=Policies(free_pieces_earn=policy))
    at = bill(made, Member("h"), Basket(tuple(replace(line, id=line.product) for line in LINES)), NOW)
    at.given = {0: 1}
    assert accrue(make_ready(made), at, Settled([0, 0])).accruals[0].pieces == pieces


def test_what_was_brought_back_is_no_piece():
    """Of goods."""
    assert points({"r": earns(PerPiece())}, lines=(goods("a", 1000, 2), goods("b", -1, 3), goods("c", 0))) == {"r": 3}


@pytest.mark.parametrize(
    ("caps", "balances", "earned"),
    [
        ({}, {}, 15),
        ({"pieces_max": 9}, {}, 9),
        ({"pieces_max": 15}, {}, 15),
        ({"pieces_max_day": 10}, {"earned_day/r": 4}, 6),
        ({"pieces_max_day": 10}, {"earned_month/r": 4}, 10),
        ({"pieces_max_day": 10}, {"earned_day/r": 11}, 0),
        ({"pieces_max_month": 10}, {"earned_month/r": 9}, 1),
        ({"pieces_max": 9, "pieces_max_day": 8, "pieces_max_month": 20}, {"earned_month/r": 15}, 5),
    ],
)
def test_caps(caps, balances, earned):
    """Of one checkout, of a day and of a month; what is earned towards the last two is counted."""
    found = harvest({"r": earns(PerMoney(100), **caps)}, member=Member("h", balances=balances))
    units = [f"earned_{period}/r" for period in ("day", "month") if caps.get(f"pieces_max_{period}")]
    assert [(one.rule, one.unit, one.pieces) for one in found.accruals] == (
        [("r", unit, earned) for unit in ("point", *units)] if earned else []
    )
    assert (found.looked[0].refusal, found.looked[0].pieces, found.looked[0].paid_minor) == (None, earned, 1500)


def test_a_multiplier_sees_what_the_cap_left():
    """Twice as much of what was really earned."""
    twice = AccrualRule("multiply", "point", Multiply(("r",)))
    assert points({"r": earns(PerMoney(100), pieces_max=9), "twice": twice}) == {"r": 9, "twice": 9}


@pytest.mark.parametrize(
    ("rest", "accrued", "spent"),
    [
        (0, [("point", 1), ("rest/r", 500)], []),
        (500, [("point", 2)], [("rest/r", 500)]),
        (600, [("point", 2)], [("rest/r", 500)]),
        (400, [("point", 1), ("rest/r", 500)], []),
    ],
)
def test_what_is_carried_over(rest, accrued, spent):
    """The change of what is left over is earned or used up."""
    found = harvest({"r": earns(PerMoney(1000, carry=True))}, member=Member("h", balances={"rest/r": rest}))
    assert [(one.unit, one.pieces) for one in found.accruals] == accrued
    assert [(one.unit, one.pieces) for one in found.spent] == spent


def test_a_gate_that_is_shut():
    """Earns nothing and says why; the next rule is looked at."""
    found = harvest({"no": earns(PerMoney(100), when={"amount_min": 1501}), "r": earns(PerMoney(100))})
    assert [one.rule for one in found.accruals] == ["r"]
    assert [(one.earning.code, one.refusal) for one in found.looked] == [
        ("no", Refusal("amount_missing", {"missing_minor": 1})),
        ("r", None),
    ]


@pytest.mark.parametrize(
    ("fields", "balances", "counted", "refusal"),
    [
        ({}, {}, {"count/c": 2}, None),
        ({"lines": Goods(products=("z",))}, {}, {}, None),
        ({"times_max": 2}, {"won/c": 1}, {"count/c": 2}, None),
        ({"times_max": 2}, {"won/c": 2}, {}, Refusal("challenge_over")),
        ({}, {"won/c": 99}, {"count/c": 2}, None),
        ({"streak": True, "period": "week"}, {}, {"step/c": 1, "count/c": 1}, None),
        ({"streak": True, "period": "week"}, {"step/c": 1}, {}, None),
        ({"streak": True, "period": "week", "lines": Goods(products=("z",))}, {}, {}, None),
    ],
)
def test_steps_towards_a_challenge(fields, balances, counted, refusal):
    """By what is counted; of a streak one in each period."""
    found = harvest({}, challenges={"c": counts(**fields)}, member=Member("h", balances=balances))
    assert {one.unit: one.pieces for one in found.accruals} == counted
    assert all((one.rule, one.weights) == ("c", (2, 0)) for one in found.accruals)
    assert (found.looked[0].refusal, found.looked[0].pieces) == (refusal, counted.get("count/c", 0))


def test_a_plan_that_is_sold():
    """A piece for each of its product, on that line."""
    plans = {"gold": Plan({}, "a", months=12), "other": Plan({}, "z", months=1)}
    assert harvest({}, plans=plans).accruals == (Accrual("gold", "plan/gold", 2, (2, 0)),)


def test_rounding_is_the_policys():
    """For the basket or line by line."""
    lines = (goods("a", 150), goods("b", 150))
    rule = {"r": earns(PerMoney(100))}
    assert points(rule, lines=lines, accrual_rounded_per="line") == {"r": 2}
    assert points(rule, lines=lines, accrual_rounded_per="line", accrual_rounding="up") == {"r": 4}
    assert points(rule, lines=lines) == {"r": 3}
