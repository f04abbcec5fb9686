"""What is in the basket, what it is paid with, and where: conditions on the checkout itself."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

from loyalty import bounds
from loyalty import mistakes as wrong
from loyalty.bill import Bill
from loyalty.conditions.checking import Check, every
from loyalty.goods import ALL, Goods, Pick, Places, pick
from loyalty.mistakes import Known
from loyalty.money import Minor
from loyalty.program import Mistake
from loyalty.refusal import Refusal


@dataclass(frozen=True, slots=True)
class Measure:
    """How much of `goods`: pieces, different products, and money; at least one piece, where nothing is said.

    `of` and `tax` say which money, where the policies are not to decide.
    """

    goods: Goods = ALL
    quantity_min: int = 0
    quantity_max: int = 0
    products_min: int = 0
    amount_min: Minor = 0
    amount_max: Minor = 0
    of: Literal["", "after_discounts", "before_discounts"] = ""
    tax: Literal["", "included", "excluded"] = ""


def measured(found: Pick, measure: Measure) -> Check:
    """Whether the lines that `found` picks come to `measure`."""
    pieces_min = measure.quantity_min or (0 if measure.amount_min or measure.amount_max or measure.quantity_max else 1)
    money = _money(measure) if measure.amount_min or measure.amount_max else None
    of_nothing = _of_nothing(pieces_min, measure)
    if money is not None and not (pieces_min or measure.quantity_max or measure.products_min):
        return lambda bill: money(bill, places) if (places := found(bill.index)) else of_nothing

    def check(bill: Bill) -> Refusal | None:
        places = found(bill.index)
        if not places:
            return of_nothing
        if pieces_min or measure.quantity_max:
            lines = bill.index.lines
            pieces = sum([lines[place].pieces for place in places if lines[place].amount_minor >= 0])
            if pieces < pieces_min:
                return Refusal("goods_missing", {"missing": pieces_min - pieces})
            if measure.quantity_max and pieces > measure.quantity_max:
                return Refusal("goods_too_many", {"most": measure.quantity_max})
        if measure.products_min:
            products = len({bill.lines[place].product for place in places if bill.lines[place].amount_minor >= 0})
            if products < measure.products_min:
                return Refusal("goods_missing", {"missing": measure.products_min - products})
        return money(bill, places) if money is not None else None

    return check


def _of_nothing(pieces_min: int, measure: Measure) -> Refusal | None:
    """What `measure` says where no line is of its goods: mostly so, therefore it is ready."""
    if pieces_min or measure.products_min:
        return Refusal("goods_missing", {"missing": pieces_min or measure.products_min})
    return Refusal("amount_missing", {"missing_minor": measure.amount_min}) if measure.amount_min else None


def _money(measure: Measure) -> Callable[[Bill, Places], Refusal | None]:
    least, most, of, tax = measure.amount_min, measure.amount_max, measure.of, measure.tax

    def check(bill: Bill, places: Places) -> Refusal | None:
        policies = bill.policies
        after = (of or policies.threshold) == "after_discounts"
        amount = bill.amount(places, after, (tax or policies.threshold_tax) == "included")
        if least and amount < least:
            return Refusal("amount_missing", {"missing_minor": least - amount})
        if most and amount > most:
            return Refusal("amount_too_high", {"most_minor": most})
        return None

    return check


def basket(wanted: tuple[Measure, ...], _: Pick) -> Check:
    """So much of each of these goods is in the basket."""
    return every(tuple(measured(pick(one.goods), one) for one in wanted))


def lines(measure: Measure, own: Pick) -> Check:
    return measured(own, measure)


def amount_min(least: Minor, _: Pick) -> Check:
    return measured(pick(ALL), Measure(amount_min=least))


def amount_max(most: Minor, _: Pick) -> Check:
    return measured(pick(ALL), Measure(amount_max=most))


def place(field: str, code: str) -> Callable[[tuple[str, ...], Pick], Check]:
    def make(names: tuple[str, ...], _: Pick) -> Check:
        refusal = Refusal(code, {"places": ", ".join(names)})
        return lambda bill: None if getattr(bill.moment.place, field) in names else refusal

    return make


def codes(codes: tuple[str, ...], _: Pick) -> Check:
    refusal = Refusal("code_needed")
    return lambda bill: None if any(code in codes for code in bill.basket.codes) else refusal


def tenders(kinds: tuple[str, ...], _: Pick) -> Check:
    refusal = Refusal("tender_needed", {"tenders": ", ".join(kinds)})
    return lambda bill: None if any(kind in kinds for kind in bill.basket.paying) else refusal


def mistakes_of_basket(measures: tuple[Measure, ...], known: Known) -> Iterator[Mistake]:
    """Each of them."""
    for place, measure in enumerate(measures):
        yield from wrong.below(str(place), _mistakes(measure))


def mistakes_of_lines(measure: Measure, _: Known) -> Iterator[Mistake]:
    """The goods are the rule's own."""
    if measure.goods != ALL:
        yield Mistake("goods", "it looks at the rule's own goods", "`basket` for other goods")
    yield from _mistakes(measure)


def mistakes_of_amount(amount: Minor, _: Known) -> Iterator[Mistake]:
    """Money above nothing."""
    return wrong.amount("", amount)


def _mistakes(measure: Measure) -> Iterator[Mistake]:
    yield from wrong.goods("goods", measure.goods)
    yield from wrong.number("quantity_min", measure.quantity_min, 0, bounds.PIECES_MAX)
    yield from wrong.number("quantity_max", measure.quantity_max, 0, bounds.PIECES_MAX)
    yield from wrong.number("products_min", measure.products_min, 0, bounds.LINES_MAX)
    yield from wrong.amount("amount_min", measure.amount_min, low=0)
    yield from wrong.amount("amount_max", measure.amount_max, low=0)
