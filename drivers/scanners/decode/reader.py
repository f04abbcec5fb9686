"""Codes in a grey frame -> readings: the stages of stages.py in turn, each of them fenced.

Whoever holds up a phone chooses the pixels, so what a decoder raises becomes a Dropped and the next stage has its turn. A still
picture is worth every stage. A live frame has a budget of time: the first three stages look at each, the others take turns, and
where one frame's time ends the next frame goes on.
"""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import cv2
import numpy as np

from drivers.scanners.decode import stages
from drivers.scanners.decode.frame import Frame
from drivers.scanners.decode.look import Look
from drivers.scanners.decode.stages import Stage
from drivers.scanners.decode.symbols import Symbol
from drivers.scanners.reading import Dropped, Reading

SIDE_PX_MIN = 11  # the smallest code there is, Micro QR M1, has 11 modules a side
READINGS_MAX = 64  # a leaflet full of codes; more in one frame is an attack on the till, not a member
BUDGET_S = 0.025  # no stage begins after so long; the longest takes 6 ms at 720p, so a frame of a camera with 30 a second fits

cv2.setNumThreads(1)  # the till's own program needs the other cores


@dataclass(frozen=True, slots=True)
class Decoded:
    """All that one frame gave: readings sorted by text, each once, and what was there but could not be taken."""

    readings: tuple[Reading, ...]
    dropped: tuple[Dropped, ...] = ()
    complete: bool = True
    """Whether every stage has had its turn on this view; if not, the same view is worth another read()."""


FIRST: tuple[Stage, ...] = (stages.halved, stages.light, stages.dark)
IN_TURN: tuple[Stage, ...] = (
    stages.evened,
    stages.close_smooth,
    stages.close_tall,
    stages.close_zbar,
    stages.low_level,
    stages.smoothed,
    stages.close_wide,
    stages.close_even,
    stages.close_sharp,
    stages.close_flat,
    stages.close_contrast,
    stages.close_thick,
    stages.zbar_halved,
    stages.fine,
    stages.heightened,
    stages.sharpened,
    stages.widened,
    stages.contrasted,
    stages.doubled,
)
OTHERS: tuple[Stage, ...] = (stages.linear, stages.datamatrix, stages.aztec, stages.pdf417)
"""What is no QR code. They look also where a QR code was read: goods carry one too, and it is not what is being shown."""


def read_frame(frame: Frame) -> Decoded:
    """Read the codes in `frame`, a still picture: the QR codes that the first stage to see any sees, and all others.

    Never raises.
    """
    look = _look(frame)
    seen: list[Symbol] = []
    failures: list[Dropped] = []
    for stage in (*FIRST, *IN_TURN, stages.zbar_plain, *OTHERS) if look else ():
        # A small code may stand beside the one that half the size shows. But where a code was seen and could not be taken, no
        # later stage is asked again: zbar would make a text of what is none.
        if not seen or stage in (stages.light, *OTHERS):
            symbols, failure = _fenced(stage, look)
            seen, failures = [*seen, *symbols], [*failures, *failure]
    return _decoded(seen, failures)


class Reader:
    """Reads the frames of one camera."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """Begin; `clock` gives seconds and only goes forward."""
        self._clock = clock
        self._turns = (*IN_TURN, *OTHERS)
        self._turn = 0
        self._left = 0
        self._known: frozenset[Symbol] = frozenset()

    def read(self, frame: Frame, *, changed: bool = True) -> Decoded:
        """Read the codes in `frame` until one is new or BUDGET_S is over; never raises.

        `changed` False says that it shows the same as the one before: the stages that had their turn on that do not get another.
        """
        began_s = self._clock()
        self._left = len(self._turns) if changed else self._left
        look = _look(frame)
        seen: list[Symbol] = []
        failures: list[Dropped] = []
        for stage in (*FIRST, *self._waiting()) if look else ():
            in_turn = stage not in FIRST
            if not self._known.issuperset(seen) or (in_turn and self._clock() - began_s >= BUDGET_S):
                break
            if in_turn:
                self._turn, self._left = (self._turn + 1) % len(self._turns), self._left - 1
            if not seen or stage in FIRST or stage in OTHERS:
                symbols, failure = _fenced(stage, look)
                seen, failures = [*seen, *symbols], [*failures, *failure]
        else:
            self._left = 0
        self._known = frozenset(seen)
        return _decoded(seen, failures, complete=not self._left)

    def _waiting(self) -> Iterable[Stage]:
        return [self._turns[(self._turn + step) % len(self._turns)] for step in range(self._left)]


def _look(frame: Frame) -> Look | None:
    assert frame.ndim == 2
    assert frame.dtype == np.uint8
    return Look(frame) if min(frame.shape) >= SIDE_PX_MIN else None


def _decoded(symbols: Iterable[Symbol], failures: Iterable[Dropped], *, complete: bool = True) -> Decoded:
    symbols = list(symbols)
    by_text = {one.text: one for one in reversed(symbols) if isinstance(one, Reading)}
    readings = tuple(by_text[text] for text in sorted(by_text))[:READINGS_MAX]
    dropped = dict.fromkeys([*failures, *(one for one in symbols if isinstance(one, Dropped))])
    return Decoded(readings, tuple(dropped), complete)


def _fenced(stage: Stage, look: Look | None) -> tuple[list[Symbol], list[Dropped]]:
    """Collect what `stage` gives until it breaks, and how it broke, without its words: they may quote the payload."""
    assert look
    symbols: list[Symbol] = []
    try:
        symbols.extend(stage(look))
    except Exception as error:
        return symbols, [Dropped(f"{stage.__name__} failed with {type(error).__name__}")]
    return symbols, []
