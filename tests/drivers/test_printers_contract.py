"""What every printer driver keeps, whatever it prints on. A new driver is one more row in `MADE`."""

import asyncio
import inspect
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import fields, is_dataclass
from pathlib import Path

import pytest

from drivers import PRINTERS, load_printer
from drivers.ports import Delivery, Printer, PrinterStatus
from drivers.virtual_printer import VirtualTcpPrinter
from loyalty.receipt import as_copy
from runtime.errors import Misconfigured, Unavailable
from tests.drivers.receipts import samples, sold

GUARD_S = 60


@asynccontextmanager
async def network(_: Path) -> AsyncIterator[Printer]:
    """The network driver with a listener behind it."""
    async with VirtualTcpPrinter() as paper:
        yield load_printer("network", "receipts", {"host": "127.0.0.1", "port": paper.port})


@asynccontextmanager
async def folder(tmp_path: Path) -> AsyncIterator[Printer]:
    """The folder driver on an empty folder."""
    yield load_printer("folder", "receipts", {"folder": str(tmp_path / "paper")})


def broken_network(_: Path) -> Printer:
    """A network driver with nobody behind it: port 9 of the loopback is "discard", which no machine here runs."""
    return load_printer("network", "receipts", {"host": "127.0.0.1", "port": 9})


def broken_folder(tmp_path: Path) -> Printer:
    """A folder driver whose folder cannot be made, for root neither: a file is in the way."""
    (tmp_path / "file").write_text("in the way")
    return load_printer("folder", "receipts", {"folder": str(tmp_path / "file" / "paper")})


MADE: dict[str, tuple[Callable[[Path], AbstractAsyncContextManager[Printer]], Callable[[Path], Printer]]] = {
    "network": (network, broken_network),
    "folder": (folder, broken_folder),
}
each = pytest.mark.parametrize("driver", sorted(PRINTERS))


def test_every_driver_is_in_the_suite() -> None:
    """No driver of the table escapes."""
    assert set(MADE) == set(PRINTERS)


@each
def test_a_driver_has_the_protocol_and_frozen_options(driver: str) -> None:
    """A driver's class has exactly the port's methods and a frozen dataclass of options."""
    module, _, name = PRINTERS[driver].partition(":")
    made = getattr(__import__(module, fromlist=[name]), name)

    assert {"print", "status", "Options"} == {member for member in vars(made) if not member.startswith("_")}
    assert inspect.iscoroutinefunction(made.print)
    assert inspect.iscoroutinefunction(made.status)
    assert is_dataclass(made.Options)
    assert made.Options.__dataclass_params__.frozen


@each
async def test_every_receipt_is_confirmed(driver: str, tmp_path: Path) -> None:
    """A healthy printer confirms whatever receipt it is given."""
    async with asyncio.timeout(GUARD_S), MADE[driver][0](tmp_path) as printer:
        for name in ("he-sale", "en-return"):
            assert await printer.print(samples()[name]) is Delivery.CONFIRMED
        assert await printer.print(as_copy(sold("he"))) is Delivery.CONFIRMED


@each
async def test_jobs_at_the_same_time_all_print(driver: str, tmp_path: Path) -> None:
    """Three jobs at once are three confirmed jobs."""
    async with asyncio.timeout(GUARD_S), MADE[driver][0](tmp_path) as printer:
        assert await asyncio.gather(*(printer.print(sold("en")) for _ in range(3))) == [Delivery.CONFIRMED] * 3


@each
async def test_a_healthy_printer_has_no_troubles(driver: str, tmp_path: Path) -> None:
    """Asked, it is known and well; and it keeps the name of the settings."""
    async with asyncio.timeout(GUARD_S), MADE[driver][0](tmp_path) as printer:
        assert await printer.status() == PrinterStatus(known=True)
        assert printer.name == "receipts"


@each
async def test_out_of_reach_is_unavailable(driver: str, tmp_path: Path) -> None:
    """Where nothing can be sent the job may stay queued, and the message says what to do; status does not raise."""
    printer = MADE[driver][1](tmp_path)
    async with asyncio.timeout(GUARD_S):
        with pytest.raises(Unavailable) as caught:
            await printer.print(sold("he"))
        assert isinstance(await printer.status(), PrinterStatus)

    assert caught.value.code == "printer_unreachable"
    assert caught.value.hint


@each
def test_wrong_options_are_told_by_name(driver: str) -> None:
    """An unknown option is named, and so are the wanted ones."""
    module, _, name = PRINTERS[driver].partition(":")
    options = getattr(__import__(module, fromlist=[name]), name).Options
    with pytest.raises(Misconfigured) as caught:
        load_printer(driver, "front desk", {"colour": "red"})

    assert "front desk" in caught.value.message
    assert "colour" in caught.value.message
    assert all(field.name in caught.value.hint for field in fields(options))


@each
def test_an_unknown_profile_is_a_mistake_of_the_settings(driver: str) -> None:
    """A profile that is not there stops the start."""
    options = {"host": "127.0.0.1"} if driver == "network" else {"folder": "paper"}
    with pytest.raises(Misconfigured, match="no-such-model"):
        load_printer(driver, "receipts", {**options, "profile": "no-such-model"})


@pytest.mark.parametrize("driver", ["netwrk", "drivers.nowhere:Printer", "drivers.virtual_printer:Nothing"])
def test_an_unknown_driver_is_a_mistake_of_the_settings(driver: str) -> None:
    """A driver that is not there is named, with what there is or why not."""
    with pytest.raises(Misconfigured) as caught:
        load_printer(driver, "receipts", {})

    assert driver in caught.value.message
    assert caught.value.hint


def test_a_driver_of_somebody_else_is_loaded_by_its_name(tmp_path: Path) -> None:
    """ "module:Class" in the settings is as good as a row of the table."""
    printer = load_printer("drivers.virtual_printer:FolderPrinter", "mine", {"folder": str(tmp_path)})

    assert printer.name == "mine"


def test_only_what_is_named_is_imported() -> None:
    """The table holds names, so that importing `drivers` imports no hardware library."""
    code = "import sys, drivers; print([m for m in ('escpos', 'PIL', 'serial', 'cv2') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "[]"


async def test_a_folder_holds_png_and_text(tmp_path: Path) -> None:
    """Each job is one PNG and one text, numbered on, with no half file left."""
    printer = load_printer("folder", "receipts", {"folder": str(tmp_path)})
    await printer.print(sold("he"))
    await load_printer("folder", "receipts", {"folder": str(tmp_path)}).print(sold("en"))

    assert sorted(file.name for file in tmp_path.iterdir()) == [
        "receipt-000001.png",
        "receipt-000001.txt",
        "receipt-000002.png",
        "receipt-000002.txt",
    ]
    assert "שלום" in (tmp_path / "receipt-000001.txt").read_text("utf-8")
