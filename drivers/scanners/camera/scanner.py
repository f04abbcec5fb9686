"""A camera as a scanner: pictures from wherever they come, a gate that lets only changed ones through, and the decoder.

`path` says which source: /dev/... is a V4L2 camera, http://... one on the network, a file a video, a folder its pictures.
"""

import threading
import time
from collections.abc import AsyncGenerator, Generator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Annotated

from pydantic import Field

from drivers.ports import Scan
from drivers.scanners.camera.capture import SILENT_S_MAX, Capture, Source
from drivers.scanners.camera.files import PictureFolder, video_shots
from drivers.scanners.camera.network import checked_url, http_packets
from drivers.scanners.camera.snapshot import snapshot
from drivers.scanners.camera.watch import View, Watch
from drivers.scanners.camera.webcam import Wanted, v4l2_packets
from drivers.scanners.pump import pumped
from drivers.scanners.sightings import Sightings
from runtime.errors import Unavailable


@dataclass(frozen=True, slots=True)
class CameraOptions:
    """Settings of a camera. Those of a folder, of V4L2 and of HTTP mean nothing to the others."""

    path: Annotated[str, Field(min_length=1)]
    """/dev/v4l/by-id/...-video-index0, http://HOST:PORT/PATH, a folder of pictures or a video file."""
    follow: bool = False
    """For a folder: wait for pictures that appear later."""
    again_after_s: Annotated[float, Field(ge=0, le=3600)] = 3.0
    """A code that was out of view for this long is a new scan. 0: every picture is one."""
    width: Annotated[int, Field(ge=160, le=3840)] = 1280
    height: Annotated[int, Field(ge=120, le=2160)] = 720
    fps: Annotated[int, Field(ge=1, le=60)] = 15
    controls: dict[str, int] | None = None
    """For V4L2: focus, exposure and whatever else the camera lets itself be told, by the names of v4l2-ctl, in this order."""
    frozen_s: Annotated[float, Field(ge=1, le=3600)] = 5.0
    """A live camera that repeats one picture for this long is opened anew."""
    login_file: str = ""
    """For HTTP: a file of mode 0600 that holds user:password."""

    def __post_init__(self) -> None:
        """Raises ValueError for an address that cannot be asked."""
        if "://" in self.path:
            checked_url(self.path)


class Camera:
    """A scanner that reads codes out of pictures."""

    Options = CameraOptions

    def __init__(self, name: str, options: CameraOptions) -> None:
        """Prepare; nothing is opened before scans() is iterated."""
        self.name = name
        self._options = options
        self._live = _live_source(options)
        self._capture = Capture(name)
        self._folder = PictureFolder(Path(options.path), follow=options.follow)
        self._alive_s = time.monotonic()
        self._sightings = Sightings(options.again_after_s)
        self._last: View | None = None
        self._watch: Watch | None = None

    def scans(self) -> AsyncGenerator[Scan, None]:
        """Yield each code once per time it is shown; return at the end of a folder or video that is not followed.

        Raises Unavailable when the camera is gone, silent or frozen, and Misconfigured for what it does not know.
        """
        return pumped(self.name, self._source)

    def lag_s(self) -> float:
        """Seconds since the last picture, or the last look into the folder."""
        return time.monotonic() - self._alive_s

    def trouble(self) -> str:
        """ "camera_blind" while the lens is covered or there is no light, else empty."""
        return "camera_blind" if self._watch and self._watch.is_blind and self._is_fresh() else ""

    def snapshot(self) -> bytes:
        """A PNG of what the camera sees now, with codes blacked out; faces may be in it. Takes some tenths of a second.

        Raises Unavailable when there is no picture of the last seconds.
        """
        last = self._last
        frame = last.frame() if last and self._is_fresh() else None
        if frame is None:
            raise Unavailable("camera_silent", f"The camera {self.name} gives no picture now", "See the log for why")
        return snapshot(frame)

    def _is_fresh(self) -> bool:
        return not self._live or self.lag_s() < SILENT_S_MAX

    def _source(self, stop: threading.Event) -> Generator[Scan, None, None]:
        if not self._live:
            self._sightings = Sightings(self._options.again_after_s)  # a file begins anew, and so does its clock
        watch = self._watch = Watch(self.name, self._options.frozen_s, self._sightings)
        for view in self._views(stop):
            began_s = time.monotonic()
            if view or not self._live:  # a folder without news was looked into; a live camera shows its life by pictures alone
                self._alive_s = began_s
            if not view:
                continue
            self._last = view
            if new := watch.at(view):
                yield Scan(new[0].text, self.name, new[0].aim, tuple(reading.text for reading in new[1:]))
            if self._live:
                stop.wait(watch.rest_s(time.monotonic() - began_s))

    def _views(self, stop: threading.Event) -> Generator[View | None, None, None]:
        if self._live:
            return self._capture.packets(self._live, stop)
        path = Path(self._options.path)
        return video_shots(path, stop) if path.is_file() else self._folder.shots(stop)


def _live_source(options: CameraOptions) -> Source | None:
    """What opens the camera at `path`; None for files."""
    if "://" in options.path:
        return partial(http_packets, options.path, options.login_file)
    if options.path.startswith("/dev/"):
        wanted = Wanted(options.width, options.height, options.fps, options.controls)
        return partial(v4l2_packets, options.path, wanted)
    return None
