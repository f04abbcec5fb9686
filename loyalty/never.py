"""Conditions that contradict themselves or each other, so that a rule never holds."""

from collections.abc import Iterator, Mapping
from typing import Any

from loyalty.conditions.checkout import Measure
from loyalty.goods import Goods
from loyalty.program import Program

Why = tuple[str, str]
"""The key below the rule, and why it never holds."""

SABBATH_DAYS = {"fri", "sat"}


def why_never(program: Program, when: Mapping[str, Any], lines: Goods | None, today: str) -> Iterator[Why]:
    """Each reason why a rule with these conditions and goods never holds, from `today` on."""
    for name, value in when.items():
        if value == () and name != "basket":  # nothing asked of the basket is true of every one
            yield f"when.{name}", "the list is empty"
    yield from _bounds(when)
    for place, measure in enumerate(when.get("basket", ())):
        yield from _measured(f"when.basket.{place}", measure)
    if "lines" in when:
        yield from _measured("when.lines", when["lines"])
    if when.get("dates"):
        yield from _over(program, when["dates"], today)
    if when.get("sabbath") == "during" and not SABBATH_DAYS & set(when.get("weekdays", SABBATH_DAYS)):
        yield "when.weekdays", "the Sabbath is on Friday and Saturday"
    if when.get("sabbath") == "during" and when.get("rest") == "outside":
        yield "when.rest", "the Sabbath is a time of rest"
    if lines is not None:
        yield from _goods("lines", lines)


def _bounds(when: Mapping[str, Any]) -> Iterator[Why]:
    low, high = when.get("amount_min", 0), when.get("amount_max", 0)
    if high and low > high:
        yield "when.amount_min", "it is above amount_max"
    balance = when.get("balance")
    if balance is not None and 0 <= balance.pieces_max < balance.pieces_min:
        yield "when.balance.pieces_min", "it is above pieces_max"


def _measured(key: str, measure: Measure) -> Iterator[Why]:
    for what in ("quantity", "amount"):
        low, high = getattr(measure, f"{what}_min"), getattr(measure, f"{what}_max")
        if high and low > high:
            yield f"{key}.{what}_min", f"it is above {what}_max"
    yield from _goods(f"{key}.goods", measure.goods)


def _over(program: Program, windows: Any, today: str) -> Iterator[Why]:
    if all(window.last and window.last < max(today, program.effective) for window in windows):
        yield "when.dates", "its dates are over"
    elif program.ends and all(window.first > program.ends for window in windows):
        yield "when.dates", f"the program ends on {program.ends}, before its dates begin"


def _goods(key: str, goods: Goods) -> Iterator[Why]:
    if goods.price_max and goods.price_min > goods.price_max:
        yield f"{key}.price_min", "it is above price_max"
    named = goods.products or goods.categories or goods.tags
    left_out = (
        all(product in goods.exclude_products for product in goods.products)
        and all(_excluded(category, goods) for category in goods.categories)
        and all(tag in goods.exclude_tags for tag in goods.tags)
    )
    if named and left_out:
        yield f"{key}", "all that it names is excluded"


def _excluded(category: str, goods: Goods) -> bool:
    return any(category == out or category.startswith(f"{out}/") for out in goods.exclude_categories)
