"""What a checkout earns, once it is known what is paid for each line: by every accrual, and towards every challenge."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from loyalty import counters
from loyalty.accruals.earning import Basis, Earned
from loyalty.bill import Bill, without_tax
from loyalty.member import Member
from loyalty.money import Minor, split
from loyalty.program import AccrualRule, Challenge, Program, tier_by_code, tier_of
from loyalty.refusal import Refusal
from loyalty.rules import Earning, Rules


class Accrual(NamedTuple):
    """Pieces of a unit that a rule would give; `weights` are what the lines share them by once it is committed."""

    rule: str
    unit: str
    pieces: int
    weights: tuple[int, ...]


class Looked(NamedTuple):
    """What was found about an accrual or a challenge: why it earns nothing, or how many pieces.

    `paid_minor` counted for it, and the tier made it `percent` of the usual.
    """

    earning: Earning
    refusal: Refusal | None
    pieces: int = 0
    paid_minor: Minor = 0
    percent: int = 100


class Harvest(NamedTuple):
    """All that is earned. `spent` are pieces of counters that were used up by it: (rule, unit, pieces)."""

    accruals: tuple[Accrual, ...]
    spent: tuple[Accrual, ...]
    looked: tuple[Looked, ...]


NOTHING = Harvest((), (), ())


class Settled(NamedTuple):
    """How a bill is settled: what order-wide discounts took off each line, and how much is paid by what earns nothing."""

    order_offs: Sequence[Minor]
    dry_minor: Minor = 0


def accrue(rules: Rules, bill: Bill, settled: Settled) -> Harvest:
    """What the member of `bill` earns, in the program's order; nothing without a member.

    By the policy `accrual_tier` it is earned in the tier that the member has, or in the one that this very checkout leads to.
    """
    harvest = _accrue(rules, bill, settled)
    if bill.member is None or rules.program.tiers is None or bill.policies.accrual_tier == "held":
        return harvest
    risen = _risen(rules.program, bill.member, harvest)
    return _accrue(rules, replace(bill, member=risen), settled) if risen else harvest


def _risen(program: Program, member: Member, harvest: Harvest) -> Member | None:
    """The member in the tier that `harvest` leads to; None where it is no higher one."""
    assert program.tiers is not None
    unit = program.tiers.unit
    after = member.balances.get(unit, 0) + sum(one.pieces for one in harvest.accruals if one.unit == unit)
    held, reached = tier_by_code(program, member.tier), tier_of(program, {unit: after})
    assert held is not None
    assert reached is not None
    return replace(member, tier=reached.code) if reached.from_pieces > held.from_pieces else None


def _accrue(rules: Rules, bill: Bill, settled: Settled) -> Harvest:
    program, member = rules.program, bill.member
    if member is None or not (rules.earnings or program.plans):
        return NOTHING
    whole, goods = _amounts(bill, settled)
    tier = tier_by_code(program, member.tier)
    policies = bill.policies
    pieces = _pieces(bill)
    accruals: list[Accrual] = []
    spent: list[Accrual] = []
    looked: list[Looked] = []
    earned: dict[str, Earned] = {}
    for earning in rules.earnings:
        if earning.gate is not None and (refusal := earning.gate(bill)):
            looked.append(Looked(earning, refusal))
            continue
        basis = Basis(
            bill.basket.lines,
            earning.pick(bill.index),
            goods if earning.goods else whole,
            pieces,
            tier.accrual_percent if tier else 100,
            policies.accrual_rounding,
            policies.accrual_rounded_per == "line",
            member.balances.get(counters.rest(earning.code), 0),
            earned,
        )
        found = earning.way.earn(earning.settings, basis)
        if earning.challenge:
            looked.append(_count(earning, earning.challenge, found, bill, accruals))
            continue
        assert earning.rule is not None
        amount = _capped(earning.code, earning.rule, found.pieces, member.balances)
        earned[earning.code] = found if amount == found.pieces else found._replace(pieces=amount)
        percent = basis.percent if earning.way.by_tier(earning.settings) else 100
        looked.append(Looked(earning, None, amount, basis.paid(), percent))
        if amount:
            accruals.append(Accrual(earning.code, earning.unit, amount, found.weights))
            accruals += _towards_caps(earning.code, earning.rule, amount, found.weights)
        if found.rest is not None and found.rest != basis.rest:
            more = found.rest - basis.rest
            carried = Accrual(earning.code, counters.rest(earning.code), abs(more), found.weights)
            (accruals if more > 0 else spent).append(carried)
    accruals += _plans(program, bill)
    return Harvest(tuple(accruals), tuple(spent), tuple(looked))


def _capped(code: str, rule: AccrualRule, pieces: int, balances: Mapping[str, int]) -> int:
    if rule.pieces_max:
        pieces = min(pieces, rule.pieces_max)
    for most, period in ((rule.pieces_max_day, "day"), (rule.pieces_max_month, "month")):
        if most:
            pieces = min(pieces, max(most - balances.get(counters.earned(code, period), 0), 0))
    return pieces


def _towards_caps(code: str, rule: AccrualRule, pieces: int, weights: tuple[int, ...]) -> list[Accrual]:
    caps = (("day", rule.pieces_max_day), ("month", rule.pieces_max_month))
    return [Accrual(code, counters.earned(code, period), pieces, weights) for period, most in caps if most]


def _count(earning: Earning, challenge: Challenge, found: Earned, bill: Bill, accruals: list[Accrual]) -> Looked:
    """A step towards a challenge; of a streak one in each period, however much is bought."""
    assert bill.member is not None
    balances, code = bill.member.balances, earning.code
    if challenge.times_max and balances.get(counters.won(code), 0) >= challenge.times_max:
        return Looked(earning, Refusal("challenge_over"))
    pieces = found.pieces
    if challenge.streak and pieces:
        pieces = 0 if balances.get(counters.stepped(code), 0) > 0 else 1
        if pieces:
            accruals.append(Accrual(code, counters.stepped(code), 1, found.weights))
    if pieces:
        accruals.append(Accrual(code, counters.counted(code), pieces, found.weights))
    return Looked(earning, None, pieces)


def _plans(program: Program, bill: Bill) -> list[Accrual]:
    """The memberships that are sold in this basket."""
    sold = []
    for code, plan in program.plans.items():
        places = [place for place in bill.index.products.get(plan.product, ()) if bill.lines[place].amount_minor >= 0]
        counts = tuple(bill.lines[place].pieces if place in places else 0 for place in range(len(bill.lines)))
        if any(counts):
            sold.append(Accrual(code, counters.plan(code), sum(counts), counts))
    return sold


def _pieces(bill: Bill) -> tuple[int, ...]:
    """How many pieces of each line count for accruals by the piece."""
    free = {} if bill.policies.free_pieces_earn else bill.given
    return tuple(line.pieces - free.get(place, 0) if line.amount_minor >= 0 else 0 for place, line in enumerate(bill.lines))


def _amounts(bill: Bill, settled: Settled) -> tuple[tuple[Minor, ...], tuple[Minor, ...]]:
    """What counts as paid for each line: for rules about the whole basket, and for those about some goods.

    By the policies an order-wide discount lowers the first and not the second.
    """
    policies, lines = bill.policies, bill.lines
    if policies.earn_on == "rung":
        whole = [line.amount_minor for line in lines]
    elif policies.earn_on == "paid":
        whole = bill.left
    else:
        whole = bill.left
    if not policies.earn_on_levies:
        whole = [amount - line.levy_minor for amount, line in zip(whole, lines, strict=True)]
    if policies.earn_on == "undiscounted_lines":
        whole = [
            0 if left != line.amount_minor or line.reduced else amount
            for amount, left, line in zip(whole, bill.left, lines, strict=True)
        ]
    dry = settled.dry_minor
    first = _wet(whole, dry)
    goods = first
    if policies.earn_on == "paid" and not policies.order_discounts_lower_goods and any(settled.order_offs):
        goods = _wet([amount + off for amount, off in zip(whole, settled.order_offs, strict=True)], dry)
    if policies.earn_tax == "included":
        return first, goods
    rates = [line.tax_bp for line in lines]
    return tuple(map(without_tax, first, rates)), tuple(map(without_tax, goods, rates))


def _wet(amounts: Sequence[Minor], dry: Minor) -> tuple[Minor, ...]:
    """`amounts` less what was paid by tenders that earn nothing, and less the till's negative lines: none is negative."""
    if not dry and min(amounts) >= 0:
        return tuple(amounts)
    earning = max(0, sum(amounts) - dry)
    return split(earning, [max(amount, 0) for amount in amounts]) if earning else (0,) * len(amounts)
