"""A camera: frames on a thread of its own, a gate that lets only changed ones through, and the decoder.

Today's sources are a folder of pictures and a video file (frames.py). A live camera is one more source there.
"""

import threading
import time
from collections.abc import AsyncGenerator, Generator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import cv2
import numpy as np
import structlog
from pydantic import Field

from drivers.ports import Scan
from drivers.scanners.decode import Decoded, Frame, Reader, read_frame
from drivers.scanners.frames import PictureFolder, Shots, video_shots
from drivers.scanners.pump import pumped
from drivers.scanners.reading import Dropped
from drivers.scanners.sightings import Sightings

CELL_PX = 8  # the side of the squares that two frames are compared by: it averages sensor noise away, and one module shows
CHANGE_MIN = 10  # grey levels; a still scene stayed at 2 or below with sensor noise of sigma 3 to 6, a new one began at 81

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class CameraOptions:
    """Settings of a camera."""

    path: Annotated[str, Field(min_length=1)]
    """A folder of pictures or a video file."""
    follow: bool = False
    """For a folder: wait for pictures that appear later."""
    again_after_s: Annotated[float, Field(ge=0, le=3600)] = 3.0
    """A code that was out of view for this long is a new scan. 0: every picture is one."""


class Gate:
    """Says whether a frame differs from the last one that was let through."""

    def __init__(self) -> None:
        """Let the first frame through."""
        self._last: Frame | None = None

    def changed(self, frame: Frame) -> bool:
        """Compare by squares of CELL_PX; a change of CHANGE_MIN grey levels in any one of them counts."""
        height, width = (max(1, side // CELL_PX) for side in frame.shape)
        small = np.asarray(cv2.resize(frame, (width, height), interpolation=cv2.INTER_AREA), dtype=np.uint8)
        last = self._last
        if last is not None and last.shape == small.shape and int(cv2.absdiff(last, small).max()) < CHANGE_MIN:
            return False
        self._last = small
        return True


class Camera:
    """A scanner that reads codes out of pictures."""

    Options = CameraOptions

    def __init__(self, name: str, options: CameraOptions) -> None:
        """Prepare; nothing is opened before scans() is iterated."""
        self.name = name
        self._options = options
        self._folder = PictureFolder(Path(options.path), follow=options.follow)
        self._alive_s = time.monotonic()
        self._told: tuple[Dropped, ...] = ()

    def scans(self) -> AsyncGenerator[Scan, None]:
        """Yield each code once per time it is shown; return at the end of a folder or video that is not followed."""
        return pumped(self.name, self._source)

    def lag_s(self) -> float:
        """Seconds since the last frame, or the last look into the folder."""
        return time.monotonic() - self._alive_s

    def _source(self, stop: threading.Event) -> Generator[Scan, None, None]:
        gate, sightings = Gate(), Sightings(self._options.again_after_s)
        reader, decoded = Reader(), Decoded(())
        for shot in self._shots(stop):
            self._alive_s = time.monotonic()
            if shot is None:
                continue
            changed = gate.changed(shot.frame)
            if changed or not decoded.complete:
                decoded = read_frame(shot.frame) if shot.still else reader.read(shot.frame, changed=changed)
                self._tell(decoded.dropped)
            new = [reading for reading in decoded.readings if sightings.is_new(reading.text, shot.at_s)]
            if new:
                yield Scan(new[0].text, self.name, new[0].aim, tuple(reading.text for reading in new[1:]))

    def _shots(self, stop: threading.Event) -> Shots:
        path = Path(self._options.path)
        return video_shots(path, stop) if path.is_file() else self._folder.shots(stop)

    def _tell(self, dropped: tuple[Dropped, ...]) -> None:
        # A code that stays in view is dropped in every frame; once is enough.
        if dropped and dropped != self._told:
            log.warning("code dropped", scanner=self.name, reasons=[one.reason for one in dropped])
        self._told = dropped
