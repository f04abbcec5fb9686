"""A printer on a serial line (RS-232, or USB that shows as /dev/ttyACM0 or ttyUSB0). 8N1.

A receipt as a picture has some 30 KB and the printer's buffer 4 KB: without flow control it is garbled. Linux knows RTS/CTS and
XON/XOFF; DSR/DTR, which most receipt printers are set to, it does not know, and pyserial's `dsrdtr` does not make it so: here
little is given to the kernel at a time, and nothing while the printer has lowered its line.
"""

import fcntl
import struct
import termios
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Annotated, Literal

import serial
from pydantic import Field

from drivers.printers.signals import Drawer
from drivers.printers.transport import Deadline, Transport
from drivers.printers.wire import Wire, unsent
from runtime.errors import Unavailable

AHEAD_BYTES_MAX = 128
"""How much the kernel is given beyond what has gone out: printers lower their line with 256 bytes of room left (Epson)."""
IFLAG, CFLAG, SPECIALS = 0, 2, 6  # places in what tcgetattr gives

Flow = Literal["rts_cts", "dsr_dtr", "xon_xoff", "none"]


@dataclass(frozen=True, slots=True)
class SerialOptions:
    """`path` is a stable name, /dev/serial/by-id/...; `flow` is what the printer's switches say; then as for the network."""

    path: Annotated[str, Field(min_length=1)]
    baud: Annotated[int, Field(ge=1200, le=4_000_000)] = 115_200
    flow: Flow = "dsr_dtr"
    profile: str = "generic-80mm"
    deadline_s: Deadline = 60
    drawer: Drawer = "both"


async def connect(name: str, options: SerialOptions) -> Wire:
    """For one job or question: a lock is enough, since between two the line is nobody's, unlike those of drivers/line.py."""
    try:
        port = serial.Serial(
            options.path,
            options.baud,
            timeout=0,
            rtscts=options.flow == "rts_cts",
            xonxoff=options.flow == "xon_xoff",
            exclusive=True,
        )
    except (OSError, serial.SerialException, ValueError) as error:
        raise _gone(name, options.path, str(error)) from error
    descriptor = port.fileno()

    def shut(abort: bool) -> None:
        with suppress(OSError, termios.error):  # it may be gone already
            # What a printer that is off does not take, the kernel waits for in close() (closing_wait, 30 s).
            if abort or unsent(descriptor):
                termios.tcflush(descriptor, termios.TCOFLUSH)
        with suppress(OSError):
            port.close()

    wire = Wire(descriptor, shut, gone_out=lambda: unsent(descriptor) == 0)
    try:
        _quieten(descriptor)
        return replace(wire, room=_room(descriptor)) if options.flow == "dsr_dtr" else wire
    except (OSError, termios.error) as error:
        port.close()
        raise _gone(name, options.path, f"{error}; a port without a DSR line needs another `flow`") from error


SerialPrinter = Transport(SerialOptions, connect)


def _gone(name: str, path: str, why: str) -> Unavailable:
    return Unavailable(
        "printer_unreachable",
        f"The printer {name} at {path} cannot be opened: {why}",
        "Look at its power and its cable; ls /dev/serial/by-id. What waits is printed then",
    )


def _quieten(descriptor: int) -> None:
    """A line that goes dead says "break" and broken bytes, which look like answers: not to us. And closing lowers no line."""
    modes = termios.tcgetattr(descriptor)
    modes[IFLAG] |= termios.IGNBRK | termios.IGNPAR
    modes[CFLAG] &= ~termios.HUPCL
    modes[SPECIALS][termios.VMIN] = 1  # or an empty read would mean "nothing yet" and not "unplugged"
    termios.tcsetattr(descriptor, termios.TCSANOW, modes)


def _room(descriptor: int) -> Callable[[int], int]:
    """What may be written under DSR/DTR. OSError where the port has no such line."""

    def lines() -> int:
        answer = fcntl.ioctl(descriptor, termios.TIOCMGET, b"\0" * struct.calcsize("i"))
        return int(struct.unpack("i", answer)[0])

    lines()
    return lambda wanted: room(wanted, lines(), unsent(descriptor))


def room(wanted: int, lines: int, ahead: int) -> int:
    """How many of `wanted` bytes may go now: none while the printer's DTR (our DSR) is low, and never far ahead of the wire."""
    return min(wanted, max(0, AHEAD_BYTES_MAX - ahead)) if lines & termios.TIOCM_DSR else 0
