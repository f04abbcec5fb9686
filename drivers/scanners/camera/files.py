"""Where frames come from: a folder of pictures or a video file. Each source is a generator that runs on the camera's thread."""

import os
import threading
import time
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import cv2
import numpy as np
import structlog

from drivers.scanners.camera.packet import cells_of
from drivers.scanners.decode.frame import Frame
from drivers.scanners.decode.picture import PIXELS_MAX, SUFFIXES, open_picture
from runtime.errors import Rejected, Unavailable

POLL_S = 0.1  # a picture is noticed within this; looking through a folder of a thousand takes 1 ms
SETTLE_S = 2.0  # a file that has not grown for this long is not being written any more: if it cannot be read, it is broken
PICTURES_MAX = 10_000  # looking through more takes longer than POLL_S on a terminal; a spool folder is to be emptied

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Shot:
    """One frame, with its time in seconds on the source's own clock.

    A still is worth all stages of the decoder: no better frame follows it.
    """

    grey: Frame
    at_s: float
    still: bool
    same_for_s: ClassVar[float] = 0.0

    @property
    def cells(self) -> Frame:
        """The mean level of each of its squares."""
        return cells_of(self.grey)

    def frame(self) -> Frame:
        """All of it."""
        return self.grey


Shots = Generator[Shot | None, None, None]
"""None means: alive, but nothing new."""


@dataclass(slots=True)
class _Failure:
    stamp: tuple[int, int]
    """Size in bytes and time of the last change: a file that is being written shows by these."""
    since_s: float
    why: Rejected


class PictureFolder:
    """Pictures of one folder in the order of their names, each once for as long as this object lives."""

    def __init__(self, path: Path, *, follow: bool) -> None:
        """Read what is in `path`; with `follow` wait for pictures that appear later too."""
        self._path = path
        self._follow = follow
        self._finished: set[str] = set()
        self._failures: dict[str, _Failure] = {}

    def shots(self, stop: threading.Event) -> Shots:
        """Yield the pictures that were not read before. Raises Unavailable when the folder is gone.

        A file that cannot be read is tried again when it has grown; it is told of, once, when it has not for SETTLE_S.
        """
        names = self._names()
        while not stop.is_set():
            for name in names:
                if stop.is_set():
                    return
                yield self._shot(name)
            self._tell_broken()
            if not self._follow and not self._failures:
                return
            yield None
            stop.wait(POLL_S)
            names = self._names() if self._follow else sorted(self._failures)

    def _names(self) -> list[str]:
        try:
            with os.scandir(self._path) as entries:
                there = {entry.name for entry in entries if _is_picture(entry)}
        except OSError as error:
            raise self._gone(error) from error
        if len(there) > PICTURES_MAX:
            raise Unavailable(
                "camera_folder_full", f"{self._path} holds more than {PICTURES_MAX} pictures", "Remove the old ones"
            )
        self._finished &= there
        self._failures = {name: failure for name, failure in self._failures.items() if name in there}
        return sorted(there - self._finished)

    def _gone(self, error: OSError) -> Unavailable:
        hint = "Check the path in the settings and the rights on it; it is looked for again"
        return Unavailable("camera_gone", f"The folder {self._path} cannot be read: {error.strerror}", hint)

    def _shot(self, name: str) -> Shot | None:
        path = self._path / name
        failure = self._failures.get(name)
        try:
            now = path.stat()
            stamp = (now.st_size, now.st_mtime_ns)
            if failure and failure.stamp == stamp:
                return None
            frame = open_picture(path)
        except FileNotFoundError:
            self._failures.pop(name, None)
            return None
        except PermissionError as error:
            raise self._gone(error) from error
        except Rejected as why:
            self._failures[name] = _Failure(stamp, time.monotonic(), why)
            return None
        self._failures.pop(name, None)
        self._finished.add(name)
        return Shot(frame, time.monotonic(), still=True)

    def _tell_broken(self) -> None:
        now_s = time.monotonic()
        for name, failure in list(self._failures.items()):
            if now_s - failure.since_s >= SETTLE_S:
                log.warning("picture cannot be read", file=name, code=failure.why.code, message=failure.why.message)
                self._finished.add(name)
                del self._failures[name]


def _is_picture(entry: "os.DirEntry[str]") -> bool:
    # A name that starts with a dot is a file that someone is still writing and will rename.
    return not entry.name.startswith(".") and Path(entry.name).suffix.lower() in SUFFIXES and entry.is_file()


def video_shots(path: Path, stop: threading.Event) -> Shots:
    """Yield the frames of a video file as fast as they can be read, on the video's own clock.

    Raises Unavailable when it cannot be opened or its frames have more than PIXELS_MAX pixels.
    """
    video = cv2.VideoCapture(str(path), cv2.CAP_FFMPEG)
    try:
        if not video.isOpened():
            hint = "Wanted: a folder of pictures, or a video file"
            raise Unavailable("camera_gone", f"{path} cannot be opened as a video", hint)
        if video.get(cv2.CAP_PROP_FRAME_WIDTH) * video.get(cv2.CAP_PROP_FRAME_HEIGHT) > PIXELS_MAX:
            raise Unavailable("camera_too_large", f"The frames of {path} are too large", f"At most {PIXELS_MAX} pixels")
        while not stop.is_set():
            at_s = video.get(cv2.CAP_PROP_POS_MSEC) / 1000
            got, picture = video.read()
            if not got:
                return
            yield Shot(np.asarray(cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY), dtype=np.uint8), at_s, still=False)
    finally:
        video.release()
