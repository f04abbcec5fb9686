"""The calendar against published dates and sunsets: days begin at sunset, the Sabbath with candles, rest ends at nightfall."""

import dataclasses
import subprocess
import sys
from collections.abc import Callable
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from astral import Observer
from astral.sun import elevation

from loyalty.moment import HOLIDAYS, Calendar
from runtime import calendar
from runtime.calendar import JERUSALEM, Coordinates, facts
from runtime.errors import Misconfigured

ISRAEL = ZoneInfo("Asia/Jerusalem")
NEW_YORK = ZoneInfo("America/New_York")
MANHATTAN = Coordinates(40.7128, -74.006, diaspora=True)


def at(local: str, zone: ZoneInfo = ISRAEL, where: Coordinates = JERUSALEM) -> Calendar:
    """The facts at a time on the store's clocks."""
    return facts(round(datetime.fromisoformat(local).replace(tzinfo=zone).timestamp() * 1000), zone, where)


def turns(day: str, zone: ZoneInfo, where: Coordinates, fact: Callable[[Calendar], object]) -> list[str]:
    """The minutes after noon of `day`, for a day, in which `fact` has just changed."""
    noon = datetime.fromisoformat(f"{day} 12:00")
    minutes = [noon + timedelta(minutes=count) for count in range(24 * 60 + 1)]
    found = [fact(at(minute.isoformat(), zone, where)) for minute in minutes]
    pairs = zip(minutes[1:], found, found[1:], strict=False)
    return [f"{minute:%H:%M}" for minute, before, after in pairs if before != after]


def hebrew(found: Calendar) -> tuple[int, int, int]:
    """Year, month, day."""
    return found.hebrew_year, found.hebrew_month, found.hebrew_day


PUBLISHED = {
    "rosh_hashana": "2023-09-16 2024-10-03 2024-10-04 2025-09-23 2026-09-12 2026-09-13 2027-10-02",
    "fast_of_gedaliah": "2024-10-06 2025-09-25",  # 2024: put off from the Sabbath
    "yom_kippur": "1973-10-06 2023-09-25 2024-10-12 2025-10-02 2026-09-21",
    "sukkot": "2023-09-30 2024-10-17 2025-10-07 2026-09-26",
    "hol_hamoed_sukkot": "2025-10-08 2025-10-13 2026-09-27 2026-10-02",
    "shemini_atzeret": "2023-10-07 2024-10-24 2025-10-14 2026-10-03",
    "simchat_torah": "2023-10-07 2024-10-24 2025-10-14 2026-10-03",
    "hanukkah": "2023-12-08 2023-12-15 2024-12-26 2025-01-02 2025-12-15 2025-12-22 2026-12-05 2026-12-12",
    "tenth_of_tevet": "2023-12-22 2025-01-10 2025-12-30",
    "tu_bishvat": "2024-01-25 2025-02-13 2026-02-02",
    "purim_katan": "2024-02-23 2027-02-21",
    "fast_of_esther": "2024-03-21 2025-03-13 2026-03-02",  # 2024: on Thursday, before the Sabbath
    "purim": "2023-03-07 2024-03-24 2025-03-14 2026-03-03 2027-03-23",
    "shushan_purim": "2024-03-25 2025-03-15 2026-03-04",
    "passover": "2023-04-06 2024-04-23 2025-04-13 2026-04-02 2027-04-22",
    "hol_hamoed_passover": "2026-04-03 2026-04-07",
    "passover_7": "2023-04-12 2024-04-29 2025-04-19 2026-04-08",
    "second_passover": "2025-05-12 2026-05-01",
    "lag_baomer": "2024-05-26 2025-05-16 2026-05-05",
    "holocaust_remembrance_day": "2023-04-18 2024-05-06 2025-04-24 2026-04-14",  # 2024: from Sunday, 2025: from Friday
    "memorial_day": "2022-05-04 2023-04-25 2024-05-13 2025-04-30 2026-04-21",
    "independence_day": "2022-05-05 2023-04-26 2024-05-14 2025-05-01 2026-04-22",  # 2022, 2024, 2025: moved
    "jerusalem_day": "2023-05-19 2024-06-05 2025-05-26",
    "shavuot": "2023-05-26 2024-06-12 2025-06-02 2026-05-22",
    "seventeenth_of_tammuz": "2022-07-17 2024-07-23 2025-07-13",
    "tisha_beav": "2022-08-07 2024-08-13 2025-08-03 2026-07-23",  # 2022 and 2025: put off from the Sabbath
    "tu_beav": "2024-08-19 2025-08-09",
    "rosh_hodesh": "2024-12-31 2025-01-01 2025-11-21 2026-03-19",
}
"""Published dates, by daylight, in Israel."""


LONGER = {"rosh_hashana", "hol_hamoed_sukkot", "hanukkah", "hol_hamoed_passover", "rosh_hodesh"}


@pytest.mark.parametrize("code", PUBLISHED)
def test_holidays_are_on_their_published_dates(code: str):
    """Before noon of each date; one of a single day is neither on the day before nor on the day after."""
    for day in PUBLISHED[code].split():
        morning = datetime.fromisoformat(f"{day} 11:00")
        named = [code in at((morning + timedelta(days=ahead)).isoformat()).holidays for ahead in (-1, 0, 1)]
        assert named[1], day
        assert code in LONGER or named == [False, True, False], day


def test_every_code_is_reached_and_no_other():
    """800 days in Israel name every code but the diaspora's own."""
    first = datetime.fromisoformat("2025-10-01 11:00")
    seen = {code for ahead in range(800) for code in at((first + timedelta(days=ahead)).isoformat()).holidays}
    assert seen == {*HOLIDAYS} - {"passover_8"} == {*PUBLISHED}


@pytest.mark.parametrize(
    ("local", "date"),
    [
        ("1973-10-06 14:00", (5734, 7, 10)),
        ("1995-11-04 15:00", (5756, 8, 11)),
        ("1995-11-04 21:30", (5756, 8, 12)),
        ("2000-01-01 12:00", (5760, 10, 23)),
        ("2024-02-10 12:00", (5784, 12, 1)),
        ("2024-03-11 12:00", (5784, 13, 1)),
        ("2026-02-18 12:00", (5786, 12, 1)),
        ("2026-09-11 18:00", (5786, 6, 29)),
        ("2026-09-11 19:30", (5787, 7, 1)),
        ("2027-02-08 12:00", (5787, 12, 1)),
        ("2027-03-10 12:00", (5787, 13, 1)),
    ],
)
def test_a_hebrew_date_is_the_published_one(local: str, date: tuple[int, int, int]):
    """Adar is 12; in the leap years 5784 and 5787 Adar I is 12 and Adar II 13; the evening belongs to the next day."""
    assert hebrew(at(local)) == date


@pytest.mark.parametrize(
    ("eve", "code"),
    [
        ("2026-09-11", "rosh_hashana"),
        ("2026-04-01", "passover"),
        ("2026-12-04", "hanukkah"),
        ("2026-03-02", "purim"),
        ("2026-07-22", "tisha_beav"),
    ],
)
def test_a_holiday_begins_the_evening_before(eve: str, code: str):
    """Not at noon of the eve, but when the sun has set."""
    assert code not in at(f"{eve} 12:00").holidays
    assert code in at(f"{eve} 20:30").holidays


SUNSETS = [
    ("2024-06-20", "Europe/London", Coordinates(51.507, -0.128), "21:21"),
    ("2024-12-21", "Europe/London", Coordinates(51.507, -0.128), "15:53"),
    ("2024-12-21", "America/New_York", MANHATTAN, "16:31"),
    ("2024-12-21", "Australia/Sydney", Coordinates(-33.869, 151.209), "20:05"),
    ("2024-06-20", "Asia/Jerusalem", Coordinates(32.085, 34.782), "19:50"),
    ("2024-06-20", "Atlantic/Reykjavik", Coordinates(64.147, -21.942), "00:03"),
]


@pytest.mark.parametrize(("day", "zone", "where", "sunset"), SUNSETS, ids=[f"{zone} {day}" for day, zone, *_ in SUNSETS])
def test_the_day_begins_at_the_published_sunset(day: str, zone: str, where: Coordinates, sunset: str):
    """Within two minutes of an almanac, and also where the sun sets after midnight."""
    (turn,) = turns(day, ZoneInfo(zone), where, hebrew)
    apart = datetime.strptime(turn, "%H:%M") - datetime.strptime(sunset, "%H:%M")  # noqa: DTZ007 (both are of one clock)
    assert abs(apart) <= timedelta(minutes=2)


def test_the_sabbath_is_from_candles_to_nightfall():
    """Friday 18 minutes before sunset, Saturday when the sun is 8.5 degrees down; the date changes at sunset in between."""
    assert turns("2026-10-16", ISRAEL, JERUSALEM, lambda found: found.sabbath) == ["17:48"]
    assert turns("2026-10-16", ISRAEL, JERUSALEM, hebrew) == ["18:06"]
    assert turns("2026-10-17", ISRAEL, JERUSALEM, lambda found: found.sabbath) == ["18:42"]
    assert at("2026-10-16 17:47").sabbath is False
    assert at("2026-10-17 12:00").sabbath is True
    assert at("2026-10-17 12:00").rest is True
    assert at("2026-10-18 12:00").rest is False


@pytest.mark.parametrize(("day", "where"), [("2026-10-16", JERUSALEM), ("2026-03-20", MANHATTAN), ("2026-06-19", MANHATTAN)])
def test_the_sun_is_where_it_should_be(day: str, where: Coordinates):
    """At sunset its center is 50 minutes of arc below the horizon, at nightfall 8.5 degrees."""
    zone = ISRAEL if where is JERUSALEM else NEW_YORK
    for fact, civil, degrees in [(hebrew, 0, -5 / 6), (lambda found: found.sabbath, 1, -8.5)]:
        date = datetime.fromisoformat(day) + timedelta(days=civil)
        (turn,) = turns(f"{date:%Y-%m-%d}", zone, where, fact)
        when = datetime.fromisoformat(f"{date:%Y-%m-%d} {turn}").replace(tzinfo=zone) - timedelta(seconds=30)
        seen = elevation(Observer(where.latitude, where.longitude), when, with_refraction=False)
        assert seen == pytest.approx(degrees, abs=0.15)  # half a minute of time


def test_candles_are_lit_by_the_places_custom():
    """40 minutes before sunset in Jerusalem moves the beginning, and neither the date nor the end."""
    custom = dataclasses.replace(JERUSALEM, candle_minutes=40)
    assert turns("2026-10-16", ISRAEL, custom, lambda found: found.sabbath) == ["17:26"]
    assert turns("2026-10-16", ISRAEL, custom, hebrew) == ["18:06"]
    assert turns("2026-10-17", ISRAEL, custom, lambda found: found.sabbath) == ["18:42"]


def test_a_festival_is_rest_like_the_sabbath():
    """Passover 5786: rest on its first and seventh day, work in between but for the Sabbath."""
    resting = {day: at(f"2026-04-{day:02} 12:00").rest for day in range(1, 10)}
    assert {day for day, rest in resting.items() if rest} == {2, 4, 8}
    assert turns("2026-04-01", ISRAEL, JERUSALEM, lambda found: found.rest) == ["18:41"]
    assert turns("2026-04-02", ISRAEL, JERUSALEM, lambda found: found.rest) == ["19:36"]
    assert at("2026-04-02 12:00").sabbath is False


def test_rest_goes_on_where_a_festival_follows_the_sabbath():
    """Rosh Hashana 5787 is on a Saturday and a Sunday: the Sabbath ends in between, rest does not."""
    assert turns("2026-09-12", ISRAEL, JERUSALEM, lambda found: found.sabbath) == ["19:26"]
    assert turns("2026-09-12", ISRAEL, JERUSALEM, lambda found: found.rest) == []
    assert turns("2026-09-13", ISRAEL, JERUSALEM, lambda found: found.rest) == ["19:25"]


@pytest.mark.parametrize("day", ["2026-12-07", "2026-03-03", "2026-04-22", "2026-07-23", "2026-09-28"])
def test_work_is_allowed_on_the_other_holidays(day: str):
    """Hanukkah, Purim, Independence Day, a fast, and the days between."""
    found = at(f"{day} 12:00")
    assert found.holidays
    assert found.rest is False


def test_the_diaspora_keeps_second_days():
    """The eighth day of Passover, the second of Shavuot and Simchat Torah are its own; so is their rest."""
    diaspora = dataclasses.replace(JERUSALEM, diaspora=True)
    for day, code in [("2026-04-09", "passover_8"), ("2026-05-23", "shavuot"), ("2023-10-08", "simchat_torah")]:
        assert code not in at(f"{day} 12:00").holidays
        assert at(f"{day} 12:00", where=diaspora).holidays == (code,)
    assert at("2023-10-08 12:00").rest is False
    assert at("2023-10-08 12:00", where=diaspora).rest is True
    assert at("2023-10-07 12:00", where=diaspora).holidays == ("shemini_atzeret",)
    assert at("2026-04-03 12:00", where=diaspora).holidays == ("passover",)


def test_where_the_sun_does_not_set_the_day_begins_at_six():
    """Longyearbyen in midsummer and midwinter: 18:00 by the clock; the Sabbath ends when the sun is lowest."""
    zone, north = ZoneInfo("Arctic/Longyearbyen"), Coordinates(78.22, 15.64)
    assert turns("2026-06-19", zone, north, hebrew) == ["18:00"]
    assert turns("2026-06-19", zone, north, lambda found: found.sabbath) == ["17:42"]
    assert turns("2026-06-20", zone, north, lambda found: found.sabbath) == ["00:58"]
    assert turns("2026-12-18", zone, north, hebrew) == ["18:00"]
    assert turns("2026-12-19", zone, north, lambda found: found.sabbath) == ["23:58"]


def test_the_sabbath_does_not_end_before_its_day():
    """Tromsø in December: it is dark at three, and the Jewish day lasts until six."""
    zone, tromso = ZoneInfo("Europe/Oslo"), Coordinates(69.65, 18.96)
    assert turns("2026-12-19", zone, tromso, hebrew) == ["18:00"]
    assert turns("2026-12-19", zone, tromso, lambda found: found.sabbath) == ["18:00"]


def test_where_night_does_not_fall_rest_ends_when_the_sun_is_lowest():
    """Helsinki in June: the sun sets, and never sinks 8.5 degrees."""
    zone, helsinki = ZoneInfo("Europe/Helsinki"), Coordinates(60.17, 24.94)
    assert turns("2026-06-20", zone, helsinki, lambda found: found.sabbath) == ["01:21"]


@pytest.mark.parametrize(
    ("zone", "where"),
    [
        ("Pacific/Kiritimati", Coordinates(1.87, -157.43)),
        ("Pacific/Apia", Coordinates(-13.83, -171.77)),
        ("Pacific/Auckland", Coordinates(-43.95, -176.56)),
        ("America/Adak", Coordinates(52.9, 172.9)),
        ("Asia/Anadyr", Coordinates(66.0, 180.0)),
    ],
)
def test_beyond_the_date_line_the_date_is_the_stores(zone: str, where: Coordinates):
    """The Sabbath is Saturday by the store's clocks, whatever day the sun's longitude has elsewhere."""
    assert at("2026-10-17 11:00", ZoneInfo(zone), where).sabbath is True
    assert hebrew(at("2026-10-17 11:00", ZoneInfo(zone), where)) == (5787, 8, 6)
    for day in ("2026-10-16 11:00", "2026-10-18 11:00"):
        assert at(day, ZoneInfo(zone), where).sabbath is False


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("latitude", 90.1), ("latitude", -91), ("latitude", float("nan")), ("longitude", 180.5), ("longitude", float("-inf")),
        ("candle_minutes", -1), ("candle_minutes", 121),
    ],
)  # fmt: skip
def test_coordinates_are_on_earth(field: str, value: float):
    """What is not is said by name, with what is wanted."""
    with pytest.raises(Misconfigured, match=field) as caught:
        dataclasses.replace(JERUSALEM, **{field: value})
    assert caught.value.code == "coordinates_wrong"
    assert caught.value.hint


def test_a_day_is_worked_out_once():
    """A day's thousand quotes cost one look at the sun."""
    zone, where = ZoneInfo("Asia/Jerusalem"), dataclasses.replace(JERUSALEM, candle_minutes=23)
    before = calendar._day.cache_info().misses
    for minute in range(1000):
        facts(1_791_763_200_000 + minute * 60_000, zone, where)
    assert calendar._day.cache_info().misses - before == 1


def test_the_sun_is_not_looked_at_before_it_is_asked_for():
    """A terminal starts without loading astral and pyluach."""
    told = "import sys, posd.app, central.app; print({'astral', 'pyluach'} & set(sys.modules))"
    run = subprocess.run([sys.executable, "-c", told], capture_output=True, text=True, timeout=60, check=True)
    assert run.stdout.strip() == "set()"
