"""What a new version of a program changes for members: each change, and whether it is better or worse for them.

Where it cannot be told, a change counts as worse: a club's members are to be asked rather once too often. How each field is
judged stands in loyalty/judges.py.
"""

from collections.abc import Iterator, Mapping
from dataclasses import fields
from typing import Any, Literal, NamedTuple

from loyalty import judges
from loyalty.judges import Effect
from loyalty.program import NO_LIMITS, Limits, Names, Program, PromotionRule, RewardRule, Tier

SECTIONS = ("accruals", "rewards", "promotions", "challenges", "plans", "awards", "pools")
"""What members have of a program; losing one is worse, a new one better."""

UNRULY = ("settings", "when", "unless", "lines", "limits")
"""Fields of a rule that are tables of their own."""


class Change(NamedTuple):
    """Something that differs: its key (`rewards.ten_off.cost`), how, for better or worse, and both values; `name` is the rule's.

    Values are as in the domain: minor units, hundredths of a percent, tuples; None for what is not there.
    """

    key: str
    kind: Literal["added", "removed", "changed"]
    effect: Effect
    old: Any = None
    new: Any = None
    name: Names = {}  # noqa: RUF012  a NamedTuple's default, which nobody changes


def changes(old: Program, new: Program, today: str) -> tuple[Change, ...]:
    """Everything that differs for members, in the order of a program file; on the day `today`, for what is over already."""
    return (
        *_whole(old, new),
        *_units(old, new),
        *_tiers(old, new),
        *(change for section in SECTIONS for change in _section(section, (old, new), today)),
        *_fields("policies", old.policies, new.policies),
    )


def worsening(found: tuple[Change, ...]) -> tuple[Change, ...]:
    """Those that are worse for members."""
    return tuple(change for change in found if change.effect == "worse")


def _whole(old: Program, new: Program) -> Iterator[Change]:
    for name in ("code", "currency", "name", "plain_prefixes", "open_ended", "ends"):
        before, after = getattr(old, name), getattr(new, name)
        if before != after:
            yield Change(name, "changed", judges.judge(Program, name, before, after), before, after)
    for section in ("causes", "partners"):
        yield from _codes(section, getattr(old, section), getattr(new, section), "neutral", "neutral")


def _units(old: Program, new: Program) -> Iterator[Change]:
    yield from _codes("units", old.units, new.units, "worse", "neutral")
    for code in (code for code in old.units if code in new.units):
        before, after = old.units[code], new.units[code]
        if judges.lifetime(before) != judges.lifetime(after):
            effect = judges.more(judges.lifetime(before), judges.lifetime(after))
            yield Change(f"units.{code}.expiry", "changed", effect, _expiry(before), _expiry(after), after.name)
        yield from _fields(f"units.{code}", before, after, skip=("expire_days", "expire_months", "expire_at"))


def _expiry(unit: Any) -> tuple[int, int, str]:
    return unit.expire_days, unit.expire_months, unit.expire_at


def _tiers(old: Program, new: Program) -> Iterator[Change]:
    if old.tiers is None or new.tiers is None:
        if old.tiers is not None:
            yield Change("tiers", "removed", "worse")
        elif new.tiers is not None:
            generous = all(step.accrual_percent >= 100 for step in new.tiers.steps)
            yield Change("tiers", "added", "better" if generous else "worse")
        return
    yield from _fields("tiers", old.tiers, new.tiers, skip=("steps",))
    before = {step.code: step for step in old.tiers.steps}
    after = {step.code: step for step in new.tiers.steps}
    for code, step in before.items():
        if code not in after:
            yield Change(f"tiers.{code}", "removed", "worse", name=step.name)
        else:
            yield from _fields(f"tiers.{code}", step, after[code], skip=("code",))
    for code, step in after.items():
        if code not in before:
            at_old = _percent_at(old.tiers.steps, step.from_pieces)
            yield Change(f"tiers.{code}", "added", judges.more(at_old, step.accrual_percent), name=step.name)


def _percent_at(steps: tuple[Tier, ...], pieces: int) -> int:
    return next((step.accrual_percent for step in reversed(steps) if pieces >= step.from_pieces), 100)


def _section(section: str, programs: tuple[Program, Program], today: str) -> Iterator[Change]:
    """The rules that are gone, those that are new, and those that are still there."""
    old, new = (getattr(program, section) for program in programs)
    for code, rule in old.items():
        if code not in new:
            over = _last_day(rule) < today
            yield Change(f"{section}.{code}", "removed", "neutral" if over else "worse", name=_name(rule))
        else:
            yield from _rule(f"{section}.{code}", rule, new[code])
    for code, rule in new.items():
        if code not in old:
            crowds = getattr(rule, "exclusive", False) and programs[1].policies.stacking == "in_order" and _others(programs[1])
            yield Change(f"{section}.{code}", "added", "worse" if crowds else "better", name=_name(rule))


def _others(program: Program) -> bool:
    """Whether an exclusive offer would stand in another's way."""
    return len(program.rewards) + len(program.promotions) > 1


def _rule(key: str, old: Any, new: Any) -> Iterator[Change]:
    if getattr(old, "type", "") != getattr(new, "type", ""):
        yield Change(f"{key}.type", "changed", "worse", old.type, new.type, _name(new))
        return
    yield from _fields(key, old, new, skip=("type", *UNRULY))
    if hasattr(old, "settings"):
        yield from _settings(key, old, new)
    if hasattr(old, "lines"):
        yield from _one(f"{key}.lines", judges.goods(old.lines, new.lines), (old.lines, new.lines), _name(new))
    if hasattr(old, "when"):
        yield from _when(f"{key}.when", old, new)
        yield from _unless(f"{key}.unless", old, new)
    if isinstance(old, RewardRule | PromotionRule) and (old.limits != NO_LIMITS or new.limits != NO_LIMITS):
        for field in fields(Limits):
            before, after = getattr(old.limits, field.name), getattr(new.limits, field.name)
            if before != after:
                yield Change(f"{key}.limits.{field.name}", "changed", judges.cap(before, after), before, after, _name(new))


def _settings(key: str, old: Any, new: Any) -> Iterator[Change]:
    """The settings of one type; how much for how much is one change, not two."""
    before, after = judges.rate(old.settings), judges.rate(new.settings)
    if before and after and before != after:
        effect = judges.more(before[0] * after[1], after[0] * before[1])
        yield Change(f"{key}.{old.type}", "changed", effect, before, after, _name(new))
    skip = ("give", "every") if before else ()
    for change in _fields(key, old.settings, new.settings, skip=skip):
        yield change._replace(name=_name(new))


def _when(key: str, old: Any, new: Any) -> Iterator[Change]:
    """One condition more is worse, and one less is better."""
    for code, before, after in _both(old.when, new.when):
        if before is None:
            yield Change(f"{key}.{code}", "added", "worse", None, after, _name(new))
        elif after is None:
            yield Change(f"{key}.{code}", "removed", "better", before, None, _name(new))
        else:
            yield Change(f"{key}.{code}", "changed", judges.condition(code, before, after), before, after, _name(new))


def _unless(key: str, old: Any, new: Any) -> Iterator[Change]:
    """What excludes: the first condition is worse, but each one more excludes less often; so the last one gone is better."""
    for code, before, after in _both(old.unless, new.unless):
        if before is None:
            yield Change(f"{key}.{code}", "added", "better" if old.unless else "worse", None, after, _name(new))
        elif after is None:
            yield Change(f"{key}.{code}", "removed", "worse" if new.unless else "better", before, None, _name(new))
        else:
            yield Change(f"{key}.{code}", "changed", judges.condition(code, after, before), before, after, _name(new))


def _both(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[tuple[str, Any, Any]]:
    """Each condition that differs, with both values; None where it is not."""
    for code in [*old, *(code for code in new if code not in old)]:
        if old.get(code) != new.get(code):
            yield code, old.get(code), new.get(code)


def _codes(section: str, old: Mapping[str, Any], new: Mapping[str, Any], lost: Effect, won: Effect) -> Iterator[Change]:
    for code in old:
        if code not in new:
            yield Change(f"{section}.{code}", "removed", lost, name=_name(old[code]))
    for code in new:
        if code not in old:
            yield Change(f"{section}.{code}", "added", won, name=_name(new[code]))


def _fields(key: str, old: Any, new: Any, skip: tuple[str, ...] = ()) -> Iterator[Change]:
    """Each field of two values of one dataclass, judged by its row."""
    for field in fields(old):
        before, after = getattr(old, field.name), getattr(new, field.name)
        if field.name not in skip and before != after:
            effect = judges.judge(type(old), field.name, before, after)
            yield Change(f"{key}.{field.name}", "changed", effect, before, after, _name(new))


def _one(key: str, effect: Effect, values: tuple[Any, Any], name: Names) -> Iterator[Change]:
    if values[0] != values[1]:
        yield Change(key, "changed", effect, *values, name)


def _name(rule: Any) -> Names:
    return rule if isinstance(rule, Mapping) else getattr(rule, "name", {})


def _last_day(rule: Any) -> str:
    """The last day on which a rule can hold; "9" for ever."""
    windows = getattr(rule, "when", {}).get("dates", ())
    return max((window.last or "9" for window in windows), default="9")
