"""What time it is, for the edges of head office; everything below takes it as an argument."""

import time
from datetime import UTC, datetime
from zoneinfo import ZoneInfo


def now_ms() -> int:
    """Milliseconds UTC."""
    return time.time_ns() // 1_000_000


def local_day(time_zone: str, at_ms: int) -> str:
    """The calendar date, ISO 8601, that it is in a zone at `at_ms`."""
    return datetime.fromtimestamp(at_ms / 1000, UTC).astimezone(ZoneInfo(time_zone)).date().isoformat()


def hour_in(time_zone: str, at_ms: int) -> int:
    """The hour of the day, 0 to 23, that it is in a zone at `at_ms`."""
    return datetime.fromtimestamp(at_ms / 1000, UTC).astimezone(ZoneInfo(time_zone)).hour
