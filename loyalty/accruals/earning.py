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
    total_minor: Minor
    tier_percent: int = 100


class Earned(NamedTuple):
    """How many pieces, and by which weights the lines share them: one for each line, none negative.

    The sharing itself waits for the commit: a quote is asked for at every keystroke, and needs only the sum.
    """

    pieces: int
    weights: tuple[int, ...]


class Way(NamedTuple):
    """A way of earning: the settings a clerk writes (a dataclass), and what they earn. `earn(settings, paid)` is pure."""

    settings: type
    earn: Callable[[Any, Paid], Earned]
