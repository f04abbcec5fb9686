"""When something happens: an instant and the store's own calendar, passed in because the domain asks no clock."""

from dataclasses import dataclass

from loyalty.bounds import date, whole

WALL_MS_MAX = 253_402_300_799_999  # the last millisecond of the year 9999
OFFSET_MINUTES_MAX = 18 * 60


@dataclass(frozen=True, slots=True)
class Moment:
    """An instant as the terminal's clock gives it, in milliseconds UTC, and where the store stood against UTC then."""

    wall_ms: int
    utc_offset_minutes: int
    local_date: str
    """The store's calendar date, ISO 8601."""

    def __post_init__(self) -> None:
        whole("wall_ms", self.wall_ms, 0, WALL_MS_MAX)
        whole("utc_offset_minutes", self.utc_offset_minutes, -OFFSET_MINUTES_MAX, OFFSET_MINUTES_MAX)
        date("local_date", self.local_date)
