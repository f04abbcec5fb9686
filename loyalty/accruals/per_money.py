"""So many pieces for every so much money paid."""

from dataclasses import dataclass

from loyalty.accruals.earning import Earned, Paid
from loyalty.money import Minor, floor_share


@dataclass(frozen=True, slots=True)
class PerMoney:
    """`give` pieces for every `every` of money paid; `by_tier` multiplies by the member's tier before rounding down."""

    every: Minor
    give: int = 1
    by_tier: bool = True


def earn(settings: PerMoney, paid: Paid) -> Earned:
    """The basket is rounded down once, as a whole; the lines then share its pieces by what was paid for each."""
    percent = paid.tier_percent if settings.by_tier else 100
    return Earned(floor_share(paid.total_minor, settings.give * percent, settings.every * 100), paid.nets)
