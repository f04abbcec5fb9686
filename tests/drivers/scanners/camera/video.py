"""A V4L2 camera below the ioctl boundary: what the kernel would do, on a real file that is really opened, mapped and polled.

Only fcntl.ioctl is ours, and only for this file; each request is checked as a driver checks it. The file lies in /dev/shm, so that
its path begins as a device's does. Unlike a device it always says that it can be read: DQBUF waits a little instead.
"""

import contextlib
import errno
import fcntl
import os
import shutil
import tempfile
import threading
import time
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from drivers.scanners.camera import v4l2
from tests.drivers.scanners.camera.views import HEIGHT, WIDTH, Sight

BUFFER_BYTES = 1 << 20
PERIOD_S = 0.02

FOCUS_AUTO, FOCUS, EXPOSURE_AUTO, GONE_CONTROL = 0x9A090C, 0x9A090A, 0x9A0901, 0x9A0999


def no(number: int) -> OSError:
    return OSError(number, os.strerror(number))


class Video:
    """The camera. Its public attributes are the faults."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.sight = Sight()
        self.kind = "MJPG"
        self.refuses = ""
        self.device_caps = v4l2.CAN_CAPTURE | v4l2.CAN_STREAM
        self.silent = False
        self.flags = 0
        self.lost = 0
        self.waiting: list[bytes] = []
        self.fails: dict[int, int] = {}
        self.hang: threading.Event | None = None
        self.controls: dict[int, tuple[str, int, int, int]] = {
            FOCUS: ("Focus, Absolute", 0, 250, 0),
            FOCUS_AUTO: ("Focus, Auto", 0, 1, 0),
            EXPOSURE_AUTO: ("Auto Exposure", 0, 3, 0),
            GONE_CONTROL: ("Iris", 0, 1, v4l2.DISABLED),
        }
        self.values = {FOCUS_AUTO: 1}
        self.rate = (0, 0)
        self._reset()
        self.plug()

    def plug(self) -> None:
        self.path.write_bytes(bytes(4 * BUFFER_BYTES))
        self._inode = self.path.stat().st_ino

    def unplug(self) -> None:
        self.path.unlink()
        self._reset()

    def _reset(self) -> None:
        self.streaming = False
        self._format: tuple[int, int] | None = None
        self._count = 0
        self._queued: deque[int] = deque()
        self._due_s = 0.0

    def is_mine(self, descriptor: int) -> bool:
        return os.fstat(descriptor).st_ino == self._inode

    def ask(self, descriptor: int, request: int, about: Any) -> None:
        """One ioctl."""
        if self.hang:
            self.hang.wait(20)
        if not self.path.exists():
            raise no(errno.ENODEV)
        if request in self.fails:
            raise no(self.fails[request])
        {
            v4l2.QUERYCAP: self._can,
            v4l2.S_FMT: self._set_format,
            v4l2.S_PARM: self._set_rate,
            v4l2.QUERYCTRL: self._tell_control,
            v4l2.S_CTRL: self._set_control,
            v4l2.REQBUFS: self._give_buffers,
            v4l2.QUERYBUF: self._tell_buffer,
            v4l2.QBUF: self._take_back,
            v4l2.STREAMON: self._start,
            v4l2.STREAMOFF: self._stop,
            v4l2.DQBUF: lambda buffer: self._give_picture(descriptor, buffer),
        }[request](about)

    def _can(self, can: v4l2.Capability) -> None:
        can.card = b"A webcam"
        can.capabilities = 0x8480_0001  # of the whole camera: also of its node for other data
        can.device_caps = self.device_caps

    def _set_format(self, given: v4l2.Format) -> None:
        if given.type != v4l2.CAPTURE or self._count:
            raise no(errno.EINVAL)
        pix = given.fmt.pix
        if v4l2.letters(pix.pixelformat) in self.refuses:
            raise no(errno.EINVAL)
        self._format = pix.width, pix.height
        pix.pixelformat, pix.width, pix.height = v4l2.fourcc(self.kind), WIDTH, HEIGHT
        pix.bytesperline = 0 if self.kind == "MJPG" else WIDTH * 2 + 32
        given.fmt.pix = pix

    def _set_rate(self, rate: v4l2.Rate) -> None:
        self.rate = rate.numerator, rate.denominator

    def _tell_control(self, query: v4l2.Query) -> None:
        after = sorted(number for number in self.controls if number > query.id & ~v4l2.NEXT)
        if not after or not query.id & v4l2.NEXT:
            raise no(errno.EINVAL)
        name, query.minimum, query.maximum, query.flags = self.controls[after[0]]
        query.id, query.name = after[0], name.encode()

    def _set_control(self, control: v4l2.Control) -> None:
        if control.id == FOCUS and self.values[FOCUS_AUTO]:
            raise no(errno.EBUSY)
        self.values[control.id] = control.value

    def _give_buffers(self, request: v4l2.Request) -> None:
        if (request.type, request.memory) != (v4l2.CAPTURE, v4l2.MMAP) or not self._format:
            raise no(errno.EINVAL)
        self._count = request.count = 3  # one more than asked for, as drivers may

    def _tell_buffer(self, buffer: v4l2.Buffer) -> None:
        self._must_be_one(buffer)
        buffer.length, buffer.m.offset = BUFFER_BYTES, buffer.index * BUFFER_BYTES

    def _take_back(self, buffer: v4l2.Buffer) -> None:
        self._must_be_one(buffer)
        if buffer.index in self._queued:
            raise no(errno.EINVAL)
        self._queued.append(buffer.index)

    def _must_be_one(self, buffer: v4l2.Buffer) -> None:
        if (buffer.type, buffer.memory) != (v4l2.CAPTURE, v4l2.MMAP) or buffer.index >= self._count:
            raise no(errno.EINVAL)

    def _start(self, kind: Any) -> None:
        if kind.value != v4l2.CAPTURE or not self._queued:
            raise no(errno.EINVAL)
        self.streaming = True

    def _stop(self, kind: Any) -> None:
        self._reset()

    def _give_picture(self, descriptor: int, buffer: v4l2.Buffer) -> None:
        if not self.streaming or (buffer.type, buffer.memory) != (v4l2.CAPTURE, v4l2.MMAP):
            raise no(errno.EINVAL)
        now_s = time.monotonic()
        if self.silent or not self._queued or (now_s < self._due_s and not self.waiting):
            time.sleep(0.005)
            raise no(errno.EAGAIN)
        self._due_s = now_s + PERIOD_S
        if self.lost:
            self.lost -= 1
            raise no(errno.EIO)
        buffer.index = self._queued.popleft()
        data = self.waiting.pop(0) if self.waiting else self.sight.picture()
        buffer.bytesused, buffer.flags = os.pwrite(descriptor, data, buffer.index * BUFFER_BYTES), self.flags


@contextlib.contextmanager
def plugged_in() -> Iterator[Video]:
    """A camera at a path of its own under /dev."""
    folder = Path(tempfile.mkdtemp(prefix="posd-video-", dir="/dev/shm"))
    video = Video(folder / "video0")
    kernel = fcntl.ioctl

    def ioctl(descriptor: int, request: int, *about: Any) -> Any:
        if request >> 8 & 0xFF == ord("V") and video.is_mine(descriptor):
            return video.ask(descriptor, request, about[0])
        return kernel(descriptor, request, *about)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fcntl, "ioctl", ioctl)
        yield video
    shutil.rmtree(folder)
