"""So many pieces of a unit for every so many pieces of goods: points for a product, a stamp for a coffee."""

from collections.abc import Iterator
from dataclasses import dataclass

from loyalty import bounds
from loyalty import mistakes as wrong
from loyalty.accruals.earning import Basis, Earned
from loyalty.basket import PIECE_MILLI
from loyalty.mistakes import Known
from loyalty.program import Mistake


@dataclass(frozen=True, slots=True)
class PerPiece:
    """`give` for every `every` pieces of the rule's goods; `weighed` counts kilograms or liters instead of pieces."""

    give: int = 1
    every: int = 1
    weighed: bool = False
    by_tier: bool = False


def earn(settings: PerPiece, basis: Basis) -> Earned:
    """Full steps over all the goods together; the lines share them by their pieces."""
    percent = basis.percent if settings.by_tier else 100
    if settings.weighed:
        counts = basis.weights(tuple(line.quantity_milli if line.amount_minor >= 0 else 0 for line in basis.lines))
        return Earned(sum(counts) // (settings.every * PIECE_MILLI) * settings.give * percent // 100, counts)
    counts = basis.weights(basis.pieces)
    return Earned(sum(counts) // settings.every * settings.give * percent // 100, counts)


def by_tier(settings: PerPiece) -> bool:
    """Whether the tier multiplies it."""
    return settings.by_tier


def mistakes(settings: PerPiece, _: Known) -> Iterator[Mistake]:
    """Something is earned, and not more than any shop means."""
    yield from wrong.number("every", settings.every, 1, bounds.PIECES_MAX)
    yield from wrong.number("give", settings.give, 1, bounds.GIVE_PIECE_MAX)
