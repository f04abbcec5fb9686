"""The calendar facts of an instant where a store stands: Hebrew date, Sabbath, rest and holidays. docs/calendar.md says how exact.

pyluach knows the Hebrew calendar, astral the sun (NOAA's equations). Both are imported when the first facts are asked for.
"""

from bisect import bisect_right
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from functools import lru_cache
from itertools import pairwise
from math import isfinite
from typing import TYPE_CHECKING

from loyalty.moment import Calendar
from runtime.errors import Misconfigured

if TYPE_CHECKING:
    from pyluach.dates import HebrewDate

SUNSET_DEGREES = 50 / 60  # below the horizon: 16' for the sun's radius, 34' for what the air bends; NOAA and USNO
NIGHTFALL_DEGREES = 8.5  # three small stars are seen; the usual figure of Israel's calendars
CANDLE_MINUTES = 18
CANDLE_MINUTES_MAX = 120
FALLBACK_HOUR = 18  # sunset by the clock where the sun does not set
DAYS_KEPT = 1024  # head office asks for many stores; about a kilobyte each

DAY_MS = 24 * 3_600_000
DEGREE_MS = DAY_MS // 360
EPOCH = date(1970, 1, 1)
UTC_DAY_MAX = (date.max - EPOCH).days - 4  # the evenings around it are dates too; the last days of 9999 get its facts


def _within(name: str, value: float, limit: float, wanted: str) -> None:
    if not (isfinite(value) and -limit <= value <= limit):
        raise Misconfigured("coordinates_wrong", f"{name} is {value}", f"Give {wanted}")


@dataclass(frozen=True, slots=True)
class Coordinates:
    """Where a store stands, in degrees north and east, and the custom there. Raises Misconfigured."""

    latitude: float
    longitude: float
    candle_minutes: int = CANDLE_MINUTES
    diaspora: bool = False

    def __post_init__(self) -> None:
        _within("latitude", self.latitude, 90, "degrees, -90 (the South Pole) to 90; Jerusalem is 31.778")
        _within("longitude", self.longitude, 180, "degrees, -180 (west) to 180 (east); Jerusalem is 35.235")
        if not 0 <= self.candle_minutes <= CANDLE_MINUTES_MAX:
            hint = f"Minutes before sunset, 0 to {CANDLE_MINUTES_MAX}; {CANDLE_MINUTES} almost everywhere, 40 in Jerusalem"
            raise Misconfigured("coordinates_wrong", f"candle_minutes is {self.candle_minutes}", hint)


JERUSALEM = Coordinates(31.778, 35.235)


@dataclass(frozen=True, slots=True)
class _Evening:
    """How a day ends, in milliseconds UTC, and the Jewish day that begins then: the day of its daylight."""

    sunset_ms: int
    nightfall_ms: int
    day: "HebrewDate"
    works: bool


def facts(wall_ms: int, zone: tzinfo, where: Coordinates) -> Calendar:
    """The Jewish day and its rest at `wall_ms`, milliseconds UTC, for a store whose clocks show `zone`.

    Where the sun does not set on a day, sunset is at 18:00 by the clock; where it does not sink to nightfall, nightfall is at the
    sun's lowest point, and never before sunset. Nothing from 1970 to 9999 raises, wherever on Earth.
    """
    switches, calendars = _day(min(wall_ms // DAY_MS, UTC_DAY_MAX), zone, where)
    return calendars[bisect_right(switches, wall_ms)]


@lru_cache(maxsize=DAYS_KEPT)
def _day(utc_day: int, zone: tzinfo, where: Coordinates) -> tuple[tuple[int, ...], tuple[Calendar, ...]]:
    """When the facts change within a day of UTC, and what they are before the first change and after each."""
    today = EPOCH + timedelta(days=utc_day)
    evenings = [_evening(today + timedelta(days=ahead), zone, where) for ahead in range(-3, 3)]
    start_ms = utc_day * DAY_MS
    times = {start_ms}
    for evening in evenings:
        times |= {evening.sunset_ms, _candles_ms(evening, where), evening.nightfall_ms}
    ordered = sorted(time for time in times if start_ms <= time < start_ms + DAY_MS)
    return tuple(ordered[1:]), tuple(_at(time, evenings, where) for time in ordered)


def _at(time_ms: int, evenings: list[_Evening], where: Coordinates) -> Calendar:
    """The facts at one instant; `evenings` are in order and lie around it."""
    last = max(bisect_right(evenings, time_ms, key=lambda evening: evening.sunset_ms), 1) - 1
    day = evenings[last].day
    resting = [
        began.day
        for began, ends in pairwise(evenings)
        if not began.works and _candles_ms(began, where) <= time_ms < ends.nightfall_ms
    ]
    sabbath = any(one.weekday() == 7 for one in resting)
    return Calendar(day.year, day.month, day.day, sabbath, _holidays(day, israel=not where.diaspora), bool(resting))


def _candles_ms(evening: _Evening, where: Coordinates) -> int:
    return evening.sunset_ms - where.candle_minutes * 60_000


def _evening(civil: date, zone: tzinfo, where: Coordinates) -> _Evening:
    """How `civil`, a date on the store's clocks, ends."""
    from pyluach.dates import HebrewDate

    next_day = HebrewDate.from_pydate(civil + timedelta(days=1))
    works = next_day.weekday() != 7 and not next_day.festival(israel=not where.diaspora, include_working_days=False)
    noon_ms = _noon_ms(civil, zone, where)
    sunset_ms = _sinks_ms(noon_ms, where, SUNSET_DEGREES)
    if sunset_ms is None:
        sunset_ms = _clock_ms(civil, FALLBACK_HOUR, zone)
    nightfall_ms = _sinks_ms(noon_ms, where, NIGHTFALL_DEGREES)
    if nightfall_ms is None:
        nightfall_ms = noon_ms + DAY_MS // 2
    return _Evening(sunset_ms, max(sunset_ms, nightfall_ms), next_day, works)


def _noon_ms(civil: date, zone: tzinfo, where: Coordinates) -> int:
    """When the mean sun is highest over the store, nearest to noon on its clocks: beyond the date line that is another UTC date."""
    east_ms = round(where.longitude * DEGREE_MS)
    return (_clock_ms(civil, 12, zone) + east_ms) // DAY_MS * DAY_MS + DAY_MS // 2 - east_ms


def _sinks_ms(noon_ms: int, where: Coordinates, degrees: float) -> int | None:
    """When the sun's center sinks to `degrees` below the horizon after this noon; None where it does not."""
    from astral import Observer, SunDirection
    from astral.sun import time_at_elevation

    observer = Observer(where.latitude, where.longitude)
    sun_date = EPOCH + timedelta(days=(noon_ms + round(where.longitude * DEGREE_MS)) // DAY_MS)
    try:
        sinks = time_at_elevation(observer, -degrees, sun_date, SunDirection.SETTING, UTC, with_refraction=False)
    except ValueError:  # never so low, or always lower
        return None
    return round(sinks.timestamp() * 1000)


def _clock_ms(civil: date, hour: int, zone: tzinfo) -> int:
    return round(datetime(civil.year, civil.month, civil.day, hour, tzinfo=zone).timestamp() * 1000)


_CODES = {
    "Rosh Hashana": "rosh_hashana", "Tzom Gedalia": "fast_of_gedaliah", "Yom Kippur": "yom_kippur", "Succos": "sukkot",
    "Shmini Atzeres": "shemini_atzeret", "Simchas Torah": "simchat_torah", "Chanuka": "hanukkah", "10 of Teves": "tenth_of_tevet",
    "Tu B'shvat": "tu_bishvat", "Purim Katan": "purim_katan", "Taanis Esther": "fast_of_esther", "Purim": "purim",
    "Shushan Purim": "shushan_purim", "Pesach": "passover", "Pesach Sheni": "second_passover", "Lag Ba'omer": "lag_baomer",
    "Shavuos": "shavuot", "17 of Tamuz": "seventeenth_of_tammuz", "9 of Av": "tisha_beav", "Tu B'av": "tu_beav",
}  # fmt: skip
"""pyluach's names and ours."""


def _holidays(day: "HebrewDate", *, israel: bool) -> tuple[str, ...]:
    """The codes of HOLIDAYS that this day has."""
    found = [_religious(day, israel=israel), _CODES.get(day.fast_day() or "", ""), _national(day)]
    if israel and (day.month, day.day) == (7, 22):
        found.append("simchat_torah")
    if day.day in (1, 30) and (day.month, day.day) != (7, 1):
        found.append("rosh_hodesh")
    return tuple(code for code in found if code)


def _religious(day: "HebrewDate", *, israel: bool) -> str:
    code = _CODES.get(day.festival(israel=israel) or "", "")
    if code == "passover" and day.day in (21, 22):
        return f"passover_{day.day - 14}"
    if code in ("passover", "sukkot") and not day.festival(israel=israel, include_working_days=False):
        return f"hol_hamoed_{code}"
    return code


def _national(day: "HebrewDate") -> str:
    """Israel's own days, moved away from the Sabbath by the rule in force since 2004, which is used for earlier years too.

    Sources: the Independence Day Law, 5709-1949, the Holocaust Remembrance Day Law, 5719-1959, with their amendments.
    """
    from pyluach.dates import HebrewDate

    if day.month not in (1, 2):
        return ""
    remembrance = HebrewDate(day.year, 1, 27)
    independence = HebrewDate(day.year, 2, 5)
    remembrance += {6: -1, 1: 1}.get(remembrance.weekday(), 0)  # Friday to Thursday, Sunday to Monday
    independence += {6: -1, 7: -2, 2: 1}.get(independence.weekday(), 0)  # to Thursday; Monday to Tuesday
    days = {remembrance: "holocaust_remembrance_day", independence - 1: "memorial_day", independence: "independence_day"}
    return days.get(day, "") or ("jerusalem_day" if (day.month, day.day) == (2, 28) else "")
