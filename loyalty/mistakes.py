"""What every check of a program is made of: what it may look at, and the mistakes that many settings have in common.

A mistake's key is below the table that is looked at: `amount`, or `slot.0.quantity`; whoever asked puts the rest in front.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import date
from typing import NamedTuple

from loyalty import bounds
from loyalty.goods import Goods
from loyalty.money import WHOLE_BP
from loyalty.program import Mistake, Program

NAMES_SHOWN_MAX = 20  # of a hundred units a person reads the first ones and looks the rest up


class Known(NamedTuple):
    """What a rule may name: the program around it, and the accruals that stand before it, each with how deep it multiplies."""

    program: Program
    before: Mapping[str, int]


def below(key: str, mistakes: Iterable[Mistake]) -> Iterator[Mistake]:
    """`mistakes` with `key` in front."""
    for mistake in mistakes:
        yield mistake._replace(key=f"{key}.{mistake.key}" if mistake.key else key)


def number(key: str, value: int, low: int, high: int) -> Iterator[Mistake]:
    """Unless `value` is from `low` to `high`."""
    if not low <= value <= high:
        wrong = f"it says {value}, which is {'too little' if value < low else 'more than any shop means'}"
        yield Mistake(key, wrong, f"a whole number from {low} to {high}")


def amount(key: str, value: int, low: int = 1) -> Iterator[Mistake]:
    """Unless `value` is money of at least `low` minor units."""
    if not low <= value <= bounds.AMOUNT_MINOR_MAX:
        wrong = "that is nothing" if value == 0 else "it is less than nothing" if value < 0 else "that is above any basket"
        wanted = 'an amount above zero, such as "10.00"' if low else 'an amount, "0.00" or more'
        yield Mistake(key, wrong, f'at most "{bounds.AMOUNT_MINOR_MAX // 100}.00"' if value > 0 else wanted)


def share(key: str, value: int, high: int = WHOLE_BP) -> Iterator[Mistake]:
    """Unless `value`, in hundredths of a percent, is more than nothing and at most `high`."""
    if not 0 < value <= high:
        yield Mistake(key, f"it says {value / 100:g} %", f"more than 0, and at most {high // 100}")


def known(key: str, code: str, codes: Collection[str], what: str) -> Iterator[Mistake]:
    """Unless `code` is one of `codes`; `what` is the singular of what they are."""
    if code not in codes:
        shown = ", ".join([*codes][:NAMES_SHOWN_MAX]) + (" ..." if len(codes) > NAMES_SHOWN_MAX else "")
        yield Mistake(key, f"there is no {what} {code!r:.60}", f"one of this file: {shown}" if codes else f"define the {what}")


def all_known(key: str, codes: Iterable[str], among: Collection[str], what: str) -> Iterator[Mistake]:
    """Unless each of `codes` is one of `among`."""
    for place, code in enumerate(codes):
        yield from known(f"{key}.{place}" if key else str(place), code, among, what)


def word(key: str, found: str) -> Iterator[Mistake]:
    """Unless it says something."""
    if not found.strip():
        yield Mistake(key, "it is empty", "a word, or remove it")


def words(key: str, found: Iterable[str]) -> Iterator[Mistake]:
    """Unless each says something."""
    for place, one in enumerate(found):
        yield from word(f"{key}.{place}" if key else str(place), one)


def named(key: str, names: Mapping[str, str]) -> Iterator[Mistake]:
    """Unless there is a name in some language."""
    if not any(word.strip() for word in names.values()):
        yield Mistake(key, "it has no name in any language", 'name = { he = "...", en = "..." }')


def goods(key: str, meant: Goods) -> Iterator[Mistake]:
    """Unless each word of `meant` can be on a line."""
    for field in ("products", "categories", "tags", "exclude_products", "exclude_categories", "exclude_tags"):
        yield from words(f"{key}.{field}", getattr(meant, field))
    for field in ("categories", "exclude_categories"):
        for place, category in enumerate(getattr(meant, field)):
            if category.strip() and "" in category.split("/"):
                wrong = f"{category!r:.60} has a '/' with nothing beside it"
                yield Mistake(f"{key}.{field}.{place}", wrong, 'categories such as "food", or "food/dairy" below it')
    for field in ("price_min", "price_max"):
        yield from amount(f"{key}.{field}", getattr(meant, field), low=0)


def day(key: str, text: str) -> Iterator[Mistake]:
    """Unless `text` is a day that exists, ISO 8601, or empty."""
    if text and not is_day(text):
        yield Mistake(key, f"{text!r:.60} is no day of the calendar", "a date such as 2026-11-21")


def is_day(text: str) -> bool:
    """Whether it is a day that exists, ISO 8601."""
    if not re.fullmatch(bounds.DATE, text):
        return False
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True
