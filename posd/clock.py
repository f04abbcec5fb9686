"""The terminal's clock: the only place that asks what time it is."""

import time
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from loyalty.journal import Stamp
from loyalty.moment import Moment
from runtime.errors import Misconfigured

HOME = "Asia/Jerusalem"
OFFSET_MS_MAX = 5 * 60 * 1000  # a clock that is further off head office's is not to be trusted


def wall_ms() -> int:
    """Milliseconds since 1970, UTC."""
    return time.time_ns() // 1_000_000


@dataclass(frozen=True, slots=True)
class Clock:
    """Time where the store is."""

    zone: ZoneInfo

    def now(self) -> Moment:
        """This instant with the store's own calendar."""
        now_ms = wall_ms()
        local = datetime.fromtimestamp(now_ms / 1000, self.zone)
        offset = local.utcoffset()
        return Moment(now_ms, int(offset.total_seconds() // 60) if offset else 0, local.date().isoformat())

    def stamp(self, offset_ms: int | None) -> Stamp:
        """A record's time; `offset_ms` is how far head office's clock was from ours when it last answered."""
        now = self.now()
        quality = "unknown" if offset_ms is None else "good" if abs(offset_ms) <= OFFSET_MS_MAX else "suspect"
        return Stamp(now.wall_ms, now.utc_offset_minutes, quality)


def clock_in(time_zone: str) -> Clock:
    """The clock of a store in `time_zone`, an IANA name; the home market's where it is empty. Raises Misconfigured."""
    try:
        return Clock(ZoneInfo(time_zone or HOME))
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise Misconfigured(
            "time_zone_unknown", f"{time_zone!r} is no time zone", 'Use a name such as "Asia/Jerusalem"'
        ) from error
