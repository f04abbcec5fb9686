"""What a program's words can and cannot mean: every mistake at once, by the key it stands at."""

from collections.abc import Iterator

from loyalty import bounds
from loyalty.accruals import ACCRUALS
from loyalty.program import Mistake, Program
from loyalty.rewards import REWARDS


def validate(program: Program) -> list[Mistake]:
    """Every mistake of meaning at once; shapes and types are already right when this is asked."""
    return [*_units(program), *_amounts(program), *_tiers(program), *_prefixes(program)]


def _units(program: Program) -> Iterator[Mistake]:
    known = ", ".join(program.units) or "none is defined"
    used = [(f"accruals.{code}.unit", rule.unit) for code, rule in program.accruals.items()]
    used += [(f"rewards.{code}.unit", reward.unit) for code, reward in program.rewards.items() if reward.unit or reward.cost]
    if program.tiers:
        used.append(("tiers.unit", program.tiers.unit))
    for key, unit in used:
        if unit not in program.units:
            yield Mistake(key, f"there is no unit {unit!r}", f"one of the units of this file: {known}")


def _amounts(program: Program) -> Iterator[Mistake]:
    if program.version < 1:
        yield Mistake("version", f"{program.version} is not a version", "1 or more, higher with each publication")
    for code, unit in program.units.items():
        if unit.worth < 0:
            yield Mistake(f"units.{code}.worth", "a piece cannot be worth less than nothing", 'an amount, "0.00" or more')
    for code, rule in program.accruals.items():
        assert rule.type in ACCRUALS
        for name in ("every", "give"):
            if getattr(rule.settings, name, 1) <= 0:
                yield Mistake(f"accruals.{code}.{name}", "nothing can be earned by it", "more than zero")
        if rule.type == "per_money" and rule.settings.give > bounds.GIVE_MAX:
            yield Mistake(f"accruals.{code}.give", "it gives more than any shop means", f"at most {bounds.GIVE_MAX}")
    for code, reward in program.rewards.items():
        assert reward.type in REWARDS
        if not REWARDS[reward.type].free_of_units and not 0 < reward.cost <= bounds.COST_MAX:
            wrong = "nobody could pay it" if reward.cost > 0 else "would give it away for nothing"
            yield Mistake(f"rewards.{code}.cost", f"{reward.cost} {wrong}", f"1 to {bounds.COST_MAX}")
        if getattr(reward.settings, "amount", 1) <= 0:
            yield Mistake(f"rewards.{code}.amount", "it takes nothing off", 'an amount above zero, such as "10.00"')
        if getattr(reward.settings, "times_max", 0) < 0:
            yield Mistake(f"rewards.{code}.times_max", "it could never be taken", "1 or more, or 0 for as often as fits")


def _tiers(program: Program) -> Iterator[Mistake]:
    if program.tiers is None:
        return
    steps = program.tiers.steps
    if not steps:
        yield Mistake("tiers.step", "there is no step", "one [[tiers.step]] or more, or no [tiers] at all")
        return
    if steps[0].from_pieces:
        yield Mistake("tiers.step.0.from_pieces", "new members would stand below the lowest step", "0 for the first step")
    for place in range(1, len(steps)):
        if steps[place].from_pieces <= steps[place - 1].from_pieces:
            yield Mistake(f"tiers.step.{place}.from_pieces", "it is not above the step before it", "steps that rise")
    for place, step in enumerate(steps):
        if not 0 <= step.accrual_percent <= bounds.PERCENT_MAX:
            wrong = f"{step.accrual_percent} is no share of the usual"
            yield Mistake(f"tiers.step.{place}.accrual_percent", wrong, f"0 to {bounds.PERCENT_MAX}; 100 is the usual")
    if len({step.code for step in steps}) != len(steps):
        yield Mistake("tiers.step", "two steps have the same code", "a code of its own for each")


def _prefixes(program: Program) -> Iterator[Mistake]:
    for place, prefix in enumerate(program.plain_prefixes):
        if not (prefix.isascii() and prefix.isdigit() and len(prefix) < 13):
            yield Mistake(f"plain_prefixes.{place}", f"{prefix!r} cannot begin an EAN-13", "1 to 12 digits")
