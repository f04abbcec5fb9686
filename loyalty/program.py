"""A program: a versioned set of rules, as data. Reading the file is sync/program_file.py's; what its words mean is here."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from loyalty import bounds
from loyalty.accruals import ACCRUALS
from loyalty.money import Minor
from loyalty.rewards import REWARDS

Names = Mapping[str, str]
"""A word in each language the shop speaks: {"he": ..., "en": ...}."""


@dataclass(frozen=True, slots=True)
class Unit:
    """Something that is counted: a point, a stamp, an agora of cashback. `worth` is what one piece buys, for the receipt."""

    name: Names
    worth: Minor = 0


@dataclass(frozen=True, slots=True)
class Tier:
    """A standing: from `from_pieces` of the qualifying unit on, a member has it and earns `accrual_percent` of the usual."""

    code: str
    name: Names
    from_pieces: int = 0
    accrual_percent: int = 100


@dataclass(frozen=True, slots=True)
class Tiers:
    """The ladder, lowest step first, and the unit whose balance says how high a member stands."""

    unit: str
    steps: tuple[Tier, ...]


@dataclass(frozen=True, slots=True)
class AccrualRule:
    """Earn `unit` in the way of `type`, a row of ACCRUALS; `settings` is that row's dataclass."""

    type: str
    unit: str
    settings: Any


@dataclass(frozen=True, slots=True)
class RewardRule:
    """For `cost` pieces of `unit`, what `type`, a row of REWARDS, gives; `settings` is that row's dataclass."""

    type: str
    name: Names
    unit: str
    cost: int
    settings: Any


@dataclass(frozen=True, slots=True)
class Policies:
    """Where systems in the field contradict each other, a named setting. docs/programs.md has each with its default."""

    tenders_without_accrual: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Program:
    """One version of the rules. `hash` is the SHA-256 of its canonical JSON, which is what sales are stamped with."""

    code: str
    version: int
    currency: str
    name: Names
    units: Mapping[str, Unit]
    accruals: Mapping[str, AccrualRule]
    rewards: Mapping[str, RewardRule]
    tiers: Tiers | None = None
    plain_prefixes: tuple[str, ...] = ()
    policies: Policies = field(default_factory=Policies)
    hash: str = ""


class Mistake(NamedTuple):
    """Something in a program that cannot be meant: where (a key path such as `rewards.ten_off.unit`), what, what is wanted."""

    key: str
    wrong: str
    wanted: str


def validate(program: Program) -> list[Mistake]:
    """Every mistake of meaning at once; shapes and types are already right when this is asked."""
    return [*_units(program), *_amounts(program), *_tiers(program), *_prefixes(program)]


def tier_of(program: Program, balances: Mapping[str, int]) -> Tier | None:
    """The highest step that the balance of the qualifying unit reaches; None where the program has no tiers."""
    if program.tiers is None:
        return None
    have = balances.get(program.tiers.unit, 0)
    return next((tier for tier in reversed(program.tiers.steps) if have >= tier.from_pieces), program.tiers.steps[0])


def tier_by_code(program: Program, code: str) -> Tier | None:
    """The tier of that name; the lowest for one this version does not know, so that nobody falls off the ladder."""
    if program.tiers is None:
        return None
    return next((tier for tier in program.tiers.steps if tier.code == code), program.tiers.steps[0])


def _units(program: Program) -> Iterator[Mistake]:
    known = ", ".join(program.units) or "none is defined"
    used = [(f"accruals.{code}.unit", rule.unit) for code, rule in program.accruals.items()]
    used += [(f"rewards.{code}.unit", reward.unit) for code, reward in program.rewards.items()]
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
        if getattr(rule.settings, "give", 1) > bounds.GIVE_MAX:
            yield Mistake(f"accruals.{code}.give", "it gives more than any shop means", f"at most {bounds.GIVE_MAX}")
    for code, reward in program.rewards.items():
        assert reward.type in REWARDS
        if not 0 < reward.cost <= bounds.COST_MAX:
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
