"""What is legal in a program and surely not meant: rewards nobody reaches, offers that never match or come twice, words missing.

Each is told like a mistake, by its key; nothing is refused for it. What head office gives by hand, a program cannot know.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from loyalty.accruals.multiply import Multiply
from loyalty.money import WHOLE_BP, Minor
from loyalty.never import why_never
from loyalty.program import NO_LIMITS, Challenge, Mistake, Names, Program, PromotionRule, RewardRule
from loyalty.reach import attainable, lifetime_days, sources
from loyalty.rewards.amount_off import AmountOff
from loyalty.rewards.donate import Donate, RoundUp
from loyalty.rewards.pay import Pay
from loyalty.rewards.percent_off import PercentOff, order_wide

Doubt = Mistake
"""Where, what looks wrong, and what was probably meant."""


def doubts(program: Program, today: str) -> list[Doubt]:
    """Every doubt about a valid `program` on the day `today` (ISO 8601)."""
    return [doubt for look in _LOOKS for doubt in look(program, today)]


def _unreachable(program: Program, _: str) -> Iterator[Doubt]:
    """Rewards that nobody can pay for, and tiers that nobody can rise to."""
    wanted = [(f"rewards.{code}.cost", rule.unit, rule.cost) for code, rule in program.rewards.items() if rule.cost]
    if program.tiers:
        steps = enumerate(program.tiers.steps)
        wanted += [
            (f"tiers.step.{at}.from_pieces", program.tiers.unit, step.from_pieces) for at, step in steps if step.from_pieces
        ]
    for key, unit, pieces in wanted:
        most = attainable(program, unit)
        if most == 0:
            hint = "an accrual, an award or a prize of it; none is needed if head office gives it by hand"
            yield Doubt(key, f"nothing in this program gives {unit!r}", hint)
        elif most is not None and most < pieces:
            yield Doubt(
                key, f"nobody can ever have {pieces} of {unit!r}", f"caps and expiry let a member have {most} at the most"
            )


def _capped(program: Program, _: str) -> Iterator[Doubt]:
    """Rewards of which not even one fits under what may come off a basket."""
    for code, rule in program.rewards.items():
        if 0 < rule.limits.amount_max < _step(rule.settings):
            wanted = "as much as one time takes off, or more; or partial = true"
            yield Doubt(f"rewards.{code}.limits.amount_max", "one time takes more off than that: it is never given", wanted)


def _unspent(program: Program, _: str) -> Iterator[Doubt]:
    spent = {rule.unit for rule in program.rewards.values()}
    asked = {program.tiers.unit} if program.tiers else set[str]()
    for _key, when, unless, _lines in _rules(program):
        asked |= {side["balance"].unit for side in (when, unless) if "balance" in side}
    for code in program.units:
        if code not in spent | asked:
            earned = "it is earned and never spent" if sources(program, code) else "nothing earns it and nothing spends it"
            yield Doubt(f"units.{code}", earned, "a reward that takes it, tiers that count it, or remove it")


def _lives(program: Program, _: str) -> Iterator[Doubt]:
    """Units whose pieces live strangely."""
    for code, unit in program.units.items():
        days = lifetime_days(unit)
        if days is None:
            for field in ("extended",) * unit.extended + ("expire_at",) * (unit.expire_at != "day"):
                yield Doubt(f"units.{code}.{field}", "its pieces never expire", "expire_days or expire_months, or remove it")
        elif unit.pending_days and days <= unit.pending_days:
            wrong = f"pieces wait {unit.pending_days} days and are gone after about {days}"
            yield Doubt(f"units.{code}.pending_days", wrong, "an expiry that is longer than the wait")


def _never(program: Program, today: str) -> Iterator[Doubt]:
    for key, when, _, lines in _rules(program):
        for where, why in why_never(program, when, lines, today):
            yield Doubt(f"{key}.{where}", f"it never holds: {why}", "mend it, or remove the rule")


def _double(program: Program, _: str) -> Iterator[Doubt]:
    """Two that give the same for the same, with nothing that keeps them apart."""
    seen: dict[str, str] = {}
    for section in ("accruals", "promotions", "rewards"):
        for code, rule in getattr(program, section).items():
            limited = section != "accruals" and (rule.limits != NO_LIMITS or rule.exclusive or rule.group)
            if limited or (section == "accruals" and (rule.pieces_max or rule.pieces_max_day or rule.pieces_max_month)):
                continue
            what = rule.unit if section != "promotions" else "", rule.partner
            same = repr((section, what, rule.type, rule.settings, rule.lines, _sorted(rule.when), _sorted(rule.unless)))
            if same in seen:
                wrong = f"it repeats {seen[same]!r}: the same for the same goods, at the same time"
                yield Doubt(f"{section}.{code}", wrong, "remove one of them, or tell them apart by goods, limits or a group")
            seen.setdefault(same, code)


def _generous(program: Program, _: str) -> Iterator[Doubt]:
    """Everything for nothing, without an end."""
    offers: dict[str, Mapping[str, RewardRule | PromotionRule]] = {
        "rewards": dict(program.rewards), "promotions": dict(program.promotions)
    }  # fmt: skip
    for section, rules in offers.items():
        for code, rule in rules.items():
            settings = rule.settings
            if (
                isinstance(settings, PercentOff)
                and settings.percent == WHOLE_BP
                and order_wide(settings)
                and rule.limits == NO_LIMITS
            ):
                yield Doubt(
                    f"{section}.{code}.percent", "everything is free, however much it is", "limits, or only = 'cheapest'"
                )


def _idle(program: Program, _: str) -> Iterator[Doubt]:
    """Settings that do nothing, or not what they seem to."""
    tiers = program.tiers
    if tiers and tiers.reset and tiers.review == "always":
        yield Doubt("tiers.reset", "there is no review at which it would happen", 'review = "yearly" or "calendar_year"')
    if program.ends and program.open_ended:
        yield Doubt("ends", "the club is open-ended and has a last day", "open_ended = false, or remove it")
    for code, accrual in program.accruals.items():
        others = [name for name in _multiplied(accrual.settings) if program.accruals[name].unit != accrual.unit]
        if others:
            wrong = f"it gives {accrual.unit!r} for what {others[0]!r} earns in {program.accruals[others[0]].unit!r}"
            yield Doubt(f"accruals.{code}.unit", wrong, "the same unit")
    for code, reward in program.rewards.items():
        if reward.partner and isinstance(reward.settings, Donate | RoundUp):
            yield Doubt(f"rewards.{code}.partner", "what the member gives away costs no partner anything", "remove it")
    for code, challenge in program.challenges.items():
        if not (challenge.prize or challenge.badge or _worn(program, code)):
            yield Doubt(f"challenges.{code}", "whoever wins it gets nothing", "prize and prize_unit, or a badge")
    sold: dict[str, str] = {}
    for code, plan in program.plans.items():
        if plan.product in sold:
            yield Doubt(f"plans.{code}.product", f"it is sold together with {sold[plan.product]!r}", "a product of its own")
        sold.setdefault(plan.product, code)


def _unnamed(program: Program, _: str) -> Iterator[Doubt]:
    """What the members of an Israeli club could not read."""
    for key, names in all_names(program):
        if names and "he" not in names:
            yield Doubt(key, "it has no name in Hebrew", 'he = "..."')


def all_names(program: Program) -> Iterator[tuple[str, Names]]:
    """Every name in the program, by key."""
    yield "name", program.name
    for section in ("units", "rewards", "promotions", "challenges", "plans", "pools"):
        for code, part in getattr(program, section).items():
            yield f"{section}.{code}.name", part.name
            if isinstance(part, Challenge):
                yield f"{section}.{code}.badge", part.badge
    for place, step in enumerate(program.tiers.steps if program.tiers else ()):
        yield f"tiers.step.{place}.name", step.name
    for section in ("causes", "partners"):
        for code, names in getattr(program, section).items():
            yield f"{section}.{code}", names


def _rules(program: Program) -> Iterator[tuple[str, Mapping[str, Any], Mapping[str, Any], Any]]:
    """The key, the conditions and the goods of everything that has conditions."""
    for section in ("accruals", "rewards", "promotions", "challenges", "pools"):
        for code, rule in getattr(program, section).items():
            yield f"{section}.{code}", rule.when, rule.unless, getattr(rule, "lines", None)


def _worn(program: Program, code: str) -> bool:
    return any(code in side.get("badges", ()) for _, when, unless, _ in _rules(program) for side in (when, unless))


def _step(settings: object) -> Minor:
    """What one time takes off or pays, all or nothing; 0 where it may be less."""
    if isinstance(settings, AmountOff) and not (settings.partial or settings.each_piece):
        return settings.amount
    return settings.worth if isinstance(settings, Pay) else 0


def _multiplied(settings: object) -> tuple[str, ...]:
    return settings.of if isinstance(settings, Multiply) else ()


def _sorted(conditions: Mapping[str, Any]) -> list[tuple[str, Any]]:
    return sorted(conditions.items(), key=lambda item: item[0])


_LOOKS: tuple[Callable[[Program, str], Iterator[Doubt]], ...] = (
    _unreachable, _capped, _unspent, _lives, _never, _double, _generous, _idle, _unnamed,
)  # fmt: skip
"""Everything that is looked for."""
