"""What a camera's pictures are looked at for before one is decoded: whether anything changed, whether anything can be seen.

Pure: pictures come as one level for each square of eight pixels (packet.py), the time is passed in.
"""

import cv2
import numpy as np

from drivers.scanners.decode.frame import Frame

CHANGE_MIN = 10  # grey levels; a still scene stayed at 2 or below with sensor noise of sigma 3 to 6, a new one began at 81
CHANGE_MIN_NOISY = 40  # however noisy the camera: a phone that is held up changes far more
NOISE_RISE = 0.03  # of the way per picture: a noisy camera is known for one after some seconds, a calm one at once
SETTLE_S = 2.0  # a phone is still before the focus is: the squares are the same by then, the code is not

IDLE_AFTER_S = 10.0  # without a change: nobody is there
IDLE_LOOK_S = 0.2  # then only one picture of so many seconds is looked at; whoever comes does not notice
REST_SHARE = 1.0  # after decoding in vain, rest for as long as that took: a busy background takes half a core at most

DARK_MAX = 24.0  # mean level; a shop with its lights on is far above
FLAT_MAX = 3.0  # standard deviation of the squares; a bare counter has 10 and more, a finger on the lens 1
BLIND_AFTER_S = 5.0  # a hand that reaches across is no covered lens


class Gate:
    """Says which pictures are worth decoding: those that differ from the last one that was, and some after it."""

    def __init__(self) -> None:
        """Let the first picture through."""
        self._decoded: Frame | None = None
        self._before: Frame | None = None
        self._noise = 0.0
        self.changed_s = 0.0

    def changed(self, cells: Frame, now_s: float) -> bool:
        """Whether any square differs by CHANGE_MIN levels from what was let through last; by more if the camera is noisy."""
        before, self._before = self._before, cells
        if self._decoded is not None and before is not None and self._decoded.shape == before.shape == cells.shape:
            step = _most(before, cells)
            self._noise = min(step, self._noise + NOISE_RISE * (step - self._noise))
            if _most(self._decoded, cells) < min(max(CHANGE_MIN, 2 * self._noise), CHANGE_MIN_NOISY):
                return False
        self._decoded, self.changed_s = cells, now_s
        return True

    def is_settling(self, now_s: float) -> bool:
        """Whether the last change is so fresh that the camera may not have its focus yet."""
        return now_s - self.changed_s < SETTLE_S

    def is_idle(self, now_s: float) -> bool:
        """Whether nobody is there."""
        return now_s - self.changed_s > IDLE_AFTER_S


class Lens:
    """Notices a camera that sees nothing: a covered lens, or no light."""

    def __init__(self) -> None:
        """It sees, until it does not for BLIND_AFTER_S."""
        self._seen_s: float | None = None
        self.is_blind = False

    def look(self, cells: Frame, now_s: float) -> bool:
        """Take the next picture; whether `is_blind` has changed by it."""
        mean, deviation = (float(one[0, 0]) for one in cv2.meanStdDev(cells))
        if self._seen_s is None or (deviation > FLAT_MAX and mean > DARK_MAX):
            self._seen_s = now_s
        was, self.is_blind = self.is_blind, now_s - self._seen_s >= BLIND_AFTER_S
        return was != self.is_blind


def _most(one: Frame, other: Frame) -> float:
    return float(np.max(cv2.absdiff(one, other)))
