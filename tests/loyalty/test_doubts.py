"""What is legal and surely not meant: each doubt at its key, and none about what is well."""

import pytest

from loyalty.accruals.multiply import Multiply
from loyalty.accruals.per_money import PerMoney
from loyalty.accruals.per_sale import PerSale
from loyalty.conditions.checkout import Measure
from loyalty.conditions.person import Balance
from loyalty.conditions.time import Dates
from loyalty.doubts import doubts
from loyalty.goods import ALL, Goods
from loyalty.program import (
    AccrualRule,
    Award,
    Challenge,
    Limits,
    Plan,
    Pool,
    Prize,
    Program,
    PromotionRule,
    RewardRule,
    Tier,
    Tiers,
    Unit,
)
from loyalty.reach import attainable
from loyalty.rewards.amount_off import AmountOff
from loyalty.rewards.donate import Donate, RoundUp
from loyalty.rewards.pay import Pay
from loyalty.rewards.percent_off import PercentOff
from loyalty.validate import validate
from tests.samples import cafe

NAME = {"he": "שם"}
TODAY = "2026-11-21"


def keys(program: Program, today: str = TODAY) -> list[str]:
    """Where its doubts are; it is a valid program."""
    assert validate(program) == []
    return [doubt.key for doubt in doubts(program, today)]


def stamps(earning: AccrualRule | None, cost: int = 10, **unit: object) -> Program:
    """The cafe with a stamp card."""
    return cafe(
        units=dict(cafe().units) | {"stamp": Unit(NAME, **unit)},
        accruals=dict(cafe().accruals) | ({"stamps": earning} if earning else {}),
        rewards={**cafe().rewards, "coffee": RewardRule("amount_off", NAME, "stamp", cost, AmountOff(500))},
    )


def stamp(**caps: int) -> AccrualRule:
    """A stamp for a visit."""
    return AccrualRule("per_sale", "stamp", PerSale(), **caps)


def test_a_donation_is_no_partner_s_cost() -> None:
    """The member gives it; a discount of the same partner is its cost."""
    rewards = {
        "trees": RewardRule("donate", NAME, "point", 100, Donate("trees"), partner="bank"),
        "round": RewardRule("round_up", NAME, settings=RoundUp(500, "trees"), partner="bank"),
        "off": RewardRule("amount_off", NAME, "point", 100, AmountOff(500), partner="bank"),
    }
    assert keys(cafe(rewards=rewards, causes={"trees": NAME}, partners={"bank": NAME})) == [
        "rewards.trees.partner",
        "rewards.round.partner",
    ]


def never(when: dict[str, object], lines: Goods = ALL, **changes: object) -> list[str]:
    """The doubts about a promotion under these conditions, below it."""
    rule = PromotionRule("amount_off", NAME, AmountOff(5), lines=lines, when=when)
    return [key.removeprefix("promotions.p.") for key in keys(cafe(promotions={"p": rule}, **changes))]


def test_the_cafe_leaves_no_doubt():
    """There is nothing to say of the sample."""
    assert keys(cafe()) == []


def test_a_reward_that_nothing_pays_for():
    """No accrual, award, challenge or pool gives its unit; each of them is enough."""
    program = stamps(None)
    assert keys(program) == ["rewards.coffee.cost"]
    for way in (
        {"awards": {"hello": Award("join", "stamp", 1)}},
        {"challenges": {"run": Challenge("per_sale", NAME, 3, PerSale(), prize_unit="stamp", prize=1)}},
        {"pools": {"luck": Pool(NAME, 500, 9, (Prize("point", 1), Prize("stamp", 1)))}},
    ):
        assert keys(cafe(units=program.units, rewards=program.rewards, **way)) == []


@pytest.mark.parametrize(
    ("caps", "life", "most"),
    [
        ({"pieces_max_day": 1}, {"expire_days": 9}, 10),
        ({"pieces_max_month": 3}, {"expire_days": 28}, 9),
        ({"pieces_max_month": 3}, {"expire_months": 1}, 9),
        ({"pieces_max_day": 1, "pieces_max_month": 3}, {"expire_days": 28}, 9),
        ({"pieces_max_day": 1}, {"expire_days": 9, "expire_at": "month_end"}, 41),
        ({"pieces_max_day": 1}, {"expire_days": 9, "expire_at": "year_end"}, 376),
        ({"pieces_max_day": 1}, {"expire_days": 9, "extended": True}, None),
        ({"pieces_max_day": 1}, {}, None),
        ({"pieces_max": 1}, {"expire_days": 9}, None),
    ],
)
def test_a_reward_above_what_caps_and_expiry_allow(caps, life, most):
    """The most that a member can have is enough; a piece more is not. Without a bound nothing is doubted."""
    assert attainable(stamps(stamp(**caps), **life), "stamp") == most
    assert keys(stamps(stamp(**caps), cost=most or 10**6, **life)) == []
    if most:
        assert keys(stamps(stamp(**caps), cost=most + 1, **life)) == ["rewards.coffee.cost"]


def test_a_tier_that_nobody_reaches():
    """Its unit is not earned, or never so much of it at once."""
    steps = (Tier("a", NAME), Tier("b", NAME, 100))
    assert keys(cafe(tiers=Tiers("standing", steps), accruals={"points": cafe().accruals["points"]})) == [
        "tiers.step.1.from_pieces"
    ]
    program = stamps(stamp(pieces_max_day=1), expire_days=9)
    assert keys(cafe(units=program.units, accruals=program.accruals, rewards=program.rewards, tiers=Tiers("stamp", steps))) == [
        "tiers.step.1.from_pieces",
        "units.standing",
    ]


def test_a_unit_that_is_never_spent():
    """It is earned for nothing; or there for nothing. A condition on its balance is a use."""
    units = dict(cafe().units) | {"stamp": Unit(NAME)}
    assert keys(cafe(units=units)) == ["units.stamp"]
    assert keys(cafe(units=units, accruals=dict(cafe().accruals) | {"stamps": stamp()})) == ["units.stamp"]
    assert keys(cafe(tiers=None)) == ["units.standing"]
    for side in ("when", "unless"):
        asked = PromotionRule("amount_off", NAME, AmountOff(5), **{side: {"balance": Balance("stamp", 1)}})
        assert keys(cafe(units=units, accruals=dict(cafe().accruals) | {"stamps": stamp()}, promotions={"p": asked})) == []


def test_pieces_that_expire_before_they_may_be_spent():
    """A wait as long as the life, and settings of an expiry that there is not."""
    assert keys(stamps(stamp(), pending_days=14, expire_days=14)) == ["units.stamp.pending_days"]
    assert keys(stamps(stamp(), pending_days=14, expire_days=15)) == []
    assert keys(stamps(stamp(), extended=True, expire_at="year_end")) == ["units.stamp.extended", "units.stamp.expire_at"]


@pytest.mark.parametrize(
    ("when", "key"),
    [
        ({"tiers": ()}, "when.tiers"),
        ({"weekdays": ()}, "when.weekdays"),
        ({"amount_min": 500, "amount_max": 400}, "when.amount_min"),
        ({"basket": (Measure(), Measure(quantity_min=5, quantity_max=4))}, "when.basket.1.quantity_min"),
        ({"basket": (Measure(Goods(tags=("a",), exclude_tags=("a",))),)}, "when.basket.0.goods"),
        ({"lines": Measure(amount_min=5, amount_max=4)}, "when.lines.amount_min"),
        ({"balance": Balance("point", 5, 4)}, "when.balance.pieces_min"),
        ({"balance": Balance("point", 1, 0)}, "when.balance.pieces_min"),
        ({"dates": (Dates("2026-01-01", "2026-11-20"),)}, "when.dates"),
        ({"dates": (Dates(last="2026-11-20"), Dates("2025-01-01", "2025-02-01"))}, "when.dates"),
        ({"sabbath": "during", "weekdays": ("sun", "thu")}, "when.weekdays"),
        ({"sabbath": "during", "rest": "outside"}, "when.rest"),
    ],
    ids=str,
)
def test_conditions_that_never_hold(when, key):
    """Each contradiction at its key."""
    assert never(when) == [key]


@pytest.mark.parametrize(
    "when",
    [
        {"amount_min": 400, "amount_max": 400}, {"amount_min": 400}, {"basket": (Measure(quantity_min=4, quantity_max=4),)},
        {"balance": Balance("point", 5)}, {"dates": (Dates(last="2026-11-21"),)}, {"dates": (Dates(last="2026-01-01"), Dates())},
        {"sabbath": "during", "weekdays": ("fri",)}, {"sabbath": "outside", "weekdays": ("sun",)}, {"rest": "outside"},
        {"lines": Measure(quantity_min=3)},
    ],
    ids=str,
)  # fmt: skip
def test_conditions_that_hold_some_day_leave_no_doubt(when):
    """On this side of each edge."""
    if "dates" in when and not when["dates"][-1].last:
        when = {"dates": (Dates(last="2026-01-01"), Dates("2026-01-01"))}
    assert never(when) == []


@pytest.mark.parametrize(
    ("lines", "key"),
    [
        (Goods(products=("a", "b"), exclude_products=("b", "a")), "lines"),
        (Goods(categories=("food/dairy",), exclude_categories=("food",)), "lines"),
        (Goods(price_min=500, price_max=400), "lines.price_min"),
        (Goods(products=("a", "b"), exclude_products=("a",)), ""),
        (Goods(categories=("food",), exclude_categories=("food/dairy",)), ""),
        (Goods(categories=("foodstuff",), exclude_categories=("food",)), ""),
        (Goods(products=("a",), tags=("t",), exclude_products=("a",)), ""),
        (Goods(exclude_products=("a",)), ""),
        (Goods(price_min=400, price_max=400), ""),
    ],
    ids=str,
)
def test_goods_that_exclude_themselves(lines, key):
    """All that they name is left out again; or only a part of it."""
    assert never({}, lines) == ([key] if key else [])


def test_dates_outside_the_program_s_own():
    """They begin when it is over, or are over when it begins."""
    assert never({"dates": (Dates("2027-06-01"),)}, ends="2027-05-31", open_ended=False) == ["when.dates"]
    assert never({"dates": (Dates(last="2027-01-01"),)}, effective="2027-02-01") == ["when.dates"]
    assert never({"dates": (Dates("2027-05-31"),)}, ends="2027-05-31", open_ended=False) == []
    assert never({"dates": (Dates(last="2027-02-01"),)}, effective="2027-02-01") == []


def test_two_that_double():
    """The same for the same goods at the same time; limits, a group or other conditions tell them apart."""
    one = PromotionRule("amount_off", NAME, AmountOff(500), lines=Goods(tags=("a",)), when={"amount_min": 5, "every_visit": 2})
    again = PromotionRule(
        "amount_off", {"he": "אחר"}, AmountOff(500), lines=Goods(tags=("a",)), when={"every_visit": 2, "amount_min": 5}
    )
    assert keys(cafe(promotions={"a": one, "b": again})) == ["promotions.b"]
    for changes in ({"limits": Limits(per_day=1)}, {"group": "g"}, {"exclusive": True}, {"when": {}}, {"lines": Goods()}):
        other = PromotionRule(
            **(
                {"type": "amount_off", "name": NAME, "settings": AmountOff(500), "lines": again.lines, "when": again.when}
                | changes
            )
        )
        assert keys(cafe(promotions={"a": one, "b": other})) == []
    rewards = {**cafe().rewards, "dearer": RewardRule("amount_off", NAME, "point", 120, AmountOff(1000))}
    assert keys(cafe(rewards=rewards)) == ["rewards.dearer"]
    accruals = dict(cafe().accruals) | {"more": AccrualRule("per_money", "point", PerMoney(100))}
    assert keys(cafe(accruals=accruals)) == ["accruals.more"]


@pytest.mark.parametrize("cap", ["pieces_max", "pieces_max_day", "pieces_max_month"])
def test_a_cap_tells_an_accrual_from_another(cap):
    """The first gives without end, the second up to there."""
    more = AccrualRule("per_money", "point", PerMoney(100), **{cap: 5})
    assert keys(cafe(accruals=dict(cafe().accruals) | {"more": more})) == []
    again = AccrualRule("per_money", "point", PerMoney(100))
    assert keys(cafe(accruals=dict(cafe().accruals) | {"more": more, "again": again})) == ["accruals.again"]


def test_what_else_tells_two_apart():
    """The unit they cost, the section they stand in, what excludes them, and whose cost they are."""
    other = RewardRule("amount_off", NAME, "standing", 100, AmountOff(1000))
    assert keys(cafe(rewards={**cafe().rewards, "other": other})) == []
    assert keys(cafe(promotions={"p": PromotionRule("amount_off", NAME, AmountOff(1000))})) == []
    first, second = (PromotionRule("amount_off", NAME, AmountOff(500), unless={"every_visit": n}) for n in (2, 3))
    assert keys(cafe(promotions={"a": first, "b": second})) == []
    theirs = PromotionRule("amount_off", NAME, AmountOff(500), partner="bank")
    ours = PromotionRule("amount_off", NAME, AmountOff(500))
    assert keys(cafe(promotions={"a": theirs, "b": ours}, partners={"bank": NAME})) == []
    assert keys(cafe(promotions={"a": theirs, "b": theirs}, partners={"bank": NAME})) == ["promotions.b"]


def test_everything_free_without_an_end():
    """A hundred percent of all the goods needs a limit, or is for a piece only."""
    free = PromotionRule("percent_off", NAME, PercentOff(10_000))
    assert keys(cafe(promotions={"p": free})) == ["promotions.p.percent"]
    assert keys(cafe(promotions={"p": PromotionRule("percent_off", NAME, PercentOff(9_999))})) == []
    assert keys(cafe(promotions={"p": PromotionRule("percent_off", NAME, PercentOff(10_000, only="cheapest"))})) == []
    assert keys(cafe(promotions={"p": PromotionRule("percent_off", NAME, PercentOff(10_000), limits=Limits(per_day=1))})) == []
    reward = RewardRule("percent_off", NAME, "point", 5, PercentOff(10_000))
    assert keys(cafe(rewards={"r": reward})) == ["rewards.r.percent"]
    assert keys(cafe(promotions={"p": PromotionRule("percent_off", NAME, PercentOff(10_000, each_line=True))})) == []


def test_settings_that_do_nothing():
    """A reset without a review, a last day of what is open-ended, a prize of nothing, a plan sold with another, other units."""
    ladder = cafe().tiers
    assert keys(cafe(tiers=Tiers("standing", ladder.steps, reset=True))) == ["tiers.reset"]
    assert keys(cafe(tiers=Tiers("standing", ladder.steps, review="yearly", reset=True))) == []
    assert keys(cafe(ends="2027-01-01")) == ["ends"]
    assert keys(cafe(challenges={"c": Challenge("per_sale", NAME, 3, PerSale())})) == ["challenges.c"]
    assert keys(cafe(challenges={"c": Challenge("per_sale", NAME, 3, PerSale(), badge=NAME)})) == []
    for side in ("when", "unless"):
        worn = PromotionRule("amount_off", NAME, AmountOff(5), **{side: {"badges": ("c",)}})
        assert keys(cafe(challenges={"c": Challenge("per_sale", NAME, 3, PerSale())}, promotions={"p": worn})) == []
    plans = {"a": Plan(NAME, "card", months=1), "b": Plan(NAME, "card", months=12), "c": Plan(NAME, "other", months=12)}
    assert keys(cafe(plans=plans)) == ["plans.b.product"]
    accruals = dict(cafe().accruals) | {"double": AccrualRule("multiply", "standing", Multiply(("points",)))}
    assert keys(cafe(accruals=accruals)) == ["accruals.double.unit"]
    mixed = dict(cafe().accruals) | {"d": AccrualRule("multiply", "point", Multiply(("points", "standing")))}
    (doubt,) = doubts(cafe(accruals=mixed), TODAY)
    assert (doubt.key, "'standing'" in doubt.wrong, "'points'" in doubt.wrong) == ("accruals.d.unit", True, False)


def test_a_reward_of_which_not_one_fits_under_its_limit():
    """What comes off one basket at the most is less than one time; unless a part of it may come off, or it comes by itself."""
    cap = Limits(amount_max=999)
    for settings, kind, doubt in (
        (AmountOff(1000), "amount_off", ["rewards.r.limits.amount_max"]),
        (AmountOff(999), "amount_off", []),
        (AmountOff(1000, partial=True), "amount_off", []),
        (AmountOff(1000, each_piece=True), "amount_off", []),
        (Pay(1000), "pay", ["rewards.r.limits.amount_max"]),
        (Pay(999), "pay", []),
        (PercentOff(1000), "percent_off", []),
    ):
        assert keys(cafe(rewards={"r": RewardRule(kind, NAME, "point", 5, settings, limits=cap)})) == doubt
    assert keys(cafe(promotions={"p": PromotionRule("amount_off", NAME, AmountOff(1000), limits=cap)})) == []
    penny = RewardRule("amount_off", NAME, "point", 5, AmountOff(2), limits=Limits(amount_max=1))
    assert keys(cafe(rewards={"r": penny})) == ["rewards.r.limits.amount_max"]
    uncapped = RewardRule("amount_off", NAME, "point", 5, AmountOff(1000), limits=Limits(per_day=1))
    assert keys(cafe(rewards={"r": uncapped})) == []


def test_names_that_the_members_cannot_read():
    """Every name there is, where Hebrew is missing; a badge only where there is one."""
    english = {"en": "name"}
    program = cafe(
        name=english,
        units={"point": Unit(english), "standing": Unit(NAME)},
        tiers=Tiers("standing", (Tier("a", NAME), Tier("b", english, 9))),
        causes={"trees": english},
        challenges={"c": Challenge("per_sale", NAME, 3, PerSale(), badge=english)},
    )
    assert keys(program) == ["name", "units.point.name", "challenges.c.badge", "tiers.step.1.name", "causes.trees"]


def test_every_kind_of_rule_has_a_name_to_read():
    """Also what head office runs by itself, and partners."""
    english = {"en": "name"}
    program = cafe(
        rewards={"r": RewardRule("amount_off", english, "point", 5, AmountOff(5))},
        promotions={"p": PromotionRule("amount_off", english, AmountOff(7))},
        challenges={"c": Challenge("per_sale", english, 3, PerSale(), prize_unit="point", prize=1)},
        plans={"c": Plan(english, "card", months=1)},
        pools={"l": Pool(english, 500, 9, (Prize("point", 1),))},
        partners={"b": english},
    )
    assert keys(program) == [
        "rewards.r.name", "promotions.p.name", "challenges.c.name", "plans.c.name", "pools.l.name", "partners.b",
    ]  # fmt: skip


def test_a_pool_that_is_never_open():
    """It has conditions and no goods."""
    assert keys(cafe(pools={"l": Pool(NAME, 500, 9, (Prize("point", 1),), when={"weekdays": ()})})) == ["pools.l.when.weekdays"]


def test_every_doubt_says_what_and_what_was_meant():
    """As a mistake does."""
    (doubt,) = doubts(cafe(ends="2027-01-01"), TODAY)
    assert doubt.wrong
    assert doubt.wanted
