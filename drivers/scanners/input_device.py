"""An input device of Linux, read as raw `struct input_event` (include/uapi/linux/input.h; Documentation/input/input.rst).

A FIFO in its place is read just so, without the grab: for recorded events, and for trying things out.
"""

import errno
import fcntl
import os
import select
import stat
import struct
from pathlib import Path

from drivers.opening import cannot_open
from drivers.scanners.keys import KeyEvent
from runtime.errors import Unavailable

INPUT_EVENT = struct.Struct("llHHi")  # struct timeval, type, code, value: 24 bytes where a long has 8, 16 where it has 4
READ_BYTES_MAX = 64 * INPUT_EVENT.size  # what the kernel holds for a keyboard
READ_TIMEOUT_S = 0.05  # how long one read waits; so soon is a pause or a stop noticed

EVIOCGRAB = 0x40044590  # _IOW('E', 0x90, int) on x86 and ARM
LIGHTS_OFF = INPUT_EVENT.pack(0, 0, 0x11, 1, 0) + INPUT_EVENT.pack(0, 0, 0, 0, 0)
"""EV_LED LED_CAPSL 0 and SYN_REPORT: some scanners press Shift the other way round while the light for Caps Lock is on."""


class InputDevice:
    """An input device that is open and ours alone."""

    def __init__(self, path: str) -> None:
        """Open and grab it. Raises Unavailable."""
        self._path = path
        try:
            self._descriptor = os.open(path, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
        except OSError as error:
            raise cannot_open(path, error, "input") from error
        self._opened = os.fstat(self._descriptor)
        self._part = b""
        try:
            if not stat.S_ISFIFO(self._opened.st_mode):
                self._grab()
        except Unavailable:
            self.close()
            raise
        self._poll = select.poll()
        self._poll.register(self._descriptor, select.POLLIN)

    def read(self) -> list[KeyEvent]:
        """What has come, or nothing after READ_TIMEOUT_S. Raises Unavailable when the device is gone or another one."""
        if not self._poll.poll(READ_TIMEOUT_S * 1000):
            self._part = b""  # the kernel gives whole events; what a pipe left half is noise
            self._check()
            return []
        try:
            data = self._part + os.read(self._descriptor, READ_BYTES_MAX)
        except BlockingIOError:
            return []
        except OSError as error:
            raise self._gone(f"it was unplugged: {error.strerror}") from error
        whole = len(data) - len(data) % INPUT_EVENT.size
        self._part = data[whole:]
        return [KeyEvent(*event[2:]) for event in INPUT_EVENT.iter_unpack(data[:whole])]

    def close(self) -> None:
        """Let go of it; the grab ends with it."""
        os.close(self._descriptor)

    def _grab(self) -> None:
        try:
            fcntl.ioctl(self._descriptor, EVIOCGRAB, 1)
            os.write(self._descriptor, LIGHTS_OFF)
        except OSError as error:
            if error.errno in (errno.ENOTTY, errno.EINVAL):
                raise self._gone("it is no input device") from error
            raise cannot_open(self._path, error, "input") from error

    def _check(self) -> None:
        try:
            now = Path(self._path).stat()
        except OSError as error:
            raise self._gone("it was unplugged") from error
        if not os.path.samestat(now, self._opened):
            raise self._gone("it is another device now")

    def _gone(self, why: str) -> Unavailable:
        return Unavailable("scanner_gone", f"{self._path}: {why}", "Plug the scanner in; /dev/input/by-id shows what is there")
