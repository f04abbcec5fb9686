"""What a reward type gets to see, and what it is."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

from loyalty.basket import Line
from loyalty.money import Minor
from loyalty.refusal import Refusal


@dataclass(frozen=True, slots=True)
class Due:
    """A basket as a reward finds it: each line with what is still to be paid for it, in minor units."""

    lines: tuple[Line, ...]
    amounts: tuple[Minor, ...]
    total_minor: Minor


def due(lines: tuple[Line, ...], amounts: tuple[Minor, ...]) -> Due:
    """What is due, added up once for all rewards that look at it."""
    return Due(lines, amounts, sum(amounts))


class RewardType(NamedTuple):
    """A reward type: the settings a clerk writes (a dataclass), how often this basket has room for it, and what it takes off.

    `room(settings, due)` gives how many times at the most, or why not once. `discount(settings, times, due)` gives the minor
    units taken off each line, none more than is due there.
    """

    settings: type
    room: Callable[[Any, Due], int | Refusal]
    discount: Callable[[Any, int, Due], tuple[Minor, ...]]
