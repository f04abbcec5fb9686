"""Who the member is: conditions on what a terminal knows of one."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from loyalty import bounds, counters
from loyalty import mistakes as wrong
from loyalty.bill import Bill
from loyalty.conditions.checking import Check, of_member
from loyalty.goods import Pick
from loyalty.member import Member
from loyalty.mistakes import Known
from loyalty.money import WHOLE_BP, BasisPoints
from loyalty.program import Mistake
from loyalty.refusal import Refusal


@dataclass(frozen=True, slots=True)
class Pilot:
    """`percent` of all members, always the same ones for one `name`."""

    name: str
    percent: BasisPoints


@dataclass(frozen=True, slots=True)
class Arm:
    """Members who drew arm `arm` (from 1) of the `arms` of an experiment."""

    experiment: str
    arm: int
    arms: int = 2


@dataclass(frozen=True, slots=True)
class Balance:
    """At least and at most so many pieces of a unit; a `pieces_max` of -1 is no bound."""

    unit: str
    pieces_min: int = 0
    pieces_max: int = -1


def draw(name: str, handle: str, out_of: int) -> int:
    """Where a member falls among `out_of`: the same at every till and for ever. The first 8 bytes of SHA-256("name:handle")."""
    return int.from_bytes(hashlib.sha256(f"{name}:{handle}".encode()).digest()[:8], "big") % out_of


def tiers(codes: tuple[str, ...], _: Pick) -> Check:
    refusal, nobody = Refusal("other_tier", {"tiers": ", ".join(codes)}), Refusal("member_needed")

    def check(bill: Bill) -> Refusal | None:
        if bill.member is None:
            return nobody
        return None if bill.member.tier in codes else refusal

    return check


def segments(names: tuple[str, ...], _: Pick) -> Check:
    return of_member(lambda member, _: any(name in names for name in member.segments), Refusal("segment_needed"))


def plans(codes: tuple[str, ...], _: Pick) -> Check:
    refusal = Refusal("plan_needed", {"plans": ", ".join(codes)})
    return of_member(lambda _, bill: any(code in bill.plans for code in codes), refusal)


def badges(codes: tuple[str, ...], _: Pick) -> Check:
    units = [counters.won(code) for code in codes]
    return of_member(lambda member, _: any(member.balances.get(unit, 0) > 0 for unit in units), Refusal("badge_needed"))


def balance(wanted: Balance, _: Pick) -> Check:
    def told(member: Member, _: Bill) -> bool:
        have = member.balances.get(wanted.unit, 0)
        return have >= wanted.pieces_min and (wanted.pieces_max < 0 or have <= wanted.pieces_max)

    return of_member(told, Refusal("balance_other", {"unit": wanted.unit}))


def visits(numbers: tuple[int, ...], _: Pick) -> Check:
    refusal = Refusal("other_visit", {"visits": ", ".join(map(str, numbers))})
    return of_member(lambda member, _: member.visits + 1 in numbers, refusal)


def every_visit(step: int, _: Pick) -> Check:
    def check(bill: Bill) -> Refusal | None:
        if bill.member is None:
            return Refusal("member_needed")
        missing = -(bill.member.visits + 1) % step
        return Refusal("visits_missing", {"missing": missing}) if missing else None

    return check


def days_away(least: int, _: Pick) -> Check:
    def told(member: Member, bill: Bill) -> bool:
        return bool(member.last_visit) and _days(member.last_visit, bill.moment.local_date) >= least

    return of_member(told, Refusal("seen_lately", {"days": least}))


def joined_within(most: int, _: Pick) -> Check:
    def told(member: Member, bill: Bill) -> bool:
        return bool(member.joined) and 0 <= _days(member.joined, bill.moment.local_date) <= most

    return of_member(told, Refusal("joined_long_ago", {"days": most}))


def anniversary(within_days: int, _: Pick) -> Check:
    def told(member: Member, bill: Bill) -> bool:
        return bool(member.joined) and 0 <= since_anniversary(member.joined, bill.moment.local_date) <= within_days

    return of_member(told, Refusal("no_anniversary"))


def occasions(names: tuple[str, ...], _: Pick) -> Check:
    def told(member: Member, bill: Bill) -> bool:
        windows = (member.occasions.get(name, ("9", "")) for name in names)
        return any(first <= bill.moment.local_date <= last for first, last in windows)

    return of_member(told, Refusal("no_occasion", {"occasions": ", ".join(names)}))


def pilot(pilot: Pilot, _: Pick) -> Check:
    def told(member: Member, _: Bill) -> bool:
        return draw(pilot.name, member.handle, WHOLE_BP) < pilot.percent

    return of_member(told, Refusal("not_in_pilot"))


def arm(arm: Arm, _: Pick) -> Check:
    return of_member(lambda member, _: draw(arm.experiment, member.handle, arm.arms) == arm.arm - 1, Refusal("other_arm"))


def since_anniversary(joined: str, today: str) -> int:
    """How many days ago the last anniversary of `joined` was, at least a year after it; -1 before the first."""
    begun, now = date.fromisoformat(joined), date.fromisoformat(today)
    year = now.year if (now.month, now.day) >= (begun.month, begun.day) else now.year - 1
    if year <= begun.year:
        return -1
    try:
        return (now - begun.replace(year=year)).days
    except ValueError:  # 29 February: celebrated on the first of March
        return (now - date(year, 3, 1)).days


def _days(first: str, last: str) -> int:
    return (date.fromisoformat(last) - date.fromisoformat(first)).days


def mistakes_of_tiers(codes: tuple[str, ...], known: Known) -> Iterator[Mistake]:
    ladder = known.program.tiers
    return wrong.all_known("", codes, [step.code for step in ladder.steps] if ladder else [], "tier")


def mistakes_of_plans(codes: tuple[str, ...], known: Known) -> Iterator[Mistake]:
    return wrong.all_known("", codes, known.program.plans, "plan")


def mistakes_of_badges(codes: tuple[str, ...], known: Known) -> Iterator[Mistake]:
    return wrong.all_known("", codes, known.program.challenges, "challenge")


def mistakes_of_balance(wanted: Balance, known: Known) -> Iterator[Mistake]:
    yield from wrong.known("unit", wanted.unit, known.program.units, "unit")
    yield from wrong.number("pieces_min", wanted.pieces_min, -bounds.PIECES_MAX, bounds.PIECES_MAX)
    yield from wrong.number("pieces_max", wanted.pieces_max, -1, bounds.PIECES_MAX)


def mistakes_of_visits(numbers: tuple[int, ...], _: Known) -> Iterator[Mistake]:
    for place, number in enumerate(numbers):
        yield from wrong.number(str(place), number, 1, bounds.COST_MAX)


def mistakes_of_step(step: int, _: Known) -> Iterator[Mistake]:
    return wrong.number("", step, 1, bounds.COST_MAX)


def mistakes_of_days(days: int, _: Known) -> Iterator[Mistake]:
    return wrong.number("", days, 0, bounds.DAYS_MAX)


def mistakes_of_pilot(pilot: Pilot, _: Known) -> Iterator[Mistake]:
    yield from wrong.word("name", pilot.name)
    yield from wrong.share("percent", pilot.percent)


def mistakes_of_arm(arm: Arm, _: Known) -> Iterator[Mistake]:
    yield from wrong.word("experiment", arm.experiment)
    yield from wrong.number("arms", arm.arms, 1, WHOLE_BP)
    yield from wrong.number("arm", arm.arm, 1, max(arm.arms, 1))
