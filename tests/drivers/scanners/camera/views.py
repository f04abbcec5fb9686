"""What a live camera sees in the tests: a counter, a phone held over it, as JPEGs that are never the same twice."""

import itertools
import threading

import cv2
import numpy as np

from drivers.scanners.decode.frame import Frame
from tests.drivers.scanners.pictures import qr

WIDTH, HEIGHT = 640, 480

_numbers = itertools.count()
_counter = cv2.resize(
    np.random.default_rng(4).integers(60, 200, (HEIGHT // 80, WIDTH // 80)).astype(np.uint8),
    (WIDTH, HEIGHT),
    interpolation=cv2.INTER_CUBIC,
)


def scene(text: str | None = None, scale: int = 5) -> Frame:
    """The counter, with a code on it."""
    frame = _counter.copy()
    if text is not None:
        code = qr(text, scale)
        frame[60 : 60 + code.shape[0], 100 : 100 + code.shape[1]] = code
    return frame


def jpeg(frame: Frame) -> bytes:
    """A frame as a webcam compresses it."""
    return cv2.imencode(".jpg", frame, [cv2.IMWRITE_JPEG_QUALITY, 85])[1].tobytes()


def distinct(picture: bytes) -> bytes:
    """The same JPEG with a comment of its own, as noise makes each picture of a camera that works another one."""
    note = next(_numbers).to_bytes(8, "big")
    return picture[:2] + b"\xff\xfe\x00\x0a" + note + picture[2:]


class Sight:
    """What a camera has before its lens now; a test changes it from its own thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._picture = jpeg(scene())
        self.frozen = False

    def show(self, text: str | None, scale: int = 5) -> None:
        self.see(jpeg(scene(text, scale)))

    def see(self, picture: bytes) -> None:
        with self._lock:
            self._picture = picture

    def picture(self) -> bytes:
        with self._lock:
            return self._picture if self.frozen else distinct(self._picture)
