"""A real posd, killed while it prints on a real TCP printer: what was queued prints, what was being sent is told as unknown."""

import asyncio
import signal
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from drivers.virtual_printer import Fault, TcpPort, VirtualPrinter
from tests.shop import Shop, free_port, open_shop, wait_for


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    """A shop whose terminal owns a printer, which nobody has switched on yet."""
    port = free_port()
    settings = f'[printer]\ndriver = "network"\nhost = "127.0.0.1"\nport = {port}\n'
    with open_shop(tmp_path, settings, printing="posd") as opened:
        opened.printer_port = port
        yield opened


def states(shop: Shop) -> list[str]:
    """How each print job stands, oldest first."""
    with closing(sqlite3.connect(f"file:{shop.folder / 'till' / 'posd.db'}?mode=ro", uri=True)) as db:
        return [state for (state,) in db.execute("SELECT state FROM print_job ORDER BY id")]


async def until(shop: Shop, wanted: list[str]) -> None:
    """Wait until the jobs stand so; the printer goes on meanwhile."""
    await asyncio.to_thread(wait_for, f"print jobs {wanted}", lambda: states(shop) == wanted)


async def test_what_was_queued_prints_after_a_crash(shop: Shop) -> None:
    """Sold with the printer off, killed, started again, printer on: both receipts come out, once each, in order."""
    code = await asyncio.to_thread(shop.member, "חבר")
    for amount in (1000, 2000):
        await asyncio.to_thread(shop.sell, code, amount)
    await asyncio.to_thread(shop.stop, "posd", signal.SIGKILL)
    assert states(shop) == ["queued", "queued"]
    await asyncio.to_thread(shop.start, "posd")
    async with VirtualPrinter(TcpPort(shop.printer_port)) as printer:
        await until(shop, ["confirmed", "confirmed"])
        assert len(printer.printed) == 2
        assert all(printed.unknown == 0 and printed.picture for printed in printer.printed)


async def test_what_was_being_sent_is_told_and_never_printed_again_by_itself(shop: Shop) -> None:
    """Killed while the printer owes its word: the job is unknown, the next prints, and a person's reprint says it is a copy."""
    code = await asyncio.to_thread(shop.member, "חבר")
    async with VirtualPrinter(TcpPort(shop.printer_port), fault=Fault.DEAF) as printer:
        first = await asyncio.to_thread(shop.sell, code, 1000)
        await until(shop, ["sending"])
        await asyncio.to_thread(shop.stop, "posd", signal.SIGKILL)
        assert states(shop) == ["sending"]
    async with VirtualPrinter(TcpPort(shop.printer_port)) as printer:
        await asyncio.to_thread(shop.start, "posd")
        await asyncio.to_thread(shop.sell, code, 2000)
        await until(shop, ["unknown", "confirmed"])
        assert len(printer.printed) == 1
        status = await asyncio.to_thread(shop.status)
        assert (status["prints"]["waiting"], status["prints"]["unknown"]) == (0, 1)
        again = await asyncio.to_thread(lambda: shop.http.post(f"/v1/records/{first['id']}/print", json={}).json())
        assert again["copy"] is True
        await until(shop, ["unknown", "confirmed", "confirmed"])
        answer = await asyncio.to_thread(shop.http.get, f"/v1/records/{first['id']}/receipt.png")
        original, copy = Image.open(BytesIO(answer.content)), printer.printed[-1].picture
        assert copy
        assert copy.height > original.height  # the word that says it is a copy stands above the rest
