"""A program made ready to be evaluated many times: its conditions as closures, its goods as look-ups, its offers in order."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from loyalty.accruals import ACCRUALS
from loyalty.accruals.earning import Way
from loyalty.bill import Bill
from loyalty.bounds import AMOUNT_MINOR_MAX
from loyalty.conditions import gate, of_moment, of_the_rest
from loyalty.goods import ALL, Goods, Pick, pick
from loyalty.moment import minute_of_day
from loyalty.money import Minor
from loyalty.program import NO_LIMITS, AccrualRule, Challenge, Limits, Pool, Program, PromotionRule, RewardRule
from loyalty.refusal import Refusal
from loyalty.rewards import REWARDS
from loyalty.rewards.giving import GOODS_MISSING, NOTHING_LEFT, Offs, Quick, RewardType

Gate = Callable[[Bill], Refusal | None]

Look = Callable[[Bill, Mapping[str, str]], Offs | Refusal | None]
"""What a promotion takes off lines, of which there is one at least, or why nothing; None where that takes a longer look.

The mapping has which offer of a group was given.
"""

MEMBER_NEEDED = Refusal("member_needed")

KEPT_PROGRAMS = 16  # the versions in force at one time, and some more: a daemon never needs them all


class Benefit(NamedTuple):
    """A reward or a promotion, ready. A reward has a cost in `unit`, and is chosen; a promotion comes by itself."""

    code: str
    chosen: bool
    unit: str
    cost: int
    type: RewardType
    settings: Any
    pick: Pick
    open_now: Gate | None
    gate: Gate | None
    order_wide: bool
    members_only: bool
    exclusive: bool
    group: str
    limits: Limits
    limited: bool
    most: Minor
    contested: bool
    """Whether anything but its own conditions can speak against it."""
    quick: Look | None
    """All of it in one go, for a promotion that only takes money off lines: only its conditions and its group contest it."""


class Earning(NamedTuple):
    """An accrual or the counting of a challenge, ready; `goods` says whether it is for some of the goods only."""

    code: str
    unit: str
    way: Way
    settings: Any
    pick: Pick
    gate: Gate | None
    goods: bool
    rule: AccrualRule | None
    challenge: Challenge | None


class Surprise(NamedTuple):
    """A pool, ready."""

    code: str
    pool: Pool
    gate: Gate | None


class Rules(NamedTuple):
    """A program, ready. `benefits` are in the order in which they are looked at, and after them those that come `last`."""

    program: Program
    benefits: tuple[Benefit, ...]
    last: tuple[Benefit, ...]
    earnings: tuple[Earning, ...]
    rewards: Mapping[str, RewardRule]
    surprises: tuple[Surprise, ...]
    plain: bool
    """Nothing excludes anything: one pass in order is the whole of stacking."""
    looked: list[tuple[object, tuple[Refusal | None, ...]]]
    """Which benefits the minute that was looked at last refuses, to members or to anybody: one cell, read once and set as a whole,
    since another thread may ask, too.
    """


def not_now(rules: Rules, bill: Bill) -> tuple[Refusal | None, ...]:
    """Why each of `rules.benefits` is not to be had here and now, if it is not: looked at once a minute for all baskets."""
    moment = bill.moment
    place = moment.place
    with_member = bill.member is not None
    minute = (
        moment.local_date,
        minute_of_day(moment),
        moment.calendar,
        place.store,
        place.terminal,
        place.channel,
        with_member,
    )
    looked, refusals = rules.looked[0]
    if looked != minute:
        refusals = tuple(closed_now(benefit, bill) for benefit in rules.benefits)
        rules.looked[0] = (minute, refusals)
    return refusals


def closed_now(benefit: Benefit, bill: Bill) -> Refusal | None:
    """Why `benefit` is not to be had here and now, whatever is bought and whoever the member is."""
    if benefit.members_only and bill.member is None:
        return MEMBER_NEEDED
    return benefit.open_now(bill) if benefit.open_now else None


def compiled(program: Program) -> Rules:
    """`program`, ready. The last few are kept: a program is made ready once and asked a thousand times a day."""
    found = _KEPT.get(id(program))
    if found is not None:
        return found
    rules = make_ready(program)
    for oldest in list(_KEPT)[: 1 - KEPT_PROGRAMS]:  # of a copy: another thread may make one ready, too
        _KEPT.pop(oldest, None)
    _KEPT[id(program)] = rules
    return rules


_KEPT: dict[int, Rules] = {}
"""By the id of its program, which nothing else has as long as the rules keep it."""


def make_ready(program: Program) -> Rules:
    """Order the offers, find out how to look each up."""
    offered: list[tuple[str, RewardRule | PromotionRule]] = [*program.promotions.items(), *program.rewards.items()]
    offered.sort(key=lambda one: -one[1].priority)  # stable: the file's order between equals
    benefits = [_benefit(program, code, rule) for code, rule in offered]
    policies = program.policies
    conflicts = any(one.exclusive or one.group for one in benefits) or policies.order_discounts != "all"
    return Rules(
        program,
        tuple(one for one in benefits if not _is_last(one)),
        tuple(one for one in benefits if _is_last(one)),
        tuple(_earnings(program)),
        program.rewards,
        tuple(Surprise(code, one, gate(one.when, one.unless, pick(ALL))) for code, one in program.pools.items()),
        plain=not conflicts and policies.stacking == "in_order",
        looked=[(None, ())],
    )


def _is_last(benefit: Benefit) -> bool:
    """Whether it looks at what is to be paid when all discounts are given."""
    return benefit.type.tender or benefit.type.last


def _benefit(program: Program, code: str, rule: RewardRule | PromotionRule) -> Benefit:
    row = REWARDS[rule.type]
    order_wide = rule.lines == ALL and row.order_wide(rule.settings)
    goods = Goods(reduced="never") if order_wide and program.policies.reduced_goods == "excluded" else rule.lines
    found = pick(goods)
    contested = bool(rule.group or rule.limits != NO_LIMITS or isinstance(rule, RewardRule))
    slow = isinstance(rule, RewardRule) or rule.limits != NO_LIMITS or order_wide
    off = None if slow else row.quick(rule.settings, program.policies)
    rest = of_the_rest(rule.when, rule.unless, found)
    return Benefit(
        code=code,
        chosen=isinstance(rule, RewardRule),
        unit=rule.unit if isinstance(rule, RewardRule) else "",
        cost=rule.cost if isinstance(rule, RewardRule) else 0,
        type=row,
        settings=rule.settings,
        pick=found,
        open_now=of_moment(rule.when, found),
        gate=rest,
        order_wide=order_wide,
        members_only=rule.members_only if isinstance(rule, PromotionRule) else not row.free_of_units,
        exclusive=rule.exclusive,
        group=rule.group,
        limits=rule.limits,
        limited=rule.limits != NO_LIMITS,
        most=rule.limits.amount_max or AMOUNT_MINOR_MAX,
        contested=contested or order_wide,
        quick=_in_one_go(rest, rule.group, found, off) if off else None,
    )


def _in_one_go(gate: Gate | None, group: str, pick: Pick, off: Quick) -> Look:
    """The conditions, the group, the goods and what comes off them, without a stop between."""

    def look(bill: Bill, groups: Mapping[str, str]) -> Offs | Refusal | None:
        if gate is not None:
            refusal = gate(bill)
            if refusal is not None:
                return refusal
        if group in groups:
            return Refusal("other_of_group", {"other": groups[group]})
        places = pick(bill.index)
        if not places:
            return GOODS_MISSING
        offs = off(bill, places)
        return NOTHING_LEFT if offs == () else offs

    return look


def _earnings(program: Program) -> list[Earning]:
    earnings = []
    for code, rule in program.accruals.items():
        found = pick(rule.lines)
        way = ACCRUALS[rule.type]
        ready = gate(rule.when, rule.unless, found)
        earnings.append(Earning(code, rule.unit, way, rule.settings, found, ready, rule.lines != ALL, rule, None))
    for code, challenge in program.challenges.items():
        found = pick(challenge.lines)
        way = ACCRUALS[challenge.type]
        ready = gate(challenge.when, challenge.unless, found)
        earnings.append(Earning(code, "", way, challenge.settings, found, ready, challenge.lines != ALL, None, challenge))
    return earnings
