"""What rules cannot mean: a mistake for every type of REWARDS and ACCRUALS and every row of CONDITIONS, by its key."""

from dataclasses import MISSING, fields, replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loyalty import bounds
from loyalty.accruals import ACCRUALS
from loyalty.accruals.multiply import Multiply
from loyalty.accruals.per_money import PerMoney
from loyalty.accruals.per_piece import PerPiece
from loyalty.accruals.per_sale import PerSale
from loyalty.conditions import CONDITIONS
from loyalty.conditions.checkout import Measure
from loyalty.conditions.person import Arm, Balance, Pilot
from loyalty.conditions.time import Dates, HebrewDates
from loyalty.goods import Goods
from loyalty.money import BasisPoints, Minor
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
from loyalty.rewards import REWARDS
from loyalty.rewards.amount_off import AmountOff
from loyalty.rewards.bundle import Bundle, Slot
from loyalty.rewards.donate import Donate, RoundUp
from loyalty.rewards.free_pieces import FreePieces
from loyalty.rewards.gift import Gift
from loyalty.rewards.pay import Pay
from loyalty.rewards.percent_off import PercentOff
from loyalty.rewards.piece_price import PiecePrice
from tests.loyalty.clubs import NAME, TYPE_OF, accrual, challenge, club, keys, pool, promotion, reward
from tests.samples import cafe

TOO_MANY = 10**15

REWARD_MISTAKES = [
    (AmountOff(0), "amount"), (AmountOff(-1), "amount"), (AmountOff(bounds.AMOUNT_MINOR_MAX + 1), "amount"),
    (AmountOff(1, times_max=-1), "times_max"), (AmountOff(1, pieces=-1), "pieces"),
    (PercentOff(0), "percent"), (PercentOff(10_001), "percent"), (PercentOff(1, times_max=0), "times_max"),
    (PercentOff(1, times_max=TOO_MANY), "times_max"), (PercentOff(1, pieces=0), "pieces"),
    (PiecePrice(-1), "price"), (PiecePrice(1, pieces=-1), "pieces"),
    (FreePieces(-1), "buy"), (FreePieces(1, 0), "get"), (FreePieces(1, TOO_MANY), "get"), (FreePieces(1, percent=0), "percent"),
    (FreePieces(1, price=-1), "price"), (FreePieces(1, percent=5000, price=1), "percent"),
    (FreePieces(1, percent=10_001), "percent"), (FreePieces(1, goods=Goods(products=("",))), "goods.products.0"),
    (Bundle(2), "price"), (Bundle(2, price=5, percent=5), "percent"), (Bundle(2, percent=10_001), "percent"),
    (Bundle(price=5), "quantity"), (Bundle(2, (Slot(Goods(tags=("a",))),), price=5), "quantity"),
    (Bundle(slots=(Slot(Goods(), 0),), price=5), "slot.0.quantity"), (Donate("whales"), "cause"),
    (Bundle(slots=(Slot(Goods(tags=(" ",))),), price=5), "slot.0.goods.tags.0"),
    (Bundle(slots=(Slot(Goods()),) * (bounds.STEPS_MAX + 1), price=5), "slot"),
    (Gift(""), "product"), (Gift("p", 0), "pieces"), (Gift("p", times_max=0), "times_max"),
    (Pay(0), "worth"), (Pay(1, 0), "percent_max"), (Pay(1, 10_001), "percent_max"),
]  # fmt: skip


@pytest.mark.parametrize(("settings", "key"), REWARD_MISTAKES, ids=str)
def test_a_reward_type_says_what_it_cannot_mean(settings, key):
    """Each of its settings, at its own key."""
    assert reward(settings) == [key]


def test_every_reward_type_has_a_mistake_of_its_own():
    """Whoever adds a type adds its checks; these rows are where that is seen."""
    assert {type(settings) for settings, _ in REWARD_MISTAKES} | {RoundUp} == {row.settings for row in REWARDS.values()}


def test_what_money_pays_for_takes_no_units():
    """A round-up with a cost would ask units of nobody."""
    free = {"unit": "", "cost": 0}
    assert reward(RoundUp(100, "trees"), **free) == []
    assert reward(RoundUp(100, "trees"), unit="", cost=5) == ["cost"]
    assert reward(RoundUp(100, "trees"), unit="point", cost=0) == ["unit"]
    assert reward(RoundUp(0, "whales"), **free) == ["to", "cause"]


def test_what_comes_after_all_discounts_keeps_none_out():
    """Exclusive would promise what the order of the checkout cannot keep."""
    assert reward(Pay(), exclusive=True) == reward(RoundUp(100, "trees"), unit="", cost=0, exclusive=True) == ["exclusive"]


@pytest.mark.parametrize("settings", [Pay(), Donate("trees"), RoundUp(100, "trees")], ids=str)
def test_what_a_member_must_want_is_no_promotion(settings):
    """It would come by itself."""
    assert promotion(settings) == ["type"]


@pytest.mark.parametrize(
    ("changes", "key"),
    [
        ({"unit": "no"}, "unit"), ({"cost": 0}, "cost"), ({"cost": bounds.COST_MAX + 1}, "cost"), ({"name": {}}, "name"),
        ({"partner": "nobody"}, "partner"), ({"priority": TOO_MANY}, "priority"),
        ({"limits": Limits(per_day=-1)}, "limits.per_day"), ({"limits": Limits(budget_amount=-1)}, "limits.budget_amount"),
        ({"limits": Limits(budget_uses=TOO_MANY)}, "limits.budget_uses"),
        ({"lines": Goods(products=("a", ""))}, "lines.products.1"), ({"lines": Goods(categories=("food/",))}, "lines.categories.0"),
        ({"lines": Goods(exclude_categories=("a//b",))}, "lines.exclude_categories.0"),
        ({"lines": Goods(price_min=-1)}, "lines.price_min"),
        ({"when": {"weekdays": ("sun",)}, "unless": {"weekdays": ("sun",)}}, "unless"),
        ({"when": {"every_visit": 2, "amount_min": 5}, "unless": {"amount_min": 5}}, "unless"),
    ],
    ids=str,
)  # fmt: skip
def test_what_all_offers_share_is_checked(changes, key):
    """Unit, cost, name, partner, limits, goods, and an `unless` that is always true."""
    assert reward(AmountOff(100), **changes) == [key]


def test_an_unless_that_asks_for_more_is_right():
    """It holds less often than `when`."""
    assert reward(AmountOff(100), when={"amount_min": 5}, unless={"amount_min": 9}) == []
    assert reward(AmountOff(100), when={"amount_min": 5}, unless={"amount_min": 5, "every_visit": 2}) == []


@pytest.mark.parametrize(
    ("settings", "key"),
    [
        (PerMoney(0), "every"), (PerMoney(-5), "every"), (PerMoney(1, 0), "give"), (PerMoney(1, bounds.GIVE_MAX + 1), "give"),
        (PerPiece(0), "give"), (PerPiece(1, 0), "every"), (PerPiece(bounds.GIVE_PIECE_MAX + 1), "give"),
        (PerSale(0), "give"), (PerSale(bounds.COST_MAX + 1), "give"),
        (Multiply(()), "of"), (Multiply(("no",)), "of.0"), (Multiply(("points", "points")), "of.1"),
        (Multiply(("a",)), "of.0"), (Multiply(("points",), 0), "percent"), (Multiply(("points",), 100_001), "percent"),
    ],
    ids=str,
)  # fmt: skip
def test_a_way_of_earning_says_what_it_cannot_mean(settings, key):
    """Each of its settings, at its own key."""
    assert accrual(settings) == [key]


@pytest.mark.parametrize(
    ("changes", "key"),
    [
        ({"unit": "no"}, "unit"), ({"pieces_max": -1}, "pieces_max"), ({"pieces_max_day": -1}, "pieces_max_day"),
        ({"pieces_max_month": -1}, "pieces_max_month"), ({"partner": "nobody"}, "partner"),
    ],
    ids=str,
)  # fmt: skip
def test_what_all_accruals_share_is_checked(changes, key):
    """Unit, caps and partner."""
    assert accrual(PerSale(), **changes) == [key]


def test_multipliers_form_no_circle_and_no_tower():
    """One names only what stands above it, and only so many stand on each other."""

    def tower(*ofs: str) -> list[str]:
        rules = {f"m{n}": AccrualRule("multiply", "point", Multiply((of,))) for n, of in enumerate(ofs)}
        return keys(club(accruals=dict(cafe().accruals) | rules))

    assert tower("points", "m0", "m1") == []
    assert tower("points", "m0", "m1", "m2") == ["accruals.m3.of"]
    assert tower("m1", "m0") == ["accruals.m0.of.0"]


def test_a_challenge_may_multiply_what_all_accruals_earn():
    """They all stand before it."""
    assert challenge(Multiply(("points",))) == []
    assert challenge(Multiply(("no",))) == ["of.0"]


@pytest.mark.parametrize(
    ("changes", "key"),
    [
        ({"goal": 0}, "goal"), ({"name": {}}, "name"), ({"within_days": -1}, "within_days"),
        ({"within_days": TOO_MANY}, "within_days"),
        ({"within_days": 30, "period": "week"}, "within_days"), ({"streak": True}, "streak"), ({"times_max": -1}, "times_max"),
        ({"prize": 5}, "prize_unit"), ({"prize_unit": "point"}, "prize"), ({"prize_unit": "no", "prize": 1}, "prize_unit"),
        ({"prize_unit": "point", "prize": -1}, "prize"), ({"settings": PerSale(0)}, "give"),
    ],
    ids=str,
)  # fmt: skip
def test_a_challenge_says_what_it_cannot_mean(changes, key):
    """Its goal, its window, its prize."""
    assert challenge(**changes) == [key]


@pytest.mark.parametrize(
    ("changes", "key"),
    [
        ({"chance": 0}, "chance"), ({"chance": 10_001}, "chance"), ({"prizes_max": 0}, "prizes_max"), ({"prizes": ()}, "prize"),
        ({"per_day": -1}, "per_day"), ({"name": {}}, "name"), ({"prizes": (Prize("no", 1),)}, "prize.0.unit"),
        ({"prizes": (Prize("point", 0),)}, "prize.0.give"),
        ({"prizes": (Prize("point", 1), Prize("point", 1, 0))}, "prize.1.weight"),
        ({"when": {"tiers": ("no",)}}, "when.tiers.0"),
    ],
    ids=str,
)  # fmt: skip
def test_a_pool_says_what_it_cannot_mean(changes, key):
    """Its chance, its budget, its prizes."""
    assert pool(**changes) == [key]


CONDITION_MISTAKES = [
    ("basket", (Measure(), Measure(quantity_min=-1)), "basket.1.quantity_min"),
    ("basket", (Measure(Goods(tags=("",))),), "basket.0.goods.tags.0"),
    ("lines", Measure(Goods(tags=("a",))), "lines.goods"), ("lines", Measure(amount_max=-1), "lines.amount_max"),
    ("amount_min", 0, "amount_min"), ("amount_max", -1, "amount_max"),
    ("codes", ("A", ""), "codes.1"), ("tenders", ("",), "tenders.0"), ("stores", ("",), "stores.0"),
    ("terminals", (" ",), "terminals.0"), ("channels", ("",), "channels.0"), ("segments", ("",), "segments.0"),
    ("occasions", ("",), "occasions.0"), ("tiers", ("gold", "platinum"), "tiers.1"), ("plans", ("no",), "plans.0"),
    ("badges", ("no",), "badges.0"), ("balance", Balance("no"), "balance.unit"), ("visits", (1, 0), "visits.1"),
    ("balance", Balance("point", pieces_max=-2), "balance.pieces_max"), ("every_visit", 0, "every_visit"),
    ("days_away_min", -1, "days_away_min"), ("joined_within_days", -1, "joined_within_days"),
    ("anniversary_within_days", TOO_MANY, "anniversary_within_days"), ("pilot", Pilot("", 5), "pilot.name"),
    ("pilot", Pilot("p", 10_001), "pilot.percent"),
    ("arm", Arm("", 1), "arm.experiment"), ("arm", Arm("e", 3), "arm.arm"), ("arm", Arm("e", 1, 0), "arm.arms"),
    ("dates", (Dates(),), "dates.0"), ("dates", (Dates("2026-02-30"),), "dates.0.first"),
    ("dates", (Dates("", "soon"),), "dates.0.last"), ("dates", (Dates("2026-05-02", "2026-05-01"),), "dates.0.last"),
    ("hours", ("8-10",), "hours.0"), ("hours", ("08:00-25:00",), "hours.0"), ("hours", ("24:00-08:00",), "hours.0"),
    ("hours", ("08:00-08:00",), "hours.0"), ("hours", ("08:60-09:00",), "hours.0"), ("hours", ("٠٨:٠٠-٠٩:٠٠",), "hours.0"),
    ("hebrew_dates", (HebrewDates("25 kislev", "30 tevet"),), "hebrew_dates.0.last"),
    ("hebrew_dates", (HebrewDates("0 nisan", "1 nisan"),), "hebrew_dates.0.first"),
    *(("hebrew_dates", (HebrewDates(day, "1 iyar"),), "hebrew_dates.0.first") for day in ("31 nisan", "kislev", "1 january")),
    ("holidays", ("purim", "christmas"), "holidays.1"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "value", "key"), CONDITION_MISTAKES)
@pytest.mark.parametrize("side", ["when", "unless"])
def test_a_condition_says_what_it_cannot_mean(side, name, value, key):
    """In `when` as in `unless`, at its own key."""
    assert accrual(PerSale(), **{side: {name: value}}) == [f"{side}.{key}"]


def test_every_condition_has_a_mistake_of_its_own():
    """But those whose shape lets nothing wrong through."""
    assert {name for name, _, _ in CONDITION_MISTAKES} == set(CONDITIONS) - {"weekdays", "sabbath", "rest"}


RIGHT_CONDITIONS = {
    "basket": (Measure(),), "lines": Measure(quantity_min=2), "amount_min": 1, "amount_max": 1, "codes": ("A",),
    "tenders": ("cash",),
    "stores": ("s",), "terminals": ("t",), "channels": ("c",), "tiers": ("gold",), "segments": ("s",), "plans": ("club",),
    "badges": ("run",), "balance": Balance("point", -5, -1), "visits": (1,), "every_visit": 1, "days_away_min": 0,
    "joined_within_days": 0, "anniversary_within_days": 0, "occasions": ("birthday",), "pilot": Pilot("p", 10_000),
    "arm": Arm("e", 2), "dates": (Dates("2026-05-01", "2026-05-01"), Dates("2026-05-01"), Dates(last="2026-05-01")),
    "weekdays": ("sun",), "hours": ("00:00-24:00", "22:00-02:00"), "sabbath": "during", "rest": "outside", "holidays": ("purim",),
    "hebrew_dates": (HebrewDates("30 kislev", "29 adar"), HebrewDates("30 adar_i", "1 heshvan")),
}  # fmt: skip


def test_conditions_as_they_are_meant_have_no_mistake():
    """Every row, on this side of its edges."""
    assert RIGHT_CONDITIONS.keys() == CONDITIONS.keys()
    assert accrual(PerSale(), when=RIGHT_CONDITIONS) == []


SHAPES = [
    *(row.settings for row in (*REWARDS.values(), *ACCRUALS.values())),
    AccrualRule, RewardRule, PromotionRule, Challenge, Limits, Pool, Prize, Plan, Award, Unit, Tiers, Tier, Goods, Measure, Slot,
    Pilot, Arm, Balance,
]  # fmt: skip


def holding(found: Any) -> Program:
    """A program in which `found` stands somewhere."""
    shape = type(found)
    sections = {AccrualRule: "accruals", RewardRule: "rewards", PromotionRule: "promotions", Challenge: "challenges",
                Pool: "pools", Plan: "plans", Award: "awards"}  # fmt: skip
    promoted = PromotionRule("amount_off", NAME, AmountOff(5))
    if shape in sections:
        return club(**{sections[shape]: {"x": found}})
    if shape in TYPE_OF and TYPE_OF[shape] in ACCRUALS:
        return holding(AccrualRule(TYPE_OF[shape], "point", found))
    if shape in TYPE_OF:
        return holding(RewardRule(TYPE_OF[shape], NAME, "point", 5, found))
    if shape in (Measure, Goods, Pilot, Arm, Balance):
        value = {Measure: {"basket": (found,)}, Goods: {"basket": (Measure(found),)}, Pilot: {"pilot": found}, Arm: {"arm": found},
                 Balance: {"balance": found}}  # fmt: skip
        return holding(replace(promoted, when=value[shape]))
    return {
        Limits: lambda: holding(replace(promoted, limits=found)),
        Prize: lambda: holding(Pool(NAME, 5, 5, (found,))),
        Unit: lambda: club(units=dict(cafe().units) | {"x": found}),
        Tiers: lambda: club(tiers=found),
        Tier: lambda: club(tiers=Tiers("standing", (Tier("a", NAME), found))),
        Slot: lambda: holding(RewardRule("bundle", NAME, "point", 5, Bundle(slots=(found,), price=5))),
    }[shape]()


def sample(shape: type) -> Any:
    """One of them, in which each needed field says something."""
    texts = {"unit": "point", "cause": "trees", "type": "per_sale", "on": "join", "product": "card", "code": "b", "name": NAME,
             "of": ("points",), "steps": (Tier("a", NAME),), "prizes": (Prize("point", 1),), "goods": Goods(),
             "experiment": "e"}  # fmt: skip
    settings = AmountOff(5) if shape in (RewardRule, PromotionRule) else PerSale()
    own = {"settings": settings, "type": "amount_off"} if shape in (RewardRule, PromotionRule) else {"settings": settings}
    needed = [
        one.name
        for one in fields(shape)
        if one.name == "settings" or (one.default is MISSING and one.default_factory is MISSING)
    ]
    return shape(**{name: ({**texts, **own}).get(name, 1) for name in needed if name != "name" or shape is not Pilot},
                 **({"name": "p"} if shape is Pilot else {}))  # fmt: skip


WHOLE = [(shape, one.name) for shape in SHAPES for one in fields(shape) if one.type in (int, Minor, BasisPoints)]


@pytest.mark.parametrize(("shape", "field"), WHOLE, ids=lambda value: getattr(value, "__name__", value))
def test_no_number_is_without_a_bound(shape, field):
    """Whoever adds a number to a rule says how far it goes: far below nothing is a mistake, at its own key."""
    mistakes = keys(holding(replace(sample(shape), **{field: -bounds.PIECES_MAX - 1})))
    assert any(key.endswith(f".{field}") for key in mistakes)


numbers = st.one_of(st.integers(-3, 3), st.integers(-bounds.PIECES_MAX, bounds.PIECES_MAX))


@given(st.data(), numbers, numbers, st.text(max_size=12))
def test_whatever_the_shapes_let_through_never_raises(data, one, two, text):
    """Any whole number and any text, in any type and any condition."""
    conditions = {
        "balance": Balance(text, one, two), "visits": (one, two), "every_visit": one, "arm": Arm(text, one, two),
        "dates": (Dates(text, text), Dates("2026-01-01", text)), "hours": (text,), "hebrew_dates": (HebrewDates(text, text),),
        "holidays": (text,), "pilot": Pilot(text, one), "tiers": (text,), "days_away_min": one, "amount_max": two,
        "lines": Measure(Goods(categories=(text,)), one, two),
    }  # fmt: skip
    chosen = data.draw(st.sets(st.sampled_from(sorted(conditions)), max_size=4))
    drawn = [
        PercentOff(one, two),
        FreePieces(one, two),
        Bundle(one, price=two),
        Gift(text, one, two),
        Pay(one, two),
        Donate(text),
    ]
    settings = data.draw(st.sampled_from(drawn))
    found = reward(settings, unit=text, cost=one, when={name: conditions[name] for name in chosen}, limits=Limits(one, two))
    assert all(isinstance(key, str) for key in found)
