"""A product handed over beside the basket."""

from dataclasses import dataclass

from loyalty.bill import Bill
from loyalty.refusal import Refusal
from loyalty.rewards.giving import TIMES_MAX, Given, Target


@dataclass(frozen=True, slots=True)
class Gift:
    """`pieces` of `product`, at most `times_max` times."""

    product: str
    pieces: int = 1
    times_max: int = 1


def room(settings: Gift, _bill: Bill, _target: Target) -> int | Refusal:
    """Any basket has room for it."""
    return min(settings.times_max, TIMES_MAX)


def give(settings: Gift, times: int, _bill: Bill, _target: Target) -> Given:
    """The product, and nothing off the lines."""
    return Given(gifts=((settings.product, settings.pieces * times),))
