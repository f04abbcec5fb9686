"""What happens to each picture of a camera: the gate, the lens and the decoder, in that order, and what is told of it."""

import math
from typing import Protocol

import structlog

from drivers.scanners.camera.gate import IDLE_LOOK_S, REST_SHARE, Gate, Lens
from drivers.scanners.decode.frame import Frame
from drivers.scanners.decode.reader import Decoded, Reader, read_frame
from drivers.scanners.reading import Dropped, Reading
from drivers.scanners.sightings import Sightings
from runtime.errors import Unavailable

TOLD_AGAIN_S = 10.0  # the same reason after so long without it is another code, or the same one shown again
BLIND_FROZEN_S = 600.0  # a picture without light may well repeat; opened anew it is seen to be alive

log = structlog.get_logger()


class View(Protocol):
    """One picture of any source, unpacked no further than is asked for; what cannot be unpacked is None."""

    @property
    def at_s(self) -> float:
        """When, on the source's own clock."""

    @property
    def same_for_s(self) -> float:
        """For how long a live camera has given the same bytes."""

    @property
    def still(self) -> bool:
        """Whether no better picture follows: it is worth every stage of the decoder."""

    @property
    def cells(self) -> Frame | None:
        """The mean level of each of its squares."""

    def frame(self) -> Frame | None:
        """All of it in grey."""


class Watch:
    """What one opening of a camera remembers from picture to picture."""

    def __init__(self, name: str, frozen_s: float, sightings: Sightings) -> None:
        """Begin; `sightings` may know what was in view before the camera was opened anew."""
        self._name = name
        self._frozen_s = frozen_s
        self._sightings = sightings
        self._gate, self._lens = Gate(), Lens()
        self._reader, self._decoded = Reader(), Decoded(())
        self._looked_s = -math.inf
        self._told = Sightings(TOLD_AGAIN_S)
        self._idle = False
        self._in_vain = False

    @property
    def is_blind(self) -> bool:
        """Whether nothing can be seen."""
        return self._lens.is_blind

    def at(self, view: View) -> list[Reading]:
        """The readings that are new by this picture."""
        self._in_vain = False
        self._must_move(view.same_for_s)
        if not self._is_known(view) and (cells := view.cells) is not None:
            self._looked_s = view.at_s
            self._see(view, cells)
        self._idle = self._gate.is_idle(view.at_s) and not self._decoded.readings
        return [reading for reading in self._decoded.readings if self._sightings.is_new(reading.text, view.at_s)]

    def rest_s(self, took_s: float) -> float:
        """How long to let pictures pass: none while somebody is there and is read."""
        return IDLE_LOOK_S if self._idle else took_s * REST_SHARE if self._in_vain else 0.0

    def _see(self, view: View, cells: Frame) -> None:
        if not view.still and self._lens.look(cells, view.at_s):
            self._tell_lens()
        changed = self._gate.changed(cells, view.at_s)
        # What came into focus looks the same to the gate, and is another picture to the decoder.
        fresh = changed or (not view.still and not self._decoded.readings and self._gate.is_settling(view.at_s))
        if (fresh or not self._decoded.complete) and (frame := view.frame()) is not None:
            decoded = read_frame(frame) if view.still else self._reader.read(frame, changed=fresh)
            self._decoded, self._in_vain = decoded, not decoded.readings
            self._tell_dropped(decoded.dropped, view.at_s)

    def _is_known(self, view: View) -> bool:
        """Whether the same bytes were looked at before; a copy whose first was passed over in the meantime was not."""
        return view.same_for_s > 0 and view.at_s - view.same_for_s <= self._looked_s

    def _must_move(self, same_for_s: float) -> None:
        if same_for_s >= (BLIND_FROZEN_S if self._lens.is_blind else self._frozen_s):
            hint = "It is opened anew; if that does not help, pull it out and plug it in again"
            raise Unavailable("camera_frozen", f"The camera {self._name} repeats one picture for {same_for_s:.0f} s", hint)

    def _tell_lens(self) -> None:
        if self._lens.is_blind:
            hint = "See whether its lens is covered, and whether there is light"
            log.warning("camera sees nothing", scanner=self._name, code="camera_blind", hint=hint)
        else:
            log.info("camera sees again", scanner=self._name)

    def _tell_dropped(self, dropped: tuple[Dropped, ...], at_s: float) -> None:
        # A code that stays in view is dropped in every frame, or in every other; once is enough.
        reasons = [one.reason for one in dropped if self._told.is_new(one.reason, at_s)]
        if reasons:
            log.warning("code dropped", scanner=self._name, reasons=reasons)
