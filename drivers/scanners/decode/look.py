"""One frame while it is being read: what zxing-cpp sees in it, and close-ups of what it suspects to be a code.

A code whose three corners are found but whose modules cannot be told tells where to look: a close-up of it costs a tenth of the
frame, so many preparations can be tried on it in the time of one.
"""

from collections.abc import Iterator

import cv2
import numpy as np
import zxingcpp

from drivers.scanners.decode.frame import SAME, Frame, Quad, Scale
from drivers.scanners.decode.symbols import Symbol, corners, taken

SUSPECTS_MAX = 2  # the largest; behind these come chance findings in writing and fabric, and each costs as much as a code
SUSPECT_PX_MIN = 12  # a shorter side than the smallest code's modules is no code
SUSPECT_RATIO_MAX = 4  # longest side by shortest: a code seen at more than 75 degrees has too few pixels anyway
SUSPECT_SHARE_MAX = 0.8  # of the frame: a close-up of all of it is none
MARGIN = 0.4  # of the suspect's side, on each side: corners are guessed where a code is bent or half covered

QR = zxingcpp.BarcodeFormats((zxingcpp.BarcodeFormat.QRCode,))
QR_AND_MICRO = zxingcpp.BarcodeFormats((zxingcpp.BarcodeFormat.QRCode, zxingcpp.BarcodeFormat.MicroQRCode))
LOCAL = zxingcpp.Binarizer.LocalAverage
FIXED = zxingcpp.Binarizer.FixedThreshold  # for frames that are black and white already
PLAIN = zxingcpp.TextMode.Plain  # as it is, without the names of control characters


class Look:
    """A frame, and where in it codes are suspected so far."""

    def __init__(self, frame: Frame) -> None:
        """Start with nothing suspected."""
        self.frame = frame
        self._found: list[tuple[zxingcpp.Barcode, Scale, bool]] = []
        self._close_ups: dict[int, list[Frame]] = {}

    def symbols(
        self, prepared: Frame, binarizer: zxingcpp.Binarizer = LOCAL, *, scale: Scale = SAME, inverted: bool = False
    ) -> Iterator[Symbol]:
        """Give the QR codes in `prepared`, a version of the frame `scale` times as wide and as tall; note what only looks like one.

        Micro QR codes are looked for only where nothing was prepared: the smallest can detect errors and correct none.
        """
        formats = QR_AND_MICRO if prepared is self.frame else QR
        # A QR code has no upright side, so turning the frame finds nothing new.
        found = zxingcpp.read_barcodes(
            prepared,
            formats,
            try_rotate=False,
            try_downscale=min(scale) >= 1,
            try_invert=False,
            text_mode=PLAIN,
            binarizer=binarizer,
            return_errors=True,
        )
        self._found += [(symbol, scale, inverted) for symbol in found if not symbol.valid]
        return taken(found, prepared if scale == SAME else self.frame, scale)

    def close_ups(self, side_px: int) -> list[Frame]:
        """Give the largest suspects, dark on light, each filling a picture of `side_px` pixels on the longer side."""
        if side_px not in self._close_ups:
            self._close_ups[side_px] = [self._close_up(quad, side_px, inverted) for quad, inverted in self._largest()]
        return self._close_ups[side_px]

    def _largest(self) -> list[tuple[Quad, bool]]:
        kept: list[tuple[Quad, bool]] = []
        suspects = [(corners(symbol, scale), inverted) for symbol, scale, inverted in self._found]
        for quad, inverted in sorted(suspects, key=lambda one: -cv2.contourArea(one[0])):
            if self._likely(quad) and not any(_same_place(quad, other) for other, _ in kept):
                kept.append((quad, inverted))
            if len(kept) == SUSPECTS_MAX:
                break
        return kept

    def _likely(self, quad: Quad) -> bool:
        sides = np.linalg.norm(quad - np.roll(quad, 1, axis=0), axis=1)
        return bool(
            sides.min() >= SUSPECT_PX_MIN
            and sides.max() <= SUSPECT_RATIO_MAX * sides.min()
            and SUSPECT_PX_MIN**2 <= cv2.contourArea(quad) <= SUSPECT_SHARE_MAX * self.frame.size
        )

    def _close_up(self, quad: Quad, side_px: int, inverted: bool) -> Frame:
        margin = MARGIN * float((quad.max(0) - quad.min(0)).max())
        rows, columns = self.frame.shape
        left, top = (max(0, int(low - margin)) for low in quad.min(0))
        right, bottom = (max(1, min(end, int(high + margin))) for high, end in zip(quad.max(0), (columns, rows), strict=True))
        part = self.frame[min(top, bottom - 1) : bottom, min(left, right - 1) : right]
        grown = scaled(part, side_px / max(part.shape))
        return np.asarray(cv2.bitwise_not(grown), dtype=np.uint8) if inverted else grown


def scaled(frame: Frame, factor: float) -> Frame:
    """Give `frame` in another size, of one pixel at least; what does not fill a pixel at the right or bottom edge is left out.

    By whole numbers first: OpenCV averages 2 x 2 pixels thirty times as fast as 2.001 x 2.001.
    """
    step = max(1, int(1 / factor))
    rows, columns = (max(1, side // step) for side in frame.shape)
    if step > 1:
        whole = frame[: rows * step, : columns * step]
        frame = np.asarray(cv2.resize(whole, (columns, rows), interpolation=cv2.INTER_AREA), dtype=np.uint8)
    rest = factor * step
    if rest == 1:
        return frame
    size = (max(1, round(columns * rest)), max(1, round(rows * rest)))
    how = cv2.INTER_LINEAR if rest < 1 else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(frame, size, interpolation=how), dtype=np.uint8)


def _same_place(one: Quad, other: Quad) -> bool:
    apart = float(np.linalg.norm(one.mean(0) - other.mean(0)))
    return apart**2 < cv2.contourArea(other) / 16
