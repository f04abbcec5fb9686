"""So many pieces for a checkout: points for a visit, a coupon for the next one, a special amount for a big basket."""

from collections.abc import Iterator
from dataclasses import dataclass

from loyalty import bounds
from loyalty import mistakes as wrong
from loyalty.accruals.earning import Basis, Earned
from loyalty.mistakes import Known
from loyalty.program import Mistake


@dataclass(frozen=True, slots=True)
class PerSale:
    """`give` for each checkout in which the rule's goods are bought."""

    give: int = 1
    by_tier: bool = False


def earn(settings: PerSale, basis: Basis) -> Earned:
    """The lines share it by what was paid for each; evenly where all of it was free."""
    counts = basis.weights(tuple(1 if line.amount_minor >= 0 else 0 for line in basis.lines))
    if not any(counts):
        return Earned(0, counts)
    amounts = basis.weights(basis.amounts)
    percent = basis.percent if settings.by_tier else 100
    return Earned(settings.give * percent // 100, amounts if any(amounts) else counts)


def by_tier(settings: PerSale) -> bool:
    """Whether the tier multiplies it."""
    return settings.by_tier


def mistakes(settings: PerSale, _: Known) -> Iterator[Mistake]:
    """Something is earned, and not more than any shop means."""
    yield from wrong.number("give", settings.give, 1, bounds.COST_MAX)
