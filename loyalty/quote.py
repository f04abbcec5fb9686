"""The whole answer for a basket now: what it earns, what the member may take, what is to be paid, and why. Writes nothing."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from loyalty import bounds
from loyalty.accruals import ACCRUALS
from loyalty.accruals.earning import Paid
from loyalty.basket import Basket, Line
from loyalty.member import Member
from loyalty.moment import Moment
from loyalty.money import Minor, split
from loyalty.program import Program, RewardRule, tier_by_code
from loyalty.refusal import Params, Refusal
from loyalty.rewards import REWARDS
from loyalty.rewards.giving import Due, due

TIMES_MAX = 1000  # a reward chosen more often than this in one basket is a slip of the finger


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
    """Pieces of a unit that a rule gives or takes; `by_line` has each basket line's part, and they sum to `pieces`."""

    rule: str
    unit: str
    pieces: int
    by_line: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Accrual:
    """Pieces of a unit that a rule would give; `weights` are what the lines share them by once it is committed."""

    rule: str
    unit: str
    pieces: int
    weights: tuple[int, ...]

    def movement(self) -> Movement:
        """Shared among the lines."""
        return Movement(self.rule, self.unit, self.pieces, split(self.pieces, self.weights))


@dataclass(frozen=True, slots=True)
class Discount:
    """What a reward takes off each basket line, in minor units."""

    rule: str
    by_line: tuple[Minor, ...]


@dataclass(frozen=True, slots=True)
class Step:
    """One sentence of the trace: which rule, and what it did or why it did not (`trace.CODE` in runtime/locales)."""

    rule: str
    code: str
    params: Params = field(default_factory=dict)


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

    @property
    def to_pay_minor(self) -> Minor:
        """What the member is to pay."""
        return sum(nets(self.basket, self.discounts))

    @property
    def forecast(self) -> dict[str, int]:
        """Each unit's balance once this is committed."""
        after = Counter(self.member.balances if self.member else {})
        after.update(pieces_by_unit(self.accruals))
        after.subtract(pieces_by_unit(self.redemptions))
        return dict(after)


def quote(program: Program, member: Member | None, basket: Basket, moment: Moment, choices: tuple[Choice, ...] = ()) -> Quote:
    """Work it all out. The same arguments always give the same Quote, at the till and at head office."""
    wanted: Counter[str] = Counter()
    for choice in choices:
        wanted[choice.reward] += choice.times
    left = due(basket.lines, tuple(line.amount_minor for line in basket.lines))
    spendable = _spendable(member) if member else {}
    ours = basket.currency == program.currency
    offers: list[Offer] = []
    discounts: list[Discount] = []
    redemptions: list[Movement] = []
    for code, rule in program.rewards.items():
        offer = _offer(code, rule, member, spendable, left) if ours else _refused(code, rule, Refusal("other_currency"))
        times = wanted.pop(code, 0)
        if times > offer.times_max and offer.refusal is None:
            offer = replace(offer, refusal=Refusal("choice_too_many", {"times": times, "times_max": offer.times_max}))
        elif times and offer.refusal is None:
            taken = REWARDS[rule.type].discount(rule.settings, times, left)
            offer = replace(offer, times=times, off_minor=sum(taken))
            discounts.append(Discount(code, taken))
            spent = rule.cost * times
            redemptions.append(Movement(code, rule.unit, spent, split(spent, taken)))
            spendable[rule.unit] -= spent
            left = due(left.lines, tuple(have - off for have, off in zip(left.amounts, taken, strict=True)))
        offers.append(offer)
    offers += [Offer(code, "", 0, 0, refusal=Refusal("unknown_reward", {"reward": code})) for code in wanted]
    tier = tier_by_code(program, member.tier) if member else None
    accruals = accrue(program, tier.code if tier else "", basket.lines, left.amounts) if member and ours else ()
    return Quote(
        basket=basket,
        member=member,
        tier=tier.code if tier else "",
        program_version=program.version,
        program_hash=program.hash,
        moment=moment,
        choices=choices,
        offers=tuple(offers),
        discounts=tuple(discounts),
        accruals=accruals,
        redemptions=tuple(redemptions),
        trace=_trace(program, member, tuple(offers), accruals, left.total_minor),
    )


def accrue(program: Program, tier: str, lines: tuple[Line, ...], paid: tuple[Minor, ...]) -> tuple[Accrual, ...]:
    """What a member of `tier` earns when `paid` minor units were really paid for each line."""
    step = tier_by_code(program, tier)
    basis = Paid(lines, paid, sum(paid), step.accrual_percent if step else 100)
    accruals = []
    for code, rule in program.accruals.items():
        earned = ACCRUALS[rule.type].earn(rule.settings, basis)
        if earned.pieces:
            accruals.append(Accrual(code, rule.unit, earned.pieces, earned.weights))
    return tuple(accruals)


def pieces_by_unit(movements: Iterable[Movement | Accrual]) -> dict[str, int]:
    """The sum of `movements` by unit."""
    sums: Counter[str] = Counter()
    for movement in movements:
        sums[movement.unit] += movement.pieces
    return dict(sums)


def nets(basket: Basket, discounts: tuple[Discount, ...]) -> tuple[Minor, ...]:
    """What is to be paid for each line after `discounts`."""
    left = [line.amount_minor for line in basket.lines]
    for discount in discounts:
        for place, off in enumerate(discount.by_line):
            left[place] -= off
    return tuple(left)


def _spendable(member: Member) -> dict[str, int]:
    """What head office has confirmed, less what this terminal has since spent or taken back: never more than there is."""
    return {unit: min(pieces, member.balances.get(unit, 0)) for unit, pieces in member.spendable.items()}


def _offer(code: str, rule: RewardRule, member: Member | None, spendable: Mapping[str, int], left: Due) -> Offer:
    """How often `rule` could be taken by this member for what is due, or why not once."""
    room = _room(rule, member, spendable, left)
    return _refused(code, rule, room) if isinstance(room, Refusal) else Offer(code, rule.unit, rule.cost, room)


def _refused(code: str, rule: RewardRule, refusal: Refusal) -> Offer:
    return Offer(code, rule.unit, rule.cost, 0, refusal=refusal)


def _room(rule: RewardRule, member: Member | None, spendable: Mapping[str, int], left: Due) -> int | Refusal:
    if member is None:
        return Refusal("member_needed")
    have = spendable.get(rule.unit, 0)
    waiting = max(0, member.balances.get(rule.unit, 0) - member.spendable.get(rule.unit, 0))
    if have < rule.cost <= have + waiting:
        return Refusal("pieces_unconfirmed", {"confirmed": have, "have": have + waiting, "cost": rule.cost, "unit": rule.unit})
    if have < rule.cost:
        short = rule.cost - have - waiting  # the page shows the balance with what waits: the sentence must agree with it
        return Refusal("pieces_missing", {"missing": short, "have": have + waiting, "cost": rule.cost, "unit": rule.unit})
    room = REWARDS[rule.type].room(rule.settings, left)
    return room if isinstance(room, Refusal) else min(have // rule.cost, room, TIMES_MAX)


def _trace(
    program: Program, member: Member | None, offers: tuple[Offer, ...], accruals: tuple[Accrual, ...], paid_minor: Minor
) -> tuple[Step, ...]:
    """Every rule's sentence, in the program's order: rewards first, then what was earned on the rest."""
    steps = []
    for offer in offers:
        if offer.refusal:
            steps.append(Step(offer.reward, offer.refusal.code, offer.refusal.params))
        elif offer.times:
            spent: Params = {"pieces": offer.cost * offer.times, "unit": offer.unit, "off_minor": offer.off_minor}
            steps.append(Step(offer.reward, "taken", spent))
        else:
            steps.append(Step(offer.reward, "offered", {"times_max": offer.times_max, "cost": offer.cost, "unit": offer.unit}))
    if member is None:
        return (*steps, Step("", "no_member"))
    step = tier_by_code(program, member.tier)
    earned = {movement.rule: movement.pieces for movement in accruals}
    for code, rule in program.accruals.items():
        pieces = earned.get(code, 0)
        percent = step.accrual_percent if step and getattr(rule.settings, "by_tier", False) else 100
        params: Params = {"pieces": pieces, "unit": rule.unit, "paid_minor": paid_minor, "percent": percent}
        steps.append(Step(code, "earned", params))
    return tuple(steps)
