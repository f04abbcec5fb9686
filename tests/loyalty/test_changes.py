"""What a new version changes for members: each change at its key, and whether it is better or worse for them."""

from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loyalty.accruals.multiply import Multiply
from loyalty.accruals.per_money import PerMoney
from loyalty.accruals.per_piece import PerPiece
from loyalty.accruals.per_sale import PerSale
from loyalty.changes import changes, worsening
from loyalty.conditions.checkout import Measure
from loyalty.conditions.person import Arm, Balance, Pilot
from loyalty.conditions.time import Dates
from loyalty.goods import ALL, Goods
from loyalty.program import (
    AccrualRule,
    Award,
    Challenge,
    Limits,
    Plan,
    Policies,
    Pool,
    Prize,
    Program,
    PromotionRule,
    Tier,
    Tiers,
    Unit,
)
from loyalty.rewards.amount_off import AmountOff
from loyalty.rewards.bundle import Bundle
from loyalty.rewards.free_pieces import FreePieces
from loyalty.rewards.gift import Gift
from loyalty.rewards.pay import Pay
from loyalty.rewards.percent_off import PercentOff
from loyalty.rewards.piece_price import PiecePrice
from tests.grammar.programs import program as drawn
from tests.grammar.source import Source
from tests.samples import cafe

NAME = {"he": "שם"}
TODAY = "2026-11-21"
FIVE_OFF = AmountOff(500)
JANUARY, JANUARY_30 = (Dates("2027-01-01", "2027-01-31"),), (Dates("2027-01-01", "2027-01-30"),)
NINE = Prize("point", 9)
OPPOSITE = {"better": "worse", "worse": "better", "neutral": "neutral"}


def told(old: Program, new: Program) -> list[tuple[str, str, str]]:
    """Key, kind and effect of each change."""
    return [(change.key, change.kind, change.effect) for change in changes(old, new, TODAY)]


def both_ways(old: Program, new: Program, key: str, effect: str) -> None:
    """One change of `effect`, and the other way round its opposite."""
    assert told(old, new) == [(key, "changed", effect)]
    assert told(new, old) == [(key, "changed", OPPOSITE[effect])]


def promoting(rule_settings: Any = FIVE_OFF, kind: str = "amount_off", **fields: Any) -> Program:
    """The cafe with a promotion."""
    return cafe(promotions={"p": PromotionRule(**({"type": kind, "name": NAME, "settings": rule_settings} | fields))})


def test_nothing_differs_between_a_program_and_itself():
    """Nor where only the version and the order of its tables do."""
    program = cafe()
    assert told(program, replace(program, version=9, accruals=dict(reversed(program.accruals.items())))) == []


@pytest.mark.parametrize(
    ("old", "new", "key"),
    [
        (Unit(NAME, worth=5), Unit(NAME, worth=6), "worth"),
        (Unit(NAME, pending_days=5), Unit(NAME, pending_days=4), "pending_days"),
        (Unit(NAME, expire_days=5), Unit(NAME), "expiry"),
        (Unit(NAME, expire_days=360), Unit(NAME, expire_months=12), "expiry"),
        (Unit(NAME, expire_months=12), Unit(NAME, expire_months=12, expire_at="year_end"), "expiry"),
        (Unit(NAME, expire_months=12), Unit(NAME, expire_months=12, extended=True), "extended"),
    ],
)
def test_units(old, new, key):
    """Worth more, ready sooner, living longer is better."""
    units = dict(cafe().units)
    both_ways(cafe(units=units | {"s": old}), cafe(units=units | {"s": new}), f"units.s.{key}", "better")


@pytest.mark.parametrize(
    ("old", "new", "key"),
    [
        (PerMoney(200), PerMoney(100), "per_money"), (PerMoney(100, 1), PerMoney(100, 2), "per_money"),
        (PerMoney(300, 2), PerMoney(100), "per_money"),
        (PerMoney(100, by_tier=False), PerMoney(100), "by_tier"), (PerMoney(100, whole_steps=True), PerMoney(100), "whole_steps"),
        (PerMoney(100), PerMoney(100, carry=True), "carry"),
        (PerPiece(1, 2), PerPiece(), "per_piece"), (PerSale(1), PerSale(2), "give"),
        (Multiply(("points",), 5000), Multiply(("points",), 6000), "percent"),
        (Multiply(("points",)), Multiply(("points", "standing")), "of"),
    ],
    ids=str,
)  # fmt: skip
def test_ways_of_earning(old, new, key):
    """More for less is better; how much for how much is one change."""
    kind = {PerMoney: "per_money", PerPiece: "per_piece", PerSale: "per_sale", Multiply: "multiply"}[type(old)]

    def earning(way: Any) -> Program:
        return cafe(accruals=dict(cafe().accruals) | {"a": AccrualRule(kind, "point", way)})

    both_ways(earning(old), earning(new), f"accruals.a.{key}", "better")


def test_the_same_rate_in_other_numbers_takes_nothing():
    """Two for every two shekels is one for every one."""

    def earning(way: Any) -> Program:
        return cafe(accruals={"points": AccrualRule("per_money", "point", way)})

    both_ways(earning(PerMoney(100)), earning(PerMoney(200, 2)), "accruals.points.per_money", "neutral")


@pytest.mark.parametrize(
    ("kind", "old", "new", "key"),
    [
        ("amount_off", AmountOff(500), AmountOff(600), "amount"), ("amount_off", AmountOff(5, 3), AmountOff(5), "times_max"),
        ("amount_off", AmountOff(5), AmountOff(5, each_piece=True), "each_piece"),
        ("percent_off", PercentOff(500), PercentOff(501), "percent"),
        ("percent_off", PercentOff(5, only="cheapest"), PercentOff(5, only="dearest"), "only"),
        ("percent_off", PercentOff(5, only="dearest"), PercentOff(5), "only"),
        ("percent_off", PercentOff(5, pieces=1), PercentOff(5, pieces=2), "pieces"),
        ("piece_price", PiecePrice(900), PiecePrice(800), "price"),
        ("free_pieces", FreePieces(3), FreePieces(2), "buy"), ("free_pieces", FreePieces(3), FreePieces(3, 2), "get"),
        ("free_pieces", FreePieces(3, percent=5000), FreePieces(3), "percent"),
        ("free_pieces", FreePieces(3), FreePieces(3, partial=True), "partial"),
        ("free_pieces", FreePieces(3, goods=Goods(tags=("a",))), FreePieces(3, goods=Goods(tags=("a", "b"))), "goods"),
        ("bundle", Bundle(3, price=2000), Bundle(2, price=2000), "quantity"),
        ("bundle", Bundle(3, price=20), Bundle(3, price=19), "price"),
        ("bundle", Bundle(3, percent=5), Bundle(3, percent=6), "percent"),
        ("bundle", Bundle(3, amount=5), Bundle(3, amount=6), "amount"),
        ("gift", Gift("p"), Gift("p", 2), "pieces"), ("gift", Gift("p"), Gift("p", times_max=2), "times_max"),
        ("pay", Pay(1), Pay(2), "worth"), ("pay", Pay(1, 5000), Pay(1), "percent_max"),
    ],
    ids=str,
)  # fmt: skip
def test_what_rewards_give(kind, old, new, key):
    """More is better, and less to pay."""
    both_ways(promoting(old, kind), promoting(new, kind), f"promotions.p.{key}", "better")


def test_what_a_reward_costs():
    """Fewer pieces are better; pieces of another unit are not to be compared."""
    reward = cafe().rewards["ten_off"]
    both_ways(cafe(), cafe(rewards={"ten_off": replace(reward, cost=90)}), "rewards.ten_off.cost", "better")
    assert told(cafe(), cafe(rewards={"ten_off": replace(reward, unit="standing")})) == [
        ("rewards.ten_off.unit", "changed", "worse")
    ]
    assert told(cafe(), cafe(rewards={"ten_off": replace(reward, name=NAME)})) == [
        ("rewards.ten_off.name", "changed", "neutral")
    ]


@pytest.mark.parametrize(
    ("old", "new", "key"),
    [
        ({"exclusive": True}, {}, "exclusive"), ({"group": "g"}, {}, "group"),
        ({"limits": Limits(per_day=1)}, {}, "limits.per_day"),
        ({"limits": Limits(per_day=1)}, {"limits": Limits(per_day=2)}, "limits.per_day"),
        ({"limits": Limits(budget_amount=100)}, {"limits": Limits(budget_amount=200)}, "limits.budget_amount"),
        ({"lines": Goods(tags=("a",))}, {}, "lines"), ({"lines": Goods(tags=("a",))}, {"lines": Goods(tags=("a", "b"))}, "lines"),
        ({"lines": Goods(exclude_tags=("a", "b"))}, {"lines": Goods(exclude_tags=("a",))}, "lines"),
        ({"lines": Goods(price_min=500)}, {"lines": Goods(price_min=400)}, "lines"),
        ({"lines": Goods(price_max=500)}, {}, "lines"), ({"lines": Goods(reduced="never")}, {}, "lines"),
        ({"when": {"amount_min": 5}}, {"when": {"amount_min": 4}}, "when.amount_min"),
        ({"when": {"amount_max": 5}}, {"when": {"amount_max": 6}}, "when.amount_max"),
        ({"when": {"tiers": ("gold",)}}, {"when": {"tiers": ("gold", "silver")}}, "when.tiers"),
        ({"when": {"every_visit": 5}}, {"when": {"every_visit": 4}}, "when.every_visit"),
        ({"when": {"joined_within_days": 5}}, {"when": {"joined_within_days": 6}}, "when.joined_within_days"),
        ({"when": {"pilot": Pilot("p", 500)}}, {"when": {"pilot": Pilot("p", 600)}}, "when.pilot"),
        ({"when": {"balance": Balance("point", 5)}}, {"when": {"balance": Balance("point", 4)}}, "when.balance"),
        ({"when": {"balance": Balance("point", 5, 9)}}, {"when": {"balance": Balance("point", 5)}}, "when.balance"),
        ({"when": {"lines": Measure(quantity_min=3)}}, {"when": {"lines": Measure(quantity_min=2)}}, "when.lines"),
        ({"when": {"basket": (Measure(amount_max=3),)}}, {"when": {"basket": (Measure(),)}}, "when.basket"),
        ({"when": {"dates": JANUARY_30}}, {"when": {"dates": JANUARY}}, "when.dates"),
        ({"when": {"dates": (Dates("2027-01-02"),)}}, {"when": {"dates": (Dates("2027-01-01"),)}}, "when.dates"),
        ({"unless": {"amount_min": 4}}, {"unless": {"amount_min": 5}}, "unless.amount_min"),
        ({"unless": {"tenders": ("a", "b")}}, {"unless": {"tenders": ("a",)}}, "unless.tenders"),
    ],
    ids=str,
)  # fmt: skip
def test_when_an_offer_holds(old, new, key):
    """More goods, more often, for more members is better; what excludes is the other way round."""
    both_ways(promoting(**old), promoting(**new), f"promotions.p.{key}", "better")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ({"lines": Goods(tags=("a",))}, {"lines": Goods(tags=("b",))}),
        ({"lines": Goods(tags=("a",))}, {"lines": Goods(products=("a",))}),
        ({"when": {"tiers": ("a",)}}, {"when": {"tiers": ("b",)}}),
        ({"unless": {"tenders": ("a",)}}, {"unless": {"tenders": ("b",)}}),
        ({"when": {"arm": Arm("e", 1)}}, {"when": {"arm": Arm("e", 2)}}),
        ({"when": {"sabbath": "during"}}, {"when": {"sabbath": "outside"}}),
        ({"when": {"pilot": Pilot("p", 500)}}, {"when": {"pilot": Pilot("q", 500)}}),
        ({"when": {"dates": (Dates("2027-01-01", "2027-01-31"),)}}, {"when": {"dates": (Dates("2027-02-01", "2027-02-28"),)}}),
        ({"when": {"balance": Balance("point", 5)}}, {"when": {"balance": Balance("stamp", 5)}}),
        ({"when": {"lines": Measure(amount_min=5)}}, {"when": {"lines": Measure(amount_min=5, tax="excluded")}}),
        ({"kind": "gift", "rule_settings": Gift("p")}, {"kind": "gift", "rule_settings": Gift("q")}),
        ({"kind": "bundle", "rule_settings": Bundle(3, price=5)}, {"kind": "gift", "rule_settings": Gift("q")}),
    ],
    ids=str,
)
def test_what_cannot_be_compared_is_worse_both_ways(old, new):
    """Somebody loses by it."""
    for before, after in ((old, new), (new, old)):
        assert {effect for _, _, effect in told(promoting(**before), promoting(**after))} == {"worse"}


def test_a_condition_more_or_less():
    """One more is worse. Of what excludes, the first is worse, and each one more excludes less."""
    one, two = {"amount_min": 5}, {"amount_min": 5, "every_visit": 2}
    plain = promoting()
    assert told(plain, promoting(when=one)) == [("promotions.p.when.amount_min", "added", "worse")]
    assert told(promoting(when=two), promoting(when=one)) == [("promotions.p.when.every_visit", "removed", "better")]
    assert told(plain, promoting(unless=one)) == [("promotions.p.unless.amount_min", "added", "worse")]
    assert told(promoting(unless=one), plain) == [("promotions.p.unless.amount_min", "removed", "better")]
    assert told(promoting(unless=one), promoting(unless=two)) == [("promotions.p.unless.every_visit", "added", "better")]
    assert told(promoting(unless=two), promoting(unless=one)) == [("promotions.p.unless.every_visit", "removed", "worse")]


def test_rules_that_come_and_go():
    """A new one is better, one that is gone is worse; unless it was over, or the new one drives out others."""
    assert told(cafe(), promoting()) == [("promotions.p", "added", "better")]
    assert told(promoting(), cafe()) == [("promotions.p", "removed", "worse")]
    over = promoting(when={"dates": (Dates("2026-01-01", "2026-11-20"),)})
    assert told(over, cafe()) == [("promotions.p", "removed", "neutral")]
    assert told(promoting(when={"dates": (Dates("2026-01-01", TODAY),)}), cafe()) == [("promotions.p", "removed", "worse")]
    assert told(promoting(when={"dates": (Dates("2026-01-01"),)}), cafe()) == [("promotions.p", "removed", "worse")]
    assert told(cafe(), promoting(exclusive=True)) == [("promotions.p", "added", "worse")]
    best = Policies(stacking="best", tenders_without_accrual=("voucher",))
    assert told(cafe(policies=best), replace(promoting(exclusive=True), policies=best)) == [("promotions.p", "added", "better")]
    assert told(cafe(rewards={}), replace(promoting(exclusive=True), rewards={})) == [("promotions.p", "added", "better")]


def test_tiers():
    """A lower threshold and more of the usual are better; so is a review that comes late and takes little."""
    steps = (Tier("a", NAME), Tier("b", NAME, 100, 150))
    old = cafe(tiers=Tiers("standing", steps))

    def other(*changed: Tier, **fields: Any) -> Program:
        return cafe(tiers=Tiers(**({"unit": "standing", "steps": changed or steps} | fields)))

    both_ways(old, other(steps[0], replace(steps[1], from_pieces=90)), "tiers.b.from_pieces", "better")
    both_ways(old, other(steps[0], replace(steps[1], accrual_percent=160)), "tiers.b.accrual_percent", "better")
    both_ways(old, other(review="never"), "tiers.review", "better")
    both_ways(old, other(downgrade="one_step"), "tiers.downgrade", "better")
    both_ways(old, other(reset=True), "tiers.reset", "worse")
    assert told(old, other(unit="point")) == [("tiers.unit", "changed", "worse")]
    assert told(old, other(steps[0])) == [("tiers.b", "removed", "worse")]
    assert told(old, other(*steps, Tier("c", NAME, 200, 200))) == [("tiers.c", "added", "better")]
    assert told(old, other(*steps, Tier("c", NAME, 200, 150))) == [("tiers.c", "added", "neutral")]
    assert told(old, other(*steps, Tier("c", NAME, 200, 140))) == [("tiers.c", "added", "worse")]
    assert told(old, cafe(tiers=None)) == [("tiers", "removed", "worse")]
    assert told(cafe(tiers=None), old) == [("tiers", "added", "better")]
    assert told(cafe(tiers=None), other(Tier("a", NAME, 0, 50))) == [("tiers", "added", "worse")]


@pytest.mark.parametrize(
    ("section", "old", "new", "key"),
    [
        ("challenges", {"goal": 5}, {"goal": 4}, "goal"), ("challenges", {"within_days": 5}, {}, "within_days"),
        ("challenges", {"period": "week"}, {"period": "month"}, "period"), ("challenges", {"times_max": 1}, {}, "times_max"),
        ("challenges", {"prize": 1}, {"prize": 2}, "prize"),
        ("challenges", {"period": "week", "streak": True}, {"period": "week"}, "streak"),
        ("plans", {"months": 1}, {"months": 2}, "months"), ("plans", {"refund": "none"}, {"refund": "pro_rata"}, "refund"),
        ("plans", {"refund": "pro_rata"}, {"refund": "whole"}, "refund"), ("plans", {"at_once": False}, {}, "at_once"),
        ("awards", {"give": 1}, {"give": 2}, "give"), ("awards", {"tiers": ("gold",)}, {}, "tiers"),
        ("awards", {"tiers": ("gold",)}, {"tiers": ("gold", "silver")}, "tiers"), ("awards", {"spend_min": 5}, {}, "spend_min"),
        ("pools", {"chance": 5}, {"chance": 6}, "chance"), ("pools", {"prizes_max": 5}, {"prizes_max": 6}, "prizes_max"),
        ("pools", {"per_day": 1}, {}, "per_day"),
        ("pools", {"prizes": (Prize("point", 1),)}, {"prizes": (Prize("point", 2),)}, "prizes"),
        ("pools", {"prizes": (NINE, Prize("point", 1, 2))}, {"prizes": (NINE, Prize("point", 1))}, "prizes"),
    ],
    ids=str,
)  # fmt: skip
def test_challenges_plans_awards_and_pools(section, old, new, key):
    """More for less, for more members, for longer is better."""
    plain: dict[str, tuple[type, dict[str, Any]]] = {
        "challenges": (
            Challenge,
            {"type": "per_sale", "name": NAME, "goal": 3, "settings": PerSale(), "prize_unit": "point", "prize": 5},
        ),
        "plans": (Plan, {"name": NAME, "product": "card", "months": 12}),
        "awards": (Award, {"on": "join", "unit": "point", "give": 5}),
        "pools": (Pool, {"name": NAME, "chance": 500, "prizes_max": 9, "prizes": (Prize("point", 1),)}),
    }
    shape, fields = plain[section]
    both_ways(
        cafe(**{section: {"x": shape(**(fields | old))}}),
        cafe(**{section: {"x": shape(**(fields | new))}}),
        f"{section}.x.{key}",
        "better",
    )


@pytest.mark.parametrize(
    ("field", "worst_first"),
    [
        ("earn_on", ("undiscounted_lines", "paid", "rung")), ("order_discounts_lower_goods", (True, False)),
        ("earn_on_levies", (False, True)), ("earn_on_unit_tenders", (False, True)), ("free_pieces_earn", (False, True)),
        ("tenders_without_accrual", (("a", "b"), ("a",), ())), ("accrual_rounding", ("down", "half_even", "half_up", "up")),
        ("spend_in_same_sale", (False, True)), ("threshold", ("after_discounts", "before_discounts")),
        ("threshold_tax", ("excluded", "included")), ("amount_off_tax", ("included", "excluded")),
        ("pick", ("cheapest", "first", "dearest")), ("stacking", ("in_order", "best")),
        ("order_discounts", ("first", "best", "all")),
        ("reduced_goods", ("excluded", "included")), ("budget_short", ("refuse", "reduce")), ("give_back_spent", (False, True)),
        ("give_back_uses", (False, True)), ("negative_balance", ("allowed", "within_balance", "pending_only")),
        ("earn_tax", ("excluded", "included")), ("accrual_tier", ("held", "reached")),
        ("amount_overlap", ("by_share", "others_first")), ("percent_rounding", ("down", "half_even", "half_up", "up")),
        ("lease_min_strength", ("rotating", "signed")), ("claim_days", (0, 30, 90)),
    ],
)  # fmt: skip
def test_policies(field, worst_first):
    """From the worst for members to the best."""
    for worse, better in pairwise(worst_first):
        both_ways(
            cafe(policies=Policies(**{field: worse})), cafe(policies=Policies(**{field: better})), f"policies.{field}", "better"
        )


@pytest.mark.parametrize(
    ("field", "value", "effect"),
    [
        ("accrual_rounded_per", "line", "worse"), ("free_piece", "extra", "worse"), ("return_share", "money", "worse"),
        ("percent_rounded_per", "line", "neutral"), ("remainder", "first", "neutral"), ("tax_rounded_per", "line", "neutral"),
    ],
)  # fmt: skip
def test_policies_that_are_the_same_both_ways(field, value, effect):
    """Of some nobody can tell for whom it is better; others take nothing from members."""
    plain, other = cafe(policies=Policies()), cafe(policies=Policies(**{field: value}))
    assert told(plain, other) == told(other, plain) == [(f"policies.{field}", "changed", effect)]


def test_every_policy_is_judged_above():
    """Whoever adds one says there which value is better for members."""
    tests = (test_policies, test_policies_that_are_the_same_both_ways)
    assert {case[0] for test in tests for mark in test.pytestmark for case in mark.args[1]} == set(Policies.__slots__)


def test_the_program_itself():
    """Another last day, another currency, cards that are refused."""
    fixed = cafe(open_ended=False, ends="2027-06-30")
    both_ways(fixed, replace(fixed, ends="2027-07-01"), "ends", "better")
    assert told(cafe(), fixed) == [("open_ended", "changed", "worse"), ("ends", "changed", "worse")]
    both_ways(cafe(), cafe(plain_prefixes=("729", "290")), "plain_prefixes", "better")
    assert told(cafe(), cafe(currency="EUR")) == [("currency", "changed", "worse")]
    assert told(cafe(), cafe(causes={"trees": NAME})) == [("causes.trees", "added", "neutral")]
    units = dict(cafe().units)
    assert told(cafe(units=units | {"s": Unit(NAME)}), cafe()) == [("units.s", "removed", "worse")]
    assert told(cafe(), cafe(units=units | {"s": Unit(NAME)})) == [("units.s", "added", "neutral")]


def test_worsening_is_what_is_worse():
    """And nothing else."""
    found = changes(promoting(), cafe(units=dict(cafe().units) | {"s": Unit(NAME)}), TODAY)
    assert [change.key for change in worsening(found)] == ["promotions.p"]


def test_a_wider_list_of_goods_is_judged_as_a_whole():
    """More products and fewer exclusions together are better; one of both worse is worse."""
    old = Goods(products=("a",), exclude_products=("x",))
    assert told(promoting(lines=old), promoting(lines=Goods(products=("a", "b"))))[0][2] == "better"
    assert told(promoting(lines=old), promoting(lines=Goods(products=("a", "b"), exclude_products=("x", "y"))))[0][2] == "worse"
    assert told(promoting(lines=ALL), promoting(lines=Goods(price_max=5)))[0][2] == "worse"


@settings(max_examples=60)
@given(st.binary(max_size=600), st.binary(max_size=600))
def test_any_two_programs_can_be_compared(one, two):
    """It never raises; a program does not differ from itself; what is gone one way is new the other way."""
    old, new = drawn(Source(one)), drawn(Source(two))
    assert changes(old, old, TODAY) == ()
    there, back = changes(old, new, TODAY), changes(new, old, TODAY)
    assert {change.key for change in there if change.kind == "changed"} == {
        change.key for change in back if change.kind == "changed"
    }
    assert {change.key for change in there if change.kind == "added"} == {
        change.key for change in back if change.kind == "removed"
    }
