"""A scanner on a serial line: RS-232, or USB in its "virtual COM port" (CDC) mode, which installers should choose."""

import threading
import time
from collections.abc import AsyncGenerator, Generator
from dataclasses import dataclass
from typing import Annotated

import serial
import structlog
from pydantic import Field

from drivers.ports import Scan
from drivers.scanners.framing import Framer, Suffix
from drivers.scanners.pump import pumped
from drivers.scanners.reading import Reading
from drivers.scanners.sightings import Sightings
from runtime.errors import Unavailable

READ_TIMEOUT_S = 0.05  # how long one read waits; so soon is a pause or a stop noticed
READ_BYTES_MAX = 4096  # what the kernel holds for a line

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class SerialOptions:
    """Settings of a serial scanner. The line is 8N1."""

    path: Annotated[str, Field(min_length=1)]
    """A stable name: /dev/serial/by-id/..., not /dev/ttyACM0, which is another one after a re-plug."""
    baud: Annotated[int, Field(ge=300, le=4_000_000)] = 9600
    suffix: Suffix = "line"
    gap_s: Annotated[float, Field(ge=0.05, le=5)] = 0.2
    """The pause that ends a scan where there is no suffix."""
    aim: bool = False
    """The scanner puts an AIM identifier before each scan."""
    stx_etx: bool = False
    """The scanner wraps each scan in STX and ETX."""
    again_after_s: Annotated[float, Field(ge=0, le=3600)] = 2.0
    """The same code sooner than this is the same scan: scanners on a stand repeat."""


class SerialScanner:
    """A scanner that sends each scan as a line of bytes."""

    Options = SerialOptions

    def __init__(self, name: str, options: SerialOptions) -> None:
        """Prepare; nothing is opened before scans() is iterated."""
        self.name = name
        self._options = options
        self._alive_s = time.monotonic()

    def scans(self) -> AsyncGenerator[Scan, None]:
        """Open the line for ourselves alone and yield its scans. Raises Unavailable when it is missing, taken or unplugged."""
        return pumped(self.name, self._source)

    def lag_s(self) -> float:
        """Seconds since the line last answered a read; silence is an answer, an unplugged scanner gives none."""
        return time.monotonic() - self._alive_s

    def _source(self, stop: threading.Event) -> Generator[Scan, None, None]:
        options = self._options
        framer = Framer(options.suffix, gap_s=options.gap_s, aim=options.aim, stx_etx=options.stx_etx)
        sightings = Sightings(options.again_after_s)
        port = self._open()
        try:
            while not stop.is_set():
                data = self._read(port)
                now_s = self._alive_s = time.monotonic()
                for one in framer.feed(data, now_s) if data else framer.quiet(now_s):
                    if not isinstance(one, Reading):
                        log.warning("scan dropped", scanner=self.name, reason=one.reason)
                    elif sightings.is_new(one.text, now_s):
                        yield Scan(one.text, self.name, one.aim)
        finally:
            port.close()

    def _open(self) -> serial.Serial:
        try:
            return serial.Serial(self._options.path, self._options.baud, timeout=READ_TIMEOUT_S, exclusive=True)
        except (OSError, ValueError) as error:
            hint = "Plug the scanner in; check the path, the rights on it, and that no other program has it open"
            raise Unavailable("scanner_gone", f"{self._options.path} cannot be opened: {error}", hint) from error

    def _read(self, port: serial.Serial) -> bytes:
        try:
            return port.read(min(max(1, port.in_waiting), READ_BYTES_MAX))
        except OSError as error:  # pyserial's SerialException is one; asking how much waits raises a bare one
            raise Unavailable(
                "scanner_gone", f"{self._options.path} was unplugged: {error}", "Plug the scanner in again"
            ) from error
