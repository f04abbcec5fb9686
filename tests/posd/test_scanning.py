"""From a scanner on a real line to the page, and the refusal's way back to the scanner."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import aclosing
from pathlib import Path

import pytest

from drivers import load_scanner
from drivers.virtual import VirtualOptions, VirtualScanner
from posd.events import Event
from tests.drivers.scanners.lines import Line
from tests.drivers.scanners.reads import HANG_S, until
from tests.drivers.test_scanners_contract import open_paths
from tests.till import CARD, RICH, Till, code_of

PRODUCT = "7290000000008"
BEEP = b"\x07"


@contextlib.asynccontextmanager
async def listening(shop: Till) -> AsyncIterator["asyncio.Queue[Event]"]:
    """What a page hears."""
    heard: asyncio.Queue[Event] = asyncio.Queue()
    ready = asyncio.Event()

    async def listen() -> None:
        async with aclosing(shop.parts.events.stream()) as events:
            ready.set()
            async for event in events:
                heard.put_nowait(event)

    task = asyncio.ensure_future(listen())
    await ready.wait()
    await asyncio.sleep(0)
    yield heard
    task.cancel()
    await asyncio.wait({task})


@pytest.mark.parametrize(
    ("sent", "refusal"),
    [
        (code_of(RICH), None),
        (CARD, None),
        (code_of(RICH).lower(), None),
        (PRODUCT, "product_code"),
        ("https://example.com", "not_a_member_code"),
    ],
)
async def test_a_refused_scan_beeps_and_a_member_does_not(shop: Till, tmp_path: Path, sent: str, refusal: str | None) -> None:
    """The page hears who it is or why nobody; the scanner hears of a refusal only."""
    line = Line(tmp_path / "scanner0")
    scanner = load_scanner("serial", "counter", {"path": str(line.path), "make": "bell"})
    async with listening(shop) as heard:
        reading = asyncio.ensure_future(shop.parts.scanning.read(scanner))
        await until(lambda: open_paths().count(str(line.path.resolve())) == 2)
        await asyncio.sleep(0.2)
        line.send(sent.encode() + b"\r\n")
        body = (await asyncio.wait_for(heard.get(), HANG_S)).body
        assert (body["refusal"] or {}).get("code") == refusal
        assert bool(body["member"]) == (refusal is None)
        await asyncio.sleep(0.3)
        reading.cancel()
        await asyncio.wait({reading})
    assert line.heard() == (BEEP if refusal else b"")


async def test_a_scanner_that_cannot_be_told_is_not_told(shop: Till, tmp_path: Path) -> None:
    """A refused scan of one without a beeper is a refused scan, and the next one is read."""
    path = tmp_path / "scans.txt"
    path.touch()
    scanner = VirtualScanner("try-out", VirtualOptions(str(path)))
    async with listening(shop) as heard:
        reading = asyncio.ensure_future(shop.parts.scanning.read(scanner))
        await until(lambda: str(path) in open_paths())
        for sent in (PRODUCT, CARD):
            with path.open("a") as file:
                file.write(sent + "\n")
            body = (await asyncio.wait_for(heard.get(), HANG_S)).body
            assert bool(body["member"]) == (sent == CARD)
        reading.cancel()
        await asyncio.wait({reading})
