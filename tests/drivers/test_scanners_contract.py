"""What every scanner promises, over every driver: real files, real FIFOs, a real pty."""

import asyncio
import os
import threading
import time
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import aclosing
from dataclasses import dataclass
from pathlib import Path

import pytest

from drivers import SCANNERS, load_scanner
from drivers.ports import Answering, Scan, Scanner
from runtime.errors import Unavailable
from tests.drivers.scanners.camera.streams import Stream
from tests.drivers.scanners.camera.video import plugged_in
from tests.drivers.scanners.keystrokes import recorded, typed
from tests.drivers.scanners.lines import Line
from tests.drivers.scanners.pictures import qr_png
from tests.drivers.scanners.reads import following, none_within, open_paths, until


@dataclass
class Device:
    """A device in the hands of a test: its scanner, and what happens to it."""

    scanner: Scanner
    path: Path
    show: Callable[[str], object]
    break_off: Callable[[], object]
    restore: Callable[[], object]
    second: str = "שלום"
    """A second code; a wedge's keyboard has no Hebrew."""

    def is_open(self) -> bool:
        """Whether this process holds the device, or a thread that reads it."""
        named = any(thread.name.startswith(self.scanner.name) for thread in threading.enumerate())
        return named or str(self.path.resolve()) in open_paths()


def camera(tmp_path: Path) -> Iterator[Device]:
    folder = tmp_path / "pictures"
    folder.mkdir()

    def show(text: str) -> None:
        part = folder / f".{time.monotonic_ns()}.png"
        part.write_bytes(qr_png(text))
        part.rename(folder / part.name[1:])

    scanner = load_scanner("camera", "test-camera", {"path": str(folder), "follow": True})
    away = tmp_path / "away"
    yield Device(scanner, folder, show, lambda: folder.rename(away), lambda: away.rename(folder))


def camera_v4l2(tmp_path: Path) -> Iterator[Device]:
    with plugged_in() as video:
        scanner = load_scanner("camera", "test-v4l2", {"path": str(video.path)})
        yield Device(scanner, video.path, video.sight.show, video.unplug, video.plug)


def camera_http(tmp_path: Path) -> Iterator[Device]:
    stream = Stream()
    scanner = load_scanner("camera", "test-http", {"path": stream.url})
    yield Device(scanner, tmp_path, stream.sight.show, stream.unplug, stream.plug)
    stream.unplug()


def serial(tmp_path: Path) -> Iterator[Device]:
    line = Line(tmp_path / "scanner0")
    scanner = load_scanner("serial", "test-serial", {"path": str(line.path)})
    # The test's own hold on the line's other end, which keeps a pty alive, does not count as open: the thread does.
    yield Device(scanner, tmp_path, lambda text: line.send(text.encode() + b"\r\n"), line.unplug, line.plug)
    line.unplug()


def append(path: Path, text: str) -> None:
    with path.open("a") as file:
        file.write(text + "\n")


def fifo(tmp_path: Path) -> Iterator[Device]:
    path = tmp_path / "scans"
    os.mkfifo(path)
    scanner = load_scanner("virtual", "test-fifo", {"path": str(path)})
    yield Device(scanner, path, lambda text: append(path, text), path.unlink, lambda: os.mkfifo(path))


def growing_file(tmp_path: Path) -> Iterator[Device]:
    path = tmp_path / "scans.txt"
    path.touch()
    scanner = load_scanner("virtual", "test-file", {"path": str(path)})
    yield Device(scanner, path, lambda text: append(path, text), path.unlink, path.touch)


def wedge(tmp_path: Path) -> Iterator[Device]:
    path = tmp_path / "usb-scanner-event-kbd"
    os.mkfifo(path)
    scanner = load_scanner("wedge", "test-wedge", {"path": str(path)})
    yield Device(scanner, path, lambda text: append_events(path, text), path.unlink, lambda: os.mkfifo(path), "Shalom!")


def append_events(path: Path, text: str) -> None:
    with path.open("ab") as file:
        file.write(recorded(typed(text)))


DEVICES = {
    "camera": camera,
    "camera-v4l2": camera_v4l2,
    "camera-http": camera_http,
    "serial": serial,
    "virtual": fifo,
    "virtual-file": growing_file,
    "wedge": wedge,
}


def test_the_suite_runs_over_every_driver() -> None:
    """A driver in the table has a device here."""
    assert set(SCANNERS) <= set(DEVICES)


@pytest.fixture(params=sorted(DEVICES))
def device(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Device]:
    yield from DEVICES[request.param](tmp_path)


async def started(device: Device, scans: AsyncGenerator[Scan, None]) -> "asyncio.Task[Scan]":
    """Wait for the first scan in a task; return it when the device is open."""
    task = asyncio.ensure_future(following(scans))
    await until(device.is_open)
    await asyncio.sleep(0.2)  # opened, and past what an opening throws away
    return task


async def test_a_scan_arrives_once(device: Device) -> None:
    """Each code that is shown comes once, exactly, in order, with the scanner's name."""
    async with aclosing(device.scanner.scans()) as scans:
        first = await started(device, scans)
        device.show("PL1:A")
        assert (await first).text == "PL1:A"
        device.show(device.second)
        scan = await following(scans)
        assert (scan.text, scan.scanner) == (device.second, device.scanner.name)
        assert await none_within(scans, 0.5)


async def test_a_gone_device_is_unavailable_and_comes_back(device: Device) -> None:
    """What is pulled out raises Unavailable with a hint, also on the next try; put back, it scans again."""
    async with aclosing(device.scanner.scans()) as scans:
        waiting = await started(device, scans)
        device.break_off()
        with pytest.raises(Unavailable) as gone:
            await waiting
        assert gone.value.hint
    with pytest.raises(Unavailable):
        await following(device.scanner.scans())
    await until(lambda: not device.is_open())
    device.restore()
    async with aclosing(device.scanner.scans()) as scans:
        waiting = await started(device, scans)
        device.show("PL1:B")
        assert (await waiting).text == "PL1:B"


async def test_leaving_closes_the_device(device: Device) -> None:
    """Leaving the iteration, or being canceled in it, lets go of the device and its thread; it can be read again at once."""
    for _ in range(2):
        async with aclosing(device.scanner.scans()) as scans:
            waiting = await started(device, scans)
            waiting.cancel()
            with pytest.raises(asyncio.CancelledError):
                await waiting
        await until(lambda: not device.is_open())


async def test_a_refusal_at_any_time_is_harmless(device: Device) -> None:
    """A scanner that can be told of a refusal takes it before, while and after it is open, and scans on."""
    refused = device.scanner.refused if isinstance(device.scanner, Answering) else lambda: None
    refused()
    async with aclosing(device.scanner.scans()) as scans:
        waiting = await started(device, scans)
        refused()
        device.show("PL1:A")
        assert (await waiting).text == "PL1:A"
    refused()


async def test_the_event_loop_is_not_blocked(device: Device) -> None:
    """While a device is silent, and while it is read, other work goes on."""
    async with aclosing(device.scanner.scans()) as scans:
        first = await started(device, scans)
        ticks = 0
        for _ in range(20):
            await asyncio.sleep(0.01)
            ticks += 1
        assert ticks == 20
        assert not first.done()
        device.show("A")
        assert (await first).text == "A"


async def test_lag_tells_life_from_silence(device: Device) -> None:
    """A device that is there but silent shows a sign of life; one that is not read any more does not."""
    async with aclosing(device.scanner.scans()) as scans:
        waiting = await started(device, scans)
        await until(lambda: device.scanner.lag_s() < 0.2)
        waiting.cancel()
        await asyncio.wait({waiting})
    before_s = device.scanner.lag_s()
    await asyncio.sleep(0.1)
    assert device.scanner.lag_s() >= before_s + 0.1
