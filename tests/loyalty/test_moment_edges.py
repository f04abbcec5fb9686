"""When and where something happens."""

import pytest

from loyalty.bounds import PIECES_MAX
from loyalty.moment import HOLIDAYS, Calendar, Moment, Place, minute_of_day, weekday

CALENDAR = {"hebrew_year": 5787, "hebrew_month": 9, "hebrew_day": 8}


@pytest.mark.parametrize(("date", "day"), [("2026-11-21", 6), ("2026-11-22", 0), ("2026-11-23", 1), ("2026-11-27", 5)])
def test_the_week_begins_on_sunday(date, day):
    """As Israel counts."""
    assert weekday(Moment(0, 0, date)) == day


@pytest.mark.parametrize(
    ("wall_ms", "offset", "minute"),
    [(0, 0, 0), (59_999, 0, 0), (60_000, 0, 1), (0, 120, 120), (0, -1, 1439), (86_400_000, 0, 0), (86_399_999, 1, 0)],
)
def test_the_minute_is_the_stores(wall_ms, offset, minute):
    """By its own clocks, from its own midnight."""
    assert minute_of_day(Moment(wall_ms, offset, "1970-01-01")) == minute


@pytest.mark.parametrize(
    ("field", "low", "high"), [("hebrew_year", 5730, 13_760), ("hebrew_month", 1, 13), ("hebrew_day", 1, 30)]
)
def test_a_hebrew_date_is_one(field, low, high):
    """Both ends are within, one beyond is not."""
    for value in (low, high):
        assert getattr(Calendar(**{**CALENDAR, field: value}), field) == value
    for value in (low - 1, high + 1):
        with pytest.raises(ValueError, match=rf"\A{field} is {value}; a whole number from {low} to {high} "):
            Calendar(**{**CALENDAR, field: value})


def test_holidays_have_known_names():
    """A misspelled one would never match."""
    assert Calendar(**CALENDAR, holidays=HOLIDAYS).holidays == HOLIDAYS
    with pytest.raises(ValueError, match=r"\Aholidays has 'easter'; "):
        Calendar(**CALENDAR, holidays=("purim", "easter", "lent"))


def test_the_sabbath_is_a_time_of_rest():
    """And not the only one."""
    assert Calendar(**CALENDAR, sabbath=True, rest=True).sabbath
    assert not Calendar(**CALENDAR, rest=True).sabbath
    with pytest.raises(ValueError, match="Sabbath"):
        Calendar(**CALENDAR, sabbath=True)


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"store": None}, "store"),
        ({"terminal": None}, "terminal"),
        ({"channel": ""}, "channel"),
        ({"budget_left": {"": 1}}, "budget_left"),
        ({"budget_left": {"b": -1}}, r"budget_left\.b"),
        ({"budget_left": {"b": PIECES_MAX + 1}}, r"budget_left\.b"),
    ],
)
def test_a_place_has_names_and_budgets(fields, named):
    """Only store and terminal may be unknown; a budget is never below nothing."""
    assert Place(budget_left={"a": 0, "b": PIECES_MAX}).store == ""
    with pytest.raises(ValueError, match=rf"\A{named} is "):
        Place(**fields)


@pytest.mark.parametrize("date", ["2026-02-29", "2026-04-31", "0000-01-01"])
def test_a_day_that_never_was_is_refused(date):
    """Although it is written like one."""
    with pytest.raises(ValueError, match=rf"\Alocal_date is '{date}'; a day that exists is wanted"):
        Moment(0, 0, date)
    assert Moment(0, 0, "2028-02-29").local_date == "2028-02-29"
