"""What may be wrong with a program, and who stands where."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loyalty import bounds
from loyalty.accruals.per_money import PerMoney
from loyalty.program import AccrualRule, Program, RewardRule, Tier, Tiers, Unit, tier_by_code, tier_of
from loyalty.rewards.amount_off import AmountOff
from loyalty.validate import validate
from tests.samples import cafe
from tests.strategies import programs

NAME = {"he": "שם"}


def earning(**settings: object) -> Program:
    """The cafe with another way of earning points."""
    return cafe(accruals={"points": AccrualRule("per_money", "point", replace(PerMoney(100), **settings))})


def giving(**changes: object) -> Program:
    """The cafe with another reward."""
    return cafe(rewards={"ten_off": replace(cafe().rewards["ten_off"], **changes)})


def ladder(*steps: Tier, unit: str = "standing") -> Program:
    """The cafe with other tiers."""
    return cafe(tiers=Tiers(unit, steps))


def test_the_cafe_is_right():
    """There is nothing to say of the sample."""
    assert validate(cafe()) == []


@given(programs())
def test_drawn_programs_are_right(program):
    """The strategy that other laws stand on draws valid programs only."""
    assert validate(program) == []


@pytest.mark.parametrize(
    ("program", "key"),
    [
        (cafe(version=0), "version"),
        (cafe(units={"point": Unit(NAME, worth=-1), "standing": Unit(NAME)}), "units.point.worth"),
        (cafe(accruals={"a": AccrualRule("per_money", "no", PerMoney(100))}), "accruals.a.unit"),
        (earning(every=0), "accruals.points.every"),
        (earning(every=-1), "accruals.points.every"),
        (earning(give=0), "accruals.points.give"),
        (earning(give=bounds.GIVE_MAX + 1), "accruals.points.give"),
        (giving(unit="no"), "rewards.ten_off.unit"),
        (giving(cost=0), "rewards.ten_off.cost"),
        (giving(cost=-5), "rewards.ten_off.cost"),
        (giving(cost=bounds.COST_MAX + 1), "rewards.ten_off.cost"),
        (giving(settings=AmountOff(0)), "rewards.ten_off.amount"),
        (giving(settings=AmountOff(100, times_max=-1)), "rewards.ten_off.times_max"),
        (ladder(), "tiers.step"),
        (ladder(Tier("a", NAME), unit="no"), "tiers.unit"),
        (ladder(Tier("a", NAME, from_pieces=1)), "tiers.step.0.from_pieces"),
        (ladder(Tier("a", NAME), Tier("b", NAME, 9), Tier("c", NAME, 9)), "tiers.step.2.from_pieces"),
        (ladder(Tier("a", NAME), Tier("a", NAME, 9)), "tiers.step"),
        (ladder(Tier("a", NAME, accrual_percent=-1)), "tiers.step.0.accrual_percent"),
        (ladder(Tier("a", NAME), Tier("b", NAME, 9, bounds.PERCENT_MAX + 1)), "tiers.step.1.accrual_percent"),
        (cafe(plain_prefixes=("729", "")), "plain_prefixes.1"),
        (cafe(plain_prefixes=("72a",)), "plain_prefixes.0"),
        (cafe(plain_prefixes=("٧٢٩",)), "plain_prefixes.0"),
        (cafe(plain_prefixes=("7" * 13,)), "plain_prefixes.0"),
    ],
)
def test_each_mistake_has_its_key_path(program, key):
    """One mistake, named where it is, with what is wrong and what is wanted."""
    (mistake,) = validate(program)
    assert mistake.key == key
    assert mistake.wrong
    assert mistake.wanted


def test_the_bounds_themselves_are_allowed():
    """The largest of everything is no mistake."""
    reward = RewardRule("amount_off", NAME, "point", bounds.COST_MAX, AmountOff(1))
    accrual = AccrualRule("per_money", "point", PerMoney(1, bounds.GIVE_MAX))
    tiers = Tiers("standing", (Tier("a", NAME, accrual_percent=bounds.PERCENT_MAX), Tier("b", NAME, 1, 0)))
    prefixes = ("7" * 12, "0")
    assert validate(cafe(rewards={"r": reward}, accruals={"a": accrual}, tiers=tiers, plain_prefixes=prefixes)) == []


def test_all_mistakes_come_at_once():
    """Five mistakes, five lines to mend."""
    program = replace(giving(cost=0, unit="no"), version=-1, plain_prefixes=("x",), tiers=Tiers("standing", ()))
    keys = {mistake.key for mistake in validate(program)}
    assert keys == {"rewards.ten_off.unit", "version", "rewards.ten_off.cost", "tiers.step", "plain_prefixes.0"}


def test_an_unknown_unit_is_told_which_there_are():
    """The clerk sees the words to choose from."""
    (mistake,) = validate(giving(unit="pionts"))
    assert "'pionts'" in mistake.wrong
    assert "point, standing" in mistake.wanted


@pytest.mark.parametrize(
    ("standing", "code"), [(-9, "bronze"), (0, "bronze"), (999, "bronze"), (1000, "silver"), (4999, "silver"), (5000, "gold")]
)
def test_a_tier_is_reached_at_its_step(standing, code):
    """Not a piece earlier, and an overdraft does not fall off the ladder."""
    assert tier_of(cafe(), {"standing": standing}).code == code


def test_tiers_by_name():
    """An unknown or empty name stands lowest."""
    assert tier_by_code(cafe(), "gold").accrual_percent == 200
    assert tier_by_code(cafe(), "platinum").code == tier_by_code(cafe(), "").code == "bronze"


def test_without_tiers_there_is_none():
    """Neither by balance nor by name."""
    assert tier_of(cafe(tiers=None), {"standing": 9}) is None
    assert tier_by_code(cafe(tiers=None), "gold") is None


@given(programs(), st.integers(-100, 5000), st.integers(0, 100))
def test_more_pieces_never_mean_a_lower_tier(program, have, more):
    """Standing rises with the qualifying unit."""
    if program.tiers:
        steps = program.tiers.steps
        assert steps.index(tier_of(program, {"standing": have})) <= steps.index(tier_of(program, {"standing": have + more}))
