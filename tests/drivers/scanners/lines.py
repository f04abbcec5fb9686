"""A pty pair as a serial line: we hold the scanner's end."""

import os
import tty
from pathlib import Path


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
        self._theirs = theirs

    def send(self, data: bytes) -> None:
        os.write(self._ours, data)

    def unplug(self) -> None:
        os.close(self._ours)
        os.close(self._theirs)
