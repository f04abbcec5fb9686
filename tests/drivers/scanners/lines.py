"""A pty pair as a serial line: we hold the scanner's end."""

import fcntl
import os
import select
import struct
import tty
from pathlib import Path

TIOCGEXCL = 0x80045440  # _IOR('T', 0x40, int), asm-generic/ioctls.h


def is_exclusive(descriptor: int) -> bool:
    """Whether whoever has this terminal open too has forbidden all later openings."""
    return bool(struct.unpack("i", fcntl.ioctl(descriptor, TIOCGEXCL, b"\0" * 4))[0])


class Line:
    """The scanner's end of a line, whose other end is at `path`; the link stays the same over a re-plug, as udev's does."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.plug()

    def plug(self) -> None:
        self._ours, theirs = os.openpty()
        tty.setraw(theirs)
        self.path.unlink(missing_ok=True)
        self.path.symlink_to(os.ttyname(theirs))
        self.theirs = theirs

    def send(self, data: bytes) -> None:
        """Send all of it, however slowly it is read."""
        while data:
            data = data[os.write(self._ours, data) :]

    def heard(self) -> bytes:
        """What we were sent so far; the kernel passes it on a moment after it was written."""
        data = b""
        while select.select([self._ours], [], [], 0.1)[0]:
            data += os.read(self._ours, 65_536)
        return data

    def is_taken(self) -> bool:
        """Whether the kernel lets nobody else open it (root excepted): the last thing that opening does."""
        return is_exclusive(self.theirs)

    def unplug(self) -> None:
        os.close(self._ours)
        os.close(self.theirs)
