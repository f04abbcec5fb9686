"""What accruals, rewards, promotions, challenges and pools can and cannot mean: what they share, then each type's own word."""

from collections.abc import Iterator, Mapping
from dataclasses import fields
from typing import Any

from loyalty import bounds
from loyalty import mistakes as wrong
from loyalty.accruals import ACCRUALS
from loyalty.accruals.multiply import depth
from loyalty.conditions import CONDITIONS
from loyalty.mistakes import Known, below
from loyalty.money import WHOLE_BP
from loyalty.program import AccrualRule, Challenge, Limits, Mistake, Pool, Program, PromotionRule, RewardRule
from loyalty.rewards import REWARDS

MONEY_LIMITS = ("amount_max", "budget_amount")
EARNING = ("accruals", "challenges", "plans")
"""Sections whose rules earn in a sale, by their codes."""


def of_rules(program: Program) -> Iterator[Mistake]:
    """Every mistake in a rule."""
    known = Known(program, {})
    before: dict[str, int] = {}
    for code, accrual in program.accruals.items():
        known = Known(program, before)
        yield from below(f"accruals.{code}", _accrual(accrual, known))
        before[code] = depth(accrual.settings, known)
    for code, reward in program.rewards.items():
        yield from below(f"rewards.{code}", _reward(reward, known))
    for code, promotion in program.promotions.items():
        yield from below(f"promotions.{code}", _promotion(promotion, known))
    for code, challenge in program.challenges.items():
        yield from below(f"challenges.{code}", _challenge(challenge, known))
    for code, pool in program.pools.items():
        yield from below(f"pools.{code}", _pool(pool, known))
    yield from _twice(program)


def _accrual(rule: AccrualRule, known: Known) -> Iterator[Mistake]:
    yield from wrong.known("unit", rule.unit, known.program.units, "unit")
    for cap in ("pieces_max", "pieces_max_day", "pieces_max_month"):
        yield from wrong.number(cap, getattr(rule, cap), 0, bounds.PIECES_MAX)
    yield from ACCRUALS[rule.type].mistakes(rule.settings, known)
    yield from wrong.goods("lines", rule.lines)
    yield from _held(rule.when, rule.unless, known)
    yield from _partner(rule.partner, known)


def _reward(rule: RewardRule, known: Known) -> Iterator[Mistake]:
    row = REWARDS[rule.type]
    if row.free_of_units:
        if rule.cost or rule.unit:
            yield Mistake("cost" if rule.cost else "unit", f"{rule.type} takes no units", 'cost = 0 and unit = ""')
    else:
        yield from wrong.known("unit", rule.unit, known.program.units, "unit")
        if not 0 < rule.cost <= bounds.COST_MAX:
            found = "is more than anybody could pay" if rule.cost > 0 else "would give it away for nothing"
            yield Mistake("cost", f"{rule.cost} {found}", f"1 to {bounds.COST_MAX}")
    yield from _offer(rule, known)


def _promotion(rule: PromotionRule, known: Known) -> Iterator[Mistake]:
    if REWARDS[rule.type].by_choice:
        offered = ", ".join(kind for kind, row in REWARDS.items() if not row.by_choice)
        yield Mistake(
            "type", f"{rule.type} must be chosen by the member, and a promotion comes by itself", f"one of: {offered}"
        )
    yield from _offer(rule, known)


def _offer(rule: RewardRule | PromotionRule, known: Known) -> Iterator[Mistake]:
    row = REWARDS[rule.type]
    yield from wrong.named("name", rule.name)
    yield from row.mistakes(rule.settings, known)
    if rule.exclusive and (row.tender or row.last):
        yield Mistake("exclusive", f"{rule.type} comes after all discounts and keeps none of them out", "remove it")
    yield from wrong.goods("lines", rule.lines)
    yield from _held(rule.when, rule.unless, known)
    yield from wrong.number("priority", rule.priority, -bounds.COST_MAX, bounds.COST_MAX)
    for field in fields(Limits):
        value = getattr(rule.limits, field.name)
        if field.name in MONEY_LIMITS:
            yield from wrong.amount(f"limits.{field.name}", value, low=0)
        else:
            yield from wrong.number(f"limits.{field.name}", value, 0, bounds.COST_MAX)
    if rule.limits.budget_amount and rule.limits.budget_uses:
        yield Mistake("limits.budget_uses", "it has a budget of money already", "budget_amount or budget_uses, not both")
    yield from _partner(rule.partner, known)


def _challenge(rule: Challenge, known: Known) -> Iterator[Mistake]:
    yield from wrong.named("name", rule.name)
    yield from wrong.number("goal", rule.goal, 1, bounds.PIECES_MAX)
    yield from ACCRUALS[rule.type].mistakes(rule.settings, known)
    yield from wrong.goods("lines", rule.lines)
    yield from _held(rule.when, rule.unless, known)
    yield from wrong.number("within_days", rule.within_days, 0, bounds.DAYS_MAX)
    if rule.within_days and rule.period:
        yield Mistake("within_days", f"it runs in each {rule.period} already", "within_days or period, not both")
    if rule.streak and not rule.period:
        yield Mistake("streak", "there is no period that it could miss", 'period = "week", or another')
    yield from wrong.number("times_max", rule.times_max, 0, bounds.COST_MAX)
    yield from wrong.number("prize", rule.prize, 0, bounds.COST_MAX)
    if rule.prize_unit:
        yield from wrong.known("prize_unit", rule.prize_unit, known.program.units, "unit")
        if not rule.prize:
            yield Mistake("prize", f"it gives no {rule.prize_unit}", "how many pieces the prize is")
    elif rule.prize:
        yield Mistake("prize_unit", "it is missing", f"one of this file: {', '.join(known.program.units)}")


def _pool(pool: Pool, known: Known) -> Iterator[Mistake]:
    yield from wrong.named("name", pool.name)
    yield from wrong.share("chance", pool.chance, WHOLE_BP)
    yield from wrong.number("prizes_max", pool.prizes_max, 1, bounds.COST_MAX)
    yield from wrong.number("per_day", pool.per_day, 0, bounds.COST_MAX)
    yield from wrong.number("prize", len(pool.prizes), 1, bounds.STEPS_MAX)
    for place, prize in enumerate(pool.prizes):
        yield from wrong.known(f"prize.{place}.unit", prize.unit, known.program.units, "unit")
        yield from wrong.number(f"prize.{place}.give", prize.give, 1, bounds.COST_MAX)
        yield from wrong.number(f"prize.{place}.weight", prize.weight, 1, bounds.COST_MAX)
    yield from _held(pool.when, pool.unless, known)


def _held(when: Mapping[str, Any], unless: Mapping[str, Any], known: Known) -> Iterator[Mistake]:
    """What is wrong with when a rule holds. An `unless` that asks for nothing more than `when` always holds with it."""
    for side, conditions in (("when", when), ("unless", unless)):
        for name, value in conditions.items():
            yield from below(f"{side}.{name}", CONDITIONS[name].mistakes(value, known))
    if unless and all(name in when and when[name] == value for name, value in unless.items()):
        yield Mistake(
            "unless", "it holds whenever `when` does, so the rule never would", "something that `when` does not ask for"
        )


def _partner(code: str, known: Known) -> Iterator[Mistake]:
    return wrong.known("partner", code, known.program.partners, "partner") if code else iter(())


def _twice(program: Program) -> Iterator[Mistake]:
    """What is given is counted by the rule's code: two that share one would share their limits and their budget. And what a
    sale earns by a pool's code is taken for a prize.
    """
    seen: dict[str, str] = {}
    for section in ("rewards", "promotions", "pools"):
        if section == "pools":
            seen |= {code: earning for earning in EARNING for code in getattr(program, earning)}
        for code in getattr(program, section):
            if code in seen:
                yield Mistake(f"{section}.{code}", f"there is one in {seen[code]} of the same code", "a code of its own")
            seen.setdefault(code, section)
