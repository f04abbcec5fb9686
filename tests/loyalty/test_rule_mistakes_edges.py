"""On which side of its edge a number of a rule is a mistake, and what two rules cannot be together."""

import pytest

from loyalty import bounds
from loyalty.accruals.per_money import PerMoney
from loyalty.accruals.per_sale import PerSale
from loyalty.program import AccrualRule, Challenge, Limits, Plan, Pool, Prize, PromotionRule
from loyalty.rewards.amount_off import AmountOff
from loyalty.validate import validate
from tests.loyalty.clubs import NAME, challenge, club, keys, pool, promotion, reward

ANY_POOL = Pool(NAME, 1, 1, (Prize("point", 1),))
A_PRIZE = Prize("point", 1)


@pytest.mark.parametrize(
    ("changes", "wrong"),
    [
        ({"limits": Limits(amount_max=bounds.COST_MAX + 1)}, []),
        ({"limits": Limits(budget_amount=bounds.COST_MAX + 1)}, []),
        ({"limits": Limits(amount_max=bounds.AMOUNT_MINOR_MAX + 1)}, ["limits.amount_max"]),
        ({"limits": Limits(budget_uses=bounds.COST_MAX)}, []),
        ({"limits": Limits(budget_uses=bounds.COST_MAX + 1)}, ["limits.budget_uses"]),
        ({"limits": Limits(per_basket=bounds.COST_MAX + 1)}, ["limits.per_basket"]),
        ({"priority": -bounds.COST_MAX}, []),
        ({"priority": -bounds.COST_MAX - 1}, ["priority"]),
        ({"priority": bounds.COST_MAX}, []),
        ({"priority": bounds.COST_MAX + 1}, ["priority"]),
    ],
    ids=str,
)
def test_the_edges_of_what_all_offers_share(changes, wrong):
    """An amount goes further than a count."""
    assert promotion(AmountOff(100), **changes) == reward(AmountOff(100), **changes) == wrong


def test_the_edges_of_a_cost():
    """A piece at least, and as many as a wallet may have."""
    assert reward(AmountOff(100), cost=1) == reward(AmountOff(100), cost=bounds.COST_MAX) == []


def test_one_budget_is_enough():
    """A rule is counted in one way: with two budgets its uses would never be bounded."""
    both = Limits(budget_amount=100, budget_uses=1)
    assert promotion(AmountOff(100), limits=both) == reward(AmountOff(100), limits=both) == ["limits.budget_uses"]
    assert promotion(AmountOff(100), limits=Limits(budget_amount=100, per_day=1)) == []
    assert promotion(AmountOff(100), limits=Limits(budget_uses=1, amount_max=100)) == []


@pytest.mark.parametrize(
    ("changes", "wrong"),
    [
        ({"prize": -1}, ["prize", "prize_unit"]),
        ({"period": "week", "streak": True}, []),
        ({"within_days": 5, "streak": True}, ["streak"]),
        ({"within_days": bounds.DAYS_MAX}, []),
        ({"goal": bounds.PIECES_MAX}, []),
        ({"goal": bounds.PIECES_MAX + 1}, ["goal"]),
        ({"goal": 1}, []),
        ({"times_max": bounds.COST_MAX}, []),
        ({"times_max": bounds.COST_MAX + 1}, ["times_max"]),
        ({"prize_unit": "point", "prize": bounds.COST_MAX}, []),
        ({"prize_unit": "point", "prize": bounds.COST_MAX + 1}, ["prize"]),
    ],
    ids=str,
)
def test_the_edges_of_a_challenge(changes, wrong):
    """Every mistake of it at once."""
    assert challenge(**changes) == wrong


@pytest.mark.parametrize(
    ("changes", "wrong"),
    [
        ({"prizes": (A_PRIZE,) * bounds.STEPS_MAX}, []),
        ({"prizes": (A_PRIZE,) * (bounds.STEPS_MAX + 1)}, ["prize"]),
        ({"chance": 1}, []),
        ({"chance": 10_000}, []),
        ({"prizes_max": bounds.COST_MAX}, []),
        ({"prizes_max": bounds.COST_MAX + 1}, ["prizes_max"]),
        ({"per_day": bounds.COST_MAX}, []),
        ({"per_day": bounds.COST_MAX + 1}, ["per_day"]),
        ({"prizes": (Prize("point", bounds.COST_MAX, bounds.COST_MAX),)}, []),
        ({"prizes": (Prize("point", bounds.COST_MAX + 1, bounds.COST_MAX + 1),)}, ["prize.0.give", "prize.0.weight"]),
    ],
    ids=str,
)
def test_the_edges_of_a_pool(changes, wrong):
    """As many prizes as a person reads, and any chance up to always."""
    assert pool(**changes) == wrong


def test_the_edges_of_an_accruals_caps():
    """None is above what an entry may move."""
    caps = {"pieces_max": bounds.PIECES_MAX, "pieces_max_day": bounds.PIECES_MAX, "pieces_max_month": bounds.PIECES_MAX}

    def capped(**caps: int) -> list[str]:
        return keys(club(accruals={"a": AccrualRule("per_money", "point", PerMoney(100), **caps)}))

    assert capped(**caps) == []
    for cap, most in caps.items():
        assert capped(**{cap: most + 1}) == [f"accruals.a.{cap}"]


def test_two_that_share_a_code_would_share_their_limits():
    """Of a reward, a promotion and a pool of one code the later ones are told, and which was the first."""
    promotions = {"ten_off": PromotionRule("amount_off", NAME, AmountOff(1))}
    assert keys(club(promotions=promotions)) == ["promotions.ten_off"]
    assert keys(club(pools={"ten_off": ANY_POOL})) == ["pools.ten_off"]
    both = validate(club(promotions=promotions, pools={"ten_off": ANY_POOL}))
    assert [mistake.key for mistake in both] == ["promotions.ten_off", "pools.ten_off"]
    assert all("rewards" in mistake.wrong for mistake in both)


@pytest.mark.parametrize(
    ("section", "rule"),
    [
        ("accruals", AccrualRule("per_sale", "point", PerSale())),
        ("challenges", Challenge("per_sale", NAME, 3, PerSale(), badge=NAME)),
        ("plans", Plan(NAME, "card", months=1)),
    ],
)
def test_what_a_pool_gives_is_told_from_what_is_earned_by_its_code(section, rule):
    """A pool of an accrual's, a challenge's or a plan's code is a mistake; an offer of theirs is none."""
    (mistake,) = validate(club(**{section: {"x": rule}, "pools": {"x": ANY_POOL}}))
    assert mistake.key == "pools.x"
    assert section in mistake.wrong
    assert keys(club(**{section: {"x": rule}, "promotions": {"x": PromotionRule("amount_off", NAME, AmountOff(1))}})) == []
