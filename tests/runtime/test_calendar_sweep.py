"""The calendar swept: one Jewish day a sunset all year long, and no place, zone or time at which it fails."""

from datetime import date, datetime, timedelta, timezone, tzinfo
from itertools import pairwise
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyluach.dates import HebrewDate

from loyalty.moment import WALL_MS_MAX, Calendar
from runtime.calendar import DAY_MS, JERUSALEM, Coordinates, facts

YEAR_2100_MS = 4_102_444_800_000
STEP_MS = 20 * 60_000

LATITUDES = st.floats(-90, 90)
LONGITUDES = st.floats(-180, 180)
WALL = st.integers(0, YEAR_2100_MS)
ZONES = st.sampled_from(sorted(available_timezones())).map(ZoneInfo)

PLACES = [
    ("Asia/Jerusalem", JERUSALEM),
    ("America/New_York", Coordinates(40.713, -74.006, diaspora=True)),
    ("Australia/Sydney", Coordinates(-33.869, 151.209, diaspora=True)),
    ("America/Guayaquil", Coordinates(-0.18, -78.47)),
    ("Atlantic/Reykjavik", Coordinates(64.147, -21.942)),
    ("Arctic/Longyearbyen", Coordinates(78.22, 15.64)),
    ("Pacific/Kiritimati", Coordinates(1.87, -157.43)),
    ("Asia/Anadyr", Coordinates(66.0, 180.0)),
]


def daylight(found: Calendar) -> date:
    """The civil date on which the daylight of this Jewish day falls."""
    made: date = HebrewDate(found.hebrew_year, found.hebrew_month, found.hebrew_day).to_pydate()
    return made


def year(zone: tzinfo, where: Coordinates) -> list[tuple[int, Calendar]]:
    """Facts every twenty minutes from the first of January 2027 on, for a year; 5787 is a leap year."""
    start_ms = round(datetime(2027, 1, 1, 12, tzinfo=zone).timestamp() * 1000)
    return [(at, facts(at, zone, where)) for at in range(start_ms, start_ms + 365 * DAY_MS, STEP_MS)]


@pytest.mark.parametrize(("zone", "where"), PLACES, ids=[name for name, _ in PLACES])
def test_each_sunset_brings_the_next_day(zone: str, where: Coordinates):
    """All year long one day follows the other, each about as long as a day, and noon has the date of the store's clocks."""
    found = year(ZoneInfo(zone), where)
    starts = [(at, daylight(after)) for (_, before), (at, after) in pairwise(found) if daylight(before) != daylight(after)]
    assert len(starts) == 365
    assert all(after - before == timedelta(days=1) for (_, before), (_, after) in pairwise(starts))
    lengths_h = [(after - before) / 3_600_000 for (before, _), (after, _) in pairwise(starts)]
    assert (
        17 <= min(lengths_h) <= max(lengths_h) <= 31
    )  # where the sun begins not to set, sunset comes back from midnight to six
    mornings = [(datetime.fromtimestamp(at / 1000, ZoneInfo(zone)), one) for at, one in found]
    assert all(local.date() == daylight(one) for local, one in mornings if 5 <= local.hour < 11)


@pytest.mark.parametrize(("zone", "where"), PLACES[:4], ids=[name for name, _ in PLACES[:4]])
def test_each_week_has_its_sabbath(zone: str, where: Coordinates):
    """52 times a year, from Friday's afternoon to Saturday's evening, a day and 40 minutes to an hour and a half long."""
    found = year(ZoneInfo(zone), where)
    turns = [(at, after.sabbath) for (_, before), (at, after) in pairwise(found) if before.sabbath != after.sabbath]
    if turns[0][1] is False:
        turns = turns[1:]
    begins, ends = [at for at, now in turns if now], [at for at, now in turns if not now]
    assert len(begins) in (52, 53)
    weekdays = {datetime.fromtimestamp(at / 1000, ZoneInfo(zone)).isoweekday() for at in begins}
    assert weekdays == {5}
    hours = [(end - begin) / 3_600_000 for begin, end in zip(begins, ends, strict=False)]
    assert 24.5 <= min(hours) <= max(hours) <= 25.7
    assert all(one.rest for _, one in found if one.sabbath)


@given(WALL, ZONES, LATITUDES, LONGITUDES, st.booleans())
@settings(max_examples=300, deadline=None)
def test_nothing_on_earth_raises(wall_ms: int, zone: ZoneInfo, latitude: float, longitude: float, diaspora: bool):
    """Any place with any zone, even one that is none of its own: a Calendar, at most a day from the date of its clocks."""
    found = facts(wall_ms, zone, Coordinates(latitude, longitude, diaspora=diaspora))
    local = datetime.fromtimestamp(wall_ms / 1000, zone).date()
    assert abs((daylight(found) - local).days) <= 1


@given(WALL, st.integers(0, 10 * DAY_MS), LATITUDES, LONGITUDES)
@settings(max_examples=200, deadline=None)
def test_time_never_goes_back(wall_ms: int, later_ms: int, latitude: float, longitude: float):
    """Where clocks go by the sun, a later instant has no earlier date, and a day is passed by none."""
    zone, where = timezone(timedelta(hours=round(longitude / 15))), Coordinates(latitude, longitude)
    before, after = daylight(facts(wall_ms, zone, where)), daylight(facts(wall_ms + later_ms, zone, where))
    assert before <= after
    assert abs((after - before).days - later_ms / DAY_MS) < 1.55  # sunset itself wanders by half a day near the poles


@given(WALL, st.floats(-60, 60), LONGITUDES)
@settings(max_examples=200, deadline=None)
def test_rest_is_where_it_belongs(wall_ms: int, latitude: float, longitude: float):
    """Noon on the sun's clock: Sabbath on Saturday only, and rest then."""
    noon_ms = wall_ms // DAY_MS * DAY_MS + DAY_MS // 2 - round(longitude * DAY_MS / 360)
    zone = timezone(timedelta(hours=round(longitude / 15)))
    found = facts(max(noon_ms, 0), zone, Coordinates(latitude, longitude))
    assert found.sabbath == (daylight(found).isoweekday() == 6)
    assert found.rest or not found.sabbath


@pytest.mark.parametrize("wall_ms", [0, WALL_MS_MAX])
@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Etc/GMT+12", "Asia/Jerusalem"])
@pytest.mark.parametrize("longitude", [-180.0, 180.0])
def test_the_ends_of_time_have_facts(wall_ms: int, zone: str, longitude: float):
    """The first and the last instant that a Moment can have."""
    found = facts(wall_ms, ZoneInfo(zone), Coordinates(0.0, longitude))
    assert found.hebrew_year in (5730, 13_760)
