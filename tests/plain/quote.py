"""The whole quote, straight from the program's words: no indexes, no closures, no tables. Slow, and easy to check by eye.

The law in tests/laws says that loyalty.quote comes to the same.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from loyalty.basket import Basket
from loyalty.member import Member
from loyalty.moment import Moment
from loyalty.money import split
from loyalty.program import Program, RewardRule
from loyalty.quote import Choice
from tests.plain.earning import Gain, gains
from tests.plain.offers import Found, Walk, chosen
from tests.plain.till import Till

ROUNDS = 4
"""How often it is asked whether what a sale earns still pays what it spends."""

Shared = tuple[str, str, int, tuple[int, ...]]
"""A rule, a unit, how many pieces, and each line's part of them."""


@dataclass(frozen=True)
class Answer:
    """Discounts by rule, pieces earned and spent, and for each rule why not, or an empty text."""

    discounts: tuple[tuple[str, tuple[int, ...]], ...]
    accruals: tuple[Shared, ...]
    redemptions: tuple[Shared, ...]
    offers: tuple[tuple[str, int, int, str], ...]
    refusals: tuple[tuple[str, str], ...]
    tenders: int
    donated: int
    gifts: tuple[tuple[str, str, int], ...]


def plain(program: Program, member: Member | None, basket: Basket, moment: Moment, choices: tuple[Choice, ...]) -> Answer:
    """What loyalty.quote should say."""
    wanted: Counter[str] = Counter()
    for choice in choices:
        wanted[choice.reward] += choice.times
    walk, gain = _settled(program, member, basket, moment, wanted)
    lines = range(len(basket.lines))
    taken = walk.taken
    return Answer(
        tuple((one.code, tuple(one.gift.offs[place] for place in lines)) for one in taken if sum(one.gift.offs.values())),
        tuple((one.rule, one.unit, one.pieces, split(one.pieces, one.weights)) for one in gain.earned),
        (
            *(_spent(one, walk) for one in taken if one.cost),
            *((one.rule, one.unit, one.pieces, split(one.pieces, one.weights)) for one in gain.used),
        ),
        (
            *((one.code, one.times_max, _times(one), one.refusal) for one in walk.found if isinstance(one.rule, RewardRule)),
            *((code, 0, 0, "unknown_reward") for code in wanted if code not in program.rewards),
        ),
        (*((one.code, one.refusal) for one in walk.found), *gain.refusals),
        sum(one.gift.paid for one in taken),
        sum(one.gift.donated for one in taken),
        tuple((one.code, product, pieces) for one in taken for product, pieces in one.gift.products),
    )


def _times(found: Found) -> int:
    return 0 if found.refusal else found.times


def _settled(
    program: Program, member: Member | None, basket: Basket, moment: Moment, wanted: Mapping[str, int]
) -> tuple[Walk, Gain]:
    """The offers and what is earned on the rest; again with what is earned, where it may pay in the same sale."""
    first = chosen(Till(program, member, basket, moment), wanted, {})
    gain = gains(program, first)
    if member is None or not program.policies.spend_in_same_sale:
        return first, gain
    earned = _by_unit(gain)
    own = {}
    for code, rule in program.rewards.items():
        wants_it = rule.cost and (first.till.purse[rule.unit] < rule.cost or wanted.get(code))
        if not (wants_it and earned[rule.unit]):
            continue
        unit = program.units[rule.unit]
        if unit.at_once and not unit.pending_days:
            own[rule.unit] = earned[rule.unit]
    if not own:
        return first, gain
    for _ in range(ROUNDS):
        again = chosen(Till(program, member, basket, moment), wanted, own)
        now = gains(program, again)
        earned = _by_unit(now)
        if all(again.till.purse[unit] + earned[unit] >= pieces for unit, pieces in own.items()):
            return again, now
        own = {unit: min(pieces, earned[unit]) for unit, pieces in own.items()}
    return first, gain


def _by_unit(gain: Gain) -> Counter[str]:
    sums: Counter[str] = Counter()
    for one in gain.earned:
        sums[one.unit] += one.pieces
    return sums


def _spent(found: Found, walk: Walk) -> Shared:
    """Shared as what came off; else by what is left to pay; else evenly."""
    assert isinstance(found.rule, RewardRule)
    places = range(len(walk.till.lines))
    offs = [found.gift.offs[place] for place in places]
    left = [max(walk.till.left[place], 0) for place in places]
    weights = next(some for some in (offs, left, [1] * len(left)) if any(some))
    return found.code, found.rule.unit, found.cost, split(found.cost, weights)
