"""In which tier a checkout is earned that lifts the member to a higher one."""

from dataclasses import replace

import pytest

from loyalty.accruals.per_money import PerMoney
from loyalty.program import AccrualRule, Policies
from loyalty.quote import pieces_by_unit, quote
from tests.samples import NOW, basket, cafe, member

HELD, REACHED = Policies(accrual_tier="held"), Policies(accrual_tier="reached")


def earned(policies, amount, **changes):
    """What a bronze member with a standing of 900 earns for a basket of `amount`, and the share that the trace says."""
    who = member(tier="bronze", standing=900)
    quoted = quote(replace(cafe(), policies=policies, **changes), who, basket(amount), NOW)
    step = next(step for step in quoted.trace if step.rule == "points")
    return pieces_by_unit(quoted.accruals)["point"], step.params["percent"]


@pytest.mark.parametrize(
    ("policies", "amount", "points", "percent"),
    [
        (HELD, 9900, 99, 100),
        (HELD, 10_000, 100, 100),
        (REACHED, 9900, 99, 100),
        (REACHED, 10_000, 150, 150),
        (REACHED, 410_000, 8200, 200),
    ],
)
def test_a_checkout_is_earned_in_the_tier_held_or_in_the_tier_it_leads_to(policies, amount, points, percent):
    """Silver begins at 1000: the last shekel before it earns as bronze, the next one all of it as silver, if the policy says so."""
    assert earned(policies, amount) == (points, percent)


def test_rules_for_a_tier_look_at_the_tier_that_is_reached():
    """A rule of silver gives to whom this very checkout makes silver."""
    rule = AccrualRule("per_money", "point", PerMoney(50, by_tier=False), when={"tiers": ("silver",)})
    accruals = {"standing": cafe().accruals["standing"], "points": rule}
    assert earned(REACHED, 10_000, accruals=accruals) == (200, 100)


def test_nobody_falls_by_buying():
    """Whoever stands higher than the balance says keeps earning so."""
    who = member(tier="gold")
    quoted = quote(replace(cafe(), policies=REACHED), who, basket(1000), NOW)
    assert pieces_by_unit(quoted.accruals)["point"] == 20
