"""Programs drawn from the grammar itself: every row of its tables, every value of every policy."""

import dataclasses
from collections.abc import Sequence
from typing import Any

from hypothesis import assume

from loyalty.accruals import ACCRUALS
from loyalty.accruals.multiply import Multiply
from loyalty.conditions import CONDITIONS
from loyalty.goods import ALL
from loyalty.program import (
    AccrualRule,
    Award,
    Challenge,
    Limits,
    Plan,
    Policies,
    Pool,
    Prize,
    Program,
    PromotionRule,
    RewardRule,
    Tier,
    Tiers,
    Unit,
)
from loyalty.rewards import REWARDS
from loyalty.validate import validate
from tests.grammar.source import Source, several
from tests.grammar.words import CAUSES, PARTNERS, PLANS, TIERS, UNITS, condition, fields, made

OWN = frozenset({"type", "settings", "when", "unless", "limits", "name", "badge"})
"""Fields of a rule that are made here and not by their annotation."""

NAME = {"en": "a name"}
CONDITION = {name: condition(name, row.shape) for name, row in CONDITIONS.items()}
RULE_BYTES = 40
Types = tuple[tuple[str, type], ...]
"""Rows of ACCRUALS or REWARDS: a type and its settings."""

EARNING: Types = tuple((name, row.settings) for name, row in ACCRUALS.items())
COUNTING: Types = tuple((name, settings) for name, settings in EARNING if settings is not Multiply)
REWARDING: Types = tuple((name, row.settings) for name, row in REWARDS.items())
CHEAPER: Types = tuple((name, row.settings) for name, row in REWARDS.items() if not row.by_choice)


def when(source: Source) -> dict[str, Any]:
    """One or two conditions."""
    found = {name: CONDITION[name](source) for name in several(*CONDITION)(source)}
    return found | ({"lines": dataclasses.replace(found["lines"], goods=ALL)} if "lines" in found else {})


def rule(shape: type, types: Types, source: Source) -> Any:
    """A rule of `shape` of one of `types`. Most have no condition, so that they apply."""
    type_name, settings = source.pick(types)
    values = fields(shape, OWN)(source) | {"type": type_name, "settings": made(settings)(source)}
    known = {one.name for one in dataclasses.fields(shape)}
    extra = source.pick(("", "", "", "", "when", "when", "unless", "limits", "limits"))
    if extra in ("when", "unless"):
        values[extra] = when(source)
    elif extra == "limits" and extra in known:
        values[extra] = made(Limits)(source)
    return shape(**values | ({"name": NAME} if "name" in known else {}))


def rules(shape: type, types: Types, prefix: str, source: Source, counts: Sequence[int]) -> dict[str, Any]:
    """As many rules as one of `counts` says, by a code each."""
    parts = [source.part(RULE_BYTES) for _ in range(max(counts))]
    return {f"{prefix}_{place}": rule(shape, types, parts[place]) for place in range(source.pick(counts))}


def policies(source: Source) -> Policies:
    """In half of all programs up to three settings that are not the default; each value of each of them comes up."""
    found = made(Policies)(source)
    return found if source.chance(60) else Policies()


def tiers(source: Source) -> Tiers | None:
    """No ladder, or up to three steps of it."""
    steps, above = [], 0
    for code in TIERS[: source.pick((0, 1, 2, 3, 3))]:
        steps.append(Tier(code, {"en": code}, above, source.pick((100, 0, 50, 150, 200))))
        above += source.pick((1, 3, 10, 60))
    ladder = fields(Tiers, frozenset({"unit", "steps"}))(source)
    return Tiers(unit="standing", steps=tuple(steps), **ladder) if steps else None


def _known(program: Program, when: Any) -> dict[str, Any]:
    """`when` without what names something that this program does not have."""
    defined = {
        "tiers": [step.code for step in program.tiers.steps] if program.tiers else [],
        "plans": list(program.plans),
        "badges": list(program.challenges),
    }
    return {name: value for name, value in when.items() if name not in defined or set(value) <= set(defined[name])}


def _settled(program: Program) -> Program:
    """Rules that name only what there is; a multiplier after what it multiplies."""
    accruals: dict[str, AccrualRule] = {}
    for code, rule in program.accruals.items():
        if not isinstance(rule.settings, Multiply):
            accruals[code] = rule
            continue
        of = tuple(one for one in rule.settings.of if one in accruals and accruals[one].type != "multiply")
        units = {accruals[one].unit for one in of}
        if len(units) == 1:
            settings = dataclasses.replace(rule.settings, of=of)
            accruals[code] = dataclasses.replace(rule, unit=units.pop(), settings=settings)
    known = {
        field: {
            code: dataclasses.replace(rule, when=_known(program, rule.when), unless=_known(program, rule.unless))
            for code, rule in rules.items()
        }
        for field, rules in (
            ("accruals", accruals),
            ("rewards", program.rewards),
            ("promotions", program.promotions),
            ("challenges", program.challenges),
        )
    }
    return dataclasses.replace(program, **known)


def _reward(rule: RewardRule) -> RewardRule:
    """What the small change pays for costs no units, and needs none; units pay for the rest. What pays keeps no discount out."""
    row = REWARDS[rule.type]
    unit, cost = ("", 0) if row.free_of_units else (rule.unit or UNITS[0], rule.cost or 1)
    return dataclasses.replace(rule, unit=unit, cost=cost, exclusive=rule.exclusive and not (row.tender or row.last))


def _challenge(rule: Challenge) -> Challenge:
    """One window; a streak needs a period; a prize needs its unit."""
    period = rule.period or ("week" if rule.streak else "")
    return dataclasses.replace(
        rule, period=period, within_days=0 if period else rule.within_days, prize=(rule.prize or 1) if rule.prize_unit else 0
    )


def plan(source: Source) -> Plan:
    """A membership that lasts."""
    found = Plan(name=NAME, product="membership", **fields(Plan, frozenset({"product", "name"}))(source))
    return found if bool(found.days) != bool(found.months) else dataclasses.replace(found, days=0, months=1)


def prize(source: Source) -> Prize:
    """A few pieces of something."""
    return Prize(source.pick(UNITS), source.pick((1, 2, 5)), source.pick((1, 1, 2, 7)))


def pool(source: Source) -> Pool:
    """One that wins often enough to be counted."""
    return Pool(NAME, source.pick((5000, 1000, 2500)), 100, tuple(prize(source) for _ in range(source.pick((1, 2, 3)))))


@dataclasses.dataclass(frozen=True)
class Wanted:
    """How many rules of each kind a program is to have: one of these."""

    rewards: tuple[int, ...] = (0, 1, 2, 3, 3)
    promotions: tuple[int, ...] = (0, 1, 2, 3)
    challenges: tuple[int, ...] = (0, 0, 1, 2)
    plans: tuple[int, ...] = (0, 0, 1)
    awards: tuple[int, ...] = (0,)
    plain: bool = False
    """Whether all policies are the default."""
    giving_back: bool = False
    """Whether a return gives back all it can, and takes all that is there."""

    def policies(self, source: Source) -> Policies:
        """Policies of the kind that is wanted."""
        found = Policies() if self.plain else policies(source)
        if not self.giving_back:
            return found
        negative = "within_balance" if found.negative_balance == "pending_only" else found.negative_balance
        return dataclasses.replace(found, give_back_spent=True, give_back_uses=True, negative_balance=negative)


def program(source: Source, wanted: Wanted = Wanted()) -> Program:
    """Any program that `validate` has nothing to say of; few rules of each kind, so that they meet."""
    promotions = rules(PromotionRule, CHEAPER, "pro", source, wanted.promotions)
    rewards = rules(RewardRule, REWARDING, "rew", source, wanted.rewards)
    challenges = rules(Challenge, COUNTING, "cha", source, wanted.challenges)
    accruals = rules(AccrualRule, EARNING, "acc", source, (1, 2, 3))
    found = Program(
        code="drawn",
        version=1,
        currency="ILS",
        name=NAME,
        units={code: made(Unit)(source) if source.chance(30) else Unit(NAME) for code in UNITS},
        accruals=accruals,
        rewards={code: _reward(one) for code, one in rewards.items()},
        tiers=tiers(source),
        policies=wanted.policies(source),
        hash="d" * 64,
        promotions=promotions,
        challenges={code: _challenge(one) for code, one in challenges.items()},
        plans={code: plan(source) for code in PLANS[: source.pick(wanted.plans)]},
        awards={f"awa_{place}": made(Award, frozenset({"tiers"}))(source) for place in range(source.pick(wanted.awards))},
        causes=dict.fromkeys(CAUSES, NAME),
        partners=dict.fromkeys(PARTNERS, NAME),
    )
    found = _settled(found)
    assume(not validate(found))
    return found
