"""The whole answer for a basket now: what it earns, what the member may take, what is to be paid, and why. Writes nothing."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from loyalty import bounds, counters
from loyalty.accrue import NOTHING, Accrual, Harvest, Settled, accrue
from loyalty.basket import Basket
from loyalty.bill import Bill, bill
from loyalty.member import Member
from loyalty.moment import Moment
from loyalty.money import Minor, split
from loyalty.program import Program, tier_by_code
from loyalty.refusal import Refusal
from loyalty.rules import Benefit, Rules, compiled
from loyalty.stacking import Ask, Finding, Outcome, Taken, choose
from loyalty.trace import Step, trace

TIMES_MAX = bounds.COST_MAX  # a wallet pays by the agora

SETTLES_AFTER = 4  # rounds of asking whether what a sale earns still pays what it spends


@dataclass(frozen=True, slots=True)
class Choice:
    """The member wants reward `reward`, `times` times: less than once would give pieces and take money."""

    reward: str
    times: int = 1

    def __post_init__(self) -> None:
        bounds.text("reward", self.reward)
        bounds.whole("times", self.times, 1, TIMES_MAX)


@dataclass(frozen=True, slots=True)
class Offer:
    """A reward inside a quote: how often it may be taken, how often it was, and why not if it may not."""

    reward: str
    unit: str
    cost: int
    times_max: int
    times: int = 0
    off_minor: Minor = 0
    refusal: Refusal | None = None


@dataclass(frozen=True, slots=True)
class Movement:
    """Pieces of a unit that a rule gives or takes; `by_line` has each basket line's part, and they sum to `pieces`.

    `lot` says how long they live (loyalty/lots.py); `account` where they come from or go to, if not the program.
    """

    rule: str
    unit: str
    pieces: int
    by_line: tuple[int, ...]
    lot: str = ""
    account: str = ""


# A value like the others: frozen, it would take three times as long to make, and a quote makes one for each offer.
@dataclass(slots=True, unsafe_hash=True)
class Discount:
    """What a reward or a promotion takes off each basket line, in minor units; `free` pieces of each line cost nothing by it."""

    rule: str
    by_line: tuple[Minor, ...]
    free: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class UnitTender:
    """Money that pieces of a unit pay: no discount, the till books it as a tender."""

    rule: str
    unit: str
    pieces: int
    amount_minor: Minor


@dataclass(frozen=True, slots=True)
class GiftLine:
    """Pieces of a product that are handed over beside the basket."""

    rule: str
    product: str
    pieces: int


@dataclass(frozen=True, slots=True)
class Donation:
    """Money for a cause, paid beside the goods."""

    rule: str
    cause: str
    amount_minor: Minor


@dataclass(frozen=True, slots=True)
class Use:
    """A rule with limits was given so many times; `amount_minor` is what it cost its budget. `counters` count it."""

    rule: str
    times: int
    amount_minor: Minor = 0
    counters: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Extras:
    """What a checkout has beside discounts and pieces."""

    tenders: tuple[UnitTender, ...] = ()
    gifts: tuple[GiftLine, ...] = ()
    donations: tuple[Donation, ...] = ()
    uses: tuple[Use, ...] = ()

    @property
    def paid_minor(self) -> Minor:
        """What units pay."""
        return sum(one.amount_minor for one in self.tenders)

    @property
    def donated_minor(self) -> Minor:
        """What is paid beside the goods."""
        return sum(one.amount_minor for one in self.donations)


NO_EXTRAS = Extras()


@dataclass(frozen=True, slots=True)
class Quote:
    """The answer. What is to be paid is the basket less the discounts; `forecast` is each unit's balance after it all."""

    basket: Basket
    member: Member | None
    tier: str
    program_version: int
    program_hash: str
    moment: Moment
    choices: tuple[Choice, ...]
    offers: tuple[Offer, ...]
    discounts: tuple[Discount, ...]
    accruals: tuple[Accrual, ...]
    redemptions: tuple[Movement, ...]
    trace: tuple[Step, ...]
    extras: Extras = field(default_factory=Extras)

    @property
    def total_minor(self) -> Minor:
        """What the goods cost after the discounts, and what is donated."""
        return sum(nets(self.basket, self.discounts)) + self.extras.donated_minor

    @property
    def to_pay_minor(self) -> Minor:
        """What the member is to pay with money."""
        return self.total_minor - self.extras.paid_minor

    @property
    def forecast(self) -> dict[str, int]:
        """Each unit's balance once this is committed; the counters are left out."""
        after = Counter(self.member.balances if self.member else {})
        after.update(pieces_by_unit(self.accruals))
        after.subtract(pieces_by_unit(self.redemptions))
        return {unit: pieces for unit, pieces in after.items() if not counters.is_counter(unit)}

    @property
    def reserves(self) -> dict[str, int]:
        """What must be reserved before payment, by unit: what is spent beyond what this same sale earns of it."""
        earned = pieces_by_unit(self.accruals)
        spent = pieces_by_unit(one for one in self.redemptions if not counters.is_counter(one.unit))
        have = self.member.spendable if self.member else {}
        held = {unit: max(pieces - earned.get(unit, 0), min(pieces, have.get(unit, 0))) for unit, pieces in spent.items()}
        return {unit: pieces for unit, pieces in held.items() if pieces > 0}


def quote(program: Program, member: Member | None, basket: Basket, moment: Moment, choices: tuple[Choice, ...] = ()) -> Quote:
    """Work it all out. The same arguments always give the same Quote, at the till and at head office."""
    rules = compiled(program)
    wanted: dict[str, int] = {}
    for choice in choices:
        wanted[choice.reward] = wanted.get(choice.reward, 0) + choice.times
    tier = tier_by_code(program, member.tier) if member else None
    if basket.currency != program.currency:
        return _foreign(rules, Quote(basket, member, tier.code if tier else "", program.version, program.hash, moment, choices,
                                     (), (), (), (), ()), wanted)  # fmt: skip
    ask = Ask(lambda: bill(program, member, basket, moment), wanted, {})
    outcome, harvest = _settle(rules, ask)
    taken = outcome.taken
    return Quote(
        basket=basket,
        member=member,
        tier=tier.code if tier else "",
        program_version=program.version,
        program_hash=program.hash,
        moment=moment,
        choices=choices,
        offers=(*_offers(rules, outcome), *_unknown(rules, wanted)),
        discounts=_discounts(taken, len(basket.lines)),
        accruals=harvest.accruals,
        redemptions=(*(_redemption(one, outcome.bill) for one in taken if one.benefit.cost), *map(movement, harvest.spent)),
        trace=trace(rules, outcome, harvest, wanted),
        extras=_extras(taken),
    )


def _settle(rules: Rules, ask: Ask) -> tuple[Outcome, Harvest]:
    """The offers and what is earned on the rest. Pieces of this same sale pay in it, if the policies say so, but never more than
    it earns in the end: what they pay may lower what is earned.
    """
    outcome = choose(rules, ask)
    harvest = _harvest(rules, outcome)
    own = _own(rules, outcome, harvest, ask)
    if not own:
        return outcome, harvest
    for _ in range(SETTLES_AFTER):
        again = choose(rules, ask._replace(own=own))
        harvest = _harvest(rules, again)
        earned = pieces_by_unit(harvest.accruals)
        if all(again.bill.spendable[unit] >= pieces - earned.get(unit, 0) for unit, pieces in own.items()):
            return again, harvest
        own = {unit: min(pieces, earned.get(unit, 0)) for unit, pieces in own.items()}
    return outcome, _harvest(rules, outcome)


def _own(rules: Rules, outcome: Outcome, harvest: Harvest, ask: Ask) -> dict[str, int]:
    """Pieces that this sale earns and that could pay in it: of units of which the member is short, and that are not pending."""
    if not harvest.accruals or not rules.program.policies.spend_in_same_sale:
        return {}
    spendable = outcome.bill.spendable
    short = {
        one.unit
        for one in (*rules.benefits, *rules.last)
        if one.cost and (spendable[one.unit] < one.cost or ask.wanted.get(one.code))
    }
    earned = pieces_by_unit(harvest.accruals)
    units = rules.program.units
    return {
        unit: earned[unit]
        for unit in short
        if earned.get(unit) and unit in units and units[unit].at_once and not units[unit].pending_days
    }


def _harvest(rules: Rules, outcome: Outcome) -> Harvest:
    policies, checkout = rules.program.policies, outcome.bill
    if checkout.member is None or not (rules.earnings or rules.program.plans):
        return NOTHING
    offs = [0] * len(checkout.left)
    for one in outcome.taken:
        if one.benefit.order_wide:
            for place, off in one.given.offs:
                offs[place] += off
    dry = 0 if policies.earn_on_unit_tenders else checkout.paid
    return accrue(rules, checkout, Settled(offs, dry))


def movement(accrual: Accrual, lot: str = "", account: str = "") -> Movement:
    """What an accrual moves once it is committed, shared among the lines."""
    return Movement(accrual.rule, accrual.unit, accrual.pieces, split(accrual.pieces, accrual.weights), lot, account)


def pieces_by_unit(movements: Iterable[Movement | Accrual]) -> dict[str, int]:
    """The sum of `movements` by unit."""
    sums: Counter[str] = Counter()
    for movement in movements:
        sums[movement.unit] += movement.pieces
    return dict(sums)


def nets(basket: Basket, discounts: Iterable[Discount]) -> tuple[Minor, ...]:
    """What is to be paid for each line after `discounts`."""
    left = [line.amount_minor for line in basket.lines]
    for discount in discounts:
        for place, off in enumerate(discount.by_line):
            left[place] -= off
    return tuple(left)


def _discounts(taken: list[Taken], lines: int) -> tuple[Discount, ...]:
    """What comes off, line by line."""
    discounts = []
    for benefit, _, _, given, _ in taken:
        if given.offs:
            by_line = [0] * lines
            for place, off in given.offs:
                by_line[place] = off
            free = _free(given.free, lines) if given.free else ()
            discounts.append(Discount(benefit.code, tuple(by_line), free))
    return tuple(discounts)


def _free(pieces_of: Iterable[tuple[int, int]], lines: int) -> tuple[int, ...]:
    free = [0] * lines
    for place, pieces in pieces_of:
        free[place] = pieces
    return tuple(free)


def _redemption(taken: Taken, bill: Bill) -> Movement:
    """What is spent; the lines share it as they share what comes off, or by what they cost in the end where nothing does."""
    weights = [0] * len(bill.left)
    for place, off in taken.given.offs:
        weights[place] = off
    if not any(weights):
        weights = [max(left, 0) for left in bill.left]
    if not any(weights):
        weights = [1] * len(weights)
    spent = taken.benefit.cost * taken.times
    account = f"cause/{taken.given.cause}" if taken.given.cause else ""
    return Movement(taken.benefit.code, taken.benefit.unit, spent, split(spent, weights), account=account)


def _extras(taken: list[Taken]) -> Extras:
    tenders, gifts, donations, uses = [], [], [], []
    for one in taken:
        benefit, given = one.benefit, one.given
        if benefit.limited:
            uses.append(_use(one))
        if not given.offs:
            if given.paid_minor:
                tenders.append(UnitTender(benefit.code, benefit.unit, benefit.cost * one.times, given.paid_minor))
            gifts += [GiftLine(benefit.code, product, pieces) for product, pieces in given.gifts]
            if given.donated_minor:
                donations.append(Donation(benefit.code, given.cause, given.donated_minor))
    return Extras(tuple(tenders), tuple(gifts), tuple(donations), tuple(uses)) if taken else NO_EXTRAS


def _use(taken: Taken) -> Use:
    limits, code = taken.benefit.limits, taken.benefit.code
    periods = ((limits.per_day, "day"), (limits.per_month, "month"), (limits.per_member, ""))
    units = tuple(counters.used(code, period) for most, period in periods if most)
    return Use(code, taken.times, taken.off_minor + taken.given.paid_minor, units)


def _offers(rules: Rules, outcome: Outcome) -> list[Offer]:
    """The rewards, in the order they were looked at; promotions come by themselves and are no offers."""
    if not rules.rewards:
        return []
    return [_offer(benefit, found) for benefit, found in outcome.looked if benefit.chosen]


def _offer(benefit: Benefit, found: Finding) -> Offer:
    code, unit, cost = benefit.code, benefit.unit, benefit.cost
    if isinstance(found, Refusal):
        return Offer(code, unit, cost, 0, refusal=found)
    if isinstance(found, Taken):
        return Offer(code, unit, cost, found.times_max, found.times, found.off_minor + found.given.paid_minor)
    return Offer(code, unit, cost, found.times_max, refusal=found.refusal)


def _unknown(rules: Rules, wanted: Mapping[str, int]) -> list[Offer]:
    unknown = [code for code in wanted if code not in rules.rewards]
    return [Offer(code, "", 0, 0, refusal=Refusal("unknown_reward", {"reward": code})) for code in unknown]


def _foreign(rules: Rules, empty: Quote, wanted: Mapping[str, int]) -> Quote:
    """A basket in another currency is sold, and the program does nothing with it."""
    refused = [Offer(one.code, one.unit, one.cost, 0, refusal=Refusal("other_currency"))
               for one in (*rules.benefits, *rules.last) if one.chosen]  # fmt: skip
    steps = [Step(offer.reward, "other_currency") for offer in refused]
    return replace(empty, offers=(*refused, *_unknown(rules, wanted)), trace=tuple(steps))
