"""A product handed over beside the basket."""

from collections.abc import Iterator
from dataclasses import dataclass

from loyalty import bounds
from loyalty import mistakes as wrong
from loyalty.bill import Bill
from loyalty.mistakes import Known
from loyalty.program import Mistake
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


def mistakes(settings: Gift, _: Known) -> Iterator[Mistake]:
    """There is something to hand over."""
    yield from wrong.word("product", settings.product)
    yield from wrong.number("pieces", settings.pieces, 1, bounds.COST_MAX)
    yield from wrong.number("times_max", settings.times_max, 1, TIMES_MAX)
