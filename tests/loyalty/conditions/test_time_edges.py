"""When a rule holds: the store's own time and the calendars."""

from typing import get_args

import pytest

from loyalty.conditions.time import WEEKDAYS, Dates, HebrewDates, Weekday, hebrew_day, minutes, resting
from loyalty.goods import ALL, pick
from loyalty.moment import Calendar, Moment
from loyalty.refusal import Refusal
from tests.bills import NOW, checkout, why_not


def on(local_date="2026-11-18", hebrew=None, clock="12:00", **calendar):
    """A checkout at that date and, on the store's clock, that time; `hebrew` is (year, month, day)."""
    hour, minute = map(int, clock.split(":"))
    known = Calendar(*hebrew, **calendar) if hebrew else None
    return checkout(1000, moment=Moment((hour * 60 + minute) * 60_000, 0, local_date, known))


@pytest.mark.parametrize(
    ("windows", "refusal"),
    [
        ((Dates("2026-11-18", "2026-11-18"),), None),
        ((Dates("2026-11-18"),), None),
        ((Dates(last="2026-11-18"),), None),
        ((Dates(),), None),
        ((Dates("2026-11-19"),), Refusal("not_yet", {"date": "2026-11-19"})),
        ((Dates(last="2026-11-17"),), Refusal("over")),
        (
            (Dates("2026-12-24"), Dates("2026-12-01", "2026-12-02"), Dates(last="2026-11-17")),
            Refusal("not_yet", {"date": "2026-12-01"}),
        ),
        ((Dates("2026-01-01", "2026-01-02"), Dates("2026-11-01", "2026-11-30")), None),
        ((Dates("2026-01-01", "2026-01-02"), Dates("2026-11-01", "2026-11-17")), Refusal("over")),
    ],
)
def test_dates(windows, refusal):
    """Both ends included, an empty one open; the refusal says when it begins."""
    assert why_not(on("2026-11-18"), dates=windows) == refusal


def test_weekdays():
    """By the store's date."""
    assert why_not(on("2026-11-18"), weekdays=("mon", "wed")) is None
    assert why_not(on("2026-11-22"), weekdays=("sun",)) is None
    assert why_not(on("2026-11-22"), weekdays=("mon", "sat")) == Refusal("other_weekday", {"weekdays": "mon, sat"})
    assert get_args(Weekday) == WEEKDAYS


@pytest.mark.parametrize(
    ("windows", "within", "without"),
    [
        (("08:30-17:45",), ("08:30", "12:00", "17:44"), ("08:29", "17:45", "00:00")),
        (("22:00-02:00",), ("22:00", "23:59", "00:00", "01:59"), ("02:00", "21:59", "12:00")),
        (("08:00-09:00", "20:00-21:00"), ("08:00", "20:59"), ("09:00", "19:59")),
        (("18:00-24:00",), ("18:00", "23:59"), ("00:00", "17:59")),
        (("06:00-06:00",), ("06:00", "05:59"), ()),
    ],
)
def test_hours(windows, within, without):
    """From the first minute up to, and without, the last; past midnight where the last is the smaller."""
    assert [why_not(on(clock=clock), hours=windows) for clock in within] == [None] * len(within)
    refusal = Refusal("other_hour", {"hours": ", ".join(windows)})
    assert [why_not(on(clock=clock), hours=windows) for clock in without] == [refusal] * len(without)


def test_minutes_of_a_window():
    """Of the day."""
    assert minutes("18:05-22:30") == (1085, 1350)


@pytest.mark.parametrize(
    ("first", "last", "hebrew", "holds"),
    [
        ("25 kislev", "3 tevet", (5787, 9, 25), True),
        ("25 kislev", "3 tevet", (5787, 10, 3), True),
        ("25 kislev", "3 tevet", (5787, 9, 24), False),
        ("25 kislev", "3 tevet", (5787, 10, 4), False),
        ("1 elul", "10 tishrei", (5787, 6, 1), True),
        ("1 elul", "10 tishrei", (5787, 7, 10), True),
        ("1 elul", "10 tishrei", (5787, 7, 11), False),
        ("1 adar", "30 nisan", (5787, 13, 29), True),  # past the end of the counting, in Nisan
        ("1 adar", "30 nisan", (5787, 13, 1), True),
        ("1 adar", "30 nisan", (5787, 12, 30), False),
        ("1 adar", "30 nisan", (5787, 1, 30), True),
        ("1 adar", "30 nisan", (5787, 2, 1), False),
        ("14 adar", "14 adar", (5786, 12, 14), True),  # a plain year: the one Adar
        ("14 adar", "14 adar", (5787, 12, 14), False),  # a leap year: the second Adar
        ("14 adar", "14 adar", (5787, 13, 14), True),
        ("14 adar_i", "14 adar_i", (5787, 12, 14), True),
        ("14 adar_i", "14 adar_i", (5786, 12, 14), False),
        ("15 shevat", "15 shevat", (5786, 11, 15), True),
    ],
)
def test_hebrew_dates(first, last, hebrew, holds):
    """Every year, both ends included; Adar is the month of Purim."""
    refusal = Refusal("other_hebrew_date", {"dates": f"{first} - {last}"})
    assert why_not(on(hebrew=hebrew), hebrew_dates=(HebrewDates(first, last),)) == (None if holds else refusal)


def test_any_of_several_hebrew_dates():
    """And the refusal names them all."""
    windows = (HebrewDates("1 nisan", "2 nisan"), HebrewDates("6 sivan", "6 sivan"))
    assert why_not(on(hebrew=(5787, 3, 6)), hebrew_dates=windows) is None
    named = {"dates": "1 nisan - 2 nisan, 6 sivan - 6 sivan"}
    assert why_not(on(hebrew=(5787, 3, 7)), hebrew_dates=windows) == Refusal("other_hebrew_date", named)


@pytest.mark.parametrize(("year", "leap"), [(year, year % 19 in {0, 3, 6, 8, 11, 14, 17}) for year in range(5776, 5795)])
def test_leap_years_follow_the_cycle_of_nineteen(year, leap):
    """In a plain year month 12 is Adar, in a leap year Adar I."""
    assert (why_not(on(hebrew=(year, 12, 1)), hebrew_dates=(HebrewDates("1 adar", "1 adar"),)) is None) == (not leap)


def test_a_hebrew_day_is_read():
    """Month and day; what is none raises."""
    assert (hebrew_day("25 kislev"), hebrew_day("1 nisan")) == ((9, 25), (1, 1))
    for wrong, error in (("25 december", KeyError), ("x nisan", ValueError), ("nisan", KeyError)):
        with pytest.raises(error):
            hebrew_day(wrong)


@pytest.mark.parametrize(
    "when",
    [
        {"hebrew_dates": (HebrewDates("1 nisan", "1 nisan"),)},
        {"sabbath": "outside"},
        {"rest": "during"},
        {"holidays": ("purim",)},
    ],
)
def test_without_a_calendar_nobody_knows(when):
    """The condition is not met, and says so."""
    assert why_not(on(), **when) == Refusal("calendar_unknown")


@pytest.mark.parametrize(
    ("name", "calendar", "during"),
    [
        ("sabbath", {}, False),
        ("sabbath", {"rest": True}, False),
        ("sabbath", {"sabbath": True, "rest": True}, True),
        ("rest", {}, False),
        ("rest", {"rest": True}, True),
    ],
)
def test_sabbath_and_rest(name, calendar, during):
    """During it or outside of it."""
    bill = on(hebrew=(5787, 7, 10), **calendar)
    assert why_not(bill, **{name: "during"}) == (None if during else Refusal(f"{name}_during_only"))
    assert why_not(bill, **{name: "outside"}) == (Refusal(f"{name}_outside_only") if during else None)
    made = resting(name)  # as the table makes it when it is imported
    assert made("during", pick(ALL))(bill) == (None if during else Refusal(f"{name}_during_only"))
    assert made("during", pick(ALL))(on()) == Refusal("calendar_unknown")


def test_holidays():
    """Any of those named, among those of the day."""
    bill = on(hebrew=(5787, 10, 1), holidays=("hanukkah", "rosh_hodesh"))
    assert why_not(bill, holidays=("purim", "rosh_hodesh")) is None
    assert why_not(bill, holidays=("purim", "passover")) == Refusal("no_holiday", {"holidays": "purim, passover"})


def test_a_moment_of_the_samples_is_a_wednesday_noon():
    """What the tests of this folder stand on."""
    assert why_not(checkout(1, moment=NOW), weekdays=("wed",), hours=("13:06-13:07",)) is None
