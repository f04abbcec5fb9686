"""A business date that a till closes: its receipts and what they took, against what posd or head office has of it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from loyalty import bounds
from loyalty.money import Minor
from loyalty.sale import Return, Sale

RECEIPTS_MAX = 5000  # one every ten seconds from morning to evening, at one till


@dataclass(frozen=True, slots=True)
class DayClose:
    """The body of a `day_close` record, version 1: what each receipt of `till` took in money on that date, by its number.

    Less than nothing is what was paid out. A later one of the same till and date replaces it.
    """

    till: str
    business_date: str
    receipts: dict[str, Minor]

    def __post_init__(self) -> None:
        bounds.text("till", self.till)
        bounds.day("business_date", self.business_date)
        bounds.whole("number of receipts", len(self.receipts), 0, RECEIPTS_MAX)
        for number, amount in self.receipts.items():
            bounds.text("receipt_number", number)
            bounds.whole("amount_minor", amount, -bounds.AMOUNT_MINOR_MAX, bounds.AMOUNT_MINOR_MAX)


class Differing(NamedTuple):
    """A receipt that took another amount at the till than it is booked with."""

    receipt_number: str
    till_minor: Minor
    booked_minor: Minor


class Apart(NamedTuple):
    """Where a till and the books disagree: receipts never booked, receipts that the till does not have, other amounts."""

    unheard: tuple[str, ...]
    unlisted: tuple[str, ...]
    differing: tuple[Differing, ...]


def taken_minor(body: Sale | Return) -> Minor | None:
    """What a record's receipt took in money; None for a return whose original was not at hand."""
    if isinstance(body, Sale):
        return body.paid_minor
    return None if body.estimate else -body.reversal.refund_minor


def by_number(records: Iterable[tuple[str, Minor | None]]) -> dict[str, Minor | None]:
    """What is booked under each receipt number: an exchange has a sale and a return on one. None where part of it is not known."""
    sums: dict[str, Minor | None] = {}
    for number, amount in records:
        before = sums.get(number, 0)
        sums[number] = None if amount is None or before is None else before + amount
    return sums


def apart(told: Mapping[str, Minor], booked: Mapping[str, Minor | None]) -> Apart:
    """What the till has `told` against what is `booked`, in the till's order; an amount that is not known differs from none."""
    differing = (
        Differing(number, amount, have)
        for number, amount in told.items()
        if (have := booked.get(number)) is not None and have != amount
    )
    return Apart(
        tuple(number for number in told if number not in booked),
        tuple(number for number in booked if number not in told),
        tuple(differing),
    )
