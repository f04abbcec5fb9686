"""Bytes of a line scanner -> readings. Pure: the time is passed in, and any split of the bytes gives the same readings.

Scanners end a scan with CR, LF, CRLF, a tab or whatever they were set to, or with nothing but a pause. Some wrap it in STX and ETX,
some put a prefix of the shop's own before it, some an AIM symbology identifier ("]Q1", ISO/IEC 15424).
"""

import re
from collections.abc import Iterator

from drivers.scanners.reading import Dropped, Reading, reading_of

SUFFIXES: dict[str, bytes] = {
    "line": rb"[\r\n]",
    "any": rb"[\r\n\t]",
    "cr": rb"\r",
    "lf": rb"\n",
    "crlf": rb"\r\n",
    "tab": rb"\t",
    "none": rb"(?!)",
}
"""How a scan ends, as a pattern. "line" takes CR, LF and CRLF alike; "none" never matches: only a pause ends a scan."""

SUFFIX_BYTES_MAX = 4
SUFFIX = rf"^({'|'.join(SUFFIXES)}|0x([0-9A-Fa-f]{{2}}){{1,{SUFFIX_BYTES_MAX}}})$"
"""A suffix in the settings, as a pattern: a row of SUFFIXES, or one to four bytes in hex ("0x03" is ETX)."""

SCAN_BYTES_MAX = 1024  # our longest code has 358 characters; what is longer is a line at the wrong speed, or an attack
HALF_SCAN_S = 1.0  # a scanner sends a scan in one go; what waits longer for its suffix would be glued to the next scan
STX, ETX = b"\x02", b"\x03"
AIM_ID = re.compile(rb"\][A-Za-z][0-9A-Za-z]")


class Framer:
    """Cuts one device's bytes into scans."""

    def __init__(self, suffix: str, *, gap_s: float | None, prefix: str = "", aim: bool = False, stx_etx: bool = False) -> None:
        """Take `gap_s` seconds of silence as the end of a scan where the suffix (see SUFFIX) is "none".

        With a suffix, a half scan is dropped after HALF_SCAN_S of silence; with `gap_s` None it is waited for without end.
        `prefix`, `aim` and `stx_etx` say that the device adds these, so that they are taken off.
        """
        self._suffix = re.compile(SUFFIXES.get(suffix) or re.escape(bytes.fromhex(suffix.removeprefix("0x"))))
        self._ends_by_gap = suffix == "none"
        self._gap_s = gap_s if gap_s is None or self._ends_by_gap else HALF_SCAN_S
        self._prefix = prefix.encode()
        self._aim = aim
        self._around = STX + ETX if stx_etx else b""
        self._pending = b""
        self._spoiled: Dropped | None = None
        self._noise = False
        self._last_s = 0.0

    def feed(self, data: bytes, now_s: float) -> list[Reading | Dropped]:
        """Take what was read at `now_s` (a clock that only goes forward) and give the scans that are complete by it."""
        return [*self._feed(data, now_s)]

    def spoil(self, why: Dropped, now_s: float) -> None:
        """Say that something is missing or wrong in the scan that is being read: at its end comes `why` instead of it."""
        self._last_s = now_s
        if not self._noise:
            self._spoiled = self._spoiled or why

    def quiet(self, now_s: float) -> list[Reading | Dropped]:
        """Say that a read at `now_s` found nothing: a pause may end a scan.

        Only this ends one, never a late feed(): a reader that was held up finds the rest of the scan waiting.
        """
        if not (self._pending or self._spoiled) or self._gap_s is None or now_s - self._last_s < self._gap_s:
            return []
        pending, self._pending = self._pending, b""
        if self._noise:
            self._noise = not self._ends_by_gap  # with a suffix, noise ends with the next one only
            return []
        if self._ends_by_gap or self._spoiled or not pending.strip(self._around):
            return self._cut(pending)
        return [Dropped("half a scan, without the suffix")]

    def _feed(self, data: bytes, now_s: float) -> Iterator[Reading | Dropped]:
        self._last_s = now_s
        self._pending += data
        while match := self._suffix.search(self._pending):
            scan, self._pending = self._pending[: match.start()], self._pending[match.end() :]
            if self._noise:
                self._noise = False
            else:
                yield from self._cut(scan)
        part = SUFFIX_BYTES_MAX - 1  # of a suffix that is not whole yet
        if len(self._pending) > SCAN_BYTES_MAX + part:
            if not self._noise:
                yield _too_long()
            self._noise, self._spoiled, self._pending = True, None, self._pending[-part:]

    def _cut(self, scan: bytes) -> list[Reading | Dropped]:
        if self._spoiled:
            why, self._spoiled = self._spoiled, None
            return [why]
        if len(scan) > SCAN_BYTES_MAX:
            return [_too_long()]
        # From both ends: where the suffix stands before the ETX, that ETX comes with the next scan.
        scan = scan.strip(self._around).removeprefix(self._prefix)
        aim = b""
        if self._aim and AIM_ID.match(scan):
            aim, scan = scan[:3], scan[3:]
        return [reading_of(scan, aim.decode("ascii"))] if scan else []


def _too_long() -> Dropped:
    return Dropped(f"more than {SCAN_BYTES_MAX} bytes without the suffix")
