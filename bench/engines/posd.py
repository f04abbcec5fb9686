"""posd's own quote, trace included, of the same rules: promotions of a program file's shape, parsed and compiled as at a terminal.

With `--once` the rules about the same goods are a group, of which posd gives one: every piece is discounted once, the higher
priority first, which is what django-oscar does. Without it all that hold are given, each on what the one before has left, and every
rule is asked all its conditions, as business-rules does. Minimum amounts are looked at before discounts, as business-rules has it.

What only the day, the hour and the place decide is looked at once a minute for all baskets (loyalty.rules.not_now), so that a quote
mostly finds it answered. With `--minutes` every quote is the first of its minute and looks at it anew.
"""

import sys
from dataclasses import replace
from itertools import cycle
from typing import Any

from bench.discounts import Rule, Shop, When
from bench.engines.talk import serve
from loyalty.basket import PIECE_MILLI, Basket, Line
from loyalty.member import Member
from loyalty.moment import Moment, Place
from loyalty.program import Program
from loyalty.quote import Quote, quote
from sync import program_file

WHEN = When("2026-11-10", "tue", 12, "store-3", "gold")
NOW = Moment(1_794_304_800_000, 120, WHEN.day, place=Place(WHEN.store))
MINUTES = tuple(replace(NOW, wall_ms=NOW.wall_ms + minute * 60_000) for minute in range(60))  # of the same hour
TIER_NAMES = {"bronze": "ארד", "silver": "כסף", "gold": "זהב"}


class Posd:
    """The shop as a member's basket, and a program for each number of rules."""

    def __init__(self, shop: Shop, *, once: bool, minutes: bool) -> None:
        self._shop, self._once = shop, once
        self._moments = cycle(MINUTES if minutes else (NOW,))
        lines = enumerate(shop.basket, 1)
        self._basket = Basket(
            tuple(
                Line(str(n), one.product, one.amount_minor, one.quantity * PIECE_MILLI, category=one.category)
                for n, one in lines
            )
        )
        self._member = Member("00112233445566778899", "חבר", shop.when.tier, 0, {}, {})
        self._programs: dict[int, Program] = {}
        self.activate(1)

    def activate(self, count: int) -> None:
        """The program of the first `count` rules."""
        if count not in self._programs:
            self._programs[count] = program_file.from_json(values(self._shop.rules[:count], once=self._once))
        self._program = self._programs[count]

    def evaluate(self) -> Quote:
        """A quote."""
        return quote(self._program, self._member, self._basket, next(self._moments))

    def found(self) -> dict[str, Any]:
        """Which promotions hold, as the trace says (they were given, or others had left nothing), and what all take off."""
        answer = quote(self._program, self._member, self._basket, NOW)
        assert {step.rule for step in answer.trace} >= set(self._program.promotions)
        holding = [step.rule for step in answer.trace if step.code in {"promoted", "nothing_left"}]
        return {"holding": holding, "off_minor": self._basket.total_minor - answer.to_pay_minor}


def values(rules: tuple[Rule, ...], *, once: bool) -> dict[str, Any]:
    """A program as JSON values."""
    steps = [{"code": code, "name": {"he": name}, "from_pieces": 100 * n} for n, (code, name) in enumerate(TIER_NAMES.items())]
    return {
        "code": "bench",
        "version": 1,
        "name": {"he": "מבצעים"},
        "units": {"status": {"name": {"he": "נקודות"}}},
        "tiers": {"unit": "status", "step": steps},
        "policies": {"threshold": "before_discounts"},
        "promotions": {one.code: _promotion(one, once=once) for one in rules},
    }


def _promotion(rule: Rule, *, once: bool) -> dict[str, Any]:
    goods = {"products": list(rule.products)} if rule.products else {"categories": [rule.category]}
    when: dict[str, Any] = {"dates": {"first": rule.first_day, "last": rule.last_day}}
    if rule.amount_min_minor:
        when["lines"] = {"amount_min": f"{rule.amount_min_minor // 100}.{rule.amount_min_minor % 100:02}"}
    if rule.quantity_min > 1:
        when["lines"] = {"quantity_min": rule.quantity_min}
    if rule.stores:
        when["stores"] = list(rule.stores)
    if rule.hours:
        when["hours"] = ["{:02}:00-{:02}:00".format(*rule.hours)]
    if rule.weekdays:
        when["weekdays"] = list(rule.weekdays)
    if rule.tiers:
        when["tiers"] = list(rule.tiers)
    group = {"group": (rule.products or (rule.category,))[0].replace("-", "_")} if once else {}
    name = {"he": f"{rule.percent}% הנחה"}
    common = {"type": "percent_off", "name": name, "percent": rule.percent, "lines": goods, "priority": rule.priority}
    return {**common, **group, **({"when": when} if when else {})}


if __name__ == "__main__":
    serve(lambda shop: Posd(shop, once="--once" in sys.argv, minutes="--minutes" in sys.argv))
