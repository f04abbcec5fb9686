"""When and where something happens: an instant, the store's calendars and the place, passed in because the domain asks no clock."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date as civil
from functools import lru_cache

from loyalty.bounds import PIECES_MAX, day, text, whole

WALL_MS_MAX = 253_402_300_799_999  # the last millisecond of the year 9999
OFFSET_MINUTES_MAX = 18 * 60
HEBREW_YEAR_MIN, HEBREW_YEAR_MAX = 5730, 13_760  # 1970 to 9999
DAY_MINUTES = 24 * 60

HOLIDAYS = (
    "rosh_hashana", "fast_of_gedaliah", "yom_kippur", "sukkot", "hol_hamoed_sukkot", "shemini_atzeret", "simchat_torah",
    "hanukkah", "tenth_of_tevet", "tu_bishvat", "purim_katan", "fast_of_esther", "purim", "shushan_purim",
    "passover", "hol_hamoed_passover", "passover_7", "passover_8", "second_passover", "lag_baomer",
    "holocaust_remembrance_day", "memorial_day", "independence_day", "jerusalem_day",
    "shavuot", "seventeenth_of_tammuz", "tisha_beav", "tu_beav", "rosh_hodesh",
)  # fmt: skip
"""Every holiday that a Calendar may name and a program may ask for, from Tishrei on; docs/calendar.md says when they are."""


@dataclass(frozen=True, slots=True)
class Calendar:
    """The Jewish day that an instant belongs to: it begins at sunset.

    Months as in the Torah: Nisan is 1, Tishrei 7, Adar 12; in a leap year Adar I is 12 and Adar II 13. `sabbath` lasts from candle
    lighting on Friday to nightfall on Saturday; `rest` is that and every other time at which Jewish law forbids work. `holidays`
    are codes of HOLIDAYS; a day may have several.
    """

    hebrew_year: int
    hebrew_month: int
    hebrew_day: int
    sabbath: bool = False
    holidays: tuple[str, ...] = ()
    rest: bool = False

    def __post_init__(self) -> None:
        whole("hebrew_year", self.hebrew_year, HEBREW_YEAR_MIN, HEBREW_YEAR_MAX)
        whole("hebrew_month", self.hebrew_month, 1, 13)
        whole("hebrew_day", self.hebrew_day, 1, 30)
        if unknown := [code for code in self.holidays if code not in HOLIDAYS]:
            raise ValueError(f"holidays has {unknown[0]!r:.60}; codes of HOLIDAYS are wanted")
        if self.sabbath and not self.rest:
            raise ValueError("the Sabbath is a time of rest: rest is False")


@dataclass(frozen=True, slots=True)
class Place:
    """Where it happens, as head office calls the store and the terminal; empty where nobody knows.

    `budget_left` is how many pieces of each budget unit this terminal may still give away.
    """

    store: str = ""
    terminal: str = ""
    channel: str = "store"
    budget_left: Mapping[str, int] = field(default_factory=dict, hash=False)

    def __post_init__(self) -> None:
        text("store", self.store, low=0)
        text("terminal", self.terminal, low=0)
        text("channel", self.channel)
        for unit, pieces in self.budget_left.items():
            text("budget_left", unit)
            whole(f"budget_left.{unit}", pieces, 0, PIECES_MAX)


NOWHERE = Place()


@dataclass(frozen=True, slots=True)
class Moment:
    """An instant as the terminal's clock gives it, in milliseconds UTC, and where the store stood against UTC then."""

    wall_ms: int
    utc_offset_minutes: int
    local_date: str
    """The store's calendar date, ISO 8601."""
    calendar: Calendar | None = None
    """None where nobody worked it out: conditions that ask for it are not met."""
    place: Place = NOWHERE

    def __post_init__(self) -> None:
        whole("wall_ms", self.wall_ms, 0, WALL_MS_MAX)
        whole("utc_offset_minutes", self.utc_offset_minutes, -OFFSET_MINUTES_MAX, OFFSET_MINUTES_MAX)
        day("local_date", self.local_date)


def weekday(moment: Moment) -> int:
    """The store's day of the week as Israel counts: 0 is Sunday, 6 is Saturday."""
    return _weekday(moment.local_date)


@lru_cache(maxsize=8)
def _weekday(day: str) -> int:
    """Many rules ask for it, of one and the same day."""
    return civil.fromisoformat(day).isoweekday() % 7


def minute_of_day(moment: Moment) -> int:
    """Minutes since the store's midnight, 0 to 1439, by its clocks."""
    return (moment.wall_ms // 60_000 + moment.utc_offset_minutes) % DAY_MINUTES
