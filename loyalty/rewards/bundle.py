"""So many pieces together at a price: three for 20.00, or a sandwich with a drink."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from loyalty import bounds
from loyalty import mistakes as wrong
from loyalty.bill import Bill
from loyalty.goods import Goods, Pick, pick
from loyalty.mistakes import Known
from loyalty.money import ROUNDINGS, WHOLE_BP, BasisPoints, Minor, spread
from loyalty.program import Mistake, Piece
from loyalty.refusal import Refusal
from loyalty.rewards.giving import TIMES_MAX, Given, Target, offs, open_of
from loyalty.rewards.pieces import Shelf, ordered


@dataclass(frozen=True, slots=True)
class Slot:
    """One part of a bundle: `quantity` pieces of `goods`."""

    goods: Goods
    quantity: int = 1


@dataclass(frozen=True, slots=True)
class Bundle:
    """`quantity` pieces of the rule's goods, or one of each of the `slots`; together they cost `price`, or are `percent` or
    `amount` cheaper. `only` says which pieces go into it first.
    """

    quantity: int = 0
    slots: tuple[Slot, ...] = ()
    price: Minor = 0
    percent: BasisPoints = 0
    amount: Minor = 0
    only: Piece = ""


def room(settings: Bundle, bill: Bill, target: Target) -> int | Refusal:
    """How often the pieces in the basket make it, and it is worth something."""
    times = len(_bundles(settings, bill, target, TIMES_MAX))
    if times:
        return times
    return Refusal("goods_missing", {"missing": max(_missing(settings, bill, target), 1)})


def give(settings: Bundle, times: int, bill: Bill, target: Target) -> Given:
    """Each bundle's pieces share what comes off by what they cost."""
    used: dict[int, int] = {}
    off: dict[int, Minor] = {}
    for pieces, cheaper in _bundles(settings, bill, target, times):
        worths = [min(bill.worth(place, count), bill.room[place] - off.get(place, 0)) for place, count in pieces]
        shares = spread(cheaper, worths, worths, bill.policies.remainder)
        for (place, count), share in zip(pieces, shares, strict=True):
            used[place] = used.get(place, 0) + count
            off[place] = off.get(place, 0) + share
    places = sorted(off)
    wished = [min(off[place], bill.room[place]) for place in places]  # a line may be in two slots
    most = open_of(bill, target._replace(places=tuple(places)))
    return Given(
        offs(places, spread(min(sum(wished), most), wished, wished, bill.policies.remainder)), tuple(sorted(used.items()))
    )


def mistakes(settings: Bundle, _: Known) -> Iterator[Mistake]:
    """Either pieces of the rule's goods or slots, and one way of being cheaper."""
    ways = [name for name in ("price", "percent", "amount") if getattr(settings, name)]
    if len(ways) != 1:
        found = f"it has {' and '.join(ways)}" if ways else "it says neither a price nor how much cheaper it is"
        yield Mistake(ways[1] if ways else "price", found, "one of price, percent and amount")
    yield from wrong.amount("price", settings.price, low=0)
    yield from wrong.amount("amount", settings.amount, low=0)
    if settings.percent:
        yield from wrong.share("percent", settings.percent)
    if not settings.slots:
        yield from wrong.number("quantity", settings.quantity, 1, bounds.PIECES_MAX)
    elif settings.quantity:
        yield Mistake("quantity", "its slots say how many pieces already", "the quantity of each slot")
    yield from wrong.number("slot", len(settings.slots), 0, bounds.STEPS_MAX)
    for place, slot in enumerate(settings.slots):
        yield from wrong.number(f"slot.{place}.quantity", slot.quantity, 1, bounds.PIECES_MAX)
        yield from wrong.goods(f"slot.{place}.goods", slot.goods)


def _bundles(settings: Bundle, bill: Bill, target: Target, times: int) -> list[tuple[list[tuple[int, int]], Minor]]:
    """The pieces of each bundle, and by how much it is cheaper. The dearest go first unless the rule says otherwise."""
    shelf, slots = Shelf(bill), _slots(settings, bill, target)
    bundles: list[tuple[list[tuple[int, int]], Minor]] = []
    while len(bundles) < times:
        before, pieces = shelf.used.copy(), []
        for order, quantity in slots:
            taken = shelf.take(order, quantity)
            if taken is None:
                shelf.used = before
                return bundles
            pieces += taken
        cheaper = _cheaper(settings, sum(bill.worth(place, count) for place, count in pieces), bill)
        if cheaper <= 0:
            shelf.used = before
            return bundles
        bundles.append((pieces, cheaper))
    return bundles


def _slots(settings: Bundle, bill: Bill, target: Target) -> list[tuple[list[int], int]]:
    """The lines of each part, the first to go into it in front, and how many pieces it wants."""
    only = settings.only or "dearest"
    if not settings.slots:
        return [(ordered(bill, target.places, only), settings.quantity)]
    return [(ordered(bill, _picked(slot.goods)(bill.index), only), slot.quantity) for slot in settings.slots]


def _missing(settings: Bundle, bill: Bill, target: Target) -> int:
    """How many pieces the first bundle still wants."""
    shelf, missing = Shelf(bill), 0
    for order, quantity in _slots(settings, bill, target):
        have = min(shelf.pieces(tuple(order)), quantity)
        shelf.take(order, have)
        missing += quantity - have
    return missing


def _cheaper(settings: Bundle, worth: Minor, bill: Bill) -> Minor:
    if settings.percent:
        return ROUNDINGS[bill.policies.percent_rounding](worth * settings.percent, WHOLE_BP)
    if settings.amount:
        return min(settings.amount, worth)
    return worth - settings.price


@cache
def _picked(goods: Goods) -> Pick:
    return pick(goods)
