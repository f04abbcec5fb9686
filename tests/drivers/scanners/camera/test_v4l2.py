"""Our side of the kernel's interface, held to the kernel's own header."""

import ctypes
import shutil
import subprocess
from pathlib import Path

import pytest

from drivers.scanners.camera import v4l2
from tests.drivers.scanners.camera.video import EXPOSURE_AUTO, FOCUS, FOCUS_AUTO, plugged_in

HEADER = Path("/usr/include/linux/videodev2.h")
REQUESTS = (
    "QUERYCAP",
    "S_FMT",
    "REQBUFS",
    "QUERYBUF",
    "QBUF",
    "DQBUF",
    "STREAMON",
    "STREAMOFF",
    "S_PARM",
    "S_CTRL",
    "QUERYCTRL",
)
STRUCTURES = {
    "v4l2_capability": (v4l2.Capability, {"card": "card", "capabilities": "capabilities", "device_caps": "device_caps"}),
    "v4l2_format": (v4l2.Format, {"type": "type", "fmt": "fmt.pix"}),
    "v4l2_pix_format": (v4l2.Pix, {one: one for one in ("width", "pixelformat", "field", "bytesperline", "sizeimage")}),
    "v4l2_streamparm": (
        v4l2.Rate,
        {"numerator": "parm.capture.timeperframe.numerator", "denominator": "parm.capture.timeperframe.denominator"},
    ),
    "v4l2_requestbuffers": (v4l2.Request, {one: one for one in ("count", "type", "memory")}),
    "v4l2_buffer": (v4l2.Buffer, {one: one for one in ("index", "type", "bytesused", "flags", "memory", "m", "length")}),
    "v4l2_queryctrl": (v4l2.Query, {one: one for one in ("id", "type", "name", "minimum", "maximum", "flags")}),
    "v4l2_control": (v4l2.Control, {one: one for one in ("id", "value")}),
}
CONSTANTS = {
    "V4L2_BUF_TYPE_VIDEO_CAPTURE": v4l2.CAPTURE,
    "V4L2_MEMORY_MMAP": v4l2.MMAP,
    "V4L2_CAP_VIDEO_CAPTURE": v4l2.CAN_CAPTURE,
    "V4L2_CAP_STREAMING": v4l2.CAN_STREAM,
    "V4L2_BUF_FLAG_ERROR": v4l2.BROKEN,
    "V4L2_CTRL_FLAG_NEXT_CTRL": v4l2.NEXT,
    "V4L2_CTRL_FLAG_DISABLED": v4l2.DISABLED,
    "V4L2_CTRL_TYPE_CTRL_CLASS": v4l2.HEADING,
    "V4L2_PIX_FMT_MJPEG": v4l2.fourcc("MJPG"),
    "V4L2_PIX_FMT_YUYV": v4l2.fourcc("YUYV"),
    "V4L2_CID_FOCUS_AUTO": FOCUS_AUTO,
    "V4L2_CID_FOCUS_ABSOLUTE": FOCUS,
    "V4L2_CID_EXPOSURE_AUTO": EXPOSURE_AUTO,
}


def ours() -> dict[str, int]:
    """Every number of ours by the C expression that it must be."""
    found = {f"VIDIOC_{name}": getattr(v4l2, name) for name in REQUESTS} | CONSTANTS
    for name, (shape, members) in STRUCTURES.items():
        found[f"sizeof(struct {name})"] = ctypes.sizeof(shape)
        for member, in_c in members.items():
            found[f"offsetof(struct {name}, {in_c})"] = getattr(shape, member).offset
    return found


@pytest.mark.skipif(not (HEADER.exists() and shutil.which("cc")), reason="no C compiler, or no kernel header")
def test_structures_and_requests_are_the_kernels(tmp_path: Path) -> None:
    """A C compiler finds the same sizes, offsets, requests and constants in the kernel's header."""
    prints = "".join(f'printf("%lu\\n", (unsigned long)({one}));' for one in ours())
    source = tmp_path / "v4l2.c"
    source.write_text(
        f"#include <stdio.h>\n#include <stddef.h>\n#include <linux/videodev2.h>\nint main(void) {{ {prints} return 0; }}\n"
    )
    subprocess.run(["cc", "-o", str(tmp_path / "v4l2"), str(source)], check=True)
    told = subprocess.run([str(tmp_path / "v4l2")], capture_output=True, text=True, check=True).stdout.split()
    assert dict(zip(ours(), map(int, told), strict=True)) == ours()


@pytest.mark.skipif(ctypes.sizeof(ctypes.c_void_p) != 8, reason="the numbers of a 64-bit machine")
def test_the_requests_of_a_64_bit_machine() -> None:
    """The same without a compiler: the numbers that every 64-bit x86 and ARM has."""
    assert {name: getattr(v4l2, name) for name in ("QUERYCAP", "S_FMT", "REQBUFS", "QUERYBUF", "QBUF", "DQBUF")} == {
        "QUERYCAP": 0x80685600,
        "S_FMT": 0xC0D05605,
        "REQBUFS": 0xC0145608,
        "QUERYBUF": 0xC0585609,
        "QBUF": 0xC058560F,
        "DQBUF": 0xC0585611,
    }


def test_letters_and_numbers() -> None:
    """A FOURCC is its letters, least significant first; what does not print does not reach a log."""
    assert v4l2.fourcc("MJPG") == 0x47504A4D
    assert v4l2.letters(0x47504A4D) == "MJPG"
    assert v4l2.letters(0xFF00410A) == "?A??"


def test_controls_have_the_names_of_v4l2_ctl() -> None:
    """Old kernels' names and new ones mean the same control; a title and a disabled one are none."""
    with plugged_in() as video, video.path.open("r+b") as file:
        found = v4l2.controls(file.fileno())
    assert list(found) == ["auto_exposure", "focus_absolute", "focus_automatic_continuous"]
    assert v4l2.current_name("focus_auto") == v4l2.current_name("focus_automatic_continuous") == "focus_automatic_continuous"
    assert (found["focus_absolute"].minimum, found["focus_absolute"].maximum) == (0, 250)


def test_a_camera_that_lists_controls_without_end_is_left() -> None:
    """A driver that always has one more does not hold us."""
    with plugged_in() as video, video.path.open("r+b") as file:
        video.controls = {number: (f"Control {number}", 0, 1, 0) for number in range(1, 2000)}
        assert len(v4l2.controls(file.fileno())) == v4l2.CONTROLS_MAX
