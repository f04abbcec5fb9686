"""Giving to a cause: units, or the small change."""

from collections.abc import Iterator
from dataclasses import dataclass

from loyalty import mistakes as wrong
from loyalty.bill import Bill
from loyalty.mistakes import Known
from loyalty.money import Minor
from loyalty.program import Mistake
from loyalty.refusal import Refusal
from loyalty.rewards.giving import TIMES_MAX, Given, Target


@dataclass(frozen=True, slots=True)
class Donate:
    """The pieces that it costs go to `cause`; nothing comes off."""

    cause: str


def room_to_donate(_settings: Donate, _bill: Bill, _target: Target) -> int | Refusal:
    """As much as the member has."""
    return TIMES_MAX


def donate(settings: Donate, _times: int, _bill: Bill, _target: Target) -> Given:
    """Nothing that the till would see."""
    return Given(cause=settings.cause)


def mistakes(settings: Donate, known: Known) -> Iterator[Mistake]:
    """The cause is one of the program's."""
    yield from wrong.known("cause", settings.cause, known.program.causes, "cause")


@dataclass(frozen=True, slots=True)
class RoundUp:
    """What is to be paid is rounded up to a multiple of `to`, and the difference goes to `cause`."""

    to: Minor
    cause: str


def room_to_round_up(settings: RoundUp, bill: Bill, _target: Target) -> int | Refusal:
    """Once, if there is anything to round."""
    return 1 if _missing(settings, bill) else Refusal("nothing_to_round")


def round_up(settings: RoundUp, _times: int, bill: Bill, _target: Target) -> Given:
    """The difference, which is paid beside the goods."""
    return Given(donated_minor=_missing(settings, bill), cause=settings.cause)


def _missing(settings: RoundUp, bill: Bill) -> Minor:
    """What is missing to a round amount: of what money is to pay, after all discounts and what units have paid."""
    return -(bill.due - bill.paid) % settings.to


def mistakes_of_rounding(settings: RoundUp, known: Known) -> Iterator[Mistake]:
    """There is something to round to, and a cause."""
    yield from wrong.amount("to", settings.to)
    yield from wrong.known("cause", settings.cause, known.program.causes, "cause")
