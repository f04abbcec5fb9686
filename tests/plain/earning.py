"""What a checkout earns: each accrual and each challenge by itself."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction

from loyalty.goods import ALL
from loyalty.money import split
from loyalty.program import AccrualRule, Challenge, Program
from tests.plain.conditions import why_not
from tests.plain.offers import Walk, whole_basket
from tests.plain.till import Till, rounded, untaxed


@dataclass
class Part:
    """Pieces by one rule, and how the lines share them."""

    rule: str
    unit: str
    pieces: int
    weights: Sequence[int]


@dataclass
class Gain:
    """All that is earned, what was used up by it, and why other rules earn nothing."""

    earned: list[Part] = field(default_factory=list)
    used: list[Part] = field(default_factory=list)
    refusals: list[tuple[str, str]] = field(default_factory=list)


def gains(program: Program, walk: Walk) -> Gain:
    """What the member earns on what is left to pay; in the tier that it leads to, where the policies say so."""
    gain, till = _gains(program, walk), walk.till
    if program.tiers is None or till.member is None or program.policies.accrual_tier == "held":
        return gain
    unit, codes = program.tiers.unit, [step.code for step in program.tiers.steps]
    have = till.member.balances.get(unit, 0) + sum(one.pieces for one in gain.earned if one.unit == unit)
    reached = max((place for place, step in enumerate(program.tiers.steps) if step.from_pieces <= have), default=0)
    if reached > (codes.index(till.member.tier) if till.member.tier in codes else 0):
        till.member = replace(till.member, tier=codes[reached])
        return _gains(program, walk)
    return gain


def _gains(program: Program, walk: Walk) -> Gain:
    gain, till = Gain(), walk.till
    if till.member is None:
        return gain
    balances = till.member.balances
    before: dict[str, Part] = {}
    for code, rule in program.accruals.items():
        if refusal := why_not(rule.when, rule.unless, rule.lines, till):
            gain.refusals.append((code, refusal))
            continue
        pieces, weights, rest = _earned(code, rule, walk, before)
        pieces = min(pieces, rule.pieces_max) if rule.pieces_max else pieces
        for most, kind in ((rule.pieces_max_day, "earned_day"), (rule.pieces_max_month, "earned_month")):
            if most:
                pieces = min(pieces, max(0, most - balances.get(f"{kind}/{code}", 0)))
        before[code] = Part(code, rule.unit, pieces, weights)
        gain.refusals.append((code, ""))
        if pieces:
            gain.earned.append(Part(code, rule.unit, pieces, weights))
            for most, kind in ((rule.pieces_max_day, "earned_day"), (rule.pieces_max_month, "earned_month")):
                if most:
                    gain.earned.append(Part(code, f"{kind}/{code}", pieces, weights))
        more = rest - balances.get(f"rest/{code}", 0) if rest is not None else 0
        if more > 0:
            gain.earned.append(Part(code, f"rest/{code}", more, weights))
        if more < 0:
            gain.used.append(Part(code, f"rest/{code}", -more, weights))
    for code, challenge in program.challenges.items():
        gain.refusals.append((code, _counted(code, challenge, walk, gain)))
    for code, plan in program.plans.items():
        sold = [line.pieces if line.product == plan.product and line.amount_minor >= 0 else 0 for line in till.lines]
        if any(sold):
            gain.earned.append(Part(f"{code}", f"plan/{code}", sum(sold), sold))
    for code, pool in program.pools.items():
        refusal = why_not(pool.when, pool.unless, ALL, till)
        if not refusal and pool.per_day and balances.get(f"used_day/{code}", 0) >= pool.per_day:
            refusal = "limit_reached"
        if not refusal and not till.moment.place.budget_left.get(f"budget/{code}", pool.prizes_max):
            refusal = "budget_exceeded"
        gain.refusals.append((code, refusal))
    return gain


def _counted(code: str, challenge: Challenge, walk: Walk, gain: Gain) -> str:
    """Towards a challenge; why not, or an empty text."""
    member = walk.till.member
    assert member
    if refusal := why_not(challenge.when, challenge.unless, challenge.lines, walk.till):
        return refusal
    if challenge.times_max and member.balances.get(f"won/{code}", 0) >= challenge.times_max:
        return "challenge_over"
    pieces, weights, _ = _earned(code, challenge, walk, {})
    if challenge.streak and pieces:
        if member.balances.get(f"step/{code}", 0) > 0:
            return ""
        pieces = 1
        gain.earned.append(Part(code, f"step/{code}", 1, weights))
    if pieces:
        gain.earned.append(Part(code, f"count/{code}", pieces, weights))
    return ""


def _earned(
    code: str, rule: AccrualRule | Challenge, walk: Walk, before: dict[str, Part]
) -> tuple[int, Sequence[int], int | None]:
    """Pieces, weights of the lines, and the money that is carried over (None where none is)."""
    till, settings = walk.till, rule.settings
    places, policies = set(till.of(rule.lines)), till.program.policies
    lines = range(len(till.lines))
    paid = _paid(walk, rule.lines != ALL)
    amounts = [paid[place] if place in places else 0 for place in lines]
    percent = _tier_percent(till) if getattr(settings, "by_tier", False) else 100
    match rule.type:
        case "per_money":
            rate = Fraction(settings.give * percent, settings.every * 100)
            if settings.carry:
                assert till.member
                steps, rest = divmod(sum(amounts) + till.member.balances.get(f"rest/{code}", 0), settings.every)
                shares = next(
                    some for some in (amounts, [int(place in places) for place in lines], [1] * len(lines)) if any(some)
                )
                return steps * settings.give * percent // 100, shares, rest
            if settings.whole_steps:
                return sum(amounts) // settings.every * settings.give * percent // 100, amounts, None
            if policies.accrual_rounded_per == "line":
                parts = [rounded(amount * rate, policies.accrual_rounding) for amount in amounts]
                return sum(parts), parts, None
            return rounded(sum(amounts) * rate, policies.accrual_rounding), amounts, None
        case "per_piece":
            counts = [_pieces(till, place) if place in places else 0 for place in lines]
            step = settings.every
            if settings.weighed:
                step *= 1000
                counts = [
                    line.quantity_milli if place in places and line.amount_minor >= 0 else 0
                    for place, line in enumerate(till.lines)
                ]
            return sum(counts) // step * settings.give * percent // 100, counts, None
        case "per_sale":
            bought = [int(place in places and till.lines[place].amount_minor >= 0) for place in lines]
            pieces = settings.give * percent // 100 if any(bought) else 0
            return pieces, amounts if any(amounts) else bought, None
        case "multiply":
            pieces, sums = 0, [0] * len(lines)
            for part in (before[one] for one in settings.of if one in before and before[one].pieces):
                mine = [weight if place in places else 0 for place, weight in enumerate(part.weights)]
                share = Fraction(sum(mine), max(sum(part.weights), 1))
                pieces += rounded(part.pieces * share * Fraction(settings.percent, 10_000), policies.accrual_rounding)
                sums = [have + weight for have, weight in zip(sums, mine, strict=True)]
            return pieces, sums, None
    raise AssertionError(rule.type)


def _pieces(till: Till, place: int) -> int:
    line = till.lines[place]
    if line.amount_minor < 0:
        return 0
    return line.pieces - (0 if till.program.policies.free_pieces_earn else till.free[place])


def _tier_percent(till: Till) -> int:
    ladder, member = till.program.tiers, till.member
    if ladder is None or member is None:
        return 100
    known = {step.code: step.accrual_percent for step in ladder.steps}
    return known.get(member.tier, ladder.steps[0].accrual_percent)


def _paid(walk: Walk, for_goods: bool) -> list[int]:
    """What counts as paid for each line: by a rule for some goods, or by one for the whole basket."""
    till, policies = walk.till, walk.till.program.policies
    counts = []
    for place, line in enumerate(till.lines):
        amount = till.left[place]
        if policies.earn_on == "rung":
            amount = line.amount_minor
        if policies.earn_on == "paid" and for_goods and not policies.order_discounts_lower_goods:
            amount += sum(one.gift.offs[place] for one in walk.taken if whole_basket(one.rule))
        if policies.earn_on == "undiscounted_lines" and (amount != line.amount_minor or line.reduced):
            amount = 0
        elif not policies.earn_on_levies:
            amount -= line.levy_minor
        counts.append(amount)
    dry = 0 if policies.earn_on_unit_tenders else till.paid
    if dry or min(counts) < 0:
        wet = max(0, sum(counts) - dry)
        counts = list(split(wet, [max(amount, 0) for amount in counts])) if wet else [0] * len(counts)
    if policies.earn_tax == "excluded":
        return [untaxed(amount, line.tax_bp) for amount, line in zip(counts, till.lines, strict=True)]
    return counts
