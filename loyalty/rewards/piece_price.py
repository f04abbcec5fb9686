"""A price for each piece of some goods, or for each kilogram of what is weighed."""

from collections.abc import Iterator
from dataclasses import dataclass

from loyalty import bounds
from loyalty import mistakes as wrong
from loyalty.basket import PIECE_MILLI
from loyalty.bill import Bill
from loyalty.mistakes import Known
from loyalty.money import Minor, spread, up
from loyalty.program import Mistake, Piece
from loyalty.refusal import Refusal
from loyalty.rewards.giving import Given, Target, nothing_left, offs, open_of
from loyalty.rewards.pieces import limited


@dataclass(frozen=True, slots=True)
class PiecePrice:
    """Every piece of the goods costs `price`; one that is cheaper already stays so.

    With `pieces` only so many do, the `only` ones first; with `each_line` so many of each line.
    """

    price: Minor
    pieces: int = 0
    only: Piece = ""
    each_line: bool = False


def room(settings: PiecePrice, bill: Bill, target: Target) -> int | Refusal:
    """Once, if any of the goods is dearer."""
    if open_of(bill, target) <= 0:
        return nothing_left(target)
    return 1 if any(_wished(settings, bill, target)) else Refusal("cheaper_already")


def give(settings: PiecePrice, _: int, bill: Bill, target: Target) -> Given:
    """Down to the price, line by line."""
    wished = _wished(settings, bill, target)
    return Given(offs(target.places, spread(min(sum(wished), open_of(bill, target)), wished, wished, bill.policies.remainder)))


def mistakes(settings: PiecePrice, _: Known) -> Iterator[Mistake]:
    """A price of nothing is one."""
    yield from wrong.amount("price", settings.price, low=0)
    yield from wrong.number("pieces", settings.pieces, 0, bounds.PIECES_MAX)


def _wished(settings: PiecePrice, bill: Bill, target: Target) -> list[Minor]:
    if settings.pieces:
        some = dict(limited(bill, target.places, settings.only, settings.pieces, settings.each_line))
        over = {place: bill.worth(place, pieces) - settings.price * pieces for place, pieces in some.items()}
        return [max(0, min(over.get(place, 0), bill.room[place])) for place in target.places]
    wished = []
    for place in target.places:
        line = bill.lines[place]
        price = up(settings.price * line.quantity_milli, PIECE_MILLI) + line.levy_minor
        wished.append(max(0, min(bill.left[place] - price, bill.room[place])))
    return wished
