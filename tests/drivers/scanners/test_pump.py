"""A blocking device as an asynchronous iterator."""

import asyncio
import threading
import time
from collections.abc import Generator
from contextlib import aclosing

import pytest

from drivers.ports import Scan
from drivers.scanners import pump
from drivers.scanners.pump import SCANS_WAITING_MAX, pumped
from runtime.errors import Unavailable
from tests.drivers.scanners.reads import until


class Counter:
    """A device that counts as fast as it is read."""

    def __init__(self, end: int, error: Exception | None = None) -> None:
        self.end, self.error = end, error
        self.made = 0
        self.closed = False

    def source(self, stop: threading.Event) -> Generator[Scan, None, None]:
        try:
            while self.made < self.end and not stop.is_set():
                self.made += 1
                yield Scan(str(self.made), "counter")
            if self.error:
                raise self.error
        finally:
            self.closed = True


async def test_scans_come_in_order_and_the_end_ends() -> None:
    """Every scan arrives in order, on no thread of the loop's, and the device is closed at the end."""
    device = Counter(100)
    assert [scan.text async for scan in pumped("counter", device.source)] == [str(number) for number in range(1, 101)]
    assert device.closed


@pytest.mark.parametrize("error", [Unavailable("gone", "gone"), ValueError("a bug")])
async def test_what_breaks_comes_after_what_was_read(error: Exception) -> None:
    """Scans before the trouble are delivered, then the trouble itself, whatever it is."""
    async with aclosing(pumped("counter", Counter(3, error).source)) as scans:
        assert [(await anext(scans)).text for _ in range(3)] == ["1", "2", "3"]
        with pytest.raises(type(error)):
            await anext(scans)


async def test_a_slow_reader_holds_the_device_back() -> None:
    """No more than SCANS_WAITING_MAX scans wait in memory, and none is lost."""
    device = Counter(100)
    async with aclosing(pumped("counter", device.source)) as scans:
        assert (await anext(scans)).text == "1"
        await until(lambda: device.made >= SCANS_WAITING_MAX)
        await asyncio.sleep(0.3)
        assert device.made <= SCANS_WAITING_MAX + 2
        assert [scan.text async for scan in scans] == [str(number) for number in range(2, 101)]


async def test_leaving_early_closes_the_device() -> None:
    """A reader that leaves while the device waits for it has the device closed when it is out."""
    device = Counter(1000)
    async with aclosing(pumped("counter", device.source)) as scans:
        await anext(scans)
    assert device.closed
    assert device.made < 1000


async def test_trouble_while_leaving_is_no_trouble() -> None:
    """A device that breaks while it is being left raises nothing."""

    def breaks(stop: threading.Event) -> Generator[Scan, None, None]:
        yield Scan("A", "x")
        stop.wait()
        raise Unavailable("gone", "gone")

    async with aclosing(pumped("breaks", breaks)) as scans:
        assert (await anext(scans)).text == "A"


async def test_a_device_that_does_not_let_go_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    """A read that hangs does not hold up the one who leaves."""
    monkeypatch.setattr(pump, "CLOSE_S_MAX", 0.2)
    free = threading.Event()

    def hangs(stop: threading.Event) -> Generator[Scan, None, None]:
        yield Scan("A", "x")
        free.wait(20)

    started_s = time.monotonic()
    async with aclosing(pumped("hangs", hangs)) as scans:
        await anext(scans)
    assert time.monotonic() - started_s < 10
    free.set()
