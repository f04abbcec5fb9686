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
from typing import Annotated

from pydantic import Field

from drivers.printers.signals import Drawer
from drivers.printers.status import port_troubles
from drivers.printers.transport import Deadline, Transport
from drivers.printers.wire import Wire
from runtime.errors import Unavailable

LPGETSTATUS = 0x060B  # linux/lp.h
STALE_BYTES_MAX = 65_536  # answers to somebody else that may wait in the port when it is opened


@dataclass(frozen=True, slots=True)
class UsbOptions:
    """`path` is a stable name that a udev rule gives (docs/printers.md), such as /dev/posd/printer; then as for the network."""

    path: Annotated[str, Field(min_length=1)]
    profile: str = "generic-80mm"
    deadline_s: Deadline = 30
    drawer: Drawer = "both"


async def connect(name: str, options: UsbOptions) -> Wire:
    """The device, for us alone."""
    try:
        descriptor = os.open(options.path, os.O_RDWR | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
    except OSError as error:
        raise _gone(name, options.path, error) from error
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        answers = _has_back_channel(descriptor)
    except OSError as error:
        os.close(descriptor)
        raise _gone(name, options.path, error) from error
    return Wire(
        descriptor,
        shut=lambda _: os.close(descriptor),
        ends=False,
        mute=not answers,
        gone_out=lambda: _written(descriptor),
        troubles=lambda: asked_port(descriptor),
    )


UsbPrinter = Transport(UsbOptions, connect)


def _gone(name: str, path: str, error: OSError) -> Unavailable:
    taken = error.errno in {errno.EBUSY, errno.EWOULDBLOCK}
    return Unavailable(
        "printer_unreachable",
        f"The printer {name} at {path} cannot be opened: {error.strerror}",
        f"Another program holds it: sudo fuser -v {path}" if taken else "Look at its power and its cable; ls /dev/usb",
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
