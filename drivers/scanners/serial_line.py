"""A serial line that is ours alone."""

from contextlib import suppress

from drivers.line import let_go, open_alone
from runtime.errors import Unavailable

READ_TIMEOUT_S = 0.05  # how long one read waits; so soon is a pause, a refusal or a stop noticed
READ_BYTES_MAX = 4096  # what the kernel holds for a line
WRITE_TIMEOUT_S = 1.0  # the longest command has 16 bytes; what takes longer hangs

FRAME = r"^[78][NEOMS][12]$"
"""Data bits, parity (none, even, odd, mark, space) and stop bits of a line, as a pattern."""


class SerialLine:
    """A line that is open and ours alone."""

    def __init__(self, path: str, baud: int, frame: str) -> None:
        """Open it, `frame` as FRAME has it. Raises Unavailable, with whoever holds it."""
        self._path = path
        bits, parity, stops = tuple(frame)
        self._port = open_alone(
            path,
            "scanner",
            baudrate=baud,
            bytesize=int(bits),
            parity=parity,
            stopbits=int(stops),
            timeout=READ_TIMEOUT_S,
            write_timeout=WRITE_TIMEOUT_S,
        )

    def read(self) -> bytes:
        """What has come, or nothing after READ_TIMEOUT_S. Raises Unavailable when it was unplugged."""
        try:
            return self._port.read(min(max(1, self._port.in_waiting), READ_BYTES_MAX))
        except OSError as error:  # pyserial's SerialException is one; asking how much waits raises a bare one
            raise self._gone(f"was unplugged: {error}", "Plug the scanner in again") from error

    def write(self, data: bytes) -> None:
        """Send it, in WRITE_TIMEOUT_S at most. Raises Unavailable."""
        try:
            if data:
                self._port.write(data)
        except OSError as error:
            raise self._gone(
                f"takes no commands: {error}", 'Plug the scanner in again; with make = "none" it is sent none'
            ) from error

    def close(self, last: bytes) -> None:
        """Send `last` if the line still takes it, and let go of it."""
        with suppress(OSError):
            self._port.write(last)
        let_go(self._port)

    def _gone(self, what: str, hint: str) -> Unavailable:
        return Unavailable("scanner_gone", f"{self._path} {what}", hint)
