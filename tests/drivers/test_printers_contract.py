"""What every printer driver keeps, whatever it prints on and whatever the printer does. A new driver is one more row in `MADE`."""

import asyncio
import inspect
import subprocess
import sys
from dataclasses import fields, is_dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from drivers import PRINTERS, load_printer
from drivers.ports import Delivery, PrinterStatus, Signal
from drivers.printers.escpos import FENCE
from loyalty.receipt import as_copy
from runtime.errors import Misconfigured, Unavailable
from tests.drivers.printer_lines import MADE, broken
from tests.drivers.receipts import samples, sold

GUARD_S = 60


each = pytest.mark.parametrize("driver", sorted(PRINTERS))


def driver_of(row: str) -> Any:
    """What that row of the table names."""
    module, _, name = PRINTERS[row].partition(":")
    return getattr(import_module(module), name)


def test_every_driver_is_in_the_suite() -> None:
    """No driver of the table escapes."""
    assert set(MADE) == set(PRINTERS)


@each
async def test_a_driver_has_the_protocol_and_frozen_options(driver: str, tmp_path: Path) -> None:
    """What a driver makes has exactly the port's methods, and it has a frozen dataclass of options."""
    async with MADE[driver](tmp_path) as made:
        functions = {name: what for name, what in vars(type(made.printer)).items() if inspect.isfunction(what)}
    options = driver_of(driver).Options

    assert {name for name in functions if not name.startswith("_")} == {"print", "send", "signal", "status"}
    assert all(inspect.iscoroutinefunction(what) for name, what in functions.items() if not name.startswith("_"))
    assert is_dataclass(options)
    assert options.__dataclass_params__.frozen  # type: ignore[attr-defined]


@each
async def test_every_receipt_is_confirmed(driver: str, tmp_path: Path) -> None:
    """A healthy printer confirms whatever receipt it is given."""
    async with asyncio.timeout(GUARD_S), MADE[driver](tmp_path) as made:
        for name in ("he-sale", "en-return"):
            assert await made.printer.print(samples()[name]) is Delivery.CONFIRMED
        assert await made.printer.print(as_copy(sold("he"))) is Delivery.CONFIRMED


@each
async def test_jobs_at_the_same_time_all_print(driver: str, tmp_path: Path) -> None:
    """Three jobs at once are three confirmed jobs."""
    async with asyncio.timeout(GUARD_S), MADE[driver](tmp_path) as made:
        assert await asyncio.gather(*(made.printer.print(sold("en")) for _ in range(3))) == [Delivery.CONFIRMED] * 3


@each
async def test_bytes_print_as_receipts_do(driver: str, tmp_path: Path) -> None:
    """A job that is bytes already, a test page, is delivered the same way."""
    async with asyncio.timeout(GUARD_S), MADE[driver](tmp_path) as made:
        assert await made.printer.send(b"\x1b@posd 1.0\n\n" + FENCE) is Delivery.CONFIRMED
        if made.paper:
            assert [command.args for command in made.paper.printed[0].commands if command.name == "text"] == [b"posd 1.0\n\n"]


@each
async def test_a_healthy_printer_has_no_troubles(driver: str, tmp_path: Path) -> None:
    """Asked, it is known and well; and it keeps the name of the settings."""
    async with asyncio.timeout(GUARD_S), MADE[driver](tmp_path) as made:
        assert await made.printer.status() == PrinterStatus(known=True)
        assert made.printer.name == "receipts"


@each
async def test_out_of_reach_is_unavailable(driver: str, tmp_path: Path) -> None:
    """Where nothing can be sent the job may stay queued, and the message says what to do; status does not raise."""
    printer = load_printer(driver, "receipts", broken(tmp_path)[driver])
    async with asyncio.timeout(GUARD_S):
        for call in (printer.print(sold("he")), printer.send(FENCE), printer.signal(Signal.DRAWER)):
            with pytest.raises(Unavailable) as caught:
                await call
            assert caught.value.code == "printer_unreachable"
            assert caught.value.hint
        assert isinstance(await printer.status(), PrinterStatus)


@each
def test_wrong_options_are_told_by_name(driver: str) -> None:
    """An unknown option is named, and so are the wanted ones."""
    with pytest.raises(Misconfigured) as caught:
        load_printer(driver, "front desk", {"colour": "red"})

    assert "front desk" in caught.value.message
    assert "colour" in caught.value.message
    assert all(field.name in caught.value.hint for field in fields(driver_of(driver).Options))


@each
def test_an_unknown_profile_is_a_mistake_of_the_settings(driver: str, tmp_path: Path) -> None:
    """A profile that is not there stops the start."""
    with pytest.raises(Misconfigured, match="no-such-model"):
        load_printer(driver, "receipts", {**broken(tmp_path)[driver], "profile": "no-such-model"})


@pytest.mark.parametrize("driver", ["netwrk", "drivers.nowhere:Printer", "drivers.virtual_printer:Nothing"])
def test_an_unknown_driver_is_a_mistake_of_the_settings(driver: str) -> None:
    """A driver that is not there is named, with what there is or why not."""
    with pytest.raises(Misconfigured) as caught:
        load_printer(driver, "receipts", {})

    assert driver in caught.value.message
    assert caught.value.hint


def test_a_driver_of_somebody_else_is_loaded_by_its_name(tmp_path: Path) -> None:
    """ "module:Class" in the settings is as good as a row of the table."""
    printer = load_printer("drivers.printers.folder:FolderPrinter", "mine", {"folder": str(tmp_path)})

    assert printer.name == "mine"


def test_only_what_is_named_is_imported() -> None:
    """The table holds names, so that importing `drivers` imports no hardware library."""
    code = "import sys, drivers; print([m for m in ('escpos', 'PIL', 'serial', 'cv2') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "[]"
