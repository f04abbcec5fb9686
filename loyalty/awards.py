"""What a member gets by itself: prizes of challenges, and awards for things that happen. Head office decides; a till forecasts."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from loyalty import counters
from loyalty.conditions.person import since_anniversary
from loyalty.member import Member
from loyalty.money import Minor
from loyalty.program import Award, Challenge, Program

ANNIVERSARY_DAYS = 30  # an award whose day nobody looked at, because head office was down, still comes

YEARLY = ("birthday", "anniversary")
ONCE = ("first_purchase", "referred", "referral", *YEARLY)
"""What is not given again as long as the member has a piece of its counter: a purchase brought back and made anew is no other."""

Pieces = tuple[tuple[str, int], ...]
"""So many pieces, by unit."""


@dataclass(frozen=True, slots=True)
class Happened:
    """What awards look at: a sale (the member's `first`?), a return (of all there was?), joining, a rise to `tier`, a fall from
    `tier` by a return, or just a new day.

    `missing` are pieces of counters that a return was to take back and did not find: a prize was given for them already.
    """

    kind: Literal["sale", "return", "join", "tier_up", "tier_down", "day"]
    first: bool = False
    spent_minor: Minor = 0
    tier: str = ""
    referred: bool = False
    missing: Mapping[str, int] = field(default_factory=dict)


class Awarded(NamedTuple):
    """What the member is given and what is taken, and what the member who brought this one is given."""

    gives: Pieces
    takes: Pieces = ()
    referrer: Pieces = ()


def decide(program: Program, member: Member, happened: Happened, day: str) -> Awarded:
    """Everything that follows from what happened, by the rules of `program`."""
    gives: Counter[str] = Counter()
    takes: Counter[str] = Counter()
    referrer: Counter[str] = Counter()
    for code, challenge in program.challenges.items():
        _challenge(code, challenge, member, happened, (gives, takes))
    for code, award in program.awards.items():
        given = member.balances.get(counters.given(code), 0) > 0
        if given and _undone(award, happened):
            takes[award.unit] += award.give
            takes[counters.given(code)] += 1
        elif not (given and award.on in ONCE) and _due(award, member, happened, day):
            (referrer if award.on == "referral" else gives)[award.unit] += award.give
            gives[counters.given(code)] += award.on != "join"
    return Awarded(tuple((+gives).items()), tuple((+takes).items()), tuple((+referrer).items()))


def _challenge(
    code: str, challenge: Challenge, member: Member, happened: Happened, sums: tuple[Counter[str], Counter[str]]
) -> None:
    """A goal that is reached is paid for with what was counted; a prize whose goal was brought back goes back."""
    gives, takes = sums
    count, won = counters.counted(code), counters.won(code)
    lost = happened.missing.get(count, 0)
    if lost:
        times = min(-(-lost // challenge.goal), member.balances.get(won, 0))
        takes[won] += times
        if challenge.prize_unit:
            takes[challenge.prize_unit] += times * challenge.prize
        gives[count] += max(0, times * challenge.goal - lost)
        return
    times = max(0, member.balances.get(count, 0)) // challenge.goal
    if challenge.times_max:
        times = min(times, challenge.times_max - member.balances.get(won, 0))
    if times > 0:
        takes[count] += times * challenge.goal
        gives[won] += times
        if challenge.prize_unit:
            gives[challenge.prize_unit] += times * challenge.prize


def _undone(award: Award, happened: Happened) -> bool:
    """Whether a return takes back what it was given for. What was given to the member who brought this one stays with them."""
    if award.on in ("first_purchase", "referred"):
        return happened.kind == "return" and happened.first
    return award.on == "tier_up" and happened.kind == "tier_down" and (not award.tiers or happened.tier in award.tiers)


def _due(award: Award, member: Member, happened: Happened, day: str) -> bool:
    if award.on in YEARLY:
        return _celebrates(award, member, day)
    if award.on in ("first_purchase", "referred", "referral"):
        return _earned(award, happened) and (happened.referred or award.on == "first_purchase")
    if award.on == "tier_up":
        return happened.kind == "tier_up" and (not award.tiers or happened.tier in award.tiers)
    return happened.kind == award.on


def _celebrates(award: Award, member: Member, day: str) -> bool:
    if award.on == "anniversary":
        return bool(member.joined) and 0 <= since_anniversary(member.joined, day) <= ANNIVERSARY_DAYS
    first, last = member.occasions.get("birthday", ("9", ""))
    return first <= day <= last


def _earned(award: Award, happened: Happened) -> bool:
    return happened.kind == "sale" and happened.first and happened.spent_minor >= award.spend_min
