"""How high a member stands: rising at once, falling only at a review."""

from typing import NamedTuple

from loyalty.lots import NEVER, days_later, months_later
from loyalty.member import Member
from loyalty.program import Program, Tiers, tier_of


class Ruled(NamedTuple):
    """The tier a member has now, when it was last reviewed, whether it rose, and whether the review takes the pieces away."""

    tier: str
    reviewed: str = ""
    rose: bool = False
    reset: bool = False


def rule(program: Program, member: Member, reviewed: str, day: str) -> Ruled:
    """Decide the tier of `member`, who was last reviewed on `reviewed`, on `day`. Without tiers everybody's is empty."""
    earned = tier_of(program, member.balances)
    if program.tiers is None or earned is None:
        return Ruled("", reviewed)
    codes = [step.code for step in program.tiers.steps]
    now = codes.index(member.tier) if member.tier in codes else 0
    target = codes.index(earned.code)
    if target > now or member.tier not in codes:
        return Ruled(codes[target], day if program.tiers.review in ("yearly", "days") else reviewed, rose=target > now)
    if not due(program.tiers, reviewed, day):
        return Ruled(codes[now], reviewed)
    if program.tiers.downgrade == "one_step":
        target = max(target, now - 1)
    return Ruled(codes[target], day, reset=program.tiers.reset and program.tiers.review != "always")


def due(tiers: Tiers, reviewed: str, day: str) -> bool:
    """Whether a member who was last reviewed on `reviewed` is looked at again on `day`."""
    if tiers.review == "always":
        return True
    if tiers.review == "yearly":
        return day >= months_later(reviewed, 12)
    if tiers.review == "days":
        return day >= days_later(reviewed, tiers.review_days)
    return tiers.review == "calendar_year" and day[:4] > reviewed[:4]


def next_review(tiers: Tiers, reviewed: str) -> str:
    """The day on which a member who was last reviewed on `reviewed` is looked at again; NEVER where no day brings it."""
    if tiers.review == "yearly":
        return months_later(reviewed, 12)
    if tiers.review == "days":
        return days_later(reviewed, tiers.review_days)
    return f"{int(reviewed[:4]) + 1:04}-01-01" if tiers.review == "calendar_year" and reviewed < "9999" else NEVER


def missing(program: Program, member: Member) -> tuple[str, int] | None:
    """The next tier and how many qualifying pieces it still takes; None on the highest step and where there are no tiers."""
    if program.tiers is None:
        return None
    codes = [step.code for step in program.tiers.steps]
    now = codes.index(member.tier) if member.tier in codes else 0
    have = member.balances.get(program.tiers.unit, 0)
    above = next((step for step in program.tiers.steps[now + 1 :] if step.from_pieces > have), None)
    return (above.code, above.from_pieces - have) if above else None
