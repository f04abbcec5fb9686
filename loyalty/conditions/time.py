"""When it is: conditions on the store's own time and calendar."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from loyalty.bill import Bill
from loyalty.conditions.checking import Check
from loyalty.goods import Pick
from loyalty.moment import minute_of_day, weekday
from loyalty.refusal import Refusal

Weekday = Literal["sun", "mon", "tue", "wed", "thu", "fri", "sat"]
WEEKDAYS: tuple[Weekday, ...] = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
HEBREW_MONTHS: Mapping[str, int] = {
    "nisan": 1, "iyar": 2, "sivan": 3, "tammuz": 4, "av": 5, "elul": 6, "tishrei": 7, "heshvan": 8, "kislev": 9, "tevet": 10,
    "shevat": 11, "adar_i": 12, "adar": 13,
}  # fmt: skip
"""Numbers that rise through a year from Nisan on. "adar" is the month of Purim: Adar, or Adar II in a leap year."""

HEBREW_LEAP_YEARS = frozenset({0, 3, 6, 8, 11, 14, 17})
"""The years of the nineteen-year cycle that have two Adars."""


@dataclass(frozen=True, slots=True)
class Dates:
    """From `first` to `last`, both included, ISO 8601; an empty one is open."""

    first: str = ""
    last: str = ""


@dataclass(frozen=True, slots=True)
class HebrewDates:
    """From `first` to `last`, both included, every year: "25 kislev". They may span the new year in Tishrei."""

    first: str
    last: str


def dates(windows: tuple[Dates, ...], _: Pick) -> Check:
    def check(bill: Bill) -> Refusal | None:
        today = bill.moment.local_date
        if any(one.first <= today and (not one.last or today <= one.last) for one in windows):
            return None
        coming = sorted(one.first for one in windows if one.first > today)
        return Refusal("not_yet", {"date": coming[0]}) if coming else Refusal("over")

    return check


def weekdays(names: tuple[Weekday, ...], _: Pick) -> Check:
    days = frozenset(WEEKDAYS.index(name) for name in names)
    refusal = Refusal("other_weekday", {"weekdays": ", ".join(names)})
    return lambda bill: None if weekday(bill.moment) in days else refusal


def hours(windows: tuple[str, ...], _: Pick) -> Check:
    spans = [minutes(window) for window in windows]
    refusal = Refusal("other_hour", {"hours": ", ".join(windows)})

    def check(bill: Bill) -> Refusal | None:
        now = minute_of_day(bill.moment)
        for first, last in spans:
            if first <= now < last or (last <= first and (now >= first or now < last)):
                return None
        return refusal

    return check


def hebrew_dates(windows: tuple[HebrewDates, ...], _: Pick) -> Check:
    spans = [(hebrew_day(window.first), hebrew_day(window.last)) for window in windows]

    def check(bill: Bill) -> Refusal | None:
        calendar = bill.moment.calendar
        if calendar is None:
            return Refusal("calendar_unknown")
        leap = calendar.hebrew_year % 19 in HEBREW_LEAP_YEARS
        month = calendar.hebrew_month if leap or calendar.hebrew_month < 12 else 13
        today = (month, calendar.hebrew_day)
        if any(first <= today <= last or (last < first and (today >= first or today <= last)) for first, last in spans):
            return None
        return Refusal("other_hebrew_date", {"dates": ", ".join(f"{one.first} - {one.last}" for one in windows)})

    return check


def rest(field: str) -> Callable[[Literal["during", "outside"], Pick], Check]:
    def make(when: Literal["during", "outside"], _: Pick) -> Check:
        def check(bill: Bill) -> Refusal | None:
            calendar = bill.moment.calendar
            if calendar is None:
                return Refusal("calendar_unknown")
            return None if getattr(calendar, field) == (when == "during") else Refusal(f"{field}_{when}_only")

        return check

    return make


def holidays(names: tuple[str, ...], _: Pick) -> Check:
    def check(bill: Bill) -> Refusal | None:
        calendar = bill.moment.calendar
        if calendar is None:
            return Refusal("calendar_unknown")
        return (
            None if any(name in names for name in calendar.holidays) else Refusal("no_holiday", {"holidays": ", ".join(names)})
        )

    return check


def minutes(window: str) -> tuple[int, int]:
    """The minutes of a day from which and up to which "18:00-22:00" runs; the second may be the smaller: past midnight."""
    first, _, last = window.partition("-")
    return _minute(first), _minute(last)


def _minute(clock: str) -> int:
    hour, _, minute = clock.partition(":")
    return int(hour) * 60 + int(minute)


def hebrew_day(text: str) -> tuple[int, int]:
    """The month, as HEBREW_MONTHS counts, and the day of "25 kislev". Raises KeyError or ValueError for no such day."""
    day, _, month = text.partition(" ")
    return HEBREW_MONTHS[month], int(day)
