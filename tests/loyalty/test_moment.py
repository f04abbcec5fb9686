"""An instant with its day and its place: what is no day, no place or no time of day is refused."""

import dataclasses
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from loyalty.moment import HOLIDAYS, NOWHERE, Calendar, Moment, Place, minute_of_day, weekday

FIRST_OF_TISHREI = Calendar(5787, 7, 1, holidays=("rosh_hashana",), rest=True)
HERE = Place("Allenby 12", "Till 1", "store", {"cookies": 3})
MOMENT = Moment(1_789_225_200_000, 180, "2026-09-12", FIRST_OF_TISHREI, HERE)


def test_an_instant_alone_is_a_moment():
    """Whoever knows neither calendar nor place need not say so."""
    moment = Moment(0, 0, "1970-01-01")
    assert moment.calendar is None
    assert moment.place == NOWHERE == Place("", "", "store", {})


def test_a_moment_survives_a_file():
    """JSON carries all of it, and what comes back is the same."""
    assert msgspec.json.decode(msgspec.json.encode(MOMENT), type=Moment) == MOMENT
    old = b'{"wall_ms": 0, "utc_offset_minutes": 0, "local_date": "1970-01-01"}'
    assert msgspec.json.decode(old, type=Moment) == Moment(0, 0, "1970-01-01")


def test_a_file_is_held_to_the_bounds():
    """Reading checks what making checks."""
    with pytest.raises(msgspec.ValidationError, match="hebrew_day"):
        msgspec.json.decode(b'{"hebrew_year": 5787, "hebrew_month": 7, "hebrew_day": 31}', type=Calendar)


def test_a_moment_can_be_a_key():
    """Equal moments hash alike, whatever is left of budgets: a mapping has no hash."""
    assert len({MOMENT, dataclasses.replace(MOMENT)}) == 1
    with_less = dataclasses.replace(MOMENT, place=Place("Allenby 12", "Till 1", "store", {"cookies": 2}))
    assert hash(with_less) == hash(MOMENT)
    assert with_less != MOMENT


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("hebrew_year", 5729), ("hebrew_year", 13_761), ("hebrew_year", True), ("hebrew_year", 5787.0),
        ("hebrew_month", 0), ("hebrew_month", 14), ("hebrew_day", 0), ("hebrew_day", 31),
        ("holidays", ("rosh_hashana", "christmas")), ("holidays", ("Purim",)),
    ],
)  # fmt: skip
def test_a_hebrew_date_has_bounds(field: str, value: Any):
    """Years of 1970 to 9999, thirteen months, thirty days, holidays by their codes."""
    with pytest.raises(ValueError, match=field):
        dataclasses.replace(FIRST_OF_TISHREI, **{field: value})


def test_the_bounds_themselves_are_dates():
    """The first and the last of everything."""
    assert Calendar(5730, 1, 1).hebrew_year == 5730
    assert Calendar(13_760, 13, 30, sabbath=True, holidays=HOLIDAYS, rest=True).hebrew_day == 30


def test_the_sabbath_is_rest():
    """A calendar that says otherwise is wrong."""
    with pytest.raises(ValueError, match="rest"):
        Calendar(5787, 7, 1, sabbath=True)


def test_each_holiday_is_listed_once():
    """Programs are checked against this list."""
    assert len(set(HOLIDAYS)) == len(HOLIDAYS)
    assert [code for code in HOLIDAYS if not code.replace("_", "").isalnum() or code != code.lower()] == []


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("store", "x" * 201), ("terminal", "x" * 201), ("channel", ""), ("store", "\0"), ("terminal", 7),
        ("budget_left", {"cookies": -1}), ("budget_left", {"cookies": 1.5}), ("budget_left", {"cookies": 10**15 + 1}),
        ("budget_left", {"": 1}),
    ],
)  # fmt: skip
def test_a_place_has_bounds(field: str, value: Any):
    """Names of at most 200 letters, and counts that are whole and never below nothing."""
    with pytest.raises(ValueError, match=field):
        dataclasses.replace(HERE, **{field: value})


@pytest.mark.parametrize("day", ["2026-02-29", "2026-04-31", "0000-01-01"])
def test_a_day_that_is_not_in_the_calendar_is_refused(day: str):
    """So that nothing behind it can stumble over the 31st of April."""
    with pytest.raises(ValueError, match="local_date"):
        Moment(0, 0, day)
    assert Moment(0, 0, "2024-02-29").local_date == "2024-02-29"


@pytest.mark.parametrize(
    ("day", "count"),
    [("2026-09-12", 6), ("2026-09-13", 0), ("2026-09-14", 1), ("1970-01-01", 4), ("2000-01-01", 6), ("2024-02-29", 4)],
)
def test_the_week_begins_on_sunday(day: str, count: int):
    """0 is Sunday, 6 the Sabbath."""
    assert weekday(Moment(0, 0, day)) == count


@pytest.mark.parametrize(
    ("wall_ms", "offset", "minute"),
    [(0, 0, 0), (59_999, 0, 0), (60_000, 0, 1), (0, 120, 120), (0, -60, 1380), (86_399_999, 0, 1439), (86_400_000 - 1, 1, 0)],
)
def test_minutes_are_counted_from_the_stores_own_midnight(wall_ms: int, offset: int, minute: int):
    """East is later, west is earlier, and midnight begins anew."""
    assert minute_of_day(Moment(wall_ms, offset, "1970-01-01")) == minute


@given(st.integers(0, 4_102_444_800_000), st.integers(-1080, 1080), st.dates())
def test_time_of_day_and_week_are_always_had(wall_ms: int, offset: int, day: Any):
    """No moment raises."""
    moment = Moment(wall_ms, offset, day.isoformat())
    assert 0 <= minute_of_day(moment) < 1440
    assert weekday(moment) == (day.toordinal() % 7)
