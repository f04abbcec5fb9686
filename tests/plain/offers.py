"""Which offers apply, by walking through the list: in its order, or every way to leave some out and the one that saves most."""

import copy
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import combinations
from typing import Any

from loyalty import counters
from loyalty.goods import ALL, Goods
from loyalty.money import spread
from loyalty.program import Program, PromotionRule, RewardRule
from tests.plain.conditions import why_not
from tests.plain.rewards import OFTEN, Aim, Gift, give, room
from tests.plain.till import Till

LAST = ("pay", "round_up")
"""What comes after all discounts."""


@dataclass
class Found:
    """What was found about an offer: why not, or what it gave and how often."""

    code: str
    rule: RewardRule | PromotionRule
    refusal: str = ""
    times_max: int = 0
    times: int = 0
    gift: Gift = field(default_factory=Gift)

    @property
    def cost(self) -> int:
        """What it cost."""
        return self.rule.cost * self.times if isinstance(self.rule, RewardRule) else 0


@dataclass
class Walk:
    """One way through the offers."""

    till: Till
    found: list[Found] = field(default_factory=list)

    @property
    def taken(self) -> list[Found]:
        """What was given."""
        return [one for one in self.found if one.times and not one.refusal]


def in_order(program: Program) -> list[tuple[str, RewardRule | PromotionRule]]:
    """By priority, promotions before rewards, then as the file has them."""
    offers: list[tuple[str, Any]] = [*program.promotions.items(), *program.rewards.items()]
    priorities = sorted({rule.priority for _, rule in offers}, reverse=True)
    return [(code, rule) for priority in priorities for code, rule in offers if rule.priority == priority]


def chosen(till: Till, wanted: Mapping[str, int], own: Mapping[str, int]) -> Walk:
    """The offers that apply, and after them what pays."""
    program = till.program
    offers = in_order(program)
    early = [one for one in offers if one[1].type not in LAST]
    exclusive = [code for code, rule in early if rule.exclusive and (code in program.promotions or wanted.get(code))]
    till.purse.update(own)
    policies = program.policies

    def walk(skip: Collection[str] = (), alone: str = "") -> Walk:
        found = Walk(copy.deepcopy(till))
        for code, rule in early:
            if alone and code != alone:
                found.found.append(Found(code, rule, "not_together"))
            elif code in skip:
                found.found.append(Found(code, rule, "other_is_better"))
            else:
                found.found.append(look(code, rule, found, wanted.get(code, 0)))
        return found

    if "best" in (policies.stacking, policies.order_discounts):
        may_go = [
            code
            for code, rule in early
            if code in program.promotions and code not in exclusive
            if whole_basket(rule) or policies.stacking == "best"
        ]
        ways = [walk(exclusive), *(walk(alone=code) for code in exclusive)]
        ways += [walk({*exclusive, *gone}) for gone in _all_of(may_go)]
        best = max(ways, key=lambda way: -way.till.total)
    else:
        best = _first_exclusive(walk, exclusive)
    for code, rule in offers:
        if rule.type in LAST:
            best.found.append(look(code, rule, best, wanted.get(code, 0)))
    return best


def _all_of(codes: list[str]) -> Iterator[tuple[str, ...]]:
    for size in range(1, len(codes) + 1):
        yield from combinations(codes, size)


def _first_exclusive(walk: Any, exclusive: list[str]) -> Walk:
    """The first exclusive offer that gives something, alone; else all the others, and why none of these."""
    refused: dict[str, Found] = {}
    for code in exclusive:
        alone: Walk = walk(alone=code)
        if alone.taken:
            return alone
        refused.update((one.code, one) for one in alone.found if one.code == code)
    without: Walk = walk(exclusive)
    without.found = [refused.get(one.code, one) for one in without.found]
    return without


def whole_basket(rule: RewardRule | PromotionRule) -> bool:
    """Whether it is a discount on everything."""
    settings = rule.settings
    by_type = {
        "amount_off": lambda: not settings.each_piece,
        "percent_off": lambda: not (settings.only or settings.each_line),
    }
    return rule.lines == ALL and rule.type in by_type and by_type[rule.type]()


def look(code: str, rule: RewardRule | PromotionRule, walk: Walk, wanted: int) -> Found:
    """Whether it is to be had now, and have it."""
    till, limits = walk.till, rule.limits
    found = Found(code, rule, refusal=_why_not(code, rule, walk))
    if found.refusal:
        return found
    goods = rule.lines
    if whole_basket(rule) and till.program.policies.reduced_goods == "excluded":
        goods = Goods(reduced="never")
    is_reward = isinstance(rule, RewardRule)
    if not whole_basket(rule) and (wanted or not is_reward) and till.program.policies.amount_overlap == "others_first":
        for earlier in walk.taken:
            _make_way(earlier, till.of(goods), till)
    aim = Aim(till.of(goods), whole_basket(rule), limits.amount_max or 10**10, is_reward)
    often = room(rule.type, rule.settings, till, aim)
    if isinstance(often, str):
        found.refusal = often
        return found
    found.times_max = min(often, _uses_left(code, rule, till))
    if isinstance(rule, RewardRule) and rule.cost:
        found.times_max = min(found.times_max, till.purse[rule.unit] // rule.cost)
    if is_reward:
        found.times = wanted
        if wanted > found.times_max:
            found.refusal = "paid_too_much" if rule.type == "pay" else "choice_too_many"
    else:
        found.times = found.times_max if rule.type in ("free_pieces", "bundle") else min(found.times_max, 1)
    if found.times and not found.refusal:
        _have(found, till, aim)
    return found


def _make_way(earlier: Found, places: list[int], till: Till) -> None:
    """An amount off that lines share is laid on those of them that a later offer does not mean, rate by rate."""
    offs = earlier.gift.offs
    if earlier.rule.type != "amount_off" or earlier.rule.settings.each_piece or len(+offs) < 2:
        return
    for rate in sorted({till.lines[place].tax_bp for place in +offs}):
        mine = [place for place in offs if offs[place] and till.lines[place].tax_bp == rate]
        here, there = [place for place in mine if place in places], [place for place in mine if place not in places]
        have, rooms = [offs[place] for place in here], [till.room[place] for place in there]
        move = min(sum(have), sum(rooms))
        back = zip(here, spread(move, have, have), strict=True)
        more = zip(there, spread(move, rooms, rooms), strict=True)
        for place, change in (*((place, -part) for place, part in back), *more):
            offs[place] += change
            till.left[place] -= change
            till.room[place] -= change


def _have(found: Found, till: Till, aim: Aim) -> None:
    """Give it: within its budget, or not at all; what gives nothing leaves everything as it is."""
    rule, settings = found.rule, found.rule.settings
    gift = give(rule.type, settings, found.times, till, aim)
    left = till.moment.place.budget_left.get(counters.budget(found.code), rule.limits.budget_amount)
    if rule.limits.budget_amount and sum(gift.offs.values()) + gift.paid > left:
        if left and till.program.policies.budget_short == "reduce":
            aim.most = min(aim.most, left)
            gift = give(rule.type, settings, found.times, till, aim)
        if not left or sum(gift.offs.values()) + gift.paid > left:
            found.refusal, found.times_max = "budget_exceeded", 0
            return
    if not gift.anything and rule.type != "donate":
        found.refusal, found.times_max = "nothing_left", 0
        return
    found.gift = gift
    for place, off in gift.offs.items():
        till.left[place] -= off
        till.room[place] -= off
    for place, pieces in gift.used.items():
        till.unused[place] -= pieces
    till.free.update(gift.free)
    till.paid += gift.paid
    till.donated += gift.donated
    if isinstance(rule, RewardRule):
        till.purse[rule.unit] -= found.cost


def _why_not(code: str, rule: RewardRule | PromotionRule, walk: Walk) -> str:
    """Why not, before anybody looks at the goods' prices."""
    till, policies = walk.till, walk.till.program.policies
    for_members = rule.members_only if isinstance(rule, PromotionRule) else rule.type != "round_up"
    if for_members and till.member is None:
        return "member_needed"
    goods = Goods(reduced="never") if whole_basket(rule) and policies.reduced_goods == "excluded" else rule.lines
    if refusal := why_not(rule.when, rule.unless, goods, till):
        return refusal
    if rule.group and any(one.rule.group == rule.group for one in walk.taken):
        return "other_of_group"
    others = any(whole_basket(one.rule) and sum(one.gift.offs.values()) for one in walk.taken)
    if others and whole_basket(rule) and policies.order_discounts != "all":
        return "other_order_discount"
    if _uses_left(code, rule, till) <= 0:
        return "limit_reached"
    if isinstance(rule, RewardRule) and rule.cost and till.purse[rule.unit] < rule.cost:
        assert till.member
        balances, spendable = till.member.balances, till.member.spendable
        waiting = max(0, balances.get(rule.unit, 0) - spendable.get(rule.unit, 0))
        return "pieces_unconfirmed" if till.purse[rule.unit] + waiting >= rule.cost else "pieces_missing"
    return ""


def _uses_left(code: str, rule: RewardRule | PromotionRule, till: Till) -> int:
    limits, balances = rule.limits, till.member.balances if till.member else {}
    left = [OFTEN * 10**6]
    if limits.per_basket:
        left.append(limits.per_basket)
    if limits.per_day:
        left.append(limits.per_day - balances.get(f"used_day/{code}", 0))
    if limits.per_month:
        left.append(limits.per_month - balances.get(f"used_month/{code}", 0))
    if limits.per_member:
        left.append(limits.per_member - balances.get(f"used/{code}", 0))
    if limits.budget_uses:
        left.append(till.moment.place.budget_left.get(f"budget/{code}", limits.budget_uses))
    return min(left)
