"""A live camera as a scanner: one over ioctls and one over HTTP, with what happens to cameras in shops."""

import asyncio
import itertools
import threading
import time
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import aclosing
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import pytest
import structlog

from drivers import load_scanner
from drivers.ports import Scan, Scanner
from drivers.scanners.camera import capture, gate, packet
from drivers.scanners.camera.scanner import Camera, CameraOptions
from drivers.scanners.decode.frame import Frame
from drivers.scanners.decode.reader import Decoded, Reader, read_frame
from runtime.errors import Misconfigured, Unavailable
from runtime.supervise import supervise
from tests.drivers.scanners.camera.streams import Send, Stream
from tests.drivers.scanners.camera.video import plugged_in
from tests.drivers.scanners.camera.views import HEIGHT, WIDTH, Sight, jpeg, scene
from tests.drivers.scanners.reads import following, none_within, until


@dataclass
class Live:
    """A camera in the hands of a test."""

    path: str
    sight: Sight
    unplug: Callable[[], None]
    plug: Callable[[], None]

    def camera(self, **options: object) -> Camera:
        return Camera("cam", CameraOptions(self.path, **options))  # type: ignore[arg-type]


@pytest.fixture(params=["v4l2", "http"])
def live(request: pytest.FixtureRequest) -> Iterator[Live]:
    if request.param == "v4l2":
        with plugged_in() as video:
            yield Live(str(video.path), video.sight, video.unplug, video.plug)
    else:
        stream = Stream()
        yield Live(stream.url, stream.sight, stream.unplug, stream.plug)
        stream.unplug()


@pytest.fixture
def decoded(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """When a picture reached the decoder."""
    seen: list[float] = []
    real = Reader.read

    def noted(reader: Reader, frame: Frame, *, changed: bool) -> Decoded:
        seen.append(time.monotonic())
        return real(reader, frame, changed=changed)

    monkeypatch.setattr(Reader, "read", noted)
    return seen


async def test_a_code_is_scanned_when_it_is_held_up_and_when_it_comes_again(live: Live) -> None:
    """Once while it is held up, again after it was away; another code at once."""
    live.sight.show("PL1:A")
    async with aclosing(live.camera(again_after_s=1.0).scans()) as scans:
        assert await following(scans) == Scan("PL1:A", "cam", "]Q1")
        live.sight.show("PL1:B")
        assert (await following(scans)).text == "PL1:B"
        live.sight.show(None)
        await asyncio.sleep(2.0)
        live.sight.show("PL1:B")
        assert (await following(scans)).text == "PL1:B"
        assert await none_within(scans, 0.5)


async def test_unplugged_and_plugged_in_again_it_scans_without_a_restart(live: Live) -> None:
    """Under the supervisor: pulled out twice, each time it comes back by itself, with the code that is held up then."""
    scanner = live.camera(again_after_s=0)
    seen: set[str] = set()

    async def read() -> None:
        async with aclosing(scanner.scans()) as scans:
            async for scan in scans:
                seen.add(scan.text)

    with structlog.testing.capture_logs() as logs:
        task = asyncio.create_task(supervise("cam", read, wait_s_max=0.05))
        for number in range(3):
            live.sight.show(f"PL1:{number}")
            await until(lambda text=f"PL1:{number}": text in seen)  # type: ignore[misc]
            told = len(logs)
            live.unplug()
            await until(lambda told=told: len(logs) > told)  # type: ignore[misc]
            live.plug()
        task.cancel()
        await asyncio.wait({task})
    assert {one["code"] for one in logs if one["event"] == "part stopped"} == {"camera_gone"}
    assert all(one["hint"] for one in logs if one["event"] == "part stopped")


async def test_a_frozen_camera_is_unavailable_and_is_opened_anew(live: Live) -> None:
    """One picture over and over, for longer than the settings allow, is no camera that works; opened anew it goes on."""
    live.sight.show("PL1:A")
    scanner = live.camera(frozen_s=1.0)
    async with aclosing(scanner.scans()) as scans:
        assert (await following(scans)).text == "PL1:A"
        live.sight.frozen = True
        with pytest.raises(Unavailable, match="repeats one picture for 1 s") as frozen:
            await following(scans)
        assert (frozen.value.code, bool(frozen.value.hint)) == ("camera_frozen", True)
    live.sight.frozen = False
    async with aclosing(scanner.scans()) as scans:
        waiting = asyncio.ensure_future(following(scans))
        await until(lambda: scanner.lag_s() < 0.1)
        await asyncio.sleep(0.3)
        assert not waiting.done()  # the same code, still held up, is the same scan
        live.sight.show("PL1:B")
        assert (await waiting).text == "PL1:B"


async def test_a_silent_camera_is_unavailable(live: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    """A camera that sends only broken pictures is not taken for one that works; nothing blocks meanwhile."""
    monkeypatch.setattr(capture, "SILENT_S_MAX", 0.5)
    scanner = live.camera()
    async with aclosing(scanner.scans()) as scans:
        waiting = asyncio.ensure_future(following(scans))
        await until(lambda: scanner.lag_s() < 0.1)
        live.sight.see(jpeg(scene())[:3000])
        with pytest.raises(Unavailable, match="no whole picture"):
            await waiting
    assert scanner.lag_s() >= 0.5


async def test_a_covered_lens_is_told_once_and_is_not_frozen(live: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    """Black pictures that repeat are darkness: told, not opened anew; with light it scans as before."""
    monkeypatch.setattr(gate, "BLIND_AFTER_S", 0.3)
    live.sight.see(jpeg(np.zeros((HEIGHT, WIDTH), np.uint8)))
    with structlog.testing.capture_logs() as logs:
        scanner = live.camera(frozen_s=1.0)
        assert scanner.trouble() == ""
        async with aclosing(scanner.scans()) as scans:
            waiting = asyncio.ensure_future(following(scans))
            await until(lambda: any(one["event"] == "camera sees nothing" for one in logs))
            live.sight.frozen = True
            await asyncio.sleep(1.5)
            assert not waiting.done()
            assert scanner.trouble() == "camera_blind"
            live.sight.frozen = False
            live.sight.show("PL1:A")
            assert (await waiting).text == "PL1:A"
    assert scanner.trouble() == ""
    told = [(one["event"], one.get("code")) for one in logs if one["event"].startswith("camera sees")]
    assert told == [("camera sees nothing", "camera_blind"), ("camera sees again", None)]


async def test_black_pictures_that_repeat_for_too_long_are_a_frozen_camera(live: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    """A camera that hangs in the dark is opened anew in the end, too."""
    monkeypatch.setattr(gate, "BLIND_AFTER_S", 0.2)
    monkeypatch.setattr("drivers.scanners.camera.watch.BLIND_FROZEN_S", 1.5)
    live.sight.see(jpeg(np.zeros((HEIGHT, WIDTH), np.uint8)))
    scanner = live.camera(frozen_s=1.0)
    async with aclosing(scanner.scans()) as scans:
        waiting = asyncio.ensure_future(following(scans))
        await until(lambda: scanner.trouble() == "camera_blind")
        live.sight.frozen = True
        with pytest.raises(Unavailable, match="repeats one picture for 2 s"):
            await waiting


async def test_an_unchanged_view_is_not_decoded(live: Live, decoded: list[float], monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty counter is decoded while the view settles and then no more; so is a code that is held up."""
    monkeypatch.setattr(gate, "SETTLE_S", 0.3)
    scanner = live.camera()
    async with aclosing(scanner.scans()) as scans:
        waiting = asyncio.ensure_future(following(scans))
        await until(lambda: bool(decoded) and time.monotonic() - decoded[-1] > 0.7)
        live.sight.show("PL1:A")
        assert (await waiting).text == "PL1:A"
        last = asyncio.ensure_future(following(scans))
        await until(lambda: time.monotonic() - decoded[-1] > 0.7)
        last.cancel()
        await asyncio.wait({last})


async def test_a_code_that_becomes_sharp_late_is_read(live: Live) -> None:
    """The squares of a dim code are nearly the same blurred and sharp; the picture is decoded on while it settles."""
    sharp = scene("PL1:LATE", scale=2) // 4 + np.uint8(90)
    live.sight.see(jpeg(np.asarray(cv2.GaussianBlur(sharp, (0, 0), 2), dtype=np.uint8)))
    async with aclosing(live.camera().scans()) as scans:
        waiting = asyncio.ensure_future(following(scans))
        await asyncio.sleep(0.5)
        assert not waiting.done()
        live.sight.see(jpeg(sharp))
        assert (await waiting).text == "PL1:LATE"


async def test_nobody_there_few_pictures_are_looked_at(live: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    """After a while without change only some pictures are unpacked; whoever comes is still seen, and then all are again."""
    monkeypatch.setattr(gate, "IDLE_AFTER_S", 0.5)
    looks: list[float] = []
    real = packet._unpacked

    def unpacked(data: bytes, shrink: int) -> Frame | None:
        looks.extend([time.monotonic()] if shrink > 1 else [])
        return real(data, shrink)

    monkeypatch.setattr(packet, "_unpacked", unpacked)
    async with aclosing(live.camera().scans()) as scans:
        waiting = asyncio.ensure_future(following(scans))
        await until(lambda: bool(looks) and time.monotonic() - looks[0] > 1.0)
        await asyncio.sleep(0.3)  # past the last one that was looked at before
        began_s = time.monotonic()
        await until(lambda: len([at_s for at_s in looks if at_s > began_s]) >= 4)
        apart_s = [later - earlier for earlier, later in itertools.pairwise(at_s for at_s in looks if at_s > began_s)]
        assert min(apart_s) >= gate.IDLE_LOOK_S * 0.9
        live.sight.show("PL1:A")
        assert (await waiting).text == "PL1:A"


async def test_a_slow_decoder_holds_neither_the_loop_nor_the_camera(live: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    """While a picture is decoded for long the loop goes on, and what is decoded next is what the camera sees then."""
    inside, go_on = threading.Event(), threading.Event()
    real = Reader.read

    def slow(reader: Reader, frame: Frame, *, changed: bool) -> Decoded:
        inside.set()
        assert go_on.wait(20)
        return real(reader, frame, changed=changed)

    monkeypatch.setattr(Reader, "read", slow)
    live.sight.show("PL1:OLD")
    async with aclosing(live.camera().scans()) as scans:
        waiting = asyncio.ensure_future(following(scans))
        await until(inside.is_set)
        live.sight.show("PL1:MISSED")
        await asyncio.sleep(0.3)
        live.sight.show("PL1:NEW")
        await asyncio.sleep(0.3)
        go_on.set()
        assert (await waiting).text == "PL1:OLD"
        assert (await following(scans)).text == "PL1:NEW"


async def test_a_camera_that_sends_slowly_is_no_silent_one() -> None:
    """A picture every half second over a poor line is a camera all the same."""

    def slowly(stream: Stream, send: Send) -> None:
        from tests.drivers.scanners.camera.streams import HEAD, part

        send(HEAD)
        for picture in stream.pictures():
            said = part(picture)
            for start in range(0, len(said), len(said) // 4 + 1):
                send(said[start : start + len(said) // 4 + 1])
                if stream.stop.wait(0.1):
                    return

    stream = Stream(serve=slowly)
    stream.sight.show("PL1:A")
    try:
        async with aclosing(Camera("cam", CameraOptions(stream.url)).scans()) as scans:
            assert (await following(scans)).text == "PL1:A"
    finally:
        stream.unplug()


async def test_a_trickle_is_left_within_its_deadline(monkeypatch: pytest.MonkeyPatch) -> None:
    """A stream that sends bytes and never a picture is left, and its thread with it."""
    monkeypatch.setattr(capture, "SILENT_S_MAX", 0.5)

    def trickles(stream: Stream, send: Send) -> None:
        send(b"HTTP/1.1 200 OK\r\n")
        while not stream.stop.wait(0.02):
            send(b"X")

    stream = Stream(serve=trickles)
    try:
        with pytest.raises(Unavailable, match=r"gave no picture for 0\.5 s"):
            await following(Camera("cam", CameraOptions(stream.url)).scans())
        await until(lambda: not any(thread.name.startswith("cam") for thread in threading.enumerate()))
    finally:
        stream.unplug()


async def test_a_driver_that_hangs_does_not_hold_the_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    """An ioctl that never returns is told as silence, then as a camera that does not let go; the rest goes on."""
    monkeypatch.setattr(capture, "SILENT_S_MAX", 0.3)
    monkeypatch.setattr(capture, "CLOSE_S_MAX", 0.1)
    with plugged_in() as video:
        video.hang = threading.Event()
        scanner = Camera("cam", CameraOptions(str(video.path)))
        for code in ("camera_silent", "camera_stuck"):
            with pytest.raises(Unavailable) as error:
                await following(scanner.scans())
            assert error.value.code == code
        video.hang.set()
        await until(lambda: not any(thread.name.startswith("cam") for thread in threading.enumerate()))
        video.hang = None
        video.sight.show("PL1:A")
        async with aclosing(scanner.scans()) as scans:
            assert (await following(scans)).text == "PL1:A"


async def test_a_snapshot_is_what_the_camera_sees_now(live: Live) -> None:
    """With the code out of it and the rest in it; from a camera that is gone there is none."""
    live.sight.show("PL1:A")
    scanner = live.camera()
    with pytest.raises(Unavailable, match="gives no picture now"):
        scanner.snapshot()
    async with aclosing(scanner.scans()) as scans:
        await following(scans)
        png = await asyncio.to_thread(scanner.snapshot)
    picture = np.asarray(cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_GRAYSCALE), dtype=np.uint8)
    assert read_frame(picture).readings == ()
    right = slice(WIDTH // 2, None)
    assert np.abs(picture[:, right].astype(int) - scene()[:, right].astype(int)).mean() < 3
    scanner._alive_s -= capture.SILENT_S_MAX
    with pytest.raises(Unavailable, match="gives no picture now"):
        scanner.snapshot()


def loaded(**options: object) -> Scanner:
    return load_scanner("camera", "cam", options)


def test_wrong_options_are_told_before_anything_is_opened(tmp_path: Path) -> None:
    """An address that cannot be asked, a password in it, sizes and rates that no camera has, controls that are no numbers."""
    for options, says in (
        ({"path": "rtsp://camera/"}, "wanted http://"),
        ({"path": "http://a:b@camera/"}, "login_file"),
        ({"path": "/dev/video0", "fps": 0}, "fps"),
        ({"path": "/dev/video0", "width": 100_000}, "width"),
        ({"path": "/dev/video0", "controls": {"focus_auto": "off"}}, "controls.focus_auto"),
        ({"path": "/dev/video0", "frozen_s": 0.1}, "frozen_s"),
        ({}, "path"),
    ):
        with pytest.raises(Misconfigured, match=says):
            loaded(**options)
    assert loaded(path="/dev/video0", controls={"focus_auto": 0}).name == "cam"


async def ended(scans: AsyncGenerator[Scan, None]) -> list[str]:
    return [scan.text async for scan in scans]


async def test_a_folder_is_still_a_folder(tmp_path: Path) -> None:
    """A path that is neither a device nor an address is a folder or a video, as before."""
    cv2.imwrite(str(tmp_path / "a.png"), scene("PL1:A"))
    assert await ended(Camera("cam", CameraOptions(str(tmp_path))).scans()) == ["PL1:A"]
