"""Every field of every dataclass that a program is made of has a judge: a new one is noticed here."""

from dataclasses import fields

import pytest

from loyalty import program
from loyalty.accruals import ACCRUALS
from loyalty.conditions import CONDITIONS
from loyalty.judges import CONDITIONS as JUDGED
from loyalty.judges import JUDGES, rate
from loyalty.rewards import REWARDS

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
