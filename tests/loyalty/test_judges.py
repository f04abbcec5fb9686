"""Every field of every dataclass that a program is made of has a judge: a new one is noticed here; and what some of them say."""

from dataclasses import fields

import pytest

from loyalty import bounds, program
from loyalty.accruals import ACCRUALS
from loyalty.conditions import CONDITIONS
from loyalty.conditions.checkout import Measure
from loyalty.conditions.person import Balance
from loyalty.conditions.time import Dates
from loyalty.goods import Goods
from loyalty.judges import CONDITIONS as JUDGED
from loyalty.judges import JUDGES, condition, goods, judge, lifetime, rate, rising
from loyalty.program import Pool, Prize, Unit
from loyalty.rewards import REWARDS
from loyalty.rewards.bundle import Bundle
from loyalty.rewards.free_pieces import FreePieces

SHAPES = [row.settings for row in (*REWARDS.values(), *ACCRUALS.values())] + [
    program.Unit, program.Tiers, program.Tier, program.AccrualRule, program.RewardRule, program.PromotionRule, program.Challenge,
    program.Plan, program.Award, program.Pool, program.Policies,
]  # fmt: skip

ELSEWHERE = {"type", "settings", "lines", "when", "unless", "limits", "steps", "expire_days", "expire_months", "expire_at"}
"""Fields that are compared by their own functions, or together."""


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.__name__)
def test_every_field_has_its_judge(shape):
    """What has none would count as worse however it changes."""
    together = (
        {"give", "every"}
        if shape in {row.settings for row in ACCRUALS.values()} and "every" in shape.__annotations__
        else set()
    )
    tier = {"code"} if shape is program.Tier else set()
    assert set(JUDGES[shape]) == {field.name for field in fields(shape)} - ELSEWHERE - together - tier


def test_every_condition_has_its_judge():
    """Each row of the table."""
    assert set(JUDGED) == set(CONDITIONS)


def test_only_rates_are_told_together():
    """How much for how much is one thing to a member."""
    assert rate(ACCRUALS["per_money"].settings(300, 2)) == (2, 300)
    assert rate(ACCRUALS["per_sale"].settings(2)) is None


@pytest.mark.parametrize(
    ("old", "new", "there", "back"),
    [
        (Goods(reduced="never"), Goods(reduced="only"), "worse", "worse"),
        (Goods(reduced="never"), Goods(), "better", "worse"),
        (Goods(exclude_categories=("a", "b")), Goods(exclude_categories=("a",)), "better", "worse"),
        (Goods(exclude_products=("a", "b")), Goods(exclude_products=("a",)), "better", "worse"),
        (Goods(categories=("a",), tags=("t",)), Goods(categories=("a", "b")), "worse", "worse"),
        (Goods(categories=("a",), tags=("t",)), Goods(categories=("a", "b"), tags=("t",)), "better", "worse"),
        (Goods(products=("a",)), Goods(products=("a",), tags=("t",)), "better", "worse"),
        (Goods(products=("a",)), Goods(), "better", "worse"),
        (Goods(price_min=5), Goods(price_min=4), "better", "worse"),
        (Goods(price_max=5), Goods(price_max=6), "better", "worse"),
        (Goods(price_max=5), Goods(), "better", "worse"),
    ],
    ids=str,
)
def test_goods(old, new, there, back):
    """Better only where everything that was meant is meant still."""
    assert (goods(old, new), goods(new, old)) == (there, back)


def on(name: str, old: object, new: object) -> str:
    """What is said of a condition that changed."""
    return condition(name, old, new)


@pytest.mark.parametrize(
    ("old", "new", "there", "back"),
    [
        (Measure(products_min=3), Measure(products_min=2), "better", "worse"),
        (Measure(amount_min=4), Measure(amount_min=5), "worse", "better"),
        (Measure(quantity_max=4), Measure(quantity_max=3), "worse", "better"),
        (Measure(amount_max=4), Measure(), "better", "worse"),
        (Measure(amount_max=4), Measure(amount_max=5), "better", "worse"),
        (Measure(quantity_min=3, amount_min=4), Measure(quantity_min=2, amount_min=5), "worse", "worse"),
        (Measure(Goods(tags=("a",))), Measure(), "worse", "worse"),
        (Measure(amount_min=5, of="after_discounts"), Measure(amount_min=5, of="before_discounts"), "worse", "worse"),
    ],
    ids=str,
)
def test_what_is_asked_of_a_basket(old, new, there, back):
    """Better only where all of it is eased, of the same goods."""
    assert (on("lines", old, new), on("lines", new, old)) == (there, back)
    assert (on("basket", (old,), (new,)), on("basket", (new,), (old,))) == (there, back)


def test_what_is_asked_of_a_basket_in_several_ways():
    """One more is worse, one fewer better; one eased does not make up for one tightened."""
    two, three, four = (Measure(quantity_min=pieces) for pieces in (2, 3, 4))
    assert (on("basket", (two,), (two, three)), on("basket", (two, three), (two,))) == ("worse", "better")
    assert on("basket", (three, four), (two,)) == "worse"
    assert (on("basket", (three, three), (two, four)), on("basket", (three, three), (two, three))) == ("worse", "better")


OPEN, MAY, JUNE = Dates("2027-05-01"), Dates("2027-05-01", "2027-05-31"), Dates("2027-06-01", "2027-06-30")


@pytest.mark.parametrize(
    ("name", "old", "new", "there", "back"),
    [
        ("dates", (OPEN,), (MAY,), "worse", "better"),
        ("dates", (MAY, JUNE), (MAY,), "worse", "better"),
        ("dates", (MAY,), (JUNE, MAY), "better", "worse"),
        ("dates", (Dates(last="2027-05-31"),), (MAY,), "worse", "better"),
        ("balance", Balance("point", 5, 9), Balance("point", 5, 8), "worse", "better"),
        ("balance", Balance("point", 0, -1), Balance("point", 0, 0), "worse", "better"),
        ("balance", Balance("point", 0, -1), Balance("point", 0, bounds.PIECES_MAX), "worse", "better"),
        ("balance", Balance("point", 5, 9), Balance("point", 4, 8), "worse", "worse"),
    ],
    ids=str,
)
def test_when_and_for_whom(name, old, new, there, back):
    """Better only where whoever was meant is meant still, and as long."""
    assert (on(name, old, new), on(name, new, old)) == (there, back)


@pytest.mark.parametrize(
    ("old", "new", "effect"),
    [
        ((Prize("p", 1),), (Prize("p", 1), Prize("s", 1)), "worse"),
        ((Prize("p", 1),), (Prize("p", 2), Prize("s", 1)), "better"),
        ((Prize("p", 1), Prize("s", 1)), (Prize("p", 2),), "worse"),
        ((Prize("p", 1, 3), Prize("s", 1)), (Prize("p", 3), Prize("s", 1, 3)), "better"),
        ((Prize("p", 1, 3), Prize("s", 1)), (Prize("p", 2), Prize("s", 1, 3)), "worse"),
        ((Prize("p", 2),), (Prize("p", 1), Prize("p", 3)), "better"),
    ],
    ids=str,
)
def test_prizes(old, new, effect):
    """By what can be expected of each unit: another prize makes the others rarer."""
    assert judge(Pool, "prizes", old, new) == effect


@pytest.mark.parametrize(
    ("field", "old", "new", "effect"),
    [
        ("price", 0, 5, "worse"),
        ("price", 5, 0, "worse"),
        ("price", 5, 4, "better"),
        ("amount", 5, 0, "worse"),
        ("amount", 0, 5, "worse"),
        ("amount", 5, 6, "better"),
    ],
)
def test_a_price_and_an_amount_that_may_be_missing(field, old, new, effect):
    """Where one is nothing, another setting speaks: nobody can tell."""
    assert judge(FreePieces, field, old, new) == effect
    if field == "price":
        assert judge(Bundle, field, old, new) == effect


@pytest.mark.parametrize(
    ("unit", "days"),
    [
        (Unit({}), 10**9),
        (Unit({}, expire_days=1), 1),
        (Unit({}, expire_months=12), 365.25),
        (Unit({}, expire_months=1, expire_at="month_end"), 45.4375),
        (Unit({}, expire_days=1, expire_at="year_end"), 183.0),
    ],
)
def test_how_long_a_piece_lives(unit, days):
    """On the average: half of the month or year at whose end it goes."""
    assert lifetime(unit) == days


def test_what_rises():
    """By the place among the values, the worst first."""
    judged = rising("none", "some", "all")
    assert (judged("none", "all"), judged("all", "some"), judged("some", "some")) == ("better", "worse", "neutral")


def test_what_nobody_has_judged_is_worse():
    """A field and a condition that no table knows."""
    assert judge(Unit, "color", 1, 2) == condition("color", 1, 2) == "worse"
