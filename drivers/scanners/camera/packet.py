"""A picture as a live camera hands it over, and how it is unpacked: to one level a square for the gate, or in full."""

from dataclasses import dataclass
from functools import cached_property
from io import BytesIO
from typing import ClassVar

import cv2
import numpy as np
from PIL import Image

from drivers.scanners.decode.frame import Frame
from drivers.scanners.decode.picture import BOMBS, BROKEN, PIXELS_MAX

CELL_PX = 8  # the side of the squares that two pictures are compared by: it averages noise away, and one module still shows
# A JPEG's own squares have that side too: unpacked to one level each, it costs three quarters of the whole picture.
PLANES = {"YUYV": (2, 0), "UYVY": (2, 1), "GREY": (1, 0), "NV12": (1, 0), "YU12": (1, 0)}
"""Raw layouts: each how many bytes, and at which of them, the brightness of a pixel is. The first plane comes first in all."""

SOI, EOI = b"\xff\xd8", b"\xff\xd9"


@dataclass(frozen=True, slots=True)
class Layout:
    """How a raw picture lies in its bytes. `stride` is the bytes from one row to the next."""

    kind: str
    width: int
    height: int
    stride: int


@dataclass(frozen=True)
class Packet:
    """One picture: its bytes, and their layout where they are no JPEG. `at_s` is when it was read (monotonic)."""

    data: bytes
    at_s: float
    layout: Layout | None = None
    same_for_s: float = 0.0
    """For how long the camera has given these same bytes; sensor noise makes that impossible for one that works."""
    still: ClassVar[bool] = False

    @cached_property
    def cells(self) -> Frame | None:
        """The mean level of each square of CELL_PX; None for what is no whole picture, or none that a terminal can hold."""
        if self.layout is None:
            return _unpacked(self.data, CELL_PX)
        plane = _plane(self.data, self.layout)
        return None if plane is None else cells_of(plane)

    def frame(self) -> Frame | None:
        """The whole picture in grey; None where there are no cells."""
        if self.layout is None:
            return _unpacked(self.data, 1)
        plane = _plane(self.data, self.layout)
        return None if plane is None else np.ascontiguousarray(plane)


def cells_of(frame: Frame) -> Frame:
    """The mean level of each square of CELL_PX; a smaller frame has one."""
    height, width = (max(1, side // CELL_PX) for side in frame.shape)
    return np.asarray(cv2.resize(frame, (width, height), interpolation=cv2.INTER_AREA), dtype=np.uint8)


def is_whole_jpeg(data: bytes) -> bool:
    """Whether `data` begins and ends as a JPEG; some cameras pad it with zeros.

    One that is cut would be unpacked half grey, which opens the gate for nothing.
    """
    return data.startswith(SOI) and data.rstrip(b"\0").endswith(EOI)


def _unpacked(data: bytes, shrink: int) -> Frame | None:
    """By Pillow: OpenCV is a tenth faster, but writes a line to stderr for every picture with a byte too many, as webcams send."""
    if not is_whole_jpeg(data):
        return None
    try:
        with Image.open(BytesIO(data), formats=("JPEG",)) as picture:
            if picture.width * picture.height > PIXELS_MAX:
                return None
            picture.draft("L", (max(1, picture.width // shrink), max(1, picture.height // shrink)))
            return np.asarray(picture.convert("L"), dtype=np.uint8)
    except (*BOMBS, *BROKEN):
        return None


def _plane(data: bytes, layout: Layout) -> Frame | None:
    if len(data) < layout.stride * layout.height:
        return None
    step, first = PLANES[layout.kind]
    rows = np.frombuffer(data, np.uint8, layout.stride * layout.height).reshape(layout.height, layout.stride)
    return rows[:, first : layout.width * step : step]
