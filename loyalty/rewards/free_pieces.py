"""Buy so many, get so many: free, or cheaper."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Literal

from loyalty import bounds
from loyalty import mistakes as wrong
from loyalty.bill import Bill
from loyalty.goods import ALL, Goods, Pick, Places, pick
from loyalty.mistakes import Known
from loyalty.money import ROUNDINGS, WHOLE_BP, BasisPoints, Minor, spread
from loyalty.program import Mistake, Piece
from loyalty.refusal import Refusal
from loyalty.rewards.giving import TIMES_MAX, Given, Target, offs, open_of
from loyalty.rewards.pieces import Shelf, ordered

OPPOSITE: dict[str, Piece] = {"cheapest": "dearest", "dearest": "cheapest", "first": "first"}


@dataclass(frozen=True, slots=True)
class FreePieces:
    """For `buy` pieces of the rule's goods (0: for none), `get` pieces of `goods` are `percent` off; or cost `price` each, or are
    `amount` cheaper each, where one of these is said. They are of the rule's own goods, where `goods` is empty.

    `only` says which of them. With `partial` the last time may give fewer. A piece that comes `extra` is handed over beside the
    basket; else it is one of those in it.
    """

    buy: int
    get: int = 1
    percent: BasisPoints = WHOLE_BP
    price: Minor = 0
    amount: Minor = 0
    goods: Goods = ALL
    only: Piece = ""
    partial: bool = False
    free_piece: Literal["", "in_basket", "extra"] = ""


def room(settings: FreePieces, bill: Bill, target: Target) -> int | Refusal:
    """How often the pieces in the basket make it."""
    if _extra(settings, bill):
        times = Shelf(bill).pieces(target.places) // settings.buy if settings.buy else TIMES_MAX if target.costs else 1
    else:
        times = len(_groups(settings, bill, target, TIMES_MAX))
    if times:
        return min(times, TIMES_MAX)
    have = Shelf(bill).pieces(target.places)
    needed = settings.buy + (settings.get if settings.goods == ALL and not _extra(settings, bill) else 0)
    return Refusal("goods_missing", {"missing": max(needed - have, 1)})


def give(settings: FreePieces, times: int, bill: Bill, target: Target) -> Given:
    """The pieces that are bought are used up by it, and so are those it gives."""
    if _extra(settings, bill):
        return _beside(settings, times, bill, target)
    used: dict[int, int] = {}
    free: dict[int, int] = {}
    for bought, got in _groups(settings, bill, target, times):
        for place, pieces in (*bought, *got):
            used[place] = used.get(place, 0) + pieces
        for place, pieces in got:
            free[place] = free.get(place, 0) + pieces
    places = sorted(free)
    wished = [min(_cheaper(settings, bill, place, free[place]), bill.room[place]) for place in places]
    shares = spread(
        min(sum(wished), open_of(bill, target._replace(places=tuple(places)))), wished, wished, bill.policies.remainder
    )
    whole = settings.percent == WHOLE_BP and not (settings.price or settings.amount)
    return Given(offs(places, shares), tuple(sorted(used.items())), tuple(sorted(free.items())) if whole else ())


def mistakes(settings: FreePieces, _: Known) -> Iterator[Mistake]:
    """Something is given, and it is a piece of some goods."""
    yield from wrong.number("buy", settings.buy, 0, bounds.PIECES_MAX)
    yield from wrong.number("get", settings.get, 1, TIMES_MAX)
    yield from wrong.share("percent", settings.percent)
    yield from wrong.amount("price", settings.price, low=0)
    yield from wrong.amount("amount", settings.amount, low=0)
    ways = [name for name in ("price", "amount") if getattr(settings, name)] + ["percent"] * (settings.percent != WHOLE_BP)
    if len(ways) > 1:
        yield Mistake(ways[1], f"it has {' and '.join(ways)}", "one of price, amount and percent")
    yield from wrong.goods("goods", settings.goods)


def _cheaper(settings: FreePieces, bill: Bill, place: int, pieces: int) -> Minor:
    """By how much so many pieces of a line are cheaper."""
    worth = bill.worth(place, pieces)
    if settings.price:
        return max(0, worth - settings.price * pieces)
    if settings.amount:
        return min(settings.amount * pieces, worth)
    return ROUNDINGS[bill.policies.percent_rounding](worth * settings.percent, WHOLE_BP)


def _groups(
    settings: FreePieces, bill: Bill, target: Target, times: int
) -> list[tuple[list[tuple[int, int]], list[tuple[int, int]]]]:
    """The pieces bought and the pieces given, for each time. What is bought is taken from the other end of the shelf."""
    get_from = target.places if settings.goods == ALL else _picked(settings.goods)(bill.index)
    get_from = tuple(place for place in get_from if bill.room[place] > 0)
    shelf, only = Shelf(bill), settings.only or bill.policies.pick
    giving = ordered(bill, get_from, only)
    buying = _buying(bill, target.places, get_from, OPPOSITE[only])
    groups: list[tuple[list[tuple[int, int]], list[tuple[int, int]]]] = []
    while len(groups) < times:
        wanted = settings.get
        if settings.partial:
            wanted = min(wanted, shelf.pieces(get_from))
            if settings.goods == ALL:
                wanted = min(wanted, max(shelf.pieces(target.places) - settings.buy, 0))
        before = shelf.used.copy()
        got = shelf.take(giving, wanted) if wanted else None
        bought = shelf.take(buying, settings.buy) if got else None
        if not got or bought is None:
            shelf.used = before
            break
        groups.append((bought, got))
    return groups


def _buying(bill: Bill, places: Places, get_from: Places, only: Piece) -> list[int]:
    """What can only be bought comes before what could be given."""
    return sorted(ordered(bill, places, only), key=lambda place: place in get_from)


def _beside(settings: FreePieces, times: int, bill: Bill, target: Target) -> Given:
    shelf = Shelf(bill)
    bought = shelf.take(list(target.places), settings.buy * times) or []
    products = settings.goods.products or tuple(bill.lines[place].product for place, _ in bought[:1])
    return Given(used=tuple(bought), gifts=tuple((product, settings.get * times) for product in products[:1]))


def _extra(settings: FreePieces, bill: Bill) -> bool:
    return (settings.free_piece or bill.policies.free_piece) == "extra"


@cache
def _picked(goods: Goods) -> Pick:
    return pick(goods)
