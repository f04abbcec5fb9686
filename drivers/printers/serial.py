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
from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

import serial
from pydantic import Field

from drivers.ports import Delivery, PrinterStatus, Signal, Starting, unheard
from drivers.printers.lettering import require_shaping
from drivers.printers.network import unsent
from drivers.printers.owned import DEADLINE_S_MAX, DEADLINE_S_MIN, Owned
from drivers.printers.profile import load_profile
from drivers.printers.signals import Drawer
from drivers.printers.wire import Wire
from loyalty.document import Receipt
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
    deadline_s: Annotated[float, Field(ge=DEADLINE_S_MIN, le=DEADLINE_S_MAX)] = 60
    drawer: Drawer = "both"


class SerialPrinter:
    """The one owner of a serial printer."""

    Options: ClassVar = SerialOptions

    def __init__(self, name: str, options: SerialOptions) -> None:
        """Raises Misconfigured where the profile is wrong or this machine cannot draw Hebrew. Opens nothing yet."""
        require_shaping()
        self.name = name
        self._options = options
        self._owned = Owned(name, load_profile(options.profile), options.deadline_s, self._connect)

    async def print(self, receipt: Receipt, starting: Starting = unheard) -> Delivery:
        """Send one job and wait for its fence. A known lack of paper, or an open cover, is Unavailable: nothing was sent."""
        return await self._owned.print(receipt, starting)

    async def send(self, job: bytes, starting: Starting = unheard) -> Delivery:
        """The same for bytes."""
        return await self._owned.send(job, starting)

    async def signal(self, signal: Signal) -> None:
        """Pulse the drawer's pins or beep."""
        await self._owned.signal(signal, self._options.drawer)

    async def status(self) -> PrinterStatus:
        """Ask; during a job what was heard last."""
        return await self._owned.status()

    async def _connect(self) -> Wire:
        """For one job or question: a lock is enough, since between two the line is nobody's, unlike those of drivers/line.py."""
        options = self._options
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
            raise self._gone(str(error)) from error
        try:
            _quieten(port.fileno())
            room = _room(port.fileno()) if options.flow == "dsr_dtr" else None
        except (OSError, termios.error) as error:
            port.close()
            raise self._gone(f"{error}; a port without a DSR line needs another `flow`") from error

        def shut(abort: bool) -> None:
            with suppress(OSError, termios.error):
                if abort:
                    termios.tcflush(port.fileno(), termios.TCOFLUSH)
                port.close()

        descriptor = port.fileno()
        wire = Wire(descriptor, shut, gone_out=lambda: unsent(descriptor) == 0)
        return wire if room is None else Wire(descriptor, shut, room=room, gone_out=wire.gone_out)

    def _gone(self, why: str) -> Unavailable:
        return Unavailable(
            "printer_unreachable",
            f"The printer {self.name} at {self._options.path} cannot be opened: {why}",
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
