"""The conditions, each as its words say, one after another: why one does not hold, or an empty text."""

import hashlib
from datetime import date, timedelta
from typing import Any

from loyalty import counters
from loyalty.basket import Line
from loyalty.conditions.checkout import Measure
from loyalty.conditions.time import HEBREW_MONTHS, WEEKDAYS
from loyalty.goods import ALL, Goods
from loyalty.member import Member
from loyalty.moment import Calendar
from tests.plain.till import Till, untaxed

ORDER = (
    "stores", "terminals", "channels", "dates", "weekdays", "hours", "hebrew_dates", "sabbath", "rest", "holidays", "basket",
    "lines", "amount_min", "amount_max", "codes", "tenders", "tiers", "segments", "plans", "badges", "balance", "visits",
    "every_visit", "days_away_min", "joined_within_days", "anniversary_within_days", "occasions", "pilot", "arm",
)  # fmt: skip
"""The reason that is told first."""


def why_not(when: Any, unless: Any, goods: Goods, till: Till) -> str:
    """Why a rule with these conditions does not hold now."""
    for name in ORDER:
        if name in when and (refusal := refused(name, when[name], goods, till)):
            return refusal
    if unless and not any(refused(name, value, goods, till) for name, value in unless.items()):
        return "excluded"
    return ""


def refused(name: str, value: Any, goods: Goods, till: Till) -> str:
    """Why the condition `name` does not hold."""
    if name in ("basket", "lines", "amount_min", "amount_max", "codes", "tenders", "stores", "terminals", "channels"):
        return _of_checkout(name, value, goods, till)
    if name in ("dates", "weekdays", "hours", "hebrew_dates", "sabbath", "rest", "holidays"):
        return _of_time(name, value, till)
    return _of_member(name, value, till, till.member) if till.member else "member_needed"


def _of_checkout(name: str, value: Any, goods: Goods, till: Till) -> str:
    place = till.moment.place
    match name:
        case "basket":
            return next((refusal for one in value if (refusal := _measured(one, one.goods, till))), "")
        case "lines":
            return _measured(value, goods, till)
        case "amount_min":
            return _measured(Measure(amount_min=value), ALL, till)
        case "amount_max":
            return _measured(Measure(amount_max=value), ALL, till)
        case "codes":
            return "" if set(value) & set(till.basket.codes) else "code_needed"
        case "tenders":
            return "" if set(value) & set(till.basket.paying) else "tender_needed"
        case "stores":
            return "" if place.store in value else "other_store"
        case "terminals":
            return "" if place.terminal in value else "other_terminal"
        case "channels":
            return "" if place.channel in value else "other_channel"
    raise AssertionError(name)


def _measured(wanted: Measure, goods: Goods, till: Till) -> str:
    places = till.of(goods)
    pieces = sum(till.lines[place].pieces for place in places if till.lines[place].amount_minor >= 0)
    nothing_said = not any((wanted.quantity_min, wanted.quantity_max, wanted.amount_min, wanted.amount_max))
    if pieces < (1 if nothing_said else wanted.quantity_min):
        return "goods_missing"
    if wanted.quantity_max and pieces > wanted.quantity_max:
        return "goods_too_many"
    if len({till.lines[place].product for place in places if till.lines[place].amount_minor >= 0}) < wanted.products_min:
        return "goods_missing"
    policies = till.program.policies
    after = (wanted.of or policies.threshold) == "after_discounts"
    amounts = {place: till.left[place] if after else till.lines[place].amount_minor for place in places}
    if (wanted.tax or policies.threshold_tax) == "excluded":
        amounts = {place: _without_tax(amount, till.lines[place]) for place, amount in amounts.items()}
    amount = sum(amounts.values())
    if wanted.amount_min and amount < wanted.amount_min:
        return "amount_missing"
    return "amount_too_high" if wanted.amount_max and amount > wanted.amount_max else ""


def _without_tax(amount: int, line: Line) -> int:
    """A levy bears no tax."""
    return untaxed(amount - line.levy_minor, line.tax_bp) + line.levy_minor


def _of_member(name: str, value: Any, till: Till, member: Member) -> str:
    today = date.fromisoformat(till.moment.local_date)
    match name:
        case "tiers":
            return "" if member.tier in value else "other_tier"
        case "segments":
            return "" if set(value) & set(member.segments) else "segment_needed"
        case "plans":
            return "" if any(till.in_plan(code) for code in value) else "plan_needed"
        case "badges":
            return "" if any(member.balances.get(counters.won(code), 0) > 0 for code in value) else "badge_needed"
        case "balance":
            have = member.balances.get(value.unit, 0)
            return "" if value.pieces_min <= have and (value.pieces_max == -1 or have <= value.pieces_max) else "balance_other"
        case "visits":
            return "" if member.visits + 1 in value else "other_visit"
        case "every_visit":
            return "visits_missing" if (member.visits + 1) % value else ""
        case "days_away_min":
            away = bool(member.last_visit) and today - date.fromisoformat(member.last_visit) >= timedelta(value)
            return "" if away else "seen_lately"
        case "joined_within_days":
            lately = bool(member.joined) and date.fromisoformat(member.joined) <= today
            return "" if lately and today - date.fromisoformat(member.joined) <= timedelta(value) else "joined_long_ago"
        case "anniversary_within_days":
            return "" if _anniversary(member.joined, today, value) else "no_anniversary"
        case "occasions":
            windows = [member.occasions[one] for one in value if one in member.occasions]
            return "" if any(first <= today.isoformat() <= last for first, last in windows) else "no_occasion"
        case "pilot":
            return "" if _drawn(f"{value.name}:{member.handle}", 10_000) < value.percent else "not_in_pilot"
        case "arm":
            return "" if _drawn(f"{value.experiment}:{member.handle}", value.arms) + 1 == value.arm else "other_arm"
    raise AssertionError(name)


def _drawn(text: str, out_of: int) -> int:
    return int(hashlib.sha256(text.encode()).hexdigest()[:16], 16) % out_of


def _anniversary(joined: str, today: date, within: int) -> bool:
    """Whether one of the last days, today among them, has the day and month of joining, of a later year."""
    if not joined:
        return False
    begun = date.fromisoformat(joined)
    for ago in range(within + 1):
        day = today - timedelta(ago)
        leap_day = begun.month == 2 and begun.day == 29 and _no_leap(day.year)
        wanted = (3, 1) if leap_day else (begun.month, begun.day)
        if (day.month, day.day) == wanted and day.year > begun.year:
            return True
    return False


def _no_leap(year: int) -> bool:
    return year % 4 != 0 or (year % 100 == 0 and year % 400 != 0)


def _of_time(name: str, value: Any, till: Till) -> str:
    today = till.moment.local_date
    match name:
        case "dates":
            if any(one.first <= today and (today <= one.last or not one.last) for one in value):
                return ""
            return "not_yet" if any(one.first > today for one in value) else "over"
        case "weekdays":
            names = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
            assert set(names) == set(WEEKDAYS)
            return "" if names[date.fromisoformat(today).weekday()] in value else "other_weekday"
        case "hours":
            minute = (till.moment.wall_ms // 60_000 + till.moment.utc_offset_minutes) % 1440
            clock = f"{minute // 60:02}:{minute % 60:02}"
            return "" if any(_in_hours(one, clock) for one in value) else "other_hour"
    calendar = till.moment.calendar
    if calendar is None:
        return "calendar_unknown"
    match name:
        case "hebrew_dates":
            return "" if any(_in_hebrew(one, calendar) for one in value) else "other_hebrew_date"
        case "sabbath":
            return "" if calendar.sabbath == (value == "during") else f"sabbath_{value}_only"
        case "rest":
            return "" if calendar.rest == (value == "during") else f"rest_{value}_only"
        case "holidays":
            return "" if set(value) & set(calendar.holidays) else "no_holiday"
    raise AssertionError(name)


def _in_hours(window: str, clock: str) -> bool:
    first, last = window.split("-")
    return first <= clock < last if first < last else clock >= first or clock < last


def _in_hebrew(window: Any, calendar: Calendar) -> bool:
    """Day by day from the first to the last, as a year runs from Nisan to Adar and on again."""
    leap = (7 * calendar.hebrew_year + 1) % 19 < 7
    purim = 13 if leap else 12
    months = {name: purim if name == "adar" else number for name, number in HEBREW_MONTHS.items()}
    (first_day, first_month), (last_day, last_month) = window.first.split(), window.last.split()
    first, last = months[first_month] * 100 + int(first_day), months[last_month] * 100 + int(last_day)
    now = calendar.hebrew_month * 100 + calendar.hebrew_day
    return first <= now <= last if first <= last else now >= first or now <= last
