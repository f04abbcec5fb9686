"""The part of Linux's Video4Linux2 interface that a camera needs, as ctypes: structures, requests, names of controls.

Source: linux/videodev2.h and the kernel's "Video for Linux API" (docs.kernel.org, userspace-api/media/v4l). Sizes follow the
machine, so that the request numbers do too; a test holds them to the header where a C compiler is.
"""

import ctypes
import fcntl
import re
from collections.abc import Iterator

CAPTURE = 1  # V4L2_BUF_TYPE_VIDEO_CAPTURE
MMAP = 1  # V4L2_MEMORY_MMAP
CAN_CAPTURE, CAN_STREAM = 0x1, 0x0400_0000  # V4L2_CAP_VIDEO_CAPTURE, V4L2_CAP_STREAMING
BROKEN = 0x40  # V4L2_BUF_FLAG_ERROR: the picture in the buffer may be torn
NEXT = 0x8000_0000  # V4L2_CTRL_FLAG_NEXT_CTRL: the control after this one
DISABLED = 0x1  # V4L2_CTRL_FLAG_DISABLED
HEADING = 6  # V4L2_CTRL_TYPE_CTRL_CLASS: a title in the list, no control
CONTROLS_MAX = 256  # a webcam has twenty

u8, u32, i32 = ctypes.c_uint8, ctypes.c_uint32, ctypes.c_int32


class Capability(ctypes.Structure):
    """struct v4l2_capability. `device_caps` are this node's own; `capabilities` those of the whole camera."""

    _fields_ = (
        ("driver", ctypes.c_char * 16),
        ("card", ctypes.c_char * 32),
        ("bus_info", ctypes.c_char * 32),
        ("version", u32),
        ("capabilities", u32),
        ("device_caps", u32),
        ("reserved", u32 * 3),
    )


class Pix(ctypes.Structure):
    """struct v4l2_pix_format. `pixelformat` is a FOURCC, least significant byte first."""

    _fields_ = (
        ("width", u32),
        ("height", u32),
        ("pixelformat", u32),
        ("field", u32),
        ("bytesperline", u32),
        ("sizeimage", u32),
        ("rest", u32 * 6),
    )


class _Kinds(ctypes.Union):
    _fields_ = (("pix", Pix), ("raw", u8 * 200), ("aligned", ctypes.c_void_p))


class Format(ctypes.Structure):
    """struct v4l2_format."""

    _fields_ = (("type", u32), ("fmt", _Kinds))


class Rate(ctypes.Structure):
    """struct v4l2_streamparm, for capture: `numerator`/`denominator` seconds a picture."""

    _fields_ = (
        ("type", u32),
        ("capability", u32),
        ("mode", u32),
        ("numerator", u32),
        ("denominator", u32),
        ("rest", u8 * 184),
    )


class Request(ctypes.Structure):
    """struct v4l2_requestbuffers."""

    _fields_ = (("count", u32), ("type", u32), ("memory", u32), ("capabilities", u32), ("flags", u8), ("reserved", u8 * 3))


class _Place(ctypes.Union):
    _fields_ = (("offset", u32), ("userptr", ctypes.c_ulong))


class Buffer(ctypes.Structure):
    """struct v4l2_buffer."""

    _fields_ = (
        ("index", u32),
        ("type", u32),
        ("bytesused", u32),
        ("flags", u32),
        ("field", u32),
        ("timestamp", ctypes.c_long * 2),
        ("timecode", u8 * 16),
        ("sequence", u32),
        ("memory", u32),
        ("m", _Place),
        ("length", u32),
        ("reserved2", u32),
        ("request_fd", i32),
    )


class Query(ctypes.Structure):
    """struct v4l2_queryctrl."""

    _fields_ = (
        ("id", u32),
        ("type", u32),
        ("name", ctypes.c_char * 32),
        ("minimum", i32),
        ("maximum", i32),
        ("step", i32),
        ("default", i32),
        ("flags", u32),
        ("reserved", u32 * 2),
    )


class Control(ctypes.Structure):
    """struct v4l2_control."""

    _fields_ = (("id", u32), ("value", i32))


_READ, _WRITE = 2, 1


def _request(direction: int, number: int, what: type[ctypes.Structure] | type[ctypes.c_int]) -> int:
    """_IOC(direction, 'V', number, sizeof(what)) of asm-generic/ioctl.h, which x86 and ARM have."""
    return direction << 30 | ctypes.sizeof(what) << 16 | ord("V") << 8 | number


QUERYCAP = _request(_READ, 0, Capability)
S_FMT = _request(_READ | _WRITE, 5, Format)
REQBUFS = _request(_READ | _WRITE, 8, Request)
QUERYBUF = _request(_READ | _WRITE, 9, Buffer)
QBUF = _request(_READ | _WRITE, 15, Buffer)
DQBUF = _request(_READ | _WRITE, 17, Buffer)
STREAMON = _request(_WRITE, 18, ctypes.c_int)
STREAMOFF = _request(_WRITE, 19, ctypes.c_int)
S_PARM = _request(_READ | _WRITE, 22, Rate)
S_CTRL = _request(_READ | _WRITE, 28, Control)
QUERYCTRL = _request(_READ | _WRITE, 36, Query)

RENAMED = {
    "focus_auto": "focus_automatic_continuous",
    "exposure_auto": "auto_exposure",
    "exposure_absolute": "exposure_time_absolute",
    "exposure_auto_priority": "exposure_dynamic_framerate",
    "white_balance_temperature_auto": "white_balance_automatic",
}
"""What kernels before 5.18 called a control, and what it is called since."""


def ask(descriptor: int, request: int, about: ctypes.Structure | ctypes.c_int) -> None:
    """One ioctl; `about` is read and written. Raises OSError with the kernel's errno."""
    fcntl.ioctl(descriptor, request, about, True)


def fourcc(letters: str) -> int:
    """ "MJPG" as a number."""
    return int.from_bytes(letters.encode("ascii"), "little")


def letters(number: int) -> str:
    """A FOURCC as its letters; what does not print is a question mark."""
    return "".join(chr(byte) if 32 <= byte < 127 else "?" for byte in number.to_bytes(4, "little"))


def controls(descriptor: int) -> dict[str, Query]:
    """The camera's controls by the names that `v4l2-ctl --list-ctrls` shows, in the camera's order."""
    return {
        _spelled(found.name): found for found in _listed(descriptor) if not (found.flags & DISABLED or found.type == HEADING)
    }


def _listed(descriptor: int) -> Iterator[Query]:
    after = 0
    for _ in range(CONTROLS_MAX):
        found = Query(id=after | NEXT)
        try:
            ask(descriptor, QUERYCTRL, found)
        except OSError:  # EINVAL behind the last one; a camera without any knows no such request
            return
        yield found
        after = found.id


def current_name(name: str) -> str:
    """The name since kernel 5.18 of a control that a settings file may call by its old one."""
    return RENAMED.get(name, name)


def _spelled(name: bytes) -> str:
    """As v4l2-ctl does: lower case, and one underscore for whatever is neither a letter nor a digit."""
    words = re.sub(r"[^a-z0-9]+", "_", name.decode("latin-1").lower()).strip("_")
    return current_name(words)
