"""Codes and frames for the tests of scanners."""

import io
from pathlib import Path

import cv2
import numpy as np
import pytest
import segno

from drivers.scanners.decode.frame import Frame

CORPORA = Path(__file__).resolve().parents[3].parent / "shared" / "corpora" / "qr"
needs_corpora = pytest.mark.skipif(not CORPORA.is_dir(), reason=f"{CORPORA} is not on this machine")


def qr_png(payload: str | bytes, scale: int = 4) -> bytes:
    """A QR code as a PNG file; bytes go in as they are, in byte mode."""
    made = segno.make(payload, micro=False, mode="byte" if isinstance(payload, bytes) else None, error="m")
    out = io.BytesIO()
    made.save(out, kind="png", scale=scale, border=4)
    return out.getvalue()


def qr(payload: str | bytes, scale: int = 4) -> Frame:
    """A QR code as a grey frame."""
    return np.asarray(cv2.imdecode(np.frombuffer(qr_png(payload, scale), np.uint8), cv2.IMREAD_GRAYSCALE), dtype=np.uint8)


def png(frame: Frame) -> bytes:
    """A frame as a PNG file."""
    return cv2.imencode(".png", frame)[1].tobytes()


def ean13(digits: str, module_px: int = 3) -> Frame:
    """An EAN-13 barcode as a grey frame (GS1 General Specifications, 5.2.1)."""
    left = ["0001101", "0011001", "0010011", "0111101", "0100011", "0110001", "0101111", "0111011", "0110111", "0001011"]
    parity = ["LLLLLL", "LLGLGG", "LLGGLG", "LLGGGL", "LGLLGG", "LGGLLG", "LGGGLL", "LGLGLG", "LGLGGL", "LGGLGL"]
    flip = str.maketrans("01", "10")
    right = [code.translate(flip) for code in left]
    even = [code[::-1] for code in right]
    bars = "101"
    for digit, kind in zip(digits[1:7], parity[int(digits[0])], strict=True):
        bars += (left if kind == "L" else even)[int(digit)]
    bars += "01010" + "".join(right[int(digit)] for digit in digits[7:]) + "101"
    row = np.array([255] * 12 + [0 if bar == "1" else 255 for bar in bars] + [255] * 12, np.uint8).repeat(module_px)
    return np.pad(np.tile(row, (80, 1)), ((20, 20), (0, 0)), constant_values=255)


def side_by_side(*frames: Frame) -> Frame:
    """Frames in one picture, on white."""
    height = max(frame.shape[0] for frame in frames)
    grown = [np.pad(one, ((0, height - one.shape[0]), (0, 40)), constant_values=255) for one in frames]
    return np.ascontiguousarray(np.hstack(grown))
