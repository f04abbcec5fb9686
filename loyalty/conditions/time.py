"""When it is: conditions on the store's own time and calendar."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from loyalty import mistakes as wrong
from loyalty.bill import Bill
from loyalty.conditions.checking import Check
from loyalty.goods import Pick
from loyalty.lots import NEVER
from loyalty.mistakes import Known
from loyalty.moment import HOLIDAYS, minute_of_day, weekday
from loyalty.program import Mistake
from loyalty.refusal import Refusal

Weekday = Literal["sun", "mon", "tue", "wed", "thu", "fri", "sat"]
WEEKDAYS: tuple[Weekday, ...] = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
HEBREW_MONTHS: Mapping[str, int] = {
    "nisan": 1, "iyar": 2, "sivan": 3, "tammuz": 4, "av": 5, "elul": 6, "tishrei": 7, "heshvan": 8, "kislev": 9, "tevet": 10,
    "shevat": 11, "adar_i": 12, "adar": 13,
}  # fmt: skip
"""Numbers that rise through a year from Nisan on. "adar" is the month of Purim: Adar, or Adar II in a leap year."""

SHORT_MONTHS = frozenset({"iyar", "tammuz", "elul", "tevet", "adar"})
"""Months that never have a thirtieth day; Heshvan and Kislev have one in some years."""

HEBREW_DAY = re.compile("([1-9]|[12][0-9]|30) ([a-z_]+)")
HOURS = re.compile("([01][0-9]|2[0-3]):[0-5][0-9]-(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)")

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
    spans = [(window.first, window.last or NEVER) for window in windows]
    over = Refusal("over")

    def check(bill: Bill) -> Refusal | None:
        today = bill.moment.local_date
        for first, last in spans:
            if first <= today <= last:
                return None
        coming = sorted(first for first, _ in spans if first > today)
        return Refusal("not_yet", {"date": coming[0]}) if coming else over

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


def resting(field: str) -> Callable[[Literal["during", "outside"], Pick], Check]:
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


def mistakes_of_dates(windows: tuple[Dates, ...], _: Known) -> Iterator[Mistake]:
    for place, window in enumerate(windows):
        yield from wrong.day(f"{place}.first", window.first)
        yield from wrong.day(f"{place}.last", window.last)
        if not (window.first or window.last):
            yield Mistake(str(place), "it has neither a first nor a last day", 'first = "2026-11-21", or remove it')
        elif wrong.is_day(window.first) and wrong.is_day(window.last) and window.last < window.first:
            yield Mistake(f"{place}.last", "it ends before it begins", f"{window.first} or later")


def mistakes_of_hours(windows: tuple[str, ...], _: Known) -> Iterator[Mistake]:
    for place, window in enumerate(windows):
        if not HOURS.fullmatch(window):
            yield Mistake(str(place), f"{window!r:.60} is no window of hours", '"HH:MM-HH:MM", such as "16:00-18:30"')
        elif len(set(minutes(window))) == 1:
            yield Mistake(str(place), "it ends when it begins", "another end; a window may run past midnight")


def mistakes_of_hebrew_dates(windows: tuple[HebrewDates, ...], _: Known) -> Iterator[Mistake]:
    for place, window in enumerate(windows):
        for end in ("first", "last"):
            text = getattr(window, end)
            if not _is_hebrew_day(text):
                wanted = f'such as "25 kislev"; the months are {", ".join(HEBREW_MONTHS)}'
                yield Mistake(f"{place}.{end}", f"{text!r:.60} is no day of the Hebrew calendar", wanted)


def mistakes_of_holidays(names: tuple[str, ...], _: Known) -> Iterator[Mistake]:
    for place, name in enumerate(names):
        if name not in HOLIDAYS:
            yield Mistake(str(place), f"there is no holiday {name!r:.60}", f"one of: {', '.join(HOLIDAYS)}")


def nothing_wrong(_value: object, _: Known) -> Iterator[Mistake]:
    """Whatever the shape lets through can be meant."""
    return iter(())


def _is_hebrew_day(text: str) -> bool:
    found = HEBREW_DAY.fullmatch(text)
    return bool(found and found[2] in HEBREW_MONTHS and int(found[1]) <= (29 if found[2] in SHORT_MONTHS else 30))
