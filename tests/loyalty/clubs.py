"""A club with one rule in it, and what validate says of that rule."""

from dataclasses import replace

from loyalty.accruals import ACCRUALS
from loyalty.accruals.per_sale import PerSale
from loyalty.program import AccrualRule, Challenge, Plan, Pool, Prize, Program, PromotionRule, RewardRule
from loyalty.rewards import REWARDS
from loyalty.validate import validate
from tests.samples import cafe

NAME = {"he": "שם"}
TYPE_OF = {row.settings: kind for kind, row in [*REWARDS.items(), *ACCRUALS.items()]}


def club(**changes: object) -> Program:
    """The cafe with something of everything that a rule may name."""
    program = cafe(
        causes={"trees": NAME},
        partners={"bank": NAME},
        plans={"club": Plan(NAME, "card", months=1)},
        challenges={"run": Challenge("per_sale", NAME, 3, PerSale(), prize_unit="point", prize=5)},
    )
    return replace(program, **changes)


def keys(program: Program) -> list[str]:
    """Where its mistakes are."""
    return [mistake.key for mistake in validate(program)]


def reward(settings: object, **changes: object) -> list[str]:
    """The mistakes of a reward, below it."""
    row = {"name": NAME, "unit": "point", "cost": 5, "type": TYPE_OF[type(settings)], "settings": settings} | changes
    return [key.removeprefix("rewards.r.") for key in keys(club(rewards={"r": RewardRule(**row)}))]


def promotion(settings: object, **changes: object) -> list[str]:
    """The mistakes of a promotion, below it."""
    row = {"type": TYPE_OF[type(settings)], "name": NAME, "settings": settings} | changes
    return [key.removeprefix("promotions.p.") for key in keys(club(promotions={"p": PromotionRule(**row)}))]


def accrual(settings: object, **changes: object) -> list[str]:
    """The mistakes of an accrual, below it."""
    rule = AccrualRule(**({"type": TYPE_OF[type(settings)], "unit": "point", "settings": settings} | changes))
    return [key.removeprefix("accruals.a.") for key in keys(club(accruals=dict(cafe().accruals) | {"a": rule}))]


def challenge(settings: object = PerSale(), **changes: object) -> list[str]:
    """The mistakes of a challenge, below it."""
    rule = Challenge(**({"type": TYPE_OF[type(settings)], "name": NAME, "goal": 3, "settings": settings} | changes))
    return [key.removeprefix("challenges.c.") for key in keys(club(challenges={"c": rule}))]


def pool(**changes: object) -> list[str]:
    """The mistakes of a pool, below it."""
    row = {"name": NAME, "chance": 500, "prizes_max": 9, "prizes": (Prize("point", 1),)} | changes
    return [key.removeprefix("pools.s.") for key in keys(club(pools={"s": Pool(**row)}))]
