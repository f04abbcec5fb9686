"""So many pieces for every so much money paid."""

from collections.abc import Iterator
from dataclasses import dataclass

from loyalty import bounds
from loyalty import mistakes as wrong
from loyalty.accruals.earning import Basis, Earned
from loyalty.mistakes import Known
from loyalty.money import ROUNDINGS, Minor
from loyalty.program import Mistake


@dataclass(frozen=True, slots=True)
class PerMoney:
    """`give` pieces for every `every` of money paid; `by_tier` multiplies by the member's tier before rounding.

    In `whole_steps` only full steps count: at 5 for every 10.00, a basket of 19.00 earns 5. With `carry` the money that was not
    enough for another step counts the next time.
    """

    every: Minor
    give: int = 1
    by_tier: bool = True
    whole_steps: bool = False
    carry: bool = False


def earn(settings: PerMoney, basis: Basis) -> Earned:
    """The basket is rounded once, as a whole, and the lines share its pieces by what was paid for each; or line by line."""
    percent = basis.percent if settings.by_tier else 100
    rounded = ROUNDINGS[basis.rounding]
    give, every = settings.give * percent, settings.every * 100
    if basis.per_line and not (settings.carry or settings.whole_steps):
        parts = [0] * len(basis.amounts)
        for place in basis.places:
            parts[place] = rounded(basis.amounts[place] * give, every)
        return Earned(sum(parts), tuple(parts))
    paid = basis.paid()
    weights = basis.weights(basis.amounts)
    if not (settings.carry or settings.whole_steps):
        return Earned(rounded(paid * give, every), weights)
    if settings.carry:
        steps, rest = divmod(paid + basis.rest, settings.every)
        if not any(weights):
            weights = tuple(int(place in basis.places) for place in range(len(weights)))
        return Earned(steps * give // 100, weights, rest)
    return Earned(paid // settings.every * give // 100, weights)


def by_tier(settings: PerMoney) -> bool:
    """Whether the tier multiplies it."""
    return settings.by_tier


def mistakes(settings: PerMoney, _: Known) -> Iterator[Mistake]:
    """Something is earned, and not more than any shop means."""
    yield from wrong.amount("every", settings.every)
    yield from wrong.number("give", settings.give, 1, bounds.GIVE_MAX)
