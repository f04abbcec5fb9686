"""One code held up is one scan, however many frames or repeats it fills. Pure: the time is passed in."""


class Sightings:
    """Remembers when each text was last in view."""

    def __init__(self, again_after_s: float) -> None:
        """Count a text as a new scan only after `again_after_s` out of view; 0 counts every sighting."""
        self._again_after_s = again_after_s
        self._last_s: dict[str, float] = {}

    def is_new(self, text: str, now_s: float) -> bool:
        """Note that `text` is in view at `now_s` (a clock that only goes forward) and say whether that is a new scan."""
        before_s = self._last_s.get(text)
        self._last_s[text] = now_s
        if before_s is None:
            self._forget(now_s)
        return before_s is None or now_s - before_s >= self._again_after_s

    def _forget(self, now_s: float) -> None:
        self._last_s = {text: at_s for text, at_s in self._last_s.items() if now_s - at_s <= self._again_after_s}
