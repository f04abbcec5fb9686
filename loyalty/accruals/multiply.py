"""More of what other rules earn: double points on Tuesday."""

from dataclasses import dataclass

from loyalty.accruals.earning import Basis, Earned
from loyalty.money import ROUNDINGS, WHOLE_BP, BasisPoints


@dataclass(frozen=True, slots=True)
class Multiply:
    """`percent` more of what the accruals `of` have earned on the rule's goods: 100 doubles it. They stand before it."""

    of: tuple[str, ...]
    percent: BasisPoints = WHOLE_BP


def earn(settings: Multiply, basis: Basis) -> Earned:
    """Each of them in proportion to the part of its weights that lies on the rule's goods."""
    sums = [0] * len(basis.lines)
    pieces = 0
    for code in settings.of:
        earned = basis.earned.get(code)
        if earned is None or not earned.pieces:
            continue
        mine = basis.weights(earned.weights)
        whole = sum(earned.weights)
        pieces += ROUNDINGS[basis.rounding](earned.pieces * sum(mine) * settings.percent, max(whole, 1) * WHOLE_BP)
        sums = [have + weight for have, weight in zip(sums, mine, strict=True)]
    return Earned(pieces if any(sums) else 0, tuple(sums))


def by_tier(_: Multiply) -> bool:
    """What it multiplies may be; it is not once more."""
    return False
