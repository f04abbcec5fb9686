"""A picture as a live camera hands it over, and how it is unpacked: to one level a square for the gate, or in full."""

from dataclasses import dataclass
from io import BytesIO

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
FRAME_HEADERS = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}  # SOF0 to SOF15; the other three are tables
SCAN_HEADER = 0xDA


@dataclass(frozen=True, slots=True)
class Layout:
    """How a raw picture lies in its bytes. `stride` is the bytes from one row to the next."""

    kind: str
    width: int
    height: int
    stride: int


@dataclass(frozen=True, slots=True)
class Packet:
    """One picture: its bytes, and their layout where they are no JPEG. `at_s` is when it was read (monotonic)."""

    data: bytes
    at_s: float
    layout: Layout | None = None
    same_for_s: float = 0.0
    """For how long the camera has given these same bytes; sensor noise makes that impossible for one that works."""

    def is_whole(self) -> bool:
        """Whether it is worth unpacking: complete, and of a size that a terminal can hold."""
        return whole_jpeg(self.data) if self.layout is None else len(self.data) >= self.layout.stride * self.layout.height

    def cells(self) -> Frame | None:
        """The mean level of each square of CELL_PX; None for what is no picture."""
        if self.layout is None:
            return _unpacked(self.data, CELL_PX)
        return cells_of(_plane(self.data, self.layout))

    def frame(self) -> Frame | None:
        """The whole picture in grey; None for what is no picture."""
        if self.layout is None:
            return _unpacked(self.data, 1)
        return np.ascontiguousarray(_plane(self.data, self.layout))


def cells_of(frame: Frame) -> Frame:
    """The mean level of each square of CELL_PX; a smaller frame has one."""
    height, width = (max(1, side // CELL_PX) for side in frame.shape)
    return np.asarray(cv2.resize(frame, (width, height), interpolation=cv2.INTER_AREA), dtype=np.uint8)


def whole_jpeg(data: bytes) -> bool:
    """Whether `data` begins and ends as a JPEG (some cameras pad it with zeros) and says a size within PIXELS_MAX.

    One that is cut would be unpacked half grey, which opens the gate for nothing.
    """
    size = jpeg_size(data)
    if size is None or not 0 < size[0] * size[1] <= PIXELS_MAX:
        return False
    end = len(data)
    while end and data[end - 1] == 0:
        end -= 1
    return data.endswith(EOI, 0, end)


def jpeg_size(data: bytes) -> tuple[int, int] | None:
    """Width and height as the frame header says (ITU-T T.81, B.2.2), without unpacking; None where there is none."""
    if not data.startswith(SOI):
        return None
    at = len(SOI)
    while at + 9 <= len(data) and data[at] == 0xFF:
        marker = data[at + 1]
        if marker == 0xFF:  # a fill byte
            at += 1
        elif marker in FRAME_HEADERS:
            return int.from_bytes(data[at + 7 : at + 9], "big"), int.from_bytes(data[at + 5 : at + 7], "big")
        elif marker == SCAN_HEADER:
            return None
        else:
            at += 2 + int.from_bytes(data[at + 2 : at + 4], "big")
    return None


def _unpacked(data: bytes, shrink: int) -> Frame | None:
    """By Pillow: OpenCV is a tenth faster, but writes a line to stderr for every picture with a byte too many, as webcams send."""
    try:
        with Image.open(BytesIO(data), formats=("JPEG",)) as picture:
            picture.draft("L", (max(1, picture.width // shrink), max(1, picture.height // shrink)))
            return np.asarray(picture.convert("L"), dtype=np.uint8)
    except (*BOMBS, *BROKEN):
        return None


def _plane(data: bytes, layout: Layout) -> Frame:
    step, first = PLANES[layout.kind]
    rows = np.frombuffer(data, np.uint8, layout.stride * layout.height).reshape(layout.height, layout.stride)
    return rows[:, first : layout.width * step : step]
