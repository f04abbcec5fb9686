"""What scanners understand on their serial line, by make: data, from the makers' manuals. No scanner was at hand to try them on.

- bell: BEL (07), once it is switched on ("Beep on BEL Character", Honeywell Voyager 1602g user guide; "Beep on <BEL>", Zebra DS9208
  product reference guide, RS-232; "Beep on Bell", Datalogic PowerScan product reference guide).
- honeywell: SYN T CR and SYN U CR press and release the trigger in the mode "manual/serial"; SYN BEL CR beeps (Xenon and Voyager
  user guides, "Serial trigger mode"; knowledge base of the maker). Two beeps, for one is the good read.
- zebra: the Simple Serial Interface, see ssi.py (72E-40451, "Simple Serial Interface Programmer's Guide"): E4 and E5 press and
  release, E9 enables, E6 with 07 is three short low beeps.
- datalogic: E enables, T and X press and release, F is "not on file": it beeps and *disables*, so that E must follow (PowerScan
  and Magellan product reference guides, "Host commands").
- cipherlab: E enables; #@////CR beeps (1663 and 1664 user guides, "Serial commands").
"""

from dataclasses import dataclass
from typing import Literal

from drivers.scanners import ssi


@dataclass(frozen=True, slots=True)
class Make:
    """The bytes that a scanner is sent. Empty: it has none, or needs none."""

    opened: bytes = b""
    """Once, when we have opened it: a host before us may have left it disabled."""
    refused: bytes = b""
    """The beep for a scan that was refused."""
    after_refused: bytes = b""
    """REFUSED_S later, for a scanner that the beep has disabled."""
    pull: bytes = b""
    """Begin to look for a code, as if the trigger were pulled."""
    release: bytes = b""
    """Stop it."""
    packets: bool = False
    """It talks in SSI packets."""


MakeName = Literal["none", "bell", "honeywell", "zebra", "datalogic", "cipherlab"]

MAKES: dict[MakeName, Make] = {
    "none": Make(),
    "bell": Make(refused=b"\x07"),
    "honeywell": Make(refused=b"\x16\x07\r" * 2, pull=b"\x16T\r", release=b"\x16U\r"),
    "zebra": Make(opened=ssi.ENABLE, refused=ssi.BEEP_LOW, pull=ssi.PULL, release=ssi.RELEASE, packets=True),
    "datalogic": Make(opened=b"E", refused=b"F", after_refused=b"E", pull=b"T", release=b"X"),
    "cipherlab": Make(opened=b"E", refused=b"#@////\r"),
}

REFUSED_S = 1.0  # as long as a row of beeps lasts
PULL_EVERY_S = 5.0  # a scanner lets its trigger go by itself when it has seen nothing for long


class Commands:
    """What to send when. Pure: the time is passed in."""

    def __init__(self, make: Make, *, pull: bool) -> None:
        """`pull`: keep the trigger pulled."""
        self._make = make
        self._pull = make.pull if pull else b""
        self._now = make.opened
        self._enable_s: float | None = None
        self._pull_s = 0.0

    def refuse(self, now_s: float) -> None:
        """The last scan was refused."""
        self._now += self._make.refused
        self._enable_s = now_s + REFUSED_S

    def due(self, now_s: float, *, scanned: bool) -> bytes:
        """What is to be sent at `now_s` (a clock that only goes forward); `scanned`: a scan has just let the trigger go."""
        due, self._now = self._now, b""
        if self._enable_s is not None and now_s >= self._enable_s:
            self._enable_s = None
            due += self._make.after_refused
        if self._pull and (scanned or now_s >= self._pull_s):
            self._pull_s = now_s + PULL_EVERY_S
            due += self._pull
        return due

    def last(self) -> bytes:
        """What is to be sent before we leave: a scanner stays usable for whoever comes next."""
        return (self._make.after_refused if self._enable_s is not None else b"") + (self._make.release if self._pull else b"")
