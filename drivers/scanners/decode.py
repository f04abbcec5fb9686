"""Codes in a grey frame -> readings: zxing-cpp on the frame as OpenCV prepares it in ever dearer ways, pyzbar last.

Whoever holds up a phone chooses the pixels, so every decoder call is fenced: what it raises becomes a Dropped, and the next
stage has its turn. docs/scanners.md lists the stages and what they reach on hard photos.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import cv2
import numpy as np
import zxingcpp
from numpy.typing import NDArray
from pyzbar import pyzbar

from drivers.scanners.reading import Dropped, Reading, reading_of

Frame = NDArray[np.uint8]
"""A grey picture: rows x columns of uint8, 0 is black."""

SIDE_PX_MIN = 11  # the smallest code there is, Micro QR M1, has 11 modules a side
SMALL_PX_MAX = 500_000  # up to 640x480 and a bit a doubled frame costs less than an enlarged 720p one
ENLARGE_PX_MAX = 2_100_000  # 1080p; a larger frame has its details already, and enlarging it takes 0.1 s and more
READINGS_MAX = 64  # a leaflet full of codes; more in one frame is an attack on the till, not a member

QR = zxingcpp.BarcodeFormats((zxingcpp.BarcodeFormat.QRCode,))
QR_AND_MICRO = zxingcpp.BarcodeFormats((zxingcpp.BarcodeFormat.QRCode, zxingcpp.BarcodeFormat.MicroQRCode))
EAN = zxingcpp.BarcodeFormats((zxingcpp.BarcodeFormat.EAN13,))
LOCAL = zxingcpp.Binarizer.LocalAverage
PLAIN = zxingcpp.TextMode.Plain  # as it is, without the names of control characters

cv2.setNumThreads(1)  # the till's own program needs the other cores


@dataclass(frozen=True, slots=True)
class Decoded:
    """All that one frame gave: readings sorted by text, each once, and what was there but could not be taken."""

    readings: tuple[Reading, ...]
    dropped: tuple[Dropped, ...] = ()


Symbols = Iterable[Reading | Dropped]
Stage = Callable[[Frame], Symbols]


def read_frame(frame: Frame, *, thorough: bool = False) -> Decoded:
    """Read every code that the first stage to see any sees in `frame`.

    A QR code wins over an EAN-13 beside it: goods lie in view of the camera, and they are not what is being shown. `thorough`
    adds the stages that only a still picture is worth, since no better frame follows it. Never raises.
    """
    assert frame.ndim == 2
    assert frame.dtype == np.uint8
    failures: list[Dropped] = []
    if min(frame.shape) < SIDE_PX_MIN:
        return Decoded(())
    for stage in THOROUGH if thorough else STAGES:
        symbols, failure = _fenced(stage, frame)
        failures += [failure] if failure else []
        if symbols:
            # Even if none can be taken: a later stage would see the same, and zbar would make a text of what is none.
            return Decoded(_in_order(symbols), (*failures, *(one for one in symbols if isinstance(one, Dropped))))
    return Decoded((), tuple(failures))


def _in_order(symbols: list[Reading | Dropped]) -> tuple[Reading, ...]:
    by_text = {one.text: one for one in symbols if isinstance(one, Reading)}
    return tuple(by_text[text] for text in sorted(by_text))[:READINGS_MAX]


def _fenced(stage: Stage, frame: Frame) -> tuple[list[Reading | Dropped], Dropped | None]:
    """Collect what `stage` gives until it breaks, and how it broke, without its words: they may quote the payload."""
    symbols: list[Reading | Dropped] = []
    try:
        symbols.extend(stage(frame))
    except Exception as error:
        return symbols, Dropped(f"{stage.__name__} failed with {type(error).__name__}")
    return symbols, None


def _zxing(frame: Frame, formats: zxingcpp.BarcodeFormats, binarizer: zxingcpp.Binarizer = LOCAL) -> Symbols:
    # A QR code has no upright side, so turning the frame finds nothing new.
    return _taken(zxingcpp.read_barcodes(frame, formats, try_rotate=False, text_mode=PLAIN, binarizer=binarizer))


def _taken(found: Iterable[zxingcpp.Barcode]) -> Symbols:
    for symbol in found:
        if not symbol.bytes:
            yield Dropped("an empty code")
            continue
        reading = reading_of(symbol.bytes, symbol.symbology_identifier)
        if isinstance(reading, Dropped) and symbol.content_type == zxingcpp.ContentType.Text:
            # Kanji mode, a declared character set (ECI) or Latin-1: text by the standard, though not UTF-8 on the wire.
            reading = Reading(symbol.text, symbol.symbology_identifier)
        yield reading


def _zbar(frame: Frame) -> Symbols:
    # Limited to QR codes: with all symbologies zbar prints assertions of its own to stderr.
    for symbol in pyzbar.decode(frame, symbols=[pyzbar.ZBarSymbol.QRCODE]):
        if symbol.data:
            yield reading_of(_unguessed(symbol.data), "]Q1")


def _unguessed(data: bytes) -> bytes:
    """Undo zbar's guess: it takes some UTF-8 ("₪12.50") for Shift-JIS or Big5 and gives that, in UTF-8, as another text."""
    if data.isascii():
        return data
    for guess in ("shift_jis", "big5"):
        try:
            original = data.decode("utf-8").encode(guess)
            original.decode("utf-8")
        except UnicodeError:
            continue
        return original
    return data


def _scaled(frame: Frame, factor: float, how: int) -> Frame:
    return np.asarray(cv2.resize(frame, None, fx=factor, fy=factor, interpolation=how), dtype=np.uint8)


def plain(frame: Frame) -> Symbols:
    """Read the frame as it is, dark on light and light on dark: three of four real pictures end here."""
    return _zxing(frame, QR_AND_MICRO)


def light(frame: Frame) -> Symbols:
    """Read the frame as it is, dark on light only: what most frames show, for less."""
    return _taken(zxingcpp.read_barcodes(frame, QR_AND_MICRO, try_rotate=False, try_invert=False, text_mode=PLAIN))


def dark(frame: Frame) -> Symbols:
    """Read light on dark, as phones in dark mode show it."""
    return light(np.asarray(cv2.bitwise_not(frame), dtype=np.uint8))


def thresholded(frame: Frame) -> Symbols:
    """Even out the light over 21 pixels: shadows, bright spots, screens. The largest gain for its time."""
    flat = cv2.adaptiveThreshold(frame, 255, cv2.ADAPTIVE_THRESH_MEAN_C, cv2.THRESH_BINARY, 21, 2)
    return _zxing(np.asarray(flat, dtype=np.uint8), QR, zxingcpp.Binarizer.FixedThreshold)


def halved(frame: Frame) -> Symbols:
    """Average noise and screen patterns away."""
    return _zxing(_scaled(frame, 0.5, cv2.INTER_AREA), QR, zxingcpp.Binarizer.GlobalHistogram)


def sharpened(frame: Frame) -> Symbols:
    """Undo some blur: an unsharp mask of sigma 2 and amount 1.5."""
    blurred = cv2.GaussianBlur(frame, (0, 0), 2)
    return _zxing(np.asarray(cv2.addWeighted(frame, 2.5, blurred, -1.5, 0), dtype=np.uint8), QR)


def enlarged(frame: Frame) -> Symbols:
    """Give small modules more pixels, at another phase of the grid."""
    if frame.size > ENLARGE_PX_MAX:
        return ()
    return _zxing(_scaled(frame, 2 if frame.size <= SMALL_PX_MAX else 1.5, cv2.INTER_LINEAR), QR)


def doubled(frame: Frame) -> Symbols:
    """Enlarge with more care, for stills that are larger than a small frame."""
    if not SMALL_PX_MAX < frame.size <= ENLARGE_PX_MAX:
        return ()
    return _zxing(_scaled(frame, 2, cv2.INTER_CUBIC), QR)


def zbar_halved(frame: Frame) -> Symbols:
    """Ask the other decoder: it reads some damaged finder patterns that zxing-cpp does not."""
    return _zbar(_scaled(frame, 0.5, cv2.INTER_AREA))


def zbar_plain(frame: Frame) -> Symbols:
    """Ask the other decoder at full size; on 720p that is dearer than all the rest together."""
    return _zbar(frame)


def ean(frame: Frame) -> Symbols:
    """Look for an EAN-13, upright or on its side. It has one check digit only, so no prepared frame is good enough."""
    return _taken(zxingcpp.read_barcodes(frame, EAN, try_rotate=True, try_invert=False, try_downscale=False, text_mode=PLAIN))


STAGES: tuple[Stage, ...] = (light, dark, thresholded, halved, sharpened, enlarged, zbar_halved, ean)
THOROUGH: tuple[Stage, ...] = (plain, thresholded, halved, sharpened, enlarged, doubled, zbar_halved, zbar_plain, ean)
