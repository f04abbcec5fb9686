"""Offers put before a bill together: what each of them came to."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from loyalty.basket import Basket, Line
from loyalty.bill import bill
from loyalty.member import Member
from loyalty.moment import Place
from loyalty.program import Policies, Program, PromotionRule, RewardRule
from loyalty.refusal import Refusal
from loyalty.rewards.amount_off import AmountOff
from loyalty.rewards.bundle import Bundle
from loyalty.rewards.free_pieces import FreePieces
from loyalty.rewards.gift import Gift
from loyalty.rewards.pay import Pay
from loyalty.rewards.percent_off import PercentOff
from loyalty.rules import make_ready
from loyalty.stacking import Ask, Finding, Open, Outcome, Taken, choose
from tests.bills import NOW, goods

TYPES: Mapping[type, str] = {
    AmountOff: "amount_off",
    PercentOff: "percent_off",
    FreePieces: "free_pieces",
    Bundle: "bundle",
    Gift: "gift",
    Pay: "pay",
}
WHO = Member("h", balances={"point": 250}, spendable={"point": 200})
BASKET = (goods("a", 1000), goods("b", 500))


def gives(settings: Any, **fields: Any) -> PromotionRule:
    """A promotion."""
    return PromotionRule(TYPES[type(settings)], {}, settings, **fields)


def sells(settings: Any, cost: int = 100, **fields: Any) -> RewardRule:
    """A reward for so many points."""
    return RewardRule(TYPES[type(settings)], {}, "point", cost, settings, **fields)


def offering(rules: Mapping[str, PromotionRule | RewardRule], **policies: Any) -> Program:
    """A program of these rules and nothing else."""
    return Program(
        "bare",
        1,
        "ILS",
        {},
        {},
        {},
        {code: rule for code, rule in rules.items() if isinstance(rule, RewardRule)},
        promotions={code: rule for code, rule in rules.items() if isinstance(rule, PromotionRule)},
        policies=Policies(**policies),
    )


def looked_at(
    rules: Mapping[str, PromotionRule | RewardRule],
    wanted: Mapping[str, int] | None = None,
    *,
    member: Member | None = WHO,
    lines: tuple[Line, ...] = BASKET,
    place: Place | None = None,
    own: Mapping[str, int] | None = None,
    **policies: Any,
) -> Outcome:
    """The outcome of choosing among `rules`, by code, for a basket of 15.00."""
    program = offering(rules, **policies)
    basket = Basket(tuple(replace(line, id=str(number)) for number, line in enumerate(lines)))
    moment = replace(NOW, place=place) if place else NOW
    return choose(make_ready(program), Ask(lambda: bill(program, member, basket, moment), wanted or {}, own or {}))


def told(outcome: Outcome) -> dict[str, int | str | None]:
    """What came off by each rule, or the code of why nothing did, or None where it was only offered; in the order looked at."""
    found: dict[str, int | str | None] = {}
    for benefit, one in outcome.looked:
        refusal = refused(one)
        found[benefit.code] = refusal.code if refusal else one.off_minor if isinstance(one, Taken) else None
    return found


def refused(found: Finding) -> Refusal | None:
    """The refusal in what was found."""
    return found if isinstance(found, Refusal) else found.refusal if isinstance(found, Open) else None


def why(outcome: Outcome, code: str) -> Refusal | None:
    """The refusal of one rule."""
    return next(refused(one) for benefit, one in outcome.looked if benefit.code == code)


def most(outcome: Outcome, code: str) -> int:
    """How often one rule may be taken."""
    return next(0 if isinstance(one, Refusal) else one.times_max for benefit, one in outcome.looked if benefit.code == code)
