"""A scanner on a serial line: RS-232, or USB in its "virtual COM port" (CDC) mode, which installers should choose."""

import threading
import time
from collections.abc import AsyncGenerator, Generator
from dataclasses import dataclass
from typing import Annotated

from pydantic import Field

from drivers.ports import Scan
from drivers.scanners.framing import SUFFIX, Framer
from drivers.scanners.makes import MAKES, Commands, MakeName
from drivers.scanners.pump import kept, pumped
from drivers.scanners.serial_line import FRAME, SerialLine
from drivers.scanners.sightings import Sightings
from drivers.scanners.ssi import SsiFramer


@dataclass(frozen=True, slots=True)
class SerialOptions:
    """Settings of a serial scanner."""

    path: Annotated[str, Field(min_length=1)]
    """A stable name: /dev/serial/by-id/..., not /dev/ttyACM0, which is another one after a re-plug."""
    baud: Annotated[int, Field(ge=300, le=4_000_000)] = 9600
    line: Annotated[str, Field(pattern=FRAME)] = "8N1"
    """Data bits, parity (N, E, O, M, S), stop bits. On USB they have no meaning."""
    make: MakeName = "none"
    """Whose commands it understands, a row of MAKES; "zebra" also says that it talks in SSI packets, which need no suffix."""
    pull: bool = False
    """It has no trigger of its own: posd pulls it by command, again and again."""
    suffix: Annotated[str, Field(pattern=SUFFIX)] = "line"
    """How a scan ends: see framing.SUFFIXES."""
    gap_s: Annotated[float, Field(ge=0.05, le=5)] = 0.2
    """The pause that ends a scan where there is no suffix."""
    prefix: str = ""
    """What the scanner was set to send before each scan."""
    aim: bool = False
    """The scanner puts an AIM identifier before each scan."""
    stx_etx: bool = False
    """The scanner wraps each scan in STX and ETX."""
    again_after_s: Annotated[float, Field(ge=0, le=3600)] = 2.0
    """The same code sooner than this is the same scan: scanners on a stand repeat."""

    def __post_init__(self) -> None:
        """Refuse to pull a trigger that cannot be pulled."""
        if self.pull and not MAKES[self.make].pull:
            raise ValueError(f"pull: a scanner of make {self.make!r} has no command for its trigger")


class SerialScanner:
    """A scanner that sends each scan as bytes."""

    Options = SerialOptions

    def __init__(self, name: str, options: SerialOptions) -> None:
        """Prepare; nothing is opened before scans() is iterated."""
        self.name = name
        self._options = options
        self._alive_s = time.monotonic()
        self._refused = threading.Event()

    def scans(self) -> AsyncGenerator[Scan, None]:
        """Open the line for ourselves alone and yield its scans. Raises Unavailable when it is missing, taken or unplugged."""
        return pumped(self.name, self._source)

    def lag_s(self) -> float:
        """Seconds since the line last answered a read; silence is an answer, an unplugged scanner gives none."""
        return time.monotonic() - self._alive_s

    def refused(self) -> None:
        """Beep at the scanner, where its make has a command for it; the thread that reads the line sends it."""
        self._refused.set()

    def _source(self, stop: threading.Event) -> Generator[Scan, None, None]:
        options = self._options
        framer = _framer(options)
        sightings = Sightings(options.again_after_s)
        self._refused.clear()
        line = SerialLine(options.path, options.baud, options.line)
        commands = Commands(MAKES[options.make], pull=options.pull)
        try:
            while not stop.is_set():
                data = line.read()
                now_s = self._alive_s = time.monotonic()
                found = framer.feed(data, now_s) if data else framer.quiet(now_s)
                if isinstance(framer, SsiFramer):
                    line.write(framer.answer())
                for one in kept(self.name, found):
                    if sightings.is_new(one.text, now_s):
                        yield Scan(one.text, self.name, one.aim)
                if self._refused.is_set():
                    self._refused.clear()
                    commands.refuse(now_s)
                line.write(commands.due(now_s, scanned=bool(found)))
        finally:
            line.close(commands.last())


def _framer(options: SerialOptions) -> Framer | SsiFramer:
    if MAKES[options.make].packets:
        return SsiFramer()
    return Framer(options.suffix, gap_s=options.gap_s, prefix=options.prefix, aim=options.aim, stx_etx=options.stx_etx)
