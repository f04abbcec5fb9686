"""A committed checkout, its reversal, and the ledger entries both make."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from loyalty import bounds
from loyalty.agreement import Agreement, Facts, Hold
from loyalty.basket import Basket, Tender
from loyalty.ledger import ISSUED, REDEEMED, Entry, available, held
from loyalty.money import Minor, floor_share, split
from loyalty.program import Program
from loyalty.quote import Choice, Discount, Movement, accrue, nets, pieces_by_unit
from loyalty.refusal import Refusal

ENGINE = 1
"""Version of the arithmetic in this package: raised when the same arguments would give another quote."""


@dataclass(frozen=True, slots=True)
class TillReference:
    """What the till says of its own receipt. The business date is the till's and is repeated on a retry, never derived."""

    till: str
    cashier: str
    receipt_number: str
    business_date: str

    def __post_init__(self) -> None:
        bounds.text("till", self.till)
        bounds.text("cashier", self.cashier, 0)
        bounds.text("receipt_number", self.receipt_number)
        bounds.date("business_date", self.business_date)


@dataclass(frozen=True, slots=True)
class Sale:
    """The body of a `sale` record, version 1: everything head office needs to book it and to evaluate it again.

    `fingerprint` is the SHA-256 of the till's request. `flags` name what was odd and was booked all the same:
    `basket_changed`, `tenders_differ`, `agreement_cancelled`, `agreement_committed`, `agreement_unknown`.
    """

    till: TillReference
    fingerprint: str
    agreement: str
    member: Facts | None
    engine: int
    program_version: int
    program_hash: str
    basket: Basket
    tenders: tuple[Tender, ...]
    choices: tuple[Choice, ...]
    discounts: tuple[Discount, ...]
    accruals: tuple[Movement, ...]
    redemptions: tuple[Movement, ...]
    holds: tuple[Hold, ...]
    flags: tuple[str, ...]

    def __post_init__(self) -> None:
        """Raise ValueError for what could not be booked: a record from the wire is looked at here before it is applied."""
        bounds.whole("number of tenders", len(self.tenders), 0, bounds.TENDERS_MAX)
        for movement in (*self.accruals, *self.redemptions):
            bounds.text("unit", movement.unit)
            bounds.whole("pieces", movement.pieces, 1, bounds.PIECES_MAX)
            self._by_line(movement.by_line, bounds.PIECES_MAX)
            if sum(movement.by_line) != movement.pieces:
                raise ValueError("the lines' parts of a movement do not sum to its pieces")
        for discount in self.discounts:
            self._by_line(discount.by_line, bounds.AMOUNT_MINOR_MAX)
        if min(nets(self.basket, self.discounts)) < 0:
            raise ValueError("the discounts take more off a line than it costs")

    def _by_line(self, parts: tuple[int, ...], high: int) -> None:
        if len(parts) != len(self.basket.lines):
            raise ValueError("a movement or discount has not one part for each line")
        for part in parts:
            bounds.whole("part of a line", part, 0, high)

    @property
    def paid_minor(self) -> Minor:
        """What was to be paid after all discounts."""
        return sum(nets(self.basket, self.discounts))


@dataclass(frozen=True, slots=True)
class Payment:
    """How a basket was paid: the till's receipt, the tenders, and the basket as it was then.

    `ended` says what became of the agreement before: nothing (it is open), `cancelled`, `committed` (another sale has kept it)
    or `unknown` (this terminal has never heard of it).
    """

    till: TillReference
    tenders: tuple[Tender, ...]
    basket: Basket
    fingerprint: str
    ended: str = ""

    def __post_init__(self) -> None:
        bounds.whole("number of tenders", len(self.tenders), 0, bounds.TENDERS_MAX)


def commit(program: Program, agreement: Agreement, payment: Payment) -> Sale:
    """The Sale of a paid agreement. Never refused and never quoted again; it accrues on the tenders really used.

    `program` is the version the agreement was made with. A basket that changed since keeps the discounts that were promised,
    as far as the lines still bear them.
    """
    discounts, flags = agreement.discounts, []
    if payment.ended:
        flags.append(f"agreement_{payment.ended}")
    if payment.basket != agreement.basket:
        flags.append("basket_changed")
        discounts = _carried(agreement, payment.basket)
    net = nets(payment.basket, discounts)
    if sum(tender.amount_minor for tender in payment.tenders) != sum(net):
        flags.append("tenders_differ")
    tier = agreement.member.tier if agreement.member else ""
    paid = _earning(net, payment.tenders, program.policies.tenders_without_accrual)
    earns = agreement.member and payment.basket.currency == program.currency
    accrued = accrue(program, tier, payment.basket.lines, paid) if earns else ()
    return Sale(
        till=payment.till,
        fingerprint=payment.fingerprint,
        agreement=agreement.id,
        member=agreement.member,
        engine=ENGINE,
        program_version=agreement.program_version,
        program_hash=agreement.program_hash,
        basket=payment.basket,
        tenders=payment.tenders,
        choices=agreement.choices,
        discounts=discounts,
        accruals=tuple(one.movement() for one in accrued),
        redemptions=_on_lines(agreement.redemptions, discounts),
        holds=agreement.holds,
        flags=tuple(flags),
    )


@dataclass(frozen=True, slots=True)
class ReturnedLine:
    """So much of an original line comes back."""

    line: str
    quantity_milli: int

    def __post_init__(self) -> None:
        bounds.text("line", self.line)
        bounds.whole("quantity_milli", self.quantity_milli, 1, bounds.QUANTITY_MILLI_MAX)


@dataclass(frozen=True, slots=True)
class Reversal:
    """What a return undoes: earned pieces taken back, spent pieces given back, money to refund; each by unit, in total."""

    taken_back: dict[str, int]
    given_back: dict[str, int]
    refund_minor: Minor

    def __post_init__(self) -> None:
        for unit, pieces in (*self.taken_back.items(), *self.given_back.items()):
            bounds.text("unit", unit)
            bounds.whole("pieces", pieces, 1, bounds.PIECES_MAX)
        bounds.whole("refund_minor", self.refund_minor, 0, bounds.AMOUNT_MINOR_MAX)


@dataclass(frozen=True, slots=True)
class Return:
    """The body of a `return` record, version 1. Without the original at hand the reversal is the till's estimate, empty."""

    till: TillReference
    fingerprint: str
    original: str
    member: str
    lines: tuple[ReturnedLine, ...]
    reversal: Reversal
    estimate: bool

    def __post_init__(self) -> None:
        bounds.whole("number of lines", len(self.lines), 1, bounds.LINES_MAX)


@dataclass(frozen=True, slots=True)
class Void:
    """The body of a `void` record, version 1: these holds will not be spent; `agreement` is the one that was cancelled."""

    agreement: str
    holds: tuple[Hold, ...]
    member: str


@dataclass(frozen=True, slots=True)
class Enrol:
    """The body of an `enrol` record, version 1: the first of each chain."""

    posd_version: str
    store: str


def reverse(sale: Sale, returned_before: Mapping[str, int], lines: tuple[ReturnedLine, ...]) -> Reversal | Refusal:
    """Undo the part of `sale` that `lines` bring back.

    `returned_before` has the thousandths already returned by line id, from any store. Each line gives back its share of what
    it earned, spent and cost, rounded down over everything returned so far; so returns in many parts sum exactly to one of all.
    """
    places = {line.id: place for place, line in enumerate(sale.basket.lines)}
    net = nets(sale.basket, sale.discounts)
    taken: Counter[str] = Counter()
    given: Counter[str] = Counter()
    refund = 0
    already = Counter(returned_before)
    for returned in lines:
        if returned.line not in places:
            return Refusal("line_not_in_sale", {"line": returned.line})
        place = places[returned.line]
        sold = sale.basket.lines[place].quantity_milli
        before = already[returned.line]
        after = before + returned.quantity_milli
        if after > sold:
            return Refusal("returned_more_than_sold", {"line": returned.line, "left_milli": max(sold - before, 0)})
        already[returned.line] = after
        for movements, sums in ((sale.accruals, taken), (sale.redemptions, given)):
            for movement in movements:
                sums[movement.unit] += _between(movement.by_line[place], before, after, sold)
        refund += _between(net[place], before, after, sold)
    return Reversal(dict(+taken), dict(+given), refund)


def sale_entries(sale: Sale) -> tuple[Entry, ...]:
    """What `sale` moves: pieces issued to the member, and pieces redeemed out of its holds, whose rest goes back."""
    if sale.member is None:
        return ()
    member = available(sale.member.handle)
    entries = [Entry(ISSUED, member, movement.unit, movement.pieces) for movement in sale.accruals]
    left = Counter(pieces_by_unit(sale.redemptions))
    for hold in sale.holds:
        spent = min(hold.pieces, left[hold.unit])
        left[hold.unit] -= spent
        if spent:
            entries.append(Entry(held(hold.id), REDEEMED, hold.unit, spent))
        if hold.pieces > spent:
            entries.append(Entry(held(hold.id), member, hold.unit, hold.pieces - spent))
    entries += [Entry(member, REDEEMED, unit, pieces) for unit, pieces in left.items() if pieces]
    return tuple(entries)


def return_entries(member: str, reversal: Reversal) -> tuple[Entry, ...]:
    """What a return moves: earned pieces back to where they came from, spent ones back to the member."""
    if not member:
        return ()
    taken = [Entry(available(member), ISSUED, unit, pieces) for unit, pieces in reversal.taken_back.items()]
    return (*taken, *(Entry(REDEEMED, available(member), unit, pieces) for unit, pieces in reversal.given_back.items()))


def void_entries(void: Void) -> tuple[Entry, ...]:
    """What a void moves: each hold back to the member."""
    return tuple(Entry(held(hold.id), available(void.member), hold.unit, hold.pieces) for hold in void.holds)


def _between(amount: int, before: int, after: int, whole: int) -> int:
    """The part of `amount` that lies between two cumulative quantities of `whole`."""
    return floor_share(amount, after, whole) - floor_share(amount, before, whole)


def _earning(net: tuple[Minor, ...], tenders: tuple[Tender, ...], without: tuple[str, ...]) -> tuple[Minor, ...]:
    """What of each line was paid by tenders that earn."""
    dry = sum(tender.amount_minor for tender in tenders if tender.kind in without)
    if not dry:
        return net
    earning = max(0, sum(net) - dry)
    return split(earning, net) if earning else (0,) * len(net)


def _carried(agreement: Agreement, basket: Basket) -> tuple[Discount, ...]:
    """The promised discounts laid on a basket that changed: line by line of the same id, never more than the line costs."""
    promised = [
        {line.id: off for line, off in zip(agreement.basket.lines, discount.by_line, strict=True)}
        for discount in agreement.discounts
    ]
    left = [line.amount_minor for line in basket.lines]
    carried = []
    for discount, offs in zip(agreement.discounts, promised, strict=True):
        by_line = tuple(min(offs.get(line.id, 0), left[place]) for place, line in enumerate(basket.lines))
        left = [have - off for have, off in zip(left, by_line, strict=True)]
        carried.append(Discount(discount.rule, by_line))
    return tuple(carried)


def _on_lines(redemptions: tuple[Movement, ...], discounts: tuple[Discount, ...]) -> tuple[Movement, ...]:
    """The redemptions laid on the lines of the basket as it was paid: as the discounts were, or evenly where none was borne."""
    offs = {discount.rule: discount.by_line for discount in discounts}
    laid = []
    for movement in redemptions:
        off = offs[movement.rule]
        weights = off if any(off) else (1,) * len(off)
        laid.append(Movement(movement.rule, movement.unit, movement.pieces, split(movement.pieces, weights)))
    return tuple(laid)
