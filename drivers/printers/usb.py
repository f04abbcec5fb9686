"""A printer on /dev/usb/lpN, the kernel's own driver for USB printers (usblp).

What is particular to it (Linux, drivers/usb/class/usblp.c): non-blocking, a write takes one block and says "done" while it is
still under way; closing the file kills what is under way; without paper it says that it is ready to write and takes nothing; an
empty read means that the printer had nothing to say; a printer without a back channel answers every read with EINVAL. The port
itself tells an empty roll (LPGETSTATUS), even for printers that answer nothing else.
"""

import errno
import fcntl
import os
import struct
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Annotated, ClassVar

from pydantic import Field

from drivers.ports import Delivery, PrinterStatus, Signal, Starting, unheard
from drivers.printers.lettering import require_shaping
from drivers.printers.owned import DEADLINE_S_MAX, DEADLINE_S_MIN, Owned
from drivers.printers.profile import load_profile
from drivers.printers.signals import Drawer
from drivers.printers.status import port_troubles
from drivers.printers.wire import Wire
from loyalty.document import Receipt
from runtime.errors import Unavailable

LPGETSTATUS = 0x060B  # linux/lp.h
STALE_BYTES_MAX = 65_536  # answers to somebody else that may wait in the port when it is opened


@dataclass(frozen=True, slots=True)
class UsbOptions:
    """`path` is a stable name that a udev rule gives (docs/printers.md), such as /dev/posd/printer; then as for the network."""

    path: Annotated[str, Field(min_length=1)]
    profile: str = "generic-80mm"
    deadline_s: Annotated[float, Field(ge=DEADLINE_S_MIN, le=DEADLINE_S_MAX)] = 30
    drawer: Drawer = "both"


class UsbPrinter:
    """The one owner of a USB printer."""

    Options: ClassVar = UsbOptions

    def __init__(self, name: str, options: UsbOptions) -> None:
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
        """Ask the printer and its port; during a job what was heard last."""
        return await self._owned.status()

    async def _connect(self) -> Wire:
        path = self._options.path
        try:
            descriptor = os.open(path, os.O_RDWR | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
        except OSError as error:
            raise self._gone(error) from error
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            answers = _has_back_channel(descriptor)
        except OSError as error:
            os.close(descriptor)
            raise self._gone(error) from error
        return Wire(
            descriptor,
            shut=lambda _: os.close(descriptor),
            ends=False,
            mute=not answers,
            gone_out=lambda: _written(descriptor),
            troubles=lambda: asked_port(descriptor),
        )

    def _gone(self, error: OSError) -> Unavailable:
        taken = error.errno in {errno.EBUSY, errno.EWOULDBLOCK}
        return Unavailable(
            "printer_unreachable",
            f"The printer {self.name} at {self._options.path} cannot be opened: {error.strerror}",
            f"Another program holds it: sudo fuser -v {self._options.path}"
            if taken
            else "Look at its power and its cable; ls /dev/usb",
        )


def asked_port(descriptor: int, ioctl: Callable[..., bytes] = fcntl.ioctl) -> tuple[str, ...]:
    """What the port itself says of the printer; nothing where it is no usblp or does not answer."""
    try:
        answer = ioctl(descriptor, LPGETSTATUS, b"\0" * struct.calcsize("i"))
    except OSError:
        return ()
    return port_troubles(struct.unpack("i", answer)[0])


def _has_back_channel(descriptor: int) -> bool:
    """Whether the printer can answer at all; what waits there from before is thrown away. OSError when it is gone."""
    for _ in range(STALE_BYTES_MAX // 4096):
        try:
            if not os.read(descriptor, 4096):
                return True
        except BlockingIOError:
            return True
        except OSError as error:
            if error.errno == errno.EINVAL:
                return False
            raise
    return True


def _written(descriptor: int) -> bool:
    """Whether the last block is through: an empty write is refused until then."""
    with suppress(BlockingIOError):
        os.write(descriptor, b"")
        return True
    return False
