"""An amount off the whole basket."""

from dataclasses import dataclass

from loyalty.money import Minor, split
from loyalty.refusal import Refusal
from loyalty.rewards.giving import Due


@dataclass(frozen=True, slots=True)
class AmountOff:
    """`amount` off, at most `times_max` times in one basket (0: as often as fits); never more than there is to pay."""

    amount: Minor
    times_max: int = 0


def room(settings: AmountOff, due: Due) -> int | Refusal:
    """Only whole steps: a basket of 25.00 has room for 10.00 twice."""
    times = due.total_minor // settings.amount
    if settings.times_max:
        times = min(times, settings.times_max)
    return times or Refusal("basket_too_small", {"missing_minor": settings.amount - due.total_minor})


def discount(settings: AmountOff, times: int, due: Due) -> tuple[Minor, ...]:
    """The lines share it by what is due for each, so a return of one line takes its own part back."""
    return split(settings.amount * times, due.amounts)
