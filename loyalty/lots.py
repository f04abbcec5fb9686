"""Lots: pieces of a unit that live equally long. They are pending at first, then spendable, then they expire.

A lot is written "READY/EXPIRES": the first day on which its pieces may be spent and the last, ISO 8601, each empty where there is
no such day. "" is the lot of pieces that were never pending and never expire; an overdraft is in it too.
"""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Literal, NamedTuple

from loyalty.program import Challenge, Program

Lots = Mapping[str, int]
"""Pieces by lot."""

Part = tuple[str, int]
"""So many pieces of a lot."""

OPEN = ""
NEVER = "9999-12-31"


class Life(NamedTuple):
    """From when and until when pieces may be spent, both days included."""

    ready: str = ""
    expires: str = ""


def life(lot: str) -> Life:
    """What a lot's name says."""
    ready, _, expires = lot.partition("/")
    return Life(ready, expires)


def lot_named(ready: str = "", expires: str = "") -> str:
    """The name of a lot."""
    return f"{ready}/{expires}" if ready or expires else OPEN


def lot_for(program: Program, unit: str, day: str) -> str:
    """The lot of pieces of `unit` that are earned on `day`, a unit of the program or a counter.

    A plan's lot depends on the plan that runs already: see plan_lot.
    """
    kind, _, code = unit.partition("/")
    if code:
        return _counter_lot(program, kind, code, day)
    rule = program.units.get(unit)
    if rule is None:
        return OPEN
    ready = days_later(day, rule.pending_days) if rule.pending_days else ""
    expires = ""
    if rule.expire_days or rule.expire_months:
        expires = _rounded(months_later(days_later(day, rule.expire_days), rule.expire_months), rule.expire_at)
    return lot_named(ready, expires)


def _counter_lot(program: Program, kind: str, code: str, day: str) -> str:
    if kind in ("used_day", "earned_day"):
        return lot_named(expires=day)
    if kind in ("used_month", "earned_month"):
        return lot_named(expires=end_of("month", day))
    if kind == "given" and (code not in program.awards or program.awards[code].on in ("birthday", "anniversary")):
        return lot_named(expires=months_later(day, 11))
    challenge = program.challenges.get(code)
    if challenge and kind == "step" and challenge.period:
        return lot_named(expires=end_of(challenge.period, day))
    return lot_named(expires=_window_end(challenge, day)) if challenge and kind == "count" else OPEN


def _window_end(challenge: Challenge, day: str) -> str:
    """The last day on which what was counted on `day` counts; of a streak, the end of the period after this one."""
    if not challenge.period:
        return days_later(day, challenge.within_days - 1) if challenge.within_days else ""
    last = end_of(challenge.period, day)
    return end_of(challenge.period, days_later(last, 1)) if challenge.streak else last


def plan_lot(program: Program, code: str, lots: Lots, day: str) -> str:
    """The lot of a plan bought on `day` by somebody who has `lots` of it: from today, or from the day after the one before ends."""
    plan = program.plans[code]
    running = [life(lot).expires for lot, pieces in lots.items() if pieces > 0 and life(lot).expires >= day]
    start = days_later(max(running), 1) if running else day
    end = days_later(months_later(days_later(start, plan.days), plan.months), -1)
    return lot_named(start, end)


def spendable(lots: Lots, day: str) -> int:
    """How many pieces may be spent on `day`; less than nothing for an overdraft."""
    return sum(pieces for lot, pieces in lots.items() if _in_force(lot, day))


def standing(lots: Lots, day: str) -> int:
    """How many pieces there are on `day`, the pending ones among them."""
    return sum(pieces for lot, pieces in lots.items() if (life(lot).expires or NEVER) >= day)


def folded(lots: Lots, day: str) -> dict[str, int]:
    """The same pieces in fewer lots for whoever asks on `day` or later: what may be spent already is told apart by its end only."""
    found: dict[str, int] = {}
    for lot, pieces in lots.items():
        ready, expires = life(lot)
        name = lot_named("" if ready <= day else ready, expires)
        found[name] = found.get(name, 0) + pieces
    return {lot: pieces for lot, pieces in found.items() if pieces}


def expired(lots: Lots, day: str) -> tuple[Part, ...]:
    """What has expired before `day` and is still there."""
    return tuple((lot, pieces) for lot, pieces in sorted(lots.items()) if pieces > 0 and (life(lot).expires or NEVER) < day)


def take(lots: Lots, pieces: int, day: str) -> tuple[Part, ...]:
    """So many pieces to spend on `day`, the first to expire first; what is not there comes out of OPEN as an overdraft."""
    ready = [lot for lot, have in lots.items() if have > 0 and _in_force(lot, day)]
    return _taken(lots, sorted(ready, key=by_expiry), pieces, OPEN)


def take_all(lots: Lots, pieces: int) -> tuple[Part, ...]:
    """So many pieces of what was set aside, the first to expire first: nothing expires while it is held."""
    return _taken(lots, sorted((lot for lot, have in lots.items() if have > 0), key=by_expiry), pieces, OPEN)


def take_back(lots: Lots, pieces: int, own: str, day: str) -> tuple[tuple[Part, ...], int, int]:
    """So many pieces that a return takes back, and how much of it was pending, and how much was nowhere to be found.

    Pending ones first, the return's own lot `own` before others; then that lot; then the others, the first to expire first.
    """
    pending = [lot for lot, have in lots.items() if have > 0 and life(lot).ready > day]
    pending.sort(key=lambda lot: (lot != own, *by_expiry(lot)))
    rest = [lot for lot, have in lots.items() if have > 0 and _in_force(lot, day) and lot not in pending]
    rest.sort(key=lambda lot: (lot != own, *by_expiry(lot)))
    parts = []
    left, from_pending = pieces, 0
    for lot in (*pending, *rest):
        part = min(lots[lot], left)
        if part:
            parts.append((lot, part))
            left -= part
            from_pending += part if lot in pending else 0
    return tuple(parts), from_pending, left


def first(parts: tuple[Part, ...], pieces: int) -> list[Part]:
    """The first so many pieces of `parts`."""
    found = []
    for lot, have in parts:
        part = min(have, pieces)
        if part:
            found.append((lot, part))
            pieces -= part
    return found


def forecast(lots: Lots, day: str) -> tuple[tuple[str, int], ...]:
    """What expires when, from `day` on: (last day, pieces), the next first."""
    sums: dict[str, int] = {}
    for lot, pieces in lots.items():
        expires = life(lot).expires
        if pieces > 0 and expires and expires >= day:
            sums[expires] = sums.get(expires, 0) + pieces
    return tuple(sorted(sums.items()))


def extended(lots: Lots, newest: str, day: str) -> tuple[Part, ...]:
    """The parts in force that `newest` outlives: activity makes them as young as it."""
    until = life(newest).expires or NEVER
    return tuple(
        (lot, pieces) for lot, pieces in sorted(lots.items())
        if pieces > 0 and lot != newest and day <= (life(lot).expires or NEVER) < until
    )  # fmt: skip


def end_of(period: Literal["day", "week", "month", "year"], day: str) -> str:
    """The last day of the day, week (Sunday to Saturday), month or year that `day` is in."""
    at = date.fromisoformat(day)
    if period == "week":
        return (at + timedelta(days=5 - at.weekday() if at.weekday() < 6 else 6)).isoformat()
    if period == "month":
        return at.replace(day=_days_in_month(at.year, at.month)).isoformat()
    return at.replace(month=12, day=31).isoformat() if period == "year" else day


def months_later(day: str, months: int) -> str:
    """The same day so many months later; the last of a month that has no such day."""
    if not months:
        return day
    at = date.fromisoformat(day)
    year, month = divmod(at.year * 12 + at.month - 1 + months, 12)
    return date(year, month + 1, min(at.day, _days_in_month(year, month + 1))).isoformat()


def _days_in_month(year: int, month: int) -> int:
    if month == 12:
        return 31
    return (date(year, month + 1, 1) - timedelta(days=1)).day


def day_after(day: str) -> str:
    """The day after; none after the last that can be written."""
    return days_later(day, 1) if day < NEVER else NEVER


def _rounded(day: str, expire_at: str) -> str:
    return end_of("month", day) if expire_at == "month_end" else end_of("year", day) if expire_at == "year_end" else day


def days_later(day: str, days: int) -> str:
    """So many days after `day`."""
    return (date.fromisoformat(day) + timedelta(days=days)).isoformat() if days else day


def _in_force(lot: str, day: str) -> bool:
    ready, expires = life(lot)
    return ready <= day <= (expires or NEVER)


def by_expiry(lot: str) -> tuple[str, str]:
    """What sorts lots so that the first to expire comes first."""
    ready, expires = life(lot)
    return expires or NEVER, ready


def _taken(lots: Lots, order: list[str], pieces: int, rest: str) -> tuple[Part, ...]:
    parts = []
    for lot in order:
        part = min(lots[lot], pieces)
        if part:
            parts.append((lot, part))
            pieces -= part
    if pieces:
        parts.append((rest, pieces))
    return tuple(parts)
