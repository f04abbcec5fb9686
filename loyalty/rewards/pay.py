"""Units as money: a wallet, a gift card, points that pay. It is a tender and no discount."""

from collections.abc import Iterator
from dataclasses import dataclass

from loyalty import mistakes as wrong
from loyalty.bill import Bill
from loyalty.mistakes import Known
from loyalty.money import WHOLE_BP, BasisPoints, Minor
from loyalty.program import Mistake
from loyalty.refusal import Refusal
from loyalty.rewards.giving import Given, Target


@dataclass(frozen=True, slots=True)
class Pay:
    """Each time pays `worth`, up to `percent_max` of what is to be paid after all discounts."""

    worth: Minor = 1
    percent_max: BasisPoints = WHOLE_BP


def room(settings: Pay, bill: Bill, target: Target) -> int | Refusal:
    """As often as there is something left to pay."""
    most = min(bill.due * settings.percent_max // WHOLE_BP - bill.paid, bill.due - bill.paid, target.most)
    return most // settings.worth if most >= settings.worth else Refusal("nothing_left")


def give(settings: Pay, times: int, _bill: Bill, _target: Target) -> Given:
    """So much is paid."""
    return Given(paid_minor=settings.worth * times)


def mistakes(settings: Pay, _: Known) -> Iterator[Mistake]:
    """It pays something."""
    yield from wrong.amount("worth", settings.worth)
    yield from wrong.share("percent_max", settings.percent_max)
