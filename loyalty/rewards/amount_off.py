"""An amount off the basket, or off some of its goods."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from loyalty import bounds
from loyalty import mistakes as wrong
from loyalty.bill import Bill, without_tax
from loyalty.bounds import PIECES_MAX
from loyalty.mistakes import Known
from loyalty.money import WHOLE_BP, Minor, down, half_up, spread, up
from loyalty.program import Mistake, Piece
from loyalty.refusal import Refusal
from loyalty.rewards.giving import Given, Target, nothing_left, offs, open_of
from loyalty.rewards.pieces import limited


@dataclass(frozen=True, slots=True)
class AmountOff:
    """`amount` off, at most `times_max` times in one basket (0: as often as fits); never more than there is to pay.

    With `each_piece` every piece is cheaper by it, or `pieces` of them: the `only` ones, or with `each_line` so many of each line.
    With `partial` the last time that a member pays for may take off less. `tax` says whether it is an amount with tax, where the
    policy `amount_off_tax` is not to decide.
    """

    amount: Minor
    times_max: int = 0
    each_piece: bool = False
    pieces: int = 0
    only: Piece = ""
    each_line: bool = False
    partial: bool = False
    tax: Literal["", "included", "excluded"] = ""


def room(settings: AmountOff, bill: Bill, target: Target) -> int | Refusal:
    """Whoever pays for it gets whole steps only: a basket of 25.00 has room for 10.00 twice. A promotion takes what is there."""
    due = open_of(bill, target)
    if due <= 0:
        return nothing_left(target)
    if not target.costs or settings.each_piece:
        return 1
    rounded = up if settings.partial else down
    step = _gross(settings, bill, target)
    times = rounded(due, step)
    if settings.times_max:
        times = min(times, settings.times_max)
    return times or Refusal("basket_too_small", {"missing_minor": step - due})


def give(settings: AmountOff, times: int, bill: Bill, target: Target) -> Given:
    """The lines share it by what is due for each, so a return of one line takes its own part back."""
    places = target.places
    rooms = [bill.room[place] for place in places]
    most = open_of(bill, target)
    if settings.each_piece:
        chosen = limited(bill, places, settings.only, settings.pieces or PIECES_MAX, settings.each_line)
        wished = [
            min(settings.amount * times * pieces, bill.worth(place, pieces), bill.room[place]) for place, pieces in chosen
        ]
        shares = spread(min(sum(wished), most), wished, wished, bill.policies.remainder)
        return Given(offs((place for place, _ in chosen), shares))
    weights = [max(bill.left[place], 0) for place in places]
    if _with_tax(settings, bill):
        return Given(offs(places, spread(min(settings.amount * times, most), weights, rooms, bill.policies.remainder)))
    nets = [without_tax(bill.room[place], bill.lines[place].tax_bp) for place in places]
    shares = spread(settings.amount * times, nets, nets, bill.policies.remainder)
    gross = [
        min(_taxed(share, bill.lines[place].tax_bp), bill.room[place]) for place, share in zip(places, shares, strict=True)
    ]
    return Given(offs(places, spread(min(sum(gross), most), gross, gross, bill.policies.remainder)))


def order_wide(settings: AmountOff) -> bool:
    """Unless it is for each piece."""
    return not settings.each_piece


def movable(settings: AmountOff) -> bool:
    """An amount off several lines is no line's own, unless it is for each piece."""
    return not settings.each_piece


def mistakes(settings: AmountOff, _: Known) -> Iterator[Mistake]:
    """Something comes off."""
    yield from wrong.amount("amount", settings.amount)
    yield from wrong.number("times_max", settings.times_max, 0, bounds.COST_MAX)
    yield from wrong.number("pieces", settings.pieces, 0, bounds.PIECES_MAX)


def _with_tax(settings: AmountOff, bill: Bill) -> bool:
    return (settings.tax or bill.policies.amount_off_tax) == "included"


def _gross(settings: AmountOff, bill: Bill, target: Target) -> Minor:
    """About what one step takes off: with tax on top, by the highest rate, where the amount is before tax."""
    if _with_tax(settings, bill):
        return settings.amount
    return _taxed(settings.amount, max((bill.lines[place].tax_bp for place in target.places), default=0))


def _taxed(amount: Minor, tax_bp: int) -> Minor:
    return half_up(amount * (WHOLE_BP + tax_bp), WHOLE_BP)
