"""A V4L2 camera: MJPG through mapped buffers, by our own requests to the kernel.

OpenCV's backend would unpack every picture to color (four times the work), waits up to ten seconds in one call, and repeats
the last picture of a camera that was pulled out; here each picture stays as it came, and what the kernel says is told.
"""

import ctypes
import errno
import mmap
import os
import select
import threading
import time
from collections.abc import Generator, Mapping
from contextlib import suppress
from dataclasses import dataclass

import structlog

from drivers.scanners.camera import v4l2
from drivers.scanners.camera.multipart import PICTURE_BYTES_MAX
from drivers.scanners.camera.packet import PLANES, Layout, Packet
from drivers.scanners.decode.picture import PIXELS_MAX
from drivers.scanners.pump import STOP_POLL_S
from runtime.errors import Misconfigured, Unavailable

BUFFERS = 2  # one is filled while the other is copied: fewer tear, more only make the newest picture older
BUFFERS_MAX = 32  # VIDEO_MAX_FRAME
JPEGS = ("MJPG", "JPEG")
RAW = "YUYV"  # what every webcam without JPEGs has
NOT_INTERLACED = 1  # V4L2_FIELD_NONE
WAYS = {
    errno.EBUSY: "Another program has it: see `fuser -v /dev/video*`",
    errno.ENOSPC: "Too much for its USB bus: plug it into another port, or ask for less (width, height, fps)",
    errno.EACCES: "posd's user must be in the group video",
    errno.EPERM: "posd's user must be in the group video; under systemd DeviceAllow=char-video4linux",
}
PLUG_IN = "Plug it in; take a name from /dev/v4l/by-id that ends in -video-index0"

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the camera is asked for; it gives the nearest that it has. `controls` are set in their order."""

    width: int = 1280
    height: int = 720
    fps: int = 15
    controls: Mapping[str, int] | None = None


def v4l2_packets(path: str, wanted: Wanted, stop: threading.Event) -> Generator[Packet | None, None, None]:
    """Yield the newest picture whenever there is one, None at least every STOP_POLL_S.

    Raises Unavailable when the camera is missing, busy, no camera or pulled out; Misconfigured for a control it has not.
    """
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        raise gone(path, "cannot be opened", error) from error
    buffers: list[mmap.mmap] = []
    try:
        layout = _set_up(descriptor, path, wanted)
        _map(descriptor, buffers)
        v4l2.ask(descriptor, v4l2.STREAMON, ctypes.c_int(v4l2.CAPTURE))
        ready = select.poll()
        ready.register(descriptor, select.POLLIN)
        while not stop.is_set():
            data = _newest(descriptor, buffers) if _is_ready(ready) else b""
            yield Packet(data, time.monotonic(), layout) if data else None
    except OSError as error:
        raise gone(path, "stopped", error) from error
    finally:
        with suppress(OSError):  # of a camera that is gone
            v4l2.ask(descriptor, v4l2.STREAMOFF, ctypes.c_int(v4l2.CAPTURE))
        for buffer in buffers:
            buffer.close()
        os.close(descriptor)


def gone(path: str, what: str, error: OSError) -> Unavailable:
    """The kernel's word on it, and what to do."""
    why = error.strerror or str(error)
    return Unavailable("camera_gone", f"The camera {path} {what}: {why}", WAYS.get(error.errno or 0, PLUG_IN))


def _set_up(descriptor: int, path: str, wanted: Wanted) -> Layout | None:
    """Format, rate and controls; gives the layout of raw pictures, None for JPEGs."""
    can = v4l2.Capability()
    try:
        v4l2.ask(descriptor, v4l2.QUERYCAP, can)
    except OSError as error:
        if error.errno not in {errno.ENOTTY, errno.EINVAL}:
            raise
        raise Unavailable("camera_gone", f"{path} is no camera", PLUG_IN) from error
    needed = v4l2.CAN_CAPTURE | v4l2.CAN_STREAM
    if (can.device_caps or can.capabilities) & needed != needed:
        raise Unavailable("camera_gone", f"{path} gives no pictures: a camera has a second node for other data", PLUG_IN)
    layout = _choose_format(descriptor, path, wanted)
    _choose_rate(descriptor, wanted.fps)
    _set_controls(descriptor, path, wanted.controls or {})
    return layout


def _choose_format(descriptor: int, path: str, wanted: Wanted) -> Layout | None:
    pix = _granted(descriptor, wanted)
    kind = v4l2.letters(pix.pixelformat)
    log.info("camera gives", path=path, kind=kind, width=pix.width, height=pix.height)
    if kind in JPEGS:
        return None
    if kind not in PLANES:
        hint = f"Wanted: {', '.join((*JPEGS, *PLANES))}; see v4l2-ctl --list-formats"
        raise Unavailable("camera_format", f"The camera {path} gives pictures as {kind!r} only", hint)
    if not 0 < pix.width * pix.height <= PIXELS_MAX:
        raise Unavailable("camera_too_large", f"The pictures of {path} are too large", f"At most {PIXELS_MAX} pixels")
    return Layout(kind, pix.width, pix.height, max(pix.bytesperline, pix.width * PLANES[kind][0]))


def _granted(descriptor: int, wanted: Wanted) -> v4l2.Pix:
    """What the driver makes of the wish for JPEGs: usually the nearest that it has. Some refuse, and are asked for raw ones."""
    given = v4l2.Format(type=v4l2.CAPTURE)
    given.fmt.pix = v4l2.Pix(wanted.width, wanted.height, v4l2.fourcc(JPEGS[0]), field=NOT_INTERLACED)
    try:
        v4l2.ask(descriptor, v4l2.S_FMT, given)
    except OSError as error:
        if error.errno != errno.EINVAL:
            raise
        given.fmt.pix = v4l2.Pix(wanted.width, wanted.height, v4l2.fourcc(RAW), field=NOT_INTERLACED)
        v4l2.ask(descriptor, v4l2.S_FMT, given)
    pix: v4l2.Pix = given.fmt.pix
    return pix


def _choose_rate(descriptor: int, fps: int) -> None:
    # Some cameras know one rate only and refuse to be asked: theirs is good too.
    with suppress(OSError):
        v4l2.ask(descriptor, v4l2.S_PARM, v4l2.Rate(type=v4l2.CAPTURE, numerator=1, denominator=fps))


def _set_controls(descriptor: int, path: str, values: Mapping[str, int]) -> None:
    has = v4l2.controls(descriptor) if values else {}
    for name, value in values.items():
        control = has.get(v4l2.current_name(name))
        if control is None:
            hint = f"It has: {', '.join(has) or 'none'}"
            raise Misconfigured("camera_control", f"The camera {path} has no control {name!r}", hint)
        if not control.minimum <= value <= control.maximum:
            hint = f"From {control.minimum} to {control.maximum}"
            raise Misconfigured("camera_control", f"The camera {path} does not take {name} = {value}", hint)
        try:
            v4l2.ask(descriptor, v4l2.S_CTRL, v4l2.Control(control.id, value))
        except OSError as error:
            if error.errno not in {errno.EACCES, errno.EBUSY, errno.EINVAL, errno.ERANGE}:
                raise
            hint = "Switch off first what sets it automatically: controls are set in the order of the settings"
            raise Misconfigured("camera_control", f"The camera {path} does not take {name} = {value} now", hint) from error


def _map(descriptor: int, buffers: list[mmap.mmap]) -> None:
    """Map the driver's buffers, as many as it gives, into `buffers`, and hand each to the driver to be filled."""
    request = v4l2.Request(count=BUFFERS, type=v4l2.CAPTURE, memory=v4l2.MMAP)
    v4l2.ask(descriptor, v4l2.REQBUFS, request)
    for index in range(min(request.count, BUFFERS_MAX)):
        buffer = v4l2.Buffer(index=index, type=v4l2.CAPTURE, memory=v4l2.MMAP)
        v4l2.ask(descriptor, v4l2.QUERYBUF, buffer)
        buffers.append(mmap.mmap(descriptor, buffer.length, offset=buffer.m.offset))
        v4l2.ask(descriptor, v4l2.QBUF, buffer)


def _is_ready(ready: select.poll) -> bool:
    """Wait for a picture for STOP_POLL_S at most. Raises OSError for a camera that was pulled out."""
    happened = ready.poll(STOP_POLL_S * 1000)
    if happened and not happened[0][1] & select.POLLIN:  # POLLERR, POLLHUP: asked again it would answer at once, for ever
        raise OSError(errno.ENODEV, "it was pulled out")
    return bool(happened)


def _newest(descriptor: int, buffers: list[mmap.mmap]) -> bytes:
    """A copy of the last picture that is waiting; those before it, and torn ones, go back unread. Empty when there is none."""
    data = b""
    for _ in range(BUFFERS_MAX):
        buffer = v4l2.Buffer(type=v4l2.CAPTURE, memory=v4l2.MMAP)
        try:
            v4l2.ask(descriptor, v4l2.DQBUF, buffer)
        except OSError as error:
            if error.errno in {errno.EAGAIN, errno.EIO}:  # none is waiting; one was lost on the wire
                break
            raise
        if not buffer.flags & v4l2.BROKEN and 0 < buffer.bytesused <= PICTURE_BYTES_MAX:
            data = buffers[buffer.index][: buffer.bytesused]
        v4l2.ask(descriptor, v4l2.QBUF, buffer)
    return data
