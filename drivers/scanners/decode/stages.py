"""The ways to prepare a frame for the decoders, each a stage; docs/scanners.md says what each of them adds.

A stage gets a Look and gives symbols. Those of the whole frame note suspects; the close-ups, which come after them, look into
these. Every number here was chosen on photos and drawn frames together, so that none is made for one picture.
"""

from collections.abc import Callable, Iterable, Iterator

import cv2
import numpy as np
import zxingcpp

from drivers.scanners.decode.frame import Frame
from drivers.scanners.decode.look import FIXED, LOCAL, PLAIN, QR, Look, scaled
from drivers.scanners.decode.symbols import Symbol, taken, zbar

Stage = Callable[[Look], Iterable[Symbol]]

ENLARGE_PX_MAX = 2_100_000  # 1080p; a larger frame has its details already, and enlarging it takes 0.1 s and more
_F = zxingcpp.BarcodeFormat
LINEAR = zxingcpp.BarcodeFormats((_F.EAN13, _F.EAN8, _F.UPCA, _F.UPCE, _F.Code128, _F.Code39))
DATAMATRIX = zxingcpp.BarcodeFormats((_F.DataMatrix,))
AZTEC = zxingcpp.BarcodeFormats((_F.Aztec,))
PDF417 = zxingcpp.BarcodeFormats((_F.PDF417,))


def _grey(picture: object) -> Frame:
    return np.asarray(picture, dtype=np.uint8)


def _sharp(frame: Frame, sigma: float, amount: float) -> Frame:
    """Undo blur: an unsharp mask."""
    return _grey(cv2.addWeighted(frame, 1 + amount, cv2.GaussianBlur(frame, (0, 0), sigma), -amount, 0))


def _evened(frame: Frame, block_px: int, below: int) -> Frame:
    """Black where a pixel is `below` levels darker than the mean of `block_px` around it."""
    return _grey(cv2.adaptiveThreshold(frame, 255, cv2.ADAPTIVE_THRESH_MEAN_C, cv2.THRESH_BINARY, block_px, below))


def _flat(frame: Frame) -> Frame:
    """Divide by what is bright all around: spots and shadows go."""
    around = cv2.GaussianBlur(scaled(frame, 0.25), (0, 0), 10)
    return _grey(cv2.divide(frame, cv2.resize(around, frame.shape[::-1]), scale=140))


def _level(frame: Frame, share: float) -> Frame:
    """Black below a level between the darkest and the brightest hundredth of the frame."""
    low, high = np.percentile(frame[::8, ::8], (1, 99))
    return _grey(cv2.threshold(frame, float(low + share * (high - low)), 255, cv2.THRESH_BINARY)[1])


def _contrast(frame: Frame, tiles: int) -> Frame:
    """Stretch the contrast tile by tile (CLAHE)."""
    return _grey(cv2.createCLAHE(4, (tiles, tiles)).apply(frame))


def _stretched(frame: Frame, wide: float, tall: float) -> Frame:
    """Make a code that is seen from the side nearly square again."""
    return _grey(cv2.resize(frame, None, fx=wide, fy=tall, interpolation=cv2.INTER_LINEAR))


def halved(look: Look) -> Iterator[Symbol]:
    """Read half the size: a quarter of the work, and a code that is held close needs no more; noise is averaged away too."""
    return look.symbols(scaled(look.frame, 0.5), scale=(0.5, 0.5))


def light(look: Look) -> Iterator[Symbol]:
    """Read the frame as it is, dark on light."""
    return look.symbols(look.frame)


def dark(look: Look) -> Iterator[Symbol]:
    """Read light on dark, as phones in dark mode show it."""
    return look.symbols(_grey(cv2.bitwise_not(look.frame)), inverted=True)


def evened(look: Look) -> Iterator[Symbol]:
    """Even out the light over 31 pixels, after averaging 3: shadows, bright spots, screen patterns."""
    return look.symbols(_evened(_grey(cv2.blur(look.frame, (3, 3))), 31, 4), FIXED)


def low_level(look: Look) -> Iterator[Symbol]:
    """Cut at two fifths of the frame's contrast: grain and moire that a local mean follows."""
    return look.symbols(_level(look.frame, 0.4), FIXED)


def fine(look: Look) -> Iterator[Symbol]:
    """Even out the light over 15 pixels: small modules."""
    return look.symbols(_evened(look.frame, 15, 2), FIXED)


def smoothed(look: Look) -> Iterator[Symbol]:
    """Average 3 pixels: grain."""
    return look.symbols(_grey(cv2.GaussianBlur(look.frame, (3, 3), 0)))


def sharpened(look: Look) -> Iterator[Symbol]:
    """Undo blur in the whole frame."""
    return look.symbols(_sharp(look.frame, 2, 3))


def contrasted(look: Look) -> Iterator[Symbol]:
    """Stretch the contrast everywhere: glare, reflections."""
    return look.symbols(_contrast(look.frame, 8))


def doubled(look: Look) -> Iterator[Symbol]:
    """Give the smallest modules still more pixels."""
    return look.symbols(scaled(look.frame, 2), scale=(2, 2)) if look.frame.size <= ENLARGE_PX_MAX else iter(())


def widened(look: Look) -> Iterator[Symbol]:
    """Undo a view from the left or the right."""
    return look.symbols(_stretched(look.frame, 1.6, 1), scale=(1.6, 1))


def heightened(look: Look) -> Iterator[Symbol]:
    """Undo a view from above or below."""
    return look.symbols(_stretched(look.frame, 1, 1.6), scale=(1, 1.6))


def zbar_halved(look: Look) -> Iterator[Symbol]:
    """Ask the other decoder: it reads some damaged finder patterns that zxing-cpp does not."""
    return zbar(scaled(look.frame, 0.5))


def zbar_plain(look: Look) -> Iterator[Symbol]:
    """Ask the other decoder at full size; that is dearer than all the rest together."""
    return zbar(look.frame)


def _close(side_px: int, prepare: Callable[[Frame], Frame], binarizer: zxingcpp.Binarizer, look: Look) -> Iterator[Symbol]:
    """Prepare close-ups and give them to zxing-cpp."""
    for close_up in look.close_ups(side_px):
        part = prepare(close_up)
        found = zxingcpp.read_barcodes(
            part, QR, try_rotate=False, try_invert=False, try_downscale=False, text_mode=PLAIN, binarizer=binarizer
        )
        yield from taken(found, part)


def close_smooth(look: Look) -> Iterator[Symbol]:
    """Take the median of 25 pixels: grain, screen patterns."""
    return _close(450, lambda part: _grey(cv2.medianBlur(part, 5)), LOCAL, look)


def close_tall(look: Look) -> Iterator[Symbol]:
    """Undo a view from above or below."""
    return _close(300, lambda part: _stretched(_sharp(part, 3, 1), 1, 2), LOCAL, look)


def close_wide(look: Look) -> Iterator[Symbol]:
    """Undo a view from the left or the right."""
    return _close(300, lambda part: _stretched(_sharp(part, 3, 1), 2, 1), LOCAL, look)


def close_even(look: Look) -> Iterator[Symbol]:
    """Undo blur, then even out the light."""
    return _close(300, lambda part: _evened(_sharp(part, 3, 2), 41, 2), FIXED, look)


def close_sharp(look: Look) -> Iterator[Symbol]:
    """Undo blur."""
    return _close(450, lambda part: _sharp(part, 3, 2), LOCAL, look)


def close_flat(look: Look) -> Iterator[Symbol]:
    """Divide by what is bright all around: spots, soft shadows."""
    return _close(600, _flat, LOCAL, look)


def close_contrast(look: Look) -> Iterator[Symbol]:
    """Stretch the contrast tile by tile: glare."""
    return _close(450, lambda part: _contrast(part, 4), LOCAL, look)


def close_thick(look: Look) -> Iterator[Symbol]:
    """Grow what is dark: thin print, light that spills over."""
    return _close(600, lambda part: _grey(cv2.erode(part, np.ones((5, 5), np.uint8))), LOCAL, look)


def close_zbar(look: Look) -> Iterator[Symbol]:
    """Ask the other decoder about the close-ups."""
    for close_up in look.close_ups(450):
        yield from zbar(close_up)


def linear(look: Look) -> Iterator[Symbol]:
    """Look for EAN-13, EAN-8, UPC-A, UPC-E, Code 128 and Code 39, upright or on their side.

    They have one check digit or none, so no prepared frame is good enough.
    """
    return _other(look, LINEAR, try_rotate=True)


def datamatrix(look: Look) -> Iterator[Symbol]:
    """Look for Data Matrix codes."""
    return _other(look, DATAMATRIX)


def aztec(look: Look) -> Iterator[Symbol]:
    """Look for Aztec codes."""
    return _other(look, AZTEC)


def pdf417(look: Look) -> Iterator[Symbol]:
    """Look for PDF417 codes, upright or on their side."""
    return _other(look, PDF417, try_rotate=True)


def _other(look: Look, formats: zxingcpp.BarcodeFormats, *, try_rotate: bool = False) -> Iterator[Symbol]:
    found = zxingcpp.read_barcodes(
        look.frame, formats, try_rotate=try_rotate, try_invert=False, try_downscale=formats is not LINEAR, text_mode=PLAIN
    )
    return taken(found, look.frame)
