"""More of what other rules earn: double points on Tuesday."""

from collections.abc import Iterator
from dataclasses import dataclass

from loyalty import bounds
from loyalty import mistakes as wrong
from loyalty.accruals.earning import Basis, Earned
from loyalty.mistakes import Known
from loyalty.money import ROUNDINGS, WHOLE_BP, BasisPoints
from loyalty.program import Mistake


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


def mistakes(settings: Multiply, known: Known) -> Iterator[Mistake]:
    """It multiplies something, which stands before it: so there is no circle."""
    yield from wrong.share("percent", settings.percent, bounds.PERCENT_MAX * 100)
    if not settings.of:
        yield Mistake("of", "it multiplies nothing", "the accruals that it multiplies")
    for place, code in enumerate(settings.of):
        if code in settings.of[:place]:
            yield Mistake(f"of.{place}", f"{code!r:.60} is there twice", "each accrual once")
        elif code in known.program.accruals and code not in known.before:
            yield Mistake(f"of.{place}", f"{code!r} does not stand before it", "write it above, or name another")
        else:
            yield from wrong.known(f"of.{place}", code, known.program.accruals, "accrual")
    if depth(settings, known) > bounds.CHAIN_MAX:
        yield Mistake(
            "of", "it multiplies what is multiplied too often", f"{bounds.CHAIN_MAX} times on top of each other at most"
        )


def depth(settings: object, known: Known) -> int:
    """How many multipliers stand on top of each other, with this one; 0 for what is none."""
    return 1 + max((known.before.get(code, 0) for code in settings.of), default=0) if isinstance(settings, Multiply) else 0
