"""What each reward gives, piece by piece: the pieces lie in a row, and somebody takes them one by one."""

from collections import Counter
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from loyalty.goods import ALL
from loyalty.money import spread
from tests.plain.till import Till, rounded, untaxed

OFTEN = 1000
"""No reward is given more often in one basket."""

Pieces = list[int]
"""Pieces by the place of their line: one number for each piece."""


@dataclass
class Gift:
    """What is given: off each line, pieces used up, pieces that are free now, products beside the basket, money."""

    offs: Counter[int] = field(default_factory=Counter)
    used: Counter[int] = field(default_factory=Counter)
    free: Counter[int] = field(default_factory=Counter)
    products: list[tuple[str, int]] = field(default_factory=list)
    paid: int = 0
    donated: int = 0

    @property
    def anything(self) -> bool:
        """Whether it is worth anything to anybody."""
        return bool(sum(self.offs.values()) or self.products or self.paid or self.donated)


@dataclass
class Aim:
    """Where a reward falls: on these lines, on the whole basket or not, at most so much, for units or not."""

    places: list[int]
    whole_basket: bool
    most: int
    costs: bool


def room(kind: str, settings: Any, till: Till, aim: Aim) -> int | str:
    """How often there is room for it; or why not once."""
    due = min(till.open(aim.places), aim.most)
    if kind in ("amount_off", "percent_off", "piece_price") and due <= 0:
        return "nothing_left" if aim.places else "goods_missing"
    match kind:
        case "amount_off" if aim.costs and not settings.each_piece:
            step = settings.amount
            if (settings.tax or till.program.policies.amount_off_tax) == "excluded":
                step = max(_taxed(step, till.lines[place].tax_bp) for place in aim.places)
            times = rounded(Fraction(due, step), "up" if settings.partial else "down")
            return (min(times, settings.times_max) if settings.times_max else times) or "basket_too_small"
        case "amount_off":
            return 1
        case "percent_off":
            return settings.times_max if aim.costs else 1
        case "piece_price":
            return 1 if any(_above_price(settings, till, aim)) else "cheaper_already"
        case "free_pieces" if _extra(settings, till):
            pieces = sum(till.unused[place] for place in aim.places)
            if not settings.buy:
                return OFTEN if aim.costs else 1
            return min(pieces // settings.buy, OFTEN) or "goods_missing"
        case "free_pieces":
            return len(_groups(settings, till, aim, OFTEN)) or "goods_missing"
        case "bundle":
            return len(_bundles(settings, till, aim, OFTEN)) or "goods_missing"
        case "gift":
            return min(settings.times_max, OFTEN)
        case "pay":
            owed = till.total + till.donated
            most = min(owed * settings.percent_max // 10_000 - till.paid, owed - till.paid, aim.most)
            return most // settings.worth if most >= settings.worth else "nothing_left"
        case "donate":
            return OFTEN
        case "round_up":
            return 1 if _to_round(settings, till) else "nothing_to_round"
    raise AssertionError(kind)


def give(kind: str, settings: Any, times: int, till: Till, aim: Aim) -> Gift:
    """What so many times give."""
    match kind:
        case "amount_off":
            return _amount_off(settings, times, till, aim)
        case "percent_off" if settings.only or settings.each_line:
            return _percent_off_pieces(settings, till, aim)
        case "percent_off":
            return _percent_off(settings, times if aim.costs else settings.times_max, till, aim)
        case "piece_price":
            return _limited(till, aim, aim.places, _above_price(settings, till, aim))
        case "free_pieces" if _extra(settings, till):
            return _beside(settings, times, till, aim)
        case "free_pieces":
            return _free_pieces(settings, times, till, aim)
        case "bundle":
            return _bundle(settings, times, till, aim)
        case "gift":
            return Gift(products=[(settings.product, settings.pieces * times)])
        case "pay":
            return Gift(paid=settings.worth * times)
        case "donate":
            return Gift()
        case "round_up":
            return Gift(donated=_to_round(settings, till))
    raise AssertionError(kind)


def _to_round(settings: Any, till: Till) -> int:
    return -(till.total + till.donated - till.paid) % settings.to


def _limited(till: Till, aim: Aim, places: list[int], wished: list[int]) -> Gift:
    """As much as is wished of each line, or less of all of them where it is too much together."""
    most = min(till.open(places), aim.most)
    wished = [min(off, till.room[place]) for off, place in zip(wished, places, strict=True)]
    shares = spread(min(sum(wished), most), wished, wished, till.program.policies.remainder)
    return Gift(Counter(dict(zip(places, shares, strict=True))))


def _amount_off(settings: Any, times: int, till: Till, aim: Aim) -> Gift:
    places, remainder = aim.places, till.program.policies.remainder
    rooms = [till.room[place] for place in places]
    if settings.each_piece:
        chosen = _chosen(till, places, settings.only, settings.pieces or 10**9, settings.each_line)
        wished = [min(settings.amount * times * pieces, till.worth(place, pieces)) for place, pieces in chosen.items()]
        return _limited(till, aim, list(chosen), wished)
    if (settings.tax or till.program.policies.amount_off_tax) == "excluded":
        nets = [untaxed(most, till.lines[place].tax_bp) for place, most in zip(places, rooms, strict=True)]
        parts = spread(settings.amount * times, nets, nets, remainder)
        gross = [_taxed(part, till.lines[place].tax_bp) for place, part in zip(places, parts, strict=True)]
        return _limited(till, aim, places, gross)
    most = min(till.open(places), aim.most)
    weights = [max(till.left[place], 0) for place in places]
    shares = spread(min(settings.amount * times, most), weights, rooms, remainder)
    return Gift(Counter(dict(zip(places, shares, strict=True))))


def _taxed(amount: int, tax_bp: int) -> int:
    return rounded(amount * (1 + Fraction(tax_bp, 10_000)), "half_up")


def _percent_off(settings: Any, times: int, till: Till, aim: Aim) -> Gift:
    """Time after time, each on what the one before has left."""
    policies = till.program.policies
    share, offs = Fraction(settings.percent, 10_000), Counter[int]()
    most = min(till.open(aim.places), aim.most)
    for _ in range(times):
        rooms = [till.room[place] - offs[place] for place in aim.places]
        costs = [
            till.left[place] - till.lines[place].levy_minor - offs[place] if till.room[place] else 0 for place in aim.places
        ]
        left = most - sum(offs.values())
        if policies.percent_rounded_per in ("line", "piece"):
            wished = []
            for place, cost, cap in zip(aim.places, costs, rooms, strict=True):
                pieces = max(1, till.lines[place].pieces - till.free[place]) if policies.percent_rounded_per == "piece" else 1
                wished.append(min(rounded(cost * share / pieces, policies.percent_rounding) * pieces, cap))
            parts = tuple(wished) if sum(wished) <= left else spread(left, wished, wished, policies.remainder)
        else:
            base = sum(costs)
            if aim.whole_basket:
                base = min(base, max(till.total - sum(offs.values()), 0))
            parts = spread(min(rounded(base * share, policies.percent_rounding), left), costs, rooms, policies.remainder)
        offs.update(dict(zip(aim.places, parts, strict=True)))
    return Gift(offs)


def _percent_off_pieces(settings: Any, till: Till, aim: Aim) -> Gift:
    share, how = Fraction(settings.percent, 10_000), till.program.policies.percent_rounding
    chosen = _chosen(till, aim.places, settings.only, settings.pieces, settings.each_line)
    wished = [min(rounded(till.worth(place, count) * share, how), till.room[place]) for place, count in chosen.items()]
    return _limited(till, aim, list(chosen), wished)


def _chosen(till: Till, places: list[int], only: str, most: int, each_line: bool) -> Counter[int]:
    """So many of the pieces that still cost something: of all of them together, or of each line."""
    rows = [
        [place] * min(till.lines[place].pieces - till.free[place], most)
        for place in till.ordered(places, only)
        if till.room[place]
    ]
    pieces = [place for row in rows for place in row]
    return Counter(pieces if each_line else pieces[:most])


def _above_price(settings: Any, till: Till, aim: Aim) -> list[int]:
    """By how much each line is dearer than its price: what may come off of it."""
    wished = []
    if settings.pieces:
        chosen = _chosen(till, aim.places, settings.only, settings.pieces, settings.each_line)
        dearer = {place: till.worth(place, pieces) - settings.price * pieces for place, pieces in chosen.items()}
        return [max(0, min(dearer.get(place, 0), till.room[place])) for place in aim.places]
    for place in aim.places:
        line = till.lines[place]
        price = rounded(Fraction(settings.price * line.quantity_milli, 1000), "up") + line.levy_minor
        wished.append(max(0, min(till.left[place] - price, till.room[place])))
    return wished


def _extra(settings: Any, till: Till) -> bool:
    return (settings.free_piece or till.program.policies.free_piece) == "extra"


def _row(till: Till, places: list[int], gone: Counter[int]) -> Pieces:
    """The pieces of these lines that nothing has used yet, one by one."""
    return [place for place in places for _ in range(till.unused[place] - gone[place])]


def _groups(settings: Any, till: Till, aim: Aim, times: int) -> list[tuple[Pieces, Pieces]]:
    """The pieces bought and the pieces got, each time."""
    only = settings.only or till.program.policies.pick
    other = {"cheapest": "dearest", "dearest": "cheapest", "first": "first"}[only]
    own = settings.goods == ALL
    given = [place for place in (aim.places if own else till.of(settings.goods)) if till.room[place] > 0]
    row_to_give = till.ordered(given, only)
    bought_first = till.ordered(aim.places, other)
    row_to_buy = [place for place in bought_first if place not in given] + [place for place in bought_first if place in given]
    gone: Counter[int] = Counter()
    groups: list[tuple[Pieces, Pieces]] = []
    while len(groups) < times:
        wanted = settings.get
        if settings.partial:
            wanted = min(wanted, len(_row(till, given, gone)))
            if own:
                wanted = max(min(wanted, len(_row(till, aim.places, gone)) - settings.buy), 0)
        got = _row(till, row_to_give, gone)[:wanted]
        bought = _row(till, row_to_buy, gone + Counter(got))[: settings.buy]
        if not got or len(got) < wanted or len(bought) < settings.buy:
            break
        groups.append((bought, got))
        gone.update(bought + got)
    return groups


def _free_pieces(settings: Any, times: int, till: Till, aim: Aim) -> Gift:
    groups = _groups(settings, till, aim, times)
    free = Counter(place for _, got in groups for place in got)
    share, how = Fraction(settings.percent, 10_000), till.program.policies.percent_rounding
    places = sorted(free)
    wished = [rounded(till.worth(place, free[place]) * share, how) for place in places]
    if settings.price:
        wished = [max(0, till.worth(place, free[place]) - settings.price * free[place]) for place in places]
    elif settings.amount:
        wished = [min(settings.amount * free[place], till.worth(place, free[place])) for place in places]
    gift = _limited(till, aim, places, wished)
    gift.used = Counter(place for bought, got in groups for place in bought + got)
    gift.free = free if settings.percent == 10_000 and not (settings.price or settings.amount) else Counter()
    return gift


def _beside(settings: Any, times: int, till: Till, aim: Aim) -> Gift:
    bought = _row(till, aim.places, Counter())[: settings.buy * times]
    product = settings.goods.products[0] if settings.goods.products else till.lines[bought[0]].product if bought else ""
    return Gift(used=Counter(bought), products=[(product, settings.get * times)] if product else [])


def _bundles(settings: Any, till: Till, aim: Aim, times: int) -> list[tuple[list[tuple[int, int]], int]]:
    """The pieces of each bundle, slot by slot and line by line, and by how much it is cheaper."""
    only, gone = settings.only or "dearest", Counter[int]()
    slots = [(till.of(slot.goods), slot.quantity) for slot in settings.slots] or [(aim.places, settings.quantity)]
    bundles: list[tuple[list[tuple[int, int]], int]] = []
    while len(bundles) < times:
        parts: list[tuple[int, int]] = []
        took: Counter[int] = Counter()
        for places, quantity in slots:
            pieces = _row(till, till.ordered(places, only), gone + took)[:quantity]
            if len(pieces) < quantity:
                return bundles
            took.update(pieces)
            parts += Counter(pieces).items()
        cheaper = _cheaper(settings, till, sum(till.worth(place, count) for place, count in parts))
        if cheaper <= 0:
            return bundles
        gone += took
        bundles.append((parts, cheaper))
    return bundles


def _cheaper(settings: Any, till: Till, worth: int) -> int:
    if settings.percent:
        return rounded(Fraction(worth * settings.percent, 10_000), till.program.policies.percent_rounding)
    return min(settings.amount, worth) if settings.amount else worth - settings.price


def _bundle(settings: Any, times: int, till: Till, aim: Aim) -> Gift:
    wished: Counter[int] = Counter()
    used: Counter[int] = Counter()
    for parts, cheaper in _bundles(settings, till, aim, times):
        caps = [min(till.worth(place, count), till.room[place] - wished[place]) for place, count in parts]
        for (place, count), share in zip(parts, spread(cheaper, caps, caps, till.program.policies.remainder), strict=True):
            wished[place] += share
            used[place] += count
    places = sorted(wished)
    gift = _limited(till, aim, places, [wished[place] for place in places])
    gift.used = used
    return gift
