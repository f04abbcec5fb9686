"""By what time a member's code is judged: when it came into sight here, by a clock that head office corrects."""

from dataclasses import dataclass, field
from typing import NamedTuple

from posd.clock import OFFSET_MS_MAX

SIGHT_S_MAX = 15 * 60  # a full trolley: the till sends the code that it scanned first with every question until it is paid
SIGHTS_MAX = 64  # one till has one member before it; the others are what hands wave past the scanner


class Sight(NamedTuple):
    """When a code came into sight, milliseconds UTC by our clock, and how far head office's was from it (None: nobody knows)."""

    wall_ms: int
    offset_ms: int | None = None


class CodeTime(NamedTuple):
    """`passed_s` has passed for certain: what ended before it is over. `exact_s` is now, as near as a changing part needs it; None
    while our clock is in doubt. Seconds UTC.
    """

    passed_s: int
    exact_s: int | None


def time_of(sight: Sight, heard_ms: int) -> CodeTime:
    """The time of `sight`. `heard_ms` is head office's own time when it was last heard, before a restart too; 0 for never.

    A clock that is minutes away from head office's, or behind what it was already, is in doubt: then no changing part counts. A
    code is over only if both clocks say so: neither can refuse anybody alone.
    """
    if sight.offset_ms is None:
        ours = sight.wall_ms >= heard_ms
        return CodeTime(min(sight.wall_ms, heard_ms or sight.wall_ms) // 1000, sight.wall_ms // 1000 if ours else None)
    corrected_ms = sight.wall_ms + sight.offset_ms
    good = abs(sight.offset_ms) <= OFFSET_MS_MAX
    return CodeTime(min(sight.wall_ms, corrected_ms) // 1000, corrected_ms // 1000 if good else None)


@dataclass
class Sights:
    """The codes with a changing part that came into sight lately, and when: the part is over long before the basket is paid."""

    _first: dict[str, tuple[float, Sight]] = field(default_factory=dict)

    def of(self, text: str, now: Sight, elapsed_s: float) -> Sight:
        """When `text` came into sight, which is `now` for a new one. `elapsed_s` is the monotonic clock."""
        if text.count(":") < 2:
            return now
        since_s, first = self._first.get(text, (elapsed_s, now))
        if elapsed_s - since_s > SIGHT_S_MAX:
            self._first.pop(text)
            since_s, first = elapsed_s, now
        if text not in self._first and len(self._first) >= SIGHTS_MAX:
            self._first.pop(next(iter(self._first)))
        self._first[text] = (since_s, first)
        return first
