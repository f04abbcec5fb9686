"""What a camera sees, for whoever helps the shop from afar, with every code in it made unreadable.

A member's code is as good as the card. So codes that any decoder finds are blacked out, whatever else looks like one is blurred,
and if a code can be read even then, all of the picture is. Faces are not looked for: they may be in it.
"""

from collections.abc import Iterator

import cv2
import numpy as np
import zxingcpp
from numpy.typing import NDArray

from drivers.scanners.decode.frame import Frame
from drivers.scanners.decode.reader import read_frame
from drivers.scanners.decode.symbols import zbar_symbols

Corners = NDArray[np.int32]
"""Points around a code: n x 2, x before y."""

MARGIN = 0.25  # of a code's size, on all sides: corners are those of its middle, or of what could be told of it
EDGE_SHARE = 0.2  # of the picture's own contrast, between neighbors: a code's edges have half of it and more
EDGE_MIN = 6  # grey levels: less is noise
EDGES_PX = 33  # the square in which edges are counted: four modules of a small code
EDGES_SHARE = 0.3  # of its pixels: codes have half and more, small print as well; faces and counters a tenth
AFAR = 3  # times smaller: a code that is blurred by its module has sharp edges again
MOSAIC_PX = 32
TWICE_PX_MAX = 2_100_000  # 1080p; a larger picture has its details already
ROWS_LEFT = 9  # of a picture that is blurred as a whole: the smallest code, Micro QR M1, has 11


def snapshot(frame: Frame) -> bytes:
    """A PNG of `frame` in which no code can be read."""
    hidden = _blurred_where_dense(_blacked_out(frame))
    seen = read_frame(hidden)
    if seen.readings or seen.dropped:
        hidden = _mosaic(hidden, max(1, frame.shape[0] // ROWS_LEFT))
    done, png = cv2.imencode(".png", hidden)
    assert done
    return png.tobytes()


def _blacked_out(frame: Frame) -> Frame:
    hidden = frame.copy()
    for corners in _codes(frame):
        left, top, width, height = cv2.boundingRect(corners)
        margin = int(MARGIN * max(width, height)) + 8
        cv2.rectangle(hidden, (left - margin, top - margin), (left + width + margin, top + height + margin), 0, cv2.FILLED)
    return hidden


def _codes(frame: Frame) -> Iterator[Corners]:
    """Where any decoder finds a code, or what it takes for a damaged one."""
    height, width = frame.shape
    for factor in (1.0, 0.5, 2.0) if frame.size <= TWICE_PX_MAX else (1.0, 0.5):
        scaled = _resized(frame, int(width * factor), int(height * factor), cv2.INTER_AREA)
        for symbol in zxingcpp.read_barcodes(scaled, return_errors=True):
            at = symbol.position
            yield _points([(one.x, one.y) for one in (at.top_left, at.top_right, at.bottom_right, at.bottom_left)], factor)
    for found in zbar_symbols(frame) or ():  # where it finds a part of a code, snapshot() asks again once that is hidden
        yield _points([(one.x, one.y) for one in found.polygon], 1.0)
    try:
        seen, corners = cv2.QRCodeDetector().detectMulti(frame)
    except cv2.error:  # it fails on some pictures; the others have looked
        return
    for code in corners if seen else ():
        yield _points(code, 1.0)


def _points(corners: object, factor: float) -> Corners:
    return (np.asarray(corners, dtype=np.float64) / factor).astype(np.int32)


def _blurred_where_dense(frame: Frame) -> Frame:
    """Blur where edges crowd as they do in codes, and in small print; seen from near and from afar, for a code out of focus."""
    height, width = frame.shape
    afar = _resized(frame, width // AFAR, height // AFAR, cv2.INTER_AREA)
    crowded = _crowded(frame) | _resized(_crowded(afar), width, height, cv2.INTER_NEAREST)
    return np.where(crowded > 0, _mosaic(frame, MOSAIC_PX), frame)


def _crowded(frame: Frame) -> Frame:
    """1 where edges crowd, and around it, else 0."""
    near = np.ones((3, 3), np.uint8)
    dark, bright = np.percentile(frame[::4, ::4], (2, 98))
    edge = max(EDGE_MIN, EDGE_SHARE * (bright - dark))
    edges = (cv2.morphologyEx(frame, cv2.MORPH_GRADIENT, near) >= edge).astype(np.float32)
    dense = (cv2.blur(edges, (EDGES_PX, EDGES_PX)) >= EDGES_SHARE).astype(np.uint8)
    return np.asarray(cv2.dilate(dense, np.ones((EDGES_PX, EDGES_PX), np.uint8)), dtype=np.uint8)


def _mosaic(frame: Frame, square_px: int) -> Frame:
    height, width = frame.shape
    few = _resized(frame, width // square_px, height // square_px, cv2.INTER_AREA)
    return _resized(few, width, height, cv2.INTER_LINEAR)


def _resized(frame: Frame, width: int, height: int, how: int) -> Frame:
    return np.asarray(cv2.resize(frame, (max(1, width), max(1, height)), interpolation=how), dtype=np.uint8)
