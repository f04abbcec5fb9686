"""A committed checkout, and what else a terminal reports. posting.py has what they do to the ledger, reverse.py undoes one."""

from dataclasses import dataclass, field, replace

from loyalty import bounds, counters
from loyalty.accrue import NOTHING, Accrual, Harvest, Looked, Settled, accrue
from loyalty.agreement import Agreement, Facts, Hold
from loyalty.basket import Basket, Tender
from loyalty.bill import Bill, bill, open_part
from loyalty.lots import lot_for, lot_named, plan_lot
from loyalty.moment import Moment
from loyalty.money import Minor, split
from loyalty.pool import Drawn, Luck, won
from loyalty.program import Program
from loyalty.quote import NO_EXTRAS, Choice, Discount, Extras, Movement, Use, movement, nets
from loyalty.rules import compiled

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
        bounds.day("business_date", self.business_date)


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
    moment: Moment
    extras: Extras = NO_EXTRAS

    def __post_init__(self) -> None:
        """Raise ValueError for what could not be booked: a record from the wire is looked at here before it is applied."""
        bounds.whole("number of tenders", len(self.tenders), 0, bounds.TENDERS_MAX)
        for one, others in (*((one, "partner/") for one in self.accruals), *((one, "cause/") for one in self.redemptions)):
            bounds.text("unit", one.unit)
            bounds.text("account", one.account, 0)
            if one.account and not one.account.startswith(others):
                raise ValueError(f"a movement names the account {one.account!r:.60}; only one of {others} is wanted")
            bounds.whole("pieces", one.pieces, 1, bounds.PIECES_MAX)
            self._by_line(one.by_line, bounds.PIECES_MAX)
            if sum(one.by_line) != one.pieces:
                raise ValueError("the lines' parts of a movement do not sum to its pieces")
        for discount in self.discounts:
            self._by_line(discount.by_line, bounds.AMOUNT_MINOR_MAX)
        for line, net in zip(self.basket.lines, nets(self.basket, self.discounts), strict=True):
            if net < min(line.amount_minor, 0):
                raise ValueError("the discounts take more off a line than it costs")
        self._extras()

    def _extras(self) -> None:
        """Raise ValueError for tenders, gifts, donations and uses that no bill can have."""
        extras = self.extras
        rules = [one.rule for some in (extras.tenders, extras.gifts, extras.donations, extras.uses) for one in some]
        bounds.whole("number of extras", len(rules), 0, bounds.LINES_MAX)
        for rule in rules:
            bounds.text("rule", rule)
        for amount in (extras.paid_minor, extras.donated_minor):
            bounds.whole("amount of the extras", amount, 0, bounds.AMOUNT_MINOR_MAX)
        for gift in extras.gifts:
            bounds.text("product", gift.product)
            bounds.whole("pieces of a gift", gift.pieces, 1, bounds.PIECES_MAX)
        for use in extras.uses:
            bounds.whole("times", use.times, 1, bounds.COST_MAX)
            bounds.whole("amount of a use", use.amount_minor, 0, bounds.AMOUNT_MINOR_MAX)
            for unit in use.counters:
                bounds.text("counter", unit)

    def _by_line(self, parts: tuple[int, ...], high: int) -> None:
        if len(parts) != len(self.basket.lines):
            raise ValueError("a movement or discount has not one part for each line")
        for part in parts:
            bounds.whole("part of a line", part, 0, high)

    @property
    def total_minor(self) -> Minor:
        """What the goods cost after all discounts, whatever paid for them."""
        return sum(nets(self.basket, self.discounts))

    @property
    def paid_minor(self) -> Minor:
        """What was to be paid with money: after all discounts and what units paid, with what was donated."""
        return self.total_minor + self.extras.donated_minor - self.extras.paid_minor


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


def commit(program: Program, agreement: Agreement, payment: Payment, luck: Luck | None = None) -> Sale:
    """The Sale of a paid agreement. Never refused and never quoted again; it accrues on the tenders really used.

    `program` is the version the agreement was made with. A basket that changed since keeps the discounts that were promised,
    as far as the lines still bear them. `luck` draws the surprises; without it there are none.
    """
    discounts, flags = agreement.discounts, []
    if payment.ended:
        flags.append(f"agreement_{payment.ended}")
    if payment.basket != agreement.basket:
        flags.append("basket_changed")
        discounts = _carried(agreement, payment.basket)
    extras = agreement.extras
    total = sum(nets(payment.basket, discounts)) + extras.donated_minor
    if sum(tender.amount_minor for tender in payment.tenders) not in (total, total - extras.paid_minor):
        flags.append("tenders_differ")
    paid = _paid(program, agreement, payment, discounts)
    harvest = _harvest(program, agreement, payment, discounts, paid) if paid else NOTHING
    drawn = won(compiled(program), paid, luck) if paid else []
    day = payment.till.business_date
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
        accruals=(
            *(_earned(program, agreement, one, day) for one in harvest.accruals),
            *(_prize(program, one, nets(payment.basket, discounts), day) for one in drawn),
        ),
        redemptions=(*_on_lines(_chosen(agreement), discounts, payment.basket), *map(movement, harvest.spent)),
        holds=agreement.holds,
        flags=tuple(flags),
        moment=agreement.moment,
        extras=replace(extras, uses=(*extras.uses, *(_drawn_use(program, one) for one in drawn))) if drawn else extras,
    )


def looked(program: Program, sale: Sale) -> tuple[Looked, ...]:
    """What each way of earning found in a booked sale: the reasons for its `accruals`. `program` is the sale's own version."""
    paid = _paid(program, sale, sale, sale.discounts)
    return _harvest(program, sale, sale, sale.discounts, paid).looked if paid else ()


def _paid(
    program: Program, agreement: Agreement | Sale, payment: Payment | Sale, discounts: tuple[Discount, ...]
) -> Bill | None:
    """The bill as it was paid, by the facts that the agreement was made on; None where nothing is earned on it."""
    if agreement.member is None or payment.basket.currency != program.currency:
        return None
    basket = replace(payment.basket, paying=tuple(dict.fromkeys(tender.kind for tender in payment.tenders)))
    paid = bill(program, agreement.member.member(), basket, agreement.moment)
    for discount in discounts:
        paid.take(enumerate(discount.by_line))
        for place, pieces in enumerate(discount.free):
            paid.given[place] = paid.given.get(place, 0) + pieces
    return paid


def _harvest(
    program: Program, agreement: Agreement | Sale, payment: Payment | Sale, discounts: tuple[Discount, ...], paid: Bill
) -> Harvest:
    """What is earned on the tenders really used."""
    rules = compiled(program)
    order_wide = {benefit.code for benefit in rules.benefits if benefit.order_wide}
    order_offs = [0] * len(paid.lines)
    for discount in discounts:
        if discount.rule in order_wide:
            order_offs = [have + off for have, off in zip(order_offs, discount.by_line, strict=True)]
    policies = program.policies
    dry = sum(tender.amount_minor for tender in payment.tenders if tender.kind in policies.tenders_without_accrual)
    if not policies.earn_on_unit_tenders:
        dry += agreement.extras.paid_minor
    return accrue(rules, paid, Settled(order_offs, dry))


def _chosen(agreement: Agreement) -> tuple[Movement, ...]:
    """What was promised to be spent; counters are worked out anew from what was really paid."""
    return tuple(one for one in agreement.redemptions if not counters.is_counter(one.unit))


def _earned(program: Program, agreement: Agreement, accrual: Accrual, day: str) -> Movement:
    kind, _, code = accrual.unit.partition("/")
    if kind == "plan" and agreement.member:
        last = agreement.member.plans.get(code, "")
        lot = plan_lot(program, code, {lot_named(expires=last): 1} if last else {}, day)
    else:
        lot = lot_for(program, accrual.unit, day)
    rule = None if counters.is_counter(accrual.unit) else program.accruals.get(accrual.rule)
    account = f"partner/{rule.partner}" if rule and rule.partner else ""
    return movement(accrual, lot, account)


def _prize(program: Program, drawn: Drawn, net: tuple[Minor, ...], day: str) -> Movement:
    """A prize is earned as any piece is; the lines share it by what each cost."""
    unit, pieces = drawn.prize.unit, drawn.prize.give
    weights = tuple(max(one, 0) for one in net)
    by_line = split(pieces, weights if any(weights) else (1,) * len(net))
    return Movement(drawn.pool, unit, pieces, by_line, lot_for(program, unit, day))


def _drawn_use(program: Program, drawn: Drawn) -> Use:
    """It is counted for the member's day, and is one off the budget."""
    units = (counters.used(drawn.pool, "day"),) if program.pools[drawn.pool].per_day else ()
    return Use(drawn.pool, 1, 0, units)


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
    """What a return undoes: earned pieces taken back, spent pieces given back, money to refund; each by unit, in total.

    `uses` are counters of limits that go down again; `lots` has, by unit, the lot that the earned pieces went into.
    `whole` says that nothing of the sale is left. `elsewhere` has, by account and unit, what of all that goes back to a partner or
    comes back from a cause, and not to or from the program.
    """

    taken_back: dict[str, int]
    given_back: dict[str, int]
    refund_minor: Minor
    uses: dict[str, int] = field(default_factory=dict)
    lots: dict[str, str] = field(default_factory=dict)
    whole: bool = False
    elsewhere: dict[str, dict[str, int]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        others = [moved for account in self.elsewhere.values() for moved in account.items()]
        for unit, pieces in (*self.taken_back.items(), *self.given_back.items(), *self.uses.items(), *others):
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
class Promised:
    """The body of a `promised` record, version 1: these holds are kept for promises that are open. Head office was restored from a
    backup, and may not know of them any more.
    """

    holds: tuple[Hold, ...]
    member: str


@dataclass(frozen=True, slots=True)
class LeaseReturn:
    """The body of a `lease_return` record, version 1: so much of each unit of `lease` was ever spent or promised; the rest goes
    back, and nothing more is taken from it. A later one of the same lease says it anew.
    """

    lease: str
    member: str
    spent: dict[str, int]

    def __post_init__(self) -> None:
        bounds.text("lease", self.lease)
        bounds.whole("number of units", len(self.spent), 0, bounds.UNITS_MAX)
        for unit, pieces in self.spent.items():
            bounds.text("unit", unit)
            bounds.whole("pieces", pieces, 0, bounds.PIECES_MAX)


@dataclass(frozen=True, slots=True)
class Enrol:
    """The body of an `enrol` record, version 1: the first of each chain."""

    posd_version: str
    store: str


def _carried(agreement: Agreement, basket: Basket) -> tuple[Discount, ...]:
    """The promised discounts laid on a basket that changed: line by line of the same id, never more than may come off the line."""
    left = [open_part(line) for line in basket.lines]
    places = {line.id: place for place, line in enumerate(agreement.basket.lines)}
    carried = []
    for discount in agreement.discounts:
        offs, free = [0] * len(left), [0] * len(left) if discount.free else []
        for place, line in enumerate(basket.lines):
            before = places.get(line.id)
            if before is None:
                continue
            offs[place] = min(discount.by_line[before], left[place])
            left[place] -= offs[place]
            if discount.free:
                free[place] = min(discount.free[before], line.pieces)
        carried.append(Discount(discount.rule, tuple(offs), tuple(free)))
    return tuple(carried)


def _on_lines(redemptions: tuple[Movement, ...], discounts: tuple[Discount, ...], basket: Basket) -> tuple[Movement, ...]:
    """The redemptions laid on the lines of the basket as it was paid: as the discounts were, or by what each line costs."""
    offs = {discount.rule: discount.by_line for discount in discounts}
    costs = tuple(max(net, 0) for net in nets(basket, discounts))
    laid = []
    for one in redemptions:
        off = offs.get(one.rule, ())
        weights = off if any(off) else costs if any(costs) else (1,) * len(costs)
        laid.append(replace(one, by_line=split(one.pieces, weights)))
    return tuple(laid)
