"""By what time we go: our own clock's, corrected by head office's; and when a member's code came into sight."""

from dataclasses import dataclass, field
from typing import NamedTuple

from posd.clock import OFFSET_MS_MAX

SIGHT_S_MAX = 15 * 60  # a full trolley: the till sends the code that it scanned first with every question until it is paid
SIGHTS_MAX = 64  # one till has one member before it; the others are what hands wave past the scanner


class Sight(NamedTuple):
    """A moment as our clock had it, milliseconds UTC; how far head office's was from it when it last answered (None: not since the
    start); and what head office's was when it was last heard, before a restart too (0: never).
    """

    wall_ms: int
    offset_ms: int | None = None
    heard_ms: int = 0

    @property
    def in_doubt(self) -> bool:
        """Whether our clock is minutes away from head office's, or behind what that was already: one of the two is wrong."""
        return self.wall_ms < self.heard_ms if self.offset_ms is None else abs(self.offset_ms) > OFFSET_MS_MAX

    @property
    def rules_ms(self) -> int:
        """The time by which the rules go: our clock's; head office's, or the last that was known of it, where ours is in doubt."""
        if not self.in_doubt:
            return self.wall_ms
        return self.heard_ms if self.offset_ms is None else self.wall_ms + self.offset_ms

    @property
    def exact_s(self) -> int | None:
        """Now, as near as a changing part needs it, in seconds UTC; None while our clock is in doubt."""
        return None if self.in_doubt else (self.wall_ms + (self.offset_ms or 0)) // 1000

    @property
    def passed_s(self) -> int:
        """What has passed for certain, in seconds UTC: a code is over only if both clocks say so; neither refuses anybody alone.

        Head office's is taken as it was heard: how far it was from ours says nothing once ours has jumped.
        """
        return min(self.wall_ms, self.heard_ms or self.wall_ms + (self.offset_ms or 0)) // 1000


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
