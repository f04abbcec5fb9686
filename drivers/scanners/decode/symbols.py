"""What the two decoders say of a symbol -> a text, or why there is none. Neither is believed blindly.

Texts are the symbol's own bytes as strict UTF-8. Where these are none, or the symbol declares another character set (ECI), the
text is zxing-cpp's, by the standard; bytes that are no text by any account are dropped. So is one part of a code in several
symbols (structured append): zxing-cpp gives it as if it were whole, but the symbol's first four bits tell.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import cast

import cv2
import numpy as np
import zxingcpp
from numpy.typing import NDArray
from pyzbar import pyzbar

from drivers.scanners.decode.frame import SAME, Frame, Quad, Scale
from drivers.scanners.reading import Dropped, Reading, reading_of

Symbol = Reading | Dropped

CHARS_MAX = 4_300  # what the largest QR code holds in letters is 4,296; no other symbol holds as much
IN_PARTS = "one part of a code in several symbols"
PART = 0b0011  # ISO/IEC 18004, table 2: the mode indicator of structured append
CORNER_MODULES = 8  # enough of them that some are dark and some are light
LOWER_RIGHT = np.array([[x + 0.5, y + 0.5, 1] for y in range(-CORNER_MODULES, 0) for x in range(-CORNER_MODULES, 0)])
"""The middles of these modules, in modules from the corner, to be multiplied with a homography."""
FINDER = np.array([[3.5, 3.5, 1], [3.5, 1.5, 1]])
"""The dark middle of the upper left finder pattern, and its light ring."""


def taken(found: Iterable[zxingcpp.Barcode], frame: Frame, scale: Scale = SAME) -> Iterator[Symbol]:
    """Give each valid symbol that zxing-cpp found, with TextMode.Plain, in a version of `frame` of that `scale`."""
    for symbol in found:
        if not symbol.valid:
            continue
        if not symbol.bytes:
            yield Dropped("an empty code")
        elif symbol.format == zxingcpp.BarcodeFormat.QRCode and _is_part(symbol, corners(symbol, scale), frame):
            yield Dropped(IN_PARTS)
        else:
            yield _text(symbol)


def zbar(frame: Frame) -> Iterator[Symbol]:
    """Give the QR codes that zbar finds in `frame`, if what they say is ASCII.

    zbar guesses at anything else: it takes the UTF-8 of some prices in shekels for Shift-JIS, and UTF-16 for bytes. It tells no
    AIM identifier.
    """
    found = zbar_symbols(frame)
    if found is None:
        yield Dropped(IN_PARTS)
    for symbol in found or ():
        if symbol.data.isascii() and b"\0" not in symbol.data:
            yield Reading(symbol.data.decode("ascii")) if symbol.data else Dropped("an empty code")
        else:
            yield Dropped(f"{len(symbol.data)} bytes that only zbar read and that are not ASCII")


def zbar_symbols(frame: Frame) -> list[pyzbar.Decoded] | None:
    """What zbar finds in `frame`; None where one of it is the first part of several, for pyzbar raises then (pyzbar#139).

    QR codes only: with all symbologies it prints assertions of its own to stderr.
    """
    try:
        return list(pyzbar.decode(frame, symbols=[pyzbar.ZBarSymbol.QRCODE]))
    except ValueError:
        return None


def _text(symbol: zxingcpp.Barcode) -> Symbol:
    reading = reading_of(symbol.bytes, symbol.symbology_identifier)
    if isinstance(reading, Reading) and reading.text == symbol.text:
        return reading
    if symbol.content_type != zxingcpp.ContentType.Text or "\ufffd" in symbol.text or len(symbol.text) > CHARS_MAX:
        return reading
    return Reading(symbol.text, symbol.symbology_identifier)


def corners(symbol: zxingcpp.Barcode, scale: Scale = SAME) -> Quad:
    """Where `symbol` lies in the frame of which it was read in a version of this `scale`."""
    place = symbol.position
    around = (place.top_left, place.top_right, place.bottom_right, place.bottom_left)
    wide, tall = scale
    return np.array([[corner.x / wide, corner.y / tall] for corner in around], np.float32)


def _is_part(symbol: zxingcpp.Barcode, quad: Quad, frame: Frame) -> bool:
    """Whether a QR code's first mode indicator says that it is one of several, and zbar does not read it as a whole one.

    The first codeword lies in the lower right corner, two modules wide, from the bottom up (ISO/IEC 18004, 7.7.3). In a bad
    picture those four modules may look like anything: hence the second opinion.
    """
    extra = cast("dict[str, str]", symbol.extra)
    side = 17 + 4 * int(extra["Version"])
    masked = MASKS[int(extra["DataMask"])]
    corner = _lower_right(frame, quad, side)
    mode = 0
    for row, column in ((-1, -1), (-1, -2), (-2, -1), (-2, -2)):
        mode = mode << 1 | (bool(corner[row, column]) != masked(side + row, side + column))
    return mode == PART and symbol.text not in _second_opinion(frame, quad)


def _lower_right(frame: Frame, quad: Quad, side: int) -> NDArray[np.bool_]:
    """Which modules are dark in the lower right corner of a QR code of `side` modules at `quad`, by the light that falls there."""
    square = np.array([[0, 0], [side, 0], [side, side], [0, side]], np.float32)
    ideal = np.concatenate([LOWER_RIGHT + np.array([side, side, 0]), FINDER])
    places = ideal @ cv2.getPerspectiveTransform(square, quad).T
    x, y = (places[:, :2] / places[:, 2:]).T.astype(int)
    levels = frame[y.clip(0, frame.shape[0] - 1), x.clip(0, frame.shape[1] - 1)].astype(int)
    here = levels[:-2].reshape(CORNER_MODULES, CORNER_MODULES)
    below = here * 2 < here.max() + here.min()
    return np.asarray(below if levels[-2] < levels[-1] else ~below, dtype=np.bool_)


def _second_opinion(frame: Frame, quad: Quad) -> list[str]:
    margin = (quad.max(0) - quad.min(0)) / 4
    left, top = np.maximum(quad.min(0) - margin, 0).astype(int)
    right, bottom = (quad.max(0) + margin).astype(int)
    return [one.data.decode(errors="replace") for one in zbar_symbols(frame[top:bottom, left:right]) or ()]


MASKS: tuple[Callable[[int, int], bool], ...] = (
    lambda i, j: (i + j) % 2 == 0,
    lambda i, j: i % 2 == 0,
    lambda i, j: j % 3 == 0,
    lambda i, j: (i + j) % 3 == 0,
    lambda i, j: (i // 2 + j // 3) % 2 == 0,
    lambda i, j: i * j % 2 + i * j % 3 == 0,
    lambda i, j: (i * j % 2 + i * j % 3) % 2 == 0,
    lambda i, j: ((i + j) % 2 + i * j % 3) % 2 == 0,
)
"""ISO/IEC 18004, table 10: whether a mask turns the module in row i and column j over."""
