"""A share off the basket, off some of its goods, or off one piece of them."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from loyalty import bounds
from loyalty import mistakes as wrong
from loyalty.bill import Bill
from loyalty.goods import Places
from loyalty.mistakes import Known
from loyalty.money import ROUNDINGS, WHOLE_BP, BasisPoints, Minor, largest, spread
from loyalty.program import Mistake, Policies
from loyalty.refusal import Refusal
from loyalty.rewards.giving import TIMES_MAX, Given, Offs, Quick, Target, nothing_left, offs, open_of
from loyalty.rewards.pieces import limited


@dataclass(frozen=True, slots=True)
class PercentOff:
    """`percent` off what is still to pay for the goods; taken `times_max` times, each on what the one before has left.

    With `only` it is off `pieces` pieces, the cheapest or the dearest; with `each_line` off so many of each line.
    """

    percent: BasisPoints
    times_max: int = 1
    only: Literal["", "cheapest", "dearest"] = ""
    pieces: int = 1
    each_line: bool = False


def room(settings: PercentOff, bill: Bill, target: Target) -> int | Refusal:
    """As long as there is something to pay."""
    rooms = bill.room
    if bill.total > 0 < target.most and any(map(rooms.__getitem__, target.places)):
        return settings.times_max if target.costs else 1
    return nothing_left(target)


def give(settings: PercentOff, times: int, bill: Bill, target: Target) -> Given:
    """Rounded as the policies say: once for the basket, and the lines share it; or line by line."""
    if settings.only or settings.each_line:
        return _off_pieces(settings, bill, target)
    times = times if target.costs else settings.times_max
    policies, places = bill.policies, target.places
    rounded = ROUNDINGS[policies.percent_rounding]
    bases, rooms = _bases(bill, target)
    most, parts = open_of(bill, target), [0] * len(places)
    for _ in range(times):
        if policies.percent_rounded_per != "order":
            per = [_pieces(bill, place) for place in places]
            share = tuple(
                min(rounded(base * settings.percent, WHOLE_BP * pieces) * pieces, cap)
                for base, pieces, cap in zip(bases, per, rooms, strict=True)
            )
            if sum(share) > most:
                share = spread(most, share, share, policies.remainder)
        else:
            base = sum(bases)
            if target.order_wide:
                base = min(base, max(bill.total - sum(parts), 0))
            wished = min(rounded(base * settings.percent, WHOLE_BP), most)
            share = spread(wished, bases, rooms, policies.remainder)
        for at, off in enumerate(share):
            parts[at] += off
            bases[at] -= off
            rooms[at] -= off
        most -= sum(share)
    return Given(offs(places, parts))


def quick(settings: PercentOff, policies: Policies) -> Quick | None:
    """What nearly every promotion asks, by a shorter way to the same: once, off whole lines, rounded once.

    A total that is not above the sum of its weights, shared by largest remainders, gives no part more than its weight.
    """
    simple = settings.times_max == 1 and order_wide(settings) and policies.percent_rounded_per == "order"
    if not simple or policies.remainder != "largest":
        return None
    percent, rounded = settings.percent, ROUNDINGS[policies.percent_rounding]

    def off(bill: Bill, places: Places) -> Offs | None:
        left = bill.room
        if len(places) == 1:
            place = places[0]
            base = left[place]
            rooms = [base]
        else:
            rooms = [left[place] for place in places]
            base = sum(rooms)
        if bill.floored or base > bill.total:
            return None
        wished = rounded(base * percent, WHOLE_BP)
        if not wished:
            return ()
        if len(places) == 1:
            return ((places[0], wished),)
        return tuple([(place, part) for place, part in zip(places, largest(wished, rooms, base), strict=True) if part])

    return off


def order_wide(settings: PercentOff) -> bool:
    """Unless it is for some pieces."""
    return not (settings.only or settings.each_line)


def mistakes(settings: PercentOff, _: Known) -> Iterator[Mistake]:
    """Something comes off, and not more than all."""
    yield from wrong.share("percent", settings.percent)
    yield from wrong.number("times_max", settings.times_max, 1, TIMES_MAX)
    yield from wrong.number("pieces", settings.pieces, 1, bounds.PIECES_MAX)


def _bases(bill: Bill, target: Target) -> tuple[list[Minor], list[Minor]]:
    """What each line still costs without its levy, and how much of it may come off."""
    rooms = [bill.room[place] for place in target.places]
    if not bill.floored:
        return list(rooms), rooms
    bases = [
        bill.left[place] - bill.lines[place].levy_minor if at else 0 for place, at in zip(target.places, rooms, strict=True)
    ]
    return bases, rooms


def _pieces(bill: Bill, place: int) -> int:
    """How often a share of a line is rounded: once, or for each piece that still costs something."""
    if bill.policies.percent_rounded_per == "line":
        return 1
    return max(1, bill.lines[place].pieces - bill.given.get(place, 0))


def _off_pieces(settings: PercentOff, bill: Bill, target: Target) -> Given:
    rounded = ROUNDINGS[bill.policies.percent_rounding]
    taken = []
    for place, pieces in limited(bill, target.places, settings.only, settings.pieces, settings.each_line):
        taken.append((place, min(rounded(bill.worth(place, pieces) * settings.percent, WHOLE_BP), bill.room[place])))
    wished = [off for _, off in taken]
    shares = spread(min(sum(wished), open_of(bill, target)), wished, wished, bill.policies.remainder)
    return Given(offs((place for place, _ in taken), shares))
