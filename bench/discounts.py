"""The same rules and basket for every engine: percent discounts of a shop, drawn from one seed, in no engine's words.

Each rule takes a percentage off a category, or off three products of a category, in a campaign from one day to another, as every
promotion of a shop has it; some want a minimum amount of these goods and some a number of them, some hold in some stores, on some
weekdays, at some hours or for some tiers only. Three quarters of them hold now for this member, and a third finds its goods in the
basket too. What two rules are about is the same or has nothing in common, because django-oscar stops at the first piece that is
taken already and so gives less where it is in part. Prices are multiples of 0.20 and percentages of 5: a first discount is whole
agorot, and no engine's rounding can matter.
"""

import dataclasses
import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

SEED = 585  # one of those whose first 50 rules keep the proportions: 38 hold today, 16 find their goods
LINES = 20
CATEGORIES = tuple(f"category-{n}" for n in range(24))
BY_PRODUCTS = CATEGORIES[:5]  # rules about these name three products; about the others, the whole category
BOUGHT = 12
PRODUCTS_EACH = 6
WEEKDAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
TIERS = ("bronze", "silver", "gold")
STORES = tuple(f"store-{n}" for n in range(8))
DAYS = tuple(f"2026-{month:02}-15" for month in range(1, 13))


@dataclass(frozen=True)
class Goods:
    """One line: whole pieces of a product."""

    product: str
    category: str
    quantity: int
    price_minor: int

    @property
    def amount_minor(self) -> int:
        """What the line costs."""
        return self.quantity * self.price_minor


@dataclass(frozen=True)
class Rule:
    """`percent` off `products` of `category`, or off all of it; nothing in `stores`, `weekdays` or `tiers` means every one.

    `hours` is empty, or the hour from which and the hour up to which it holds.
    """

    code: str
    percent: int
    category: str
    products: tuple[str, ...]
    amount_min_minor: int
    quantity_min: int
    first_day: str
    last_day: str
    stores: tuple[str, ...]
    hours: tuple[int, ...]
    weekdays: tuple[str, ...]
    tiers: tuple[str, ...]
    priority: int

    def matches(self, goods: Goods) -> bool:
        """Whether it is about these goods."""
        return goods.product in self.products if self.products else goods.category == self.category

    def holds_for(self, when: "When") -> bool:
        """Whether it holds then and there for this member, whatever is bought."""
        return (
            self.first_day <= when.day <= self.last_day
            and (not self.stores or when.store in self.stores)
            and (not self.hours or self.hours[0] <= when.hour < self.hours[1])
            and (not self.weekdays or when.weekday in self.weekdays)
            and (not self.tiers or when.tier in self.tiers)
        )


@dataclass(frozen=True)
class When:
    """When, where and for whom a basket is rung up."""

    day: str
    weekday: str
    hour: int
    store: str
    tier: str


@dataclass(frozen=True)
class Shop:
    """A basket, when and for whom, and rules: the first n of them are a program of n rules."""

    basket: tuple[Goods, ...]
    when: When
    rules: tuple[Rule, ...]

    def holding(self, rules: Sequence[Rule]) -> list[str]:
        """The codes of those that hold and find at least their minimum in the basket, all goods counted for each."""
        return [rule.code for rule in rules if self._found(rule, self.basket)]

    def off_minor(self, rules: Sequence[Rule]) -> int:
        """What they take off if the higher priority goes first and every piece is discounted once."""
        left, off = self.basket, 0
        for rule in sorted(rules, key=lambda one: -one.priority):
            if found := self._found(rule, left):
                off += sum(one.amount_minor * rule.percent // 100 for one in found)
                left = tuple(one for one in left if one not in found)
        return off

    def _found(self, rule: Rule, basket: Sequence[Goods]) -> list[Goods]:
        found = [one for one in basket if rule.matches(one)]
        enough = sum(one.amount_minor for one in found) >= rule.amount_min_minor
        enough = enough and sum(one.quantity for one in found) >= rule.quantity_min
        return found if enough and rule.holds_for(self.when) else []

    def values(self) -> dict[str, Any]:
        """As JSON values, for a peer's process."""
        return dataclasses.asdict(self)


def from_values(values: dict[str, Any]) -> Shop:
    """What `values` gave, after JSON."""
    lists = ("products", "stores", "hours", "weekdays", "tiers")
    rules = tuple(Rule(**{**one, **{name: tuple(one[name]) for name in lists}}) for one in values["rules"])
    return Shop(tuple(Goods(**one) for one in values["basket"]), When(**values["when"]), rules)


def draw(rules: int, when: When, seed: int = SEED) -> Shop:
    """A shop with so many rules; the first n are the same for every larger number."""
    chance = random.Random(seed)
    shelves = {category: [f"{category}-{n}" for n in range(PRODUCTS_EACH)] for category in CATEGORIES}
    bought = sorted(chance.sample(CATEGORIES, BOUGHT))
    rest = [product for category in bought for product in shelves[category][1:]]
    products = [shelves[category][0] for category in bought] + chance.sample(rest, LINES - BOUGHT)
    basket = tuple(Goods(one, one.rpartition("-")[0], chance.randint(1, 4), 20 * chance.randint(20, 200)) for one in products)
    drawn: list[Rule] = []
    while len(drawn) < rules:
        category = chance.choice(CATEGORIES)
        wants = chance.random()
        rule = Rule(
            code=f"p{len(drawn)}",
            percent=5 * chance.randint(1, 6),
            category=category,
            products=tuple(chance.choice((shelves[category][:3], shelves[category][3:]))) if category in BY_PRODUCTS else (),
            amount_min_minor=500 * chance.randint(4, 20) if wants < 0.4 else 0,
            quantity_min=chance.randint(2, 4) if wants > 0.7 else 1,
            first_day=chance.choice(DAYS[:10]),
            last_day=chance.choice(DAYS[10:]),
            stores=_some(chance, STORES),
            hours=chance.choice(((8, 16), (10, 22), (16, 20))) if chance.random() < 0.3 else (),
            weekdays=_some(chance, WEEKDAYS),
            tiers=_some(chance, TIERS),
            priority=chance.randrange(1_000_000),
        )
        drawn.append(rule)
    return Shop(basket, when, tuple(drawn))


def _some(chance: random.Random, names: tuple[str, ...]) -> tuple[str, ...]:
    """Mostly none, which means all; else a part of them, in their order."""
    if chance.random() < 0.6:
        return ()
    chosen = chance.sample(names, chance.randint(len(names) // 2 + 1, len(names) - 1))
    return tuple(name for name in names if name in chosen)
