"""One code held up is one scan, however many frames or repeats it fills. Pure: the time is passed in."""

TEXTS_MAX = 1_000  # a code has at most 7 KB; whoever shows more codes than this may see an old one count as a new scan


class Sightings:
    """Remembers when each text was last in view, of the last TEXTS_MAX."""

    def __init__(self, again_after_s: float) -> None:
        """Count a text as a new scan only after `again_after_s` out of view; 0 counts every sighting."""
        self._again_after_s = again_after_s
        self._last_s: dict[str, float] = {}

    def is_new(self, text: str, now_s: float) -> bool:
        """Note that `text` is in view at `now_s` (a clock that only goes forward) and say whether that is a new scan."""
        before_s = self._last_s.pop(text, None)
        self._last_s[text] = now_s  # behind all others: the one at the front has been out of view the longest
        self._forget(now_s)
        return before_s is None or now_s - before_s >= self._again_after_s

    def _forget(self, now_s: float) -> None:
        while len(self._last_s) > TEXTS_MAX or now_s - next(iter(self._last_s.values())) > self._again_after_s:
            del self._last_s[next(iter(self._last_s))]
