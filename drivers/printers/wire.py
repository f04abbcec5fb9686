"""An open line to a printer, whatever it is made of: a socket, /dev/usb/lpN or a serial port, always non-blocking.

Nothing here has a deadline of its own; whoever calls puts one around it, and every wait can be cut short at any moment.
"""

import asyncio
import fcntl
import os
import struct
import termios
from collections.abc import Callable
from dataclasses import dataclass

NAP_S = 0.004
"""How long to wait before trying again. Not "until it is ready": usblp says that it is while it has no paper, and takes nothing."""
READ_BYTES_MAX = 4096
RESET_ON_CLOSE = struct.pack("ii", 1, 0)
"""For SO_LINGER: what a socket has not sent when it is closed is thrown away, and the other side is told."""


def _everything(wanted: int) -> int:
    return wanted


def _nothing() -> tuple[str, ...]:
    return ()


def _at_once() -> bool:
    return True


@dataclass(frozen=True, slots=True)
class Wire:
    """One open descriptor with what is particular to its kind.

    `shut(abort)` closes it; with `abort` what the printer has not taken yet must never reach it. `ends`: an empty read means
    that the other side has closed; usblp gives one where a printer had nothing to say. `room(n)` tells how many of n bytes may
    be written now. `gone_out()`: the kernel keeps nothing back. `troubles()` is what the port itself knows of the printer.
    """

    descriptor: int
    shut: Callable[[bool], None]
    ends: bool = True
    mute: bool = False
    room: Callable[[int], int] = _everything
    gone_out: Callable[[], bool] = _at_once
    troubles: Callable[[], tuple[str, ...]] = _nothing

    async def send(self, data: bytes) -> None:
        """Hand all of `data` to the kernel; OSError when the line is cut."""
        left = memoryview(data)
        while left:
            taken = self._write(left[: self.room(len(left))])
            left = left[taken:]
            await asyncio.sleep(0 if taken else NAP_S)

    async def flush(self) -> None:
        """Until the kernel keeps nothing back that closing would lose."""
        while True:
            if self.gone_out():
                return
            await asyncio.sleep(NAP_S)

    async def receive(self) -> bytes:
        """Some bytes, at least one. OSError when the line is cut. A line without a back channel never gives any."""
        while True:
            if heard := self.pending():
                return heard
            await asyncio.sleep(NAP_S)

    def pending(self) -> bytes:
        """What has come by now, without waiting."""
        if self.mute:
            return b""
        try:
            heard = os.read(self.descriptor, READ_BYTES_MAX)
        except BlockingIOError:
            return b""
        if not heard and self.ends:
            raise ConnectionResetError("closed by the printer")
        return heard

    def _write(self, data: memoryview) -> int:
        if not data:
            return 0
        try:
            return os.write(self.descriptor, data)
        except BlockingIOError:
            return 0


def unsent(descriptor: int) -> int:
    """How many bytes the kernel keeps back: not acknowledged yet (a socket, SIOCOUTQ), not sent yet (a serial port, TIOCOUTQ)."""
    answer = fcntl.ioctl(descriptor, termios.TIOCOUTQ, b"\0" * struct.calcsize("i"))
    return int(struct.unpack("i", answer)[0])
