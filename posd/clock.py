"""The terminal's clock: the only place that asks what time it is."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from loyalty.journal import Stamp
from loyalty.moment import NOWHERE, Moment, Place
from runtime.calendar import JERUSALEM, Coordinates, facts
from runtime.errors import Misconfigured

HOME = "Asia/Jerusalem"
OFFSET_MS_MAX = 5 * 60 * 1000  # a clock that is further off head office's is not to be trusted
SUN_HOURS_MAX = 4  # no zone's clocks are further from the sun of a place in it


def wall_ms() -> int:
    """Milliseconds since 1970, UTC."""
    return time.time_ns() // 1_000_000


@dataclass(frozen=True, slots=True)
class Clock:
    """Time where the store is; `place` is who asks, the same in every Moment. `ticks` is the clock itself, in milliseconds UTC."""

    zone: ZoneInfo
    where: Coordinates = JERUSALEM
    place: Place = NOWHERE
    ticks: Callable[[], int] = wall_ms

    def now(self) -> Moment:
        """This instant with the store's own calendars."""
        return self.at(self.ticks())

    def at(self, instant_ms: int) -> Moment:
        """The instant `instant_ms`, milliseconds UTC, with the store's own calendars."""
        local = datetime.fromtimestamp(instant_ms / 1000, self.zone)
        calendar = facts(instant_ms, self.zone, self.where)
        return Moment(instant_ms, _offset_minutes(local), local.date().isoformat(), calendar, self.place)

    def stamp(self, offset_ms: int | None) -> Stamp:
        """A record's time; `offset_ms` is how far head office's clock was from ours when it last answered."""
        now_ms = self.ticks()
        quality = "unknown" if offset_ms is None else "good" if abs(offset_ms) <= OFFSET_MS_MAX else "suspect"
        return Stamp(now_ms, _offset_minutes(datetime.fromtimestamp(now_ms / 1000, self.zone)), quality)


def clock_in(
    time_zone: str, where: Coordinates = JERUSALEM, place: Place = NOWHERE, ticks: Callable[[], int] = wall_ms
) -> Clock:
    """The clock of a store in `time_zone`, an IANA name; the home market's where it is empty. Raises Misconfigured."""
    try:
        zone = ZoneInfo(time_zone or HOME)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise Misconfigured(
            "time_zone_unknown", f"{time_zone!r} is no time zone", 'Use a name such as "Asia/Jerusalem"'
        ) from error
    if time_zone:
        _must_fit(zone, where)
    return Clock(zone, where, place, ticks)


def _must_fit(zone: ZoneInfo, where: Coordinates) -> None:
    """Raise Misconfigured where clocks and sun are hours apart: the coordinates are another store's, or their signs are wrong."""
    clock_h = _offset_minutes(datetime(2026, 1, 1, tzinfo=zone)) / 60
    apart_h = (where.longitude / 15 - clock_h + 12) % 24 - 12
    if abs(apart_h) > SUN_HOURS_MAX:
        told = (
            f"The store's clocks show {zone.key}, but the sun of longitude {where.longitude} is {abs(apart_h):.1f} hours away"
        )
        hint = "Set latitude and longitude under [place] in posd.toml: north and east count up from 0, south and west down"
        raise Misconfigured("coordinates_wrong", told, hint)


def _offset_minutes(local: datetime) -> int:
    """Minutes that the store's clocks are ahead of UTC."""
    offset = local.utcoffset()
    return int(offset.total_seconds() // 60) if offset else 0
