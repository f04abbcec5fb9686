"""How to make whatever the domain's annotations say: a new row of a table, or a new field, is drawn without a word here.

Only ranges are chosen by hand: few goods, small counts and round prices, so that rules meet the baskets that are drawn.
"""

import dataclasses
from functools import cache
from typing import Any, Literal, get_args, get_origin, get_type_hints

from loyalty.conditions.checkout import Measure
from loyalty.conditions.person import Arm, Balance
from loyalty.conditions.time import Dates
from loyalty.goods import ALL, Goods
from loyalty.moment import HOLIDAYS
from loyalty.money import BasisPoints, Minor
from loyalty.program import Limits, Names, Unit
from loyalty.rewards.bundle import Bundle
from loyalty.rewards.free_pieces import FreePieces
from loyalty.rewards.gift import Gift
from loyalty.rewards.percent_off import PercentOff
from tests.grammar.source import Make, Source, one_of, several

UNITS = ("point", "stamp", "cash", "standing")
CAUSES, PARTNERS, PLANS = ("trees",), ("bank",), ("club", "gold_card")
TIERS = ("bronze", "silver", "gold")
"""From the lowest up, and not by the alphabet."""

ACCRUALS_MAX, CHALLENGES_MAX = 3, 2
TENDERS = ("cash", "card", "voucher")
CODES, SEGMENTS, OCCASIONS = ("SUMMER", "FRIEND"), ("students", "staff"), ("birthday", "name_day")
STORES, TERMINALS, CHANNELS = ("s1", "s2"), ("t1", "t2"), ("store", "web")
DAYS = ("2026-11-15", "2026-11-18", "2026-11-20", "2026-11-30", "2027-03-05")

CATALOG: dict[str, tuple[str, tuple[str, ...], int]] = {
    "bread": ("food", (), 0),
    "milk": ("food/dairy", ("cold",), 1800),
    "cheese": ("food/dairy/hard", ("cold", "weekly"), 1800),
    "wine": ("drink", ("weekly",), 1800),
    "book": ("", (), 900),
    "membership": ("cards", (), 1800),
}
"""Every product there is: its category, its tags and its tax."""

CATEGORIES = ("food", "food/dairy", "drink", "cards")
TAGS = ("cold", "weekly")
GOODS = (
    ALL, ALL, ALL, Goods(products=("bread",)), Goods(products=("wine", "book")), Goods(categories=("food",)),
    Goods(categories=("food/dairy",)), Goods(tags=("weekly",)), Goods(categories=("food",), exclude_tags=("cold",)),
    Goods(products=("wine",), categories=("food",)), Goods(exclude_products=("bread",)), Goods(exclude_categories=("food/dairy",)),
    Goods(price_min=1000), Goods(categories=("food", "drink"), price_max=2000),
    Goods(reduced="never"), Goods(tags=("cold",), reduced="only"),
)  # fmt: skip

amounts = one_of(1, 5, 99, 100, 250, 333, 500, 990, 1000, 1500, 2000, 5000)
percents = one_of(1, 500, 1000, 1250, 2500, 3333, 5000, 6667, 10_000)
counts = one_of(1, 2, 3, 4)
limits = one_of(1, 2, 5)


BY_TYPE: dict[Any, Make] = {
    Minor: amounts,
    BasisPoints: percents,
    int: counts,
    bool: one_of(False, True),
    str: one_of("one", "two"),
    Names: one_of({"en": "a name"}),
}

BY_NAME: dict[str, Make] = {
    "unit": one_of(*UNITS),
    "prize_unit": one_of("", *UNITS),
    "cost": one_of(1, 1, 2, 5, 10, 100),
    "give": one_of(1, 1, 2, 3, 10),
    "every": one_of(1, 2, 3, 100, 250, 1000),
    "to": one_of(10, 100, 500),
    "times_max": one_of(0, 1, 2, 3),
    "buy": one_of(0, 1, 2, 3),
    "cause": one_of(*CAUSES),
    "partner": one_of("", *PARTNERS),
    "product": one_of(*CATALOG),
    "group": one_of("", "one_of", "one_of", "other"),
    "priority": one_of(-1, 0, 1, 2),
    "of": several(*(f"acc_{place}" for place in range(ACCRUALS_MAX))),
    "goods": one_of(*GOODS),
    "lines": one_of(*GOODS),
    "pieces_max": one_of(0, 1, 5, 20),
    "pieces_max_day": one_of(0, 3, 10),
    "pieces_max_month": one_of(0, 5, 20),
    "tenders_without_accrual": several(*TENDERS),
    "goal": one_of(1, 2, 3, 4, 5, 6),
    "within_days": one_of(0, 1, 30),
    "prize": one_of(1, 2, 3, 4, 5),
    "pending_days": one_of(0, 0, 1, 14),
    "expire_days": one_of(0, 1, 40),
    "expire_months": one_of(0, 1, 12),
    "days": one_of(0, 30, 365),
    "months": one_of(0, 1, 12),
    "chance": percents,
    "price_min": one_of(0, 500),
    "tiers": several(*TIERS),
    "review_days": one_of(30, 365),
    "first": one_of("", *DAYS),
    "last": one_of("", *DAYS),
}

BY_CONDITION: dict[str, Make] = {
    "codes": several(*CODES),
    "tenders": several(*TENDERS),
    "stores": several(*STORES),
    "terminals": several(*TERMINALS),
    "channels": several(*CHANNELS),
    "tiers": several(*TIERS),
    "segments": several(*SEGMENTS),
    "plans": several(*PLANS),
    "badges": several(*(f"cha_{place}" for place in range(CHALLENGES_MAX))),
    "visits": several(1, 2, 3, 10),
    "days_away_min": one_of(1, 7, 90),
    "joined_within_days": one_of(0, 30, 400),
    "anniversary_within_days": one_of(0, 7, 30),
    "occasions": several(*OCCASIONS),
    "hours": several("00:00-12:00", "08:30-17:00", "18:00-22:00", "22:00-02:00"),
    "hebrew_dates": one_of(("1 kislev", "29 kislev"), ("25 kislev", "3 tevet"), ("1 adar", "14 nisan")),
    "holidays": several("hanukkah", "purim", *HOLIDAYS[:2]),
}
"""What is not plain from a condition's shape. Hebrew dates are pairs here, which `of` makes into windows."""


@cache
def of(hint: Any, name: str = "") -> Make:
    """What makes values of `hint`, a field called `name`."""
    if get_origin(hint) is Literal:
        return one_of(*get_args(hint))
    if name in BY_NAME:
        return BY_NAME[name]
    if hint in BY_TYPE:
        return BY_TYPE[hint]
    if get_origin(hint) is tuple:
        part = of(get_args(hint)[0])
        return lambda source: tuple(part(source) for _ in range(source.pick((1, 1, 2))))
    assert dataclasses.is_dataclass(hint), f"nothing makes {hint}"
    return made(hint)


def condition(name: str, shape: Any) -> Make:
    """What makes the value of a row of CONDITIONS."""
    if name == "lines":
        return lambda source: dataclasses.replace(of(shape)(source), goods=ALL)
    if name == "hebrew_dates":
        window = get_args(shape)[0]
        return lambda source: (window(*BY_CONDITION[name](source)),)
    return BY_CONDITION[name] if name in BY_CONDITION else of(shape)


@cache
def made(shape: type, without: frozenset[str] = frozenset()) -> Make:
    """Makes values of a dataclass; mended where two fields depend on each other."""
    values = fields(shape, without)
    return lambda source: mended(shape(**values(source)))


@cache
def fields(shape: type, without: frozenset[str] = frozenset()) -> Make:
    """Makes the fields of a dataclass that must be given, and up to three of those that may be."""
    hints = get_type_hints(shape, include_extras=True)
    needed: dict[str, Make] = {}
    optional: dict[str, Make] = {}
    for one in dataclasses.fields(shape):
        if one.name in without:
            continue
        plain = one.default is dataclasses.MISSING and one.default_factory is dataclasses.MISSING
        plain = plain or one.name in ("unit", "cost")  # only what needs none may go without
        (needed if plain else optional)[one.name] = of(hints[one.name], one.name)

    def make(source: Source) -> dict[str, Any]:
        values = {name: part(source) for name, part in needed.items()}
        chosen = source.some(tuple(optional), 3)
        return values | {name: optional[name](source) for name in chosen}

    return make


def mended(value: Any) -> Any:
    """`value` as a clerk could mean it: where fields depend on one another, as their docstrings say."""
    mend = MENDED.get(type(value))
    return mend(value) if mend else value


def _measure(one: Measure) -> Measure:
    return dataclasses.replace(
        one,
        products_min=min(one.products_min, 2),
        quantity_max=one.quantity_max and one.quantity_min + one.quantity_max,
        amount_max=one.amount_max and one.amount_min + one.amount_max,
    )


def _bundle(one: Bundle) -> Bundle:
    """Of some goods or of slots, and cheaper in one way."""
    if not (one.price or one.percent or one.amount):
        one = dataclasses.replace(one, price=1500)
    one = dataclasses.replace(one, percent=0 if one.price else one.percent)
    one = dataclasses.replace(one, amount=0 if one.price or one.percent else one.amount)
    if one.slots:
        return dataclasses.replace(one, quantity=0)
    return dataclasses.replace(one, quantity=max(one.quantity, 2))


def _free_pieces(one: FreePieces) -> FreePieces:
    """Only some of the goods that are bought may be fewer than agreed."""
    return dataclasses.replace(one, partial=one.partial and one.goods == ALL)


def _arm(one: Arm) -> Arm:
    return dataclasses.replace(one, arm=min(one.arm, one.arms))


def _balance(one: Balance) -> Balance:
    return dataclasses.replace(one, pieces_max=one.pieces_min + one.pieces_max if one.pieces_max >= 0 else -1)


MENDED: dict[type, Any] = {
    Measure: _measure,
    Bundle: _bundle,
    FreePieces: _free_pieces,
    Arm: _arm,
    Balance: _balance,
    Dates: lambda one: Dates(*sorted((one.first, one.last))) if one.last else Dates(one.first or DAYS[1]),
    Unit: lambda one: dataclasses.replace(one, expire_months=0 if one.expire_days else one.expire_months),
    PercentOff: lambda one: dataclasses.replace(one, times_max=max(one.times_max, 1)),
    Gift: lambda one: dataclasses.replace(one, times_max=max(one.times_max, 1)),
    Limits: lambda one: dataclasses.replace(one, budget_uses=0 if one.budget_amount else one.budget_uses),
}
BY_NAME["first"] = one_of("", *DAYS)
BY_NAME["last"] = one_of("", *DAYS)
