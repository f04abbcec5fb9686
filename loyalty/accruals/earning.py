"""What a way of earning gets to see, and what it is."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

from loyalty.basket import Line
from loyalty.money import Minor


@dataclass(frozen=True, slots=True)
class Paid:
    """A basket as it earns: each line with what was really paid for it, in minor units, all discounts taken off."""

    lines: tuple[Line, ...]
    nets: tuple[Minor, ...]
    tier_percent: int = 100


class Way(NamedTuple):
    """A way of earning: the settings a clerk writes (a dataclass), and how many pieces each line earns by them.

    `earn(settings, paid)` gives one whole number a line, none negative.
    """

    settings: type
    earn: Callable[[Any, Paid], tuple[int, ...]]
