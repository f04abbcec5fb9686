"""A member as a file writes one -> as head office keeps one; every mistake at once."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from loyalty import counters
from loyalty.ledger import available
from loyalty.lots import lot_for, lot_named
from loyalty.program import Mistake, Program, tier_of
from loyalty.standing import Standing, member_on
from posd.trial import shape
from posd.trial.names import unknown

Lots = dict[str, dict[str, int]]
"""Pieces by unit and lot."""


def standing(program: Program, found: shape.Member, day: str) -> tuple[Standing | None, list[Mistake]]:
    """The member as head office keeps one, with what is known on `day`. Without a tier it is what the pieces come to."""
    mistakes: list[Mistake] = []
    steps = [step.code for step in program.tiers.steps] if program.tiers else []
    if found.tier and found.tier not in steps:
        mistakes.append(unknown("tier", "tier", found.tier, steps))
    lots: Lots = {}
    _units(program, found, lots, mistakes)
    _limits(program, found, day, lots, mistakes)
    for plan, last in found.plans.items():
        if plan not in program.plans:
            mistakes.append(unknown(f"plans.{plan}", "plan", plan, program.plans))
        _add(lots, counters.plan(plan), lot_named("", last), 1)
    if mistakes:
        return None, mistakes
    own = available(found.handle)
    made = Standing(
        handle=found.handle,
        accounts={(own, unit): held for unit, held in lots.items()},
        tier=found.tier,
        reviewed=found.reviewed,
        visits=found.visits,
        spent_minor=found.spent,
        joined=found.joined,
        last_visit=found.last_visit,
        segments=found.segments,
        occasions={name: (window[0], window[1]) for name, window in found.occasions.items()},
        referred_by=found.referred_by,
    )
    tier = None if found.tier else tier_of(program, member_on(made, day).balances)
    return replace(made, tier=tier.code) if tier else made, []


def _units(program: Program, found: shape.Member, lots: Lots, mistakes: list[Mistake]) -> None:
    for unit, parts in found.units.items():
        if unit not in program.units:
            mistakes.append(unknown(f"units.{unit}", "unit", unit, program.units))
        for place, part in enumerate(parts):
            if part.expires and part.ready > part.expires:
                mistakes.append(Mistake(f"units.{unit}.{place}.ready", "it is after they expire", "a day before that"))
            _add(lots, unit, lot_named(part.ready, part.expires), part.pieces)


def _limits(program: Program, found: shape.Member, day: str, lots: Lots, mistakes: list[Mistake]) -> None:
    """What is counted besides: uses of rules, and the other counters by name."""
    rules: dict[str, Any] = {**program.rewards, **program.promotions}
    for rule, uses in found.used.items():
        if rule not in rules:
            mistakes.append(unknown(f"used.{rule}", "reward or promotion", rule, rules))
        for period, times in (("", uses.ever), ("month", uses.month), ("day", uses.day)):
            _count(program, lots, counters.used(rule, period), times, day)
    known = set(_counters(program))
    for name, pieces in found.counters.items():
        if name in known:
            _count(program, lots, name, pieces, day)
        else:
            mistakes.append(unknown(f"counters.{name}", "counter", name, sorted(known)))


def _counters(program: Program) -> Iterable[str]:
    """Every counter that the rules of a program may look at."""
    for rule in (*program.rewards, *program.promotions):
        yield from (counters.used(rule, period) for period in ("", "day", "month"))
    for rule in program.accruals:
        yield from (counters.rest(rule), counters.earned(rule, "day"), counters.earned(rule, "month"))
    for code in program.challenges:
        yield from (counters.counted(code), counters.stepped(code), counters.won(code))
    for code in program.awards:
        yield counters.given(code)


def _count(program: Program, lots: Lots, name: str, pieces: int, day: str) -> None:
    if pieces:
        _add(lots, name, lot_for(program, name, day), pieces)


def _add(lots: Lots, unit: str, lot: str, pieces: int) -> None:
    held = lots.setdefault(unit, {})
    held[lot] = held.get(lot, 0) + pieces
