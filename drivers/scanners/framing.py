"""Bytes of a line scanner -> readings. Pure: the time is passed in, and any split of the bytes gives the same readings.

Scanners end a scan with CR, LF, CRLF or a tab, or with nothing but a pause. Some wrap it in STX and ETX, some put an AIM
symbology identifier before it ("]Q1", ISO/IEC 15424).
"""

import re
from collections.abc import Iterator
from typing import Literal

from drivers.scanners.reading import Dropped, Reading, reading_of

Suffix = Literal["line", "cr", "lf", "crlf", "tab", "none"]

SUFFIXES: dict[Suffix, bytes] = {
    "line": rb"[\r\n]",
    "cr": rb"\r",
    "lf": rb"\n",
    "crlf": rb"\r\n",
    "tab": rb"\t",
    "none": rb"(?!)",
}
"""How a scan ends, as a pattern. "line" takes CR, LF and CRLF alike; "none" never matches: only a pause ends a scan."""

SCAN_BYTES_MAX = 1024  # our longest code has 180 characters; what is longer is a line at the wrong speed, or an attack
HALF_SCAN_S = 1.0  # a scanner sends a scan in one go; what waits longer for its suffix would be glued to the next scan
STX, ETX = b"\x02", b"\x03"
AIM_ID = re.compile(rb"\][A-Za-z][0-9A-Za-z]")


class Framer:
    """Cuts one device's bytes into scans."""

    def __init__(self, suffix: Suffix, *, gap_s: float | None, aim: bool = False, stx_etx: bool = False) -> None:
        """Take `gap_s` seconds of silence as the end of a scan where the suffix is "none".

        With a suffix, a half scan is dropped after HALF_SCAN_S of silence; with `gap_s` None it is waited for without end.
        `aim` and `stx_etx` say that the device adds these, so that they are taken off.
        """
        self._suffix = re.compile(SUFFIXES[suffix])
        self._ends_by_gap = suffix == "none"
        self._gap_s = gap_s if gap_s is None or self._ends_by_gap else HALF_SCAN_S
        self._aim = aim
        self._stx_etx = stx_etx
        self._pending = b""
        self._noise = False
        self._last_s = 0.0

    def feed(self, data: bytes, now_s: float) -> list[Reading | Dropped]:
        """Take what was read at `now_s` (a clock that only goes forward) and give the scans that are complete by it."""
        return [*self._feed(data, now_s)]

    def quiet(self, now_s: float) -> list[Reading | Dropped]:
        """Say that a read at `now_s` found nothing: a pause may end a scan.

        Only this ends one, never a late feed(): a reader that was held up finds the rest of the scan waiting.
        """
        if not self._pending or self._gap_s is None or now_s - self._last_s < self._gap_s:
            return []
        pending, self._pending = self._pending, b""
        if self._noise:
            self._noise = not self._ends_by_gap  # with a suffix, noise ends with the next one only
            return []
        return self._cut(pending) if self._ends_by_gap else [Dropped("half a scan, without the suffix")]

    def _feed(self, data: bytes, now_s: float) -> Iterator[Reading | Dropped]:
        self._last_s = now_s
        self._pending += data
        while match := self._suffix.search(self._pending):
            scan, self._pending = self._pending[: match.start()], self._pending[match.end() :]
            if self._noise:
                self._noise = False
            else:
                yield from self._cut(scan)
        if len(self._pending) > SCAN_BYTES_MAX + 1:  # one more: the CR of a CRLF that is not whole yet
            if not self._noise:
                yield _too_long()
            self._noise, self._pending = True, self._pending[-1:]

    def _cut(self, scan: bytes) -> list[Reading | Dropped]:
        if len(scan) > SCAN_BYTES_MAX:
            return [_too_long()]
        if self._stx_etx:
            scan = scan.removeprefix(STX).removesuffix(ETX)
        aim = b""
        if self._aim and AIM_ID.match(scan):
            aim, scan = scan[:3], scan[3:]
        return [reading_of(scan, aim.decode("ascii"))] if scan else []


def _too_long() -> Dropped:
    return Dropped(f"more than {SCAN_BYTES_MAX} bytes without the suffix")
