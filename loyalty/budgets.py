"""Budgets: what a whole program may give by a rule, and the share of it that each terminal may give on its own.

All terminals sell while head office is out of reach, and never give more than a budget together. Everything is counted from the
first piece ever given: a terminal gives by a rule while what it has given is less than its share. Shares move in two steps, so
that their sum is within the budget at every moment, whatever word gets lost and however long a terminal is away:

1. A share that is to fall is told; what it falls by stays with the terminal (`ceiling`) until it has said that it goes by the
   lower one, and how much it has given by then.
2. Only what is free, the budget less all ceilings, makes others rise.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from typing import NamedTuple

from loyalty.program import NO_LIMITS, Program
from loyalty.quote import Use
from loyalty.sale import Reversal, Sale


class Share(NamedTuple):
    """A terminal's part of one budget, in pieces of it, counted from the first ever given.

    It is meant to have `target`; `ceiling` is the most that it may be acting on; `used` is what it is known to have given.
    """

    target: int = 0
    ceiling: int = 0
    used: int = 0

    @property
    def told(self) -> int:
        """What the terminal is to go by: never more than is set aside for it."""
        return min(self.target, self.ceiling)


def whole(program: Program) -> dict[str, int]:
    """The budget of each rule that has one, by its code: minor units, uses or prizes."""
    limits = {code: one.limits for code, one in program.promotions.items()}
    limits |= {code: one.limits for code, one in program.rewards.items()}
    found = {code: one.budget_amount or one.budget_uses for code, one in limits.items() if one is not NO_LIMITS}
    found |= {code: pool.prizes_max for code, pool in program.pools.items()}
    return {code: budget for code, budget in found.items() if budget}


def spent(program: Program, uses: Iterable[Use]) -> dict[str, int]:
    """What `uses` take off the budgets of `program`, by rule."""
    budgets, sums = whole(program), Counter[str]()
    for use in uses:
        rule = program.promotions.get(use.rule) or program.rewards.get(use.rule)
        if use.rule in budgets:
            sums[use.rule] += use.amount_minor if rule and rule.limits.budget_amount else use.times
    return dict(+sums)


def put_back(program: Program, sale: Sale, reversal: Reversal) -> dict[str, int]:
    """What a return of `sale` gives back to the budgets: all of its uses with the last of it, if the policies say so.

    A prize never comes back: it may be spent already, and what was drawn stays drawn.
    """
    if not (reversal.whole and program.policies.give_back_uses):
        return {}
    return spent(program, (use for use in sale.extras.uses if use.rule not in program.pools))


def divided(budget: int, shares: Mapping[int, Share], enrolled: Collection[int]) -> dict[int, Share]:
    """What is left of `budget`, in equal shares, whole pieces, among those `enrolled`; the remainder goes to the lowest.

    Whoever is not among them is meant to give nothing more.
    """
    known = {one: shares.get(one, Share()) for one in sorted({*shares, *enrolled})}
    left = max(0, budget - sum(share.used for share in known.values()))
    each, over = divmod(left, len(enrolled)) if enrolled else (0, 0)
    more = {one: each + (place < over) for place, one in enumerate(sorted(enrolled))}
    return raised(budget, {one: share._replace(target=share.used + more.get(one, 0)) for one, share in known.items()})


def raised(budget: int, shares: Mapping[int, Share]) -> dict[int, Share]:
    """The shares with what is free given to those that are to rise, the lowest first."""
    free = budget - sum(share.ceiling for share in shares.values())
    found = {}
    for one, share in sorted(shares.items()):
        more = max(0, min(share.target - share.ceiling, free))
        free -= more
        found[one] = share._replace(ceiling=share.ceiling + more)
    return found


def adopted(share: Share, used: int) -> Share:
    """The share of a terminal that goes by what it was told and had given `used` when it said so: the rest is free again."""
    return share._replace(ceiling=max(share.told, used))
