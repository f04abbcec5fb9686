"""What every printer driver keeps, whatever it prints on and whatever the printer does. A new driver is one more row in `MADE`."""

import asyncio
import inspect
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, fields, is_dataclass
from pathlib import Path
from typing import Any

import pytest

from drivers import PRINTERS, load_printer
from drivers.ports import Delivery, Printer, PrinterStatus, Signal
from drivers.printers import talk
from drivers.printers.escpos import FENCE
from drivers.printers.profile import load_profile
from drivers.printers.render import raster
from drivers.virtual_printer import Fault, VirtualPtyPrinter, VirtualTcpPrinter
from loyalty.receipt import Receipt, as_copy
from runtime.errors import Misconfigured, Unavailable
from tests.drivers.receipts import samples, sold

GUARD_S = 60
DEADLINE_S = 2
MODEL = load_profile("generic-80mm")


@dataclass
class Made:
    """A driver with the printer behind it; `paper` is None where there is no line to a printer (a folder)."""

    printer: Printer
    paper: VirtualTcpPrinter | VirtualPtyPrinter | None = None


@asynccontextmanager
async def network(_: Path, **more: Any) -> AsyncIterator[Made]:
    """The network driver with a listener behind it."""
    async with VirtualTcpPrinter() as paper:
        yield Made(load_printer("network", "receipts", {"host": "127.0.0.1", "port": paper.port, **more}), paper)


@asynccontextmanager
async def usb(tmp_path: Path, **more: Any) -> AsyncIterator[Made]:
    """The USB driver with a pseudo terminal in place of /dev/usb/lp0: it has no LPGETSTATUS, and is a character device as well."""
    async with VirtualPtyPrinter(tmp_path / "lp0") as paper:
        yield Made(load_printer("usb", "receipts", {"path": str(tmp_path / "lp0"), **more}), paper)


@asynccontextmanager
async def serial(tmp_path: Path, **more: Any) -> AsyncIterator[Made]:
    """The serial driver on a pseudo terminal, which has XON/XOFF and no DSR."""
    async with VirtualPtyPrinter(tmp_path / "ttyS0") as paper:
        options = {"path": str(tmp_path / "ttyS0"), "flow": "xon_xoff", **more}
        yield Made(load_printer("serial", "receipts", options), paper)


@asynccontextmanager
async def folder(tmp_path: Path) -> AsyncIterator[Made]:
    """The folder driver on an empty folder."""
    yield Made(load_printer("folder", "receipts", {"folder": str(tmp_path / "paper")}))


def broken(tmp_path: Path) -> dict[str, dict[str, object]]:
    """Options with which nothing can be reached: a port of which no machine here knows, no device, a file in the way."""
    (tmp_path / "file").write_text("in the way")
    nowhere = str(tmp_path / "nowhere")
    return {
        "network": {"host": "127.0.0.1", "port": 9},
        "usb": {"path": nowhere},
        "serial": {"path": nowhere},
        "folder": {"folder": str(tmp_path / "file" / "paper")},
    }


MADE: dict[str, Callable[..., AbstractAsyncContextManager[Made]]] = {
    "network": network,
    "usb": usb,
    "serial": serial,
    "folder": folder,
}
LINES = ("network", "usb", "serial")
each = pytest.mark.parametrize("driver", sorted(PRINTERS))
each_line = pytest.mark.parametrize("driver", LINES)


def test_every_driver_is_in_the_suite() -> None:
    """No driver of the table escapes."""
    assert set(MADE) == set(PRINTERS)


@each
def test_a_driver_has_the_protocol_and_frozen_options(driver: str) -> None:
    """A driver's class has exactly the port's methods and a frozen dataclass of options."""
    module, _, name = PRINTERS[driver].partition(":")
    made = getattr(__import__(module, fromlist=[name]), name)
    methods = {"print", "send", "signal", "status"}

    assert methods | {"Options"} == {member for member in vars(made) if not member.startswith("_")}
    assert all(inspect.iscoroutinefunction(getattr(made, method)) for method in methods)
    assert is_dataclass(made.Options)
    assert made.Options.__dataclass_params__.frozen


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
    module, _, name = PRINTERS[driver].partition(":")
    options = getattr(__import__(module, fromlist=[name]), name).Options
    with pytest.raises(Misconfigured) as caught:
        load_printer(driver, "front desk", {"colour": "red"})

    assert "front desk" in caught.value.message
    assert "colour" in caught.value.message
    assert all(field.name in caught.value.hint for field in fields(options))


@each
def test_an_unknown_profile_is_a_mistake_of_the_settings(driver: str, tmp_path: Path) -> None:
    """A profile that is not there stops the start."""
    with pytest.raises(Misconfigured, match="no-such-model"):
        load_printer(driver, "receipts", {**broken(tmp_path)[driver], "profile": "no-such-model"})


ENDS: dict[Fault, Delivery | str] = {
    Fault.NONE: Delivery.CONFIRMED,
    Fault.SILENT: Delivery.UNKNOWN,
    Fault.CLOSES: Delivery.UNKNOWN,
    Fault.RESETS: Delivery.UNKNOWN,
    Fault.HALF_OPEN: Delivery.UNKNOWN,
    Fault.DEAF: Delivery.UNKNOWN,
    Fault.STALLS: Delivery.UNKNOWN,
    Fault.COVER_OPEN: "printer_cover_open",
    Fault.COVER_OPENS: Delivery.UNKNOWN,
    Fault.PAPER_OUT: "printer_paper_out",
    Fault.RUNS_OUT: Delivery.UNKNOWN,
    Fault.NEAR_END: Delivery.CONFIRMED,
    Fault.JAMMED: Delivery.UNKNOWN,
    Fault.NOISY: Delivery.CONFIRMED,
    Fault.GARBLED: Delivery.UNKNOWN,
    Fault.SLOW: Delivery.CONFIRMED,
    Fault.LATE: Delivery.UNKNOWN,
}
"""How the first job ends under each fault. A code is that of Unavailable: nothing was sent, the job waits."""


def hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    """The printers here are no slower than this; only the waiting for those that never answer is shorter."""
    for name, value_s in (("ASK_S", 0.3), ("SYNC_S", 0.3), ("SETTLE_S", 0.05), ("LEARN_S", 0.5)):
        monkeypatch.setattr(talk, name, value_s)


def dots(receipt: Receipt) -> bytes:
    """The receipt's rows of dots, as they come out of a printer."""
    return raster(receipt, MODEL.dots).tobytes("raw", "1;I")


async def attempt(printer: Printer, receipt: Receipt) -> Delivery | str:
    """Print once; the code where it is Unavailable."""
    try:
        return await printer.print(receipt)
    except Unavailable as error:
        return error.code if error.hint else "it does not say what to do"


async def until_confirmed(printer: Printer) -> int:
    """Print the English receipt until one is confirmed; how many went out unknown before."""
    unknown = 0
    for _ in range(5):
        ended = await attempt(printer, sold("en"))
        if ended is Delivery.CONFIRMED:
            return unknown
        unknown += ended is Delivery.UNKNOWN
    raise AssertionError("it does not print any more")


@each_line
@pytest.mark.parametrize("fault", list(Fault))
async def test_every_fault_ends_in_time_and_is_told_truly(
    driver: str, fault: Fault, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Under each fault a job ends within its deadline, is confirmed only when it is whole on paper, and never comes out twice;
    seen to, the same driver prints on without a restart."""
    hurry(monkeypatch)
    deadline_s = DEADLINE_S if ENDS[fault] is Delivery.UNKNOWN else 20
    async with asyncio.timeout(GUARD_S), MADE[driver](tmp_path, deadline_s=deadline_s) as made:
        assert made.paper
        made.paper.fault = fault
        started = asyncio.get_running_loop().time()
        ended = await attempt(made.printer, sold("he"))
        assert asyncio.get_running_loop().time() - started < 10 * (2 * deadline_s + 2)  # a hang, not a promise
        paper = made.paper.mechanism.paper
        assert ended == ENDS[fault]
        assert paper.count(dots(sold("he"))) == (ended is Delivery.CONFIRMED) or ended is Delivery.UNKNOWN

        made.paper.fault = Fault.NONE
        unknown = await until_confirmed(made.printer)
        assert paper.count(dots(sold("he"))) <= 1
        assert 1 <= paper.count(dots(sold("en"))) <= 1 + unknown


@each_line
async def test_a_late_answer_to_one_job_confirms_no_other(driver: str, tmp_path: Path) -> None:
    """A job that ran into its deadline still prints and is answered: that answer is for it alone, whatever comes next."""
    async with asyncio.timeout(GUARD_S), MADE[driver](tmp_path, deadline_s=DEADLINE_S) as made:
        assert made.paper
        assert await made.printer.print(sold("he")) is Delivery.CONFIRMED
        made.paper.fault = Fault.RUNS_OUT
        assert await made.printer.print(sold("en")) is Delivery.UNKNOWN
        made.paper.fault = Fault.NONE  # paper: the rest comes out, and its fence is answered to whoever is there
        made.paper.fault = Fault.COVER_OPENS
        assert await made.printer.print(sold("ar")) is Delivery.UNKNOWN
        assert made.paper.mechanism.paper.count(dots(sold("ar"))) == 0
        assert made.paper.mechanism.paper.count(dots(sold("en"))) == 1


@each_line
@pytest.mark.parametrize(
    ("fault", "troubles"),
    [
        (Fault.COVER_OPEN, {"offline", "cover_open"}),
        (Fault.PAPER_OUT, {"offline", "paper_out", "paper_near_end"}),
        (Fault.NEAR_END, {"paper_near_end"}),
        (Fault.NOISY, set()),
    ],
)
async def test_troubles_are_told_apart(driver: str, fault: Fault, troubles: set[str], tmp_path: Path) -> None:
    """Cover, paper and the end of the roll coming near are each told by name."""
    async with asyncio.timeout(GUARD_S), MADE[driver](tmp_path) as made:
        assert made.paper
        made.paper.fault = fault
        status = await made.printer.status()
        assert (status.known, set(status.troubles)) == (True, troubles)


@each_line
async def test_a_jammed_knife_is_told_and_forgotten_once_it_is_free(driver: str, tmp_path: Path) -> None:
    """The knife jams at the end of a job: told by name, and freed by hand the printer goes on without being switched off."""
    async with asyncio.timeout(GUARD_S), MADE[driver](tmp_path, deadline_s=DEADLINE_S) as made:
        assert made.paper
        made.paper.fault = Fault.JAMMED
        assert await attempt(made.printer, sold("he")) is Delivery.UNKNOWN
        assert "cutter_error" in (await made.printer.status()).troubles
        assert await attempt(made.printer, sold("en")) == "printer_cutter_error"
        made.paper.fault = Fault.NONE
        assert await until_confirmed(made.printer) == 0


@each_line
async def test_trouble_in_the_middle_of_a_job_is_heard_at_once(
    driver: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While a job waits for its fence a status question is answered with what the printer says now, and disturbs nothing."""
    monkeypatch.setattr(talk, "STATUS_S", 0.1)
    async with asyncio.timeout(GUARD_S), MADE[driver](tmp_path) as made:
        assert made.paper
        made.paper.fault = Fault.RUNS_OUT
        job = asyncio.create_task(made.printer.print(sold("he")))
        while "paper_out" not in (await made.printer.status()).troubles:
            await asyncio.sleep(0.01)
        assert not job.done()
        made.paper.fault = Fault.NONE
        assert await job is Delivery.CONFIRMED
        assert made.paper.mechanism.paper == dots(sold("he"))


@each_line
async def test_asking_all_the_time_disturbs_no_job(driver: str, tmp_path: Path) -> None:
    """Five receipts come out whole and once while somebody asks how it is without a pause."""
    async with asyncio.timeout(GUARD_S), MADE[driver](tmp_path) as made:
        assert made.paper

        async def ask() -> None:
            while True:
                await made.printer.status()
                await asyncio.sleep(0.005)

        asking = asyncio.create_task(ask())
        for _ in range(5):
            assert await made.printer.print(sold("he")) is Delivery.CONFIRMED
            await asyncio.sleep(0.02)
        asking.cancel()
        assert made.paper.mechanism.paper == 5 * dots(sold("he"))


@each_line
async def test_unplugged_and_plugged_in_again(driver: str, tmp_path: Path) -> None:
    """Without its line the printer is unavailable and unknown; with it again the same driver prints, without a restart."""
    async with asyncio.timeout(GUARD_S), MADE[driver](tmp_path, deadline_s=DEADLINE_S) as made:
        assert made.paper
        assert await made.printer.print(sold("he")) is Delivery.CONFIRMED
        for _ in range(2):
            await made.paper.unplug()
            assert await attempt(made.printer, sold("he")) == "printer_unreachable"
            assert await made.printer.status() == PrinterStatus(known=False)
            await made.paper.plug()
            assert await made.printer.print(sold("en")) is Delivery.CONFIRMED


@each_line
async def test_unplugged_in_the_middle(driver: str, tmp_path: Path) -> None:
    """The line goes while the job waits for its fence: unknown, within the deadline, and the next one prints."""
    async with asyncio.timeout(GUARD_S), MADE[driver](tmp_path, deadline_s=3) as made:
        assert made.paper
        made.paper.fault = Fault.RUNS_OUT
        job = asyncio.create_task(made.printer.print(sold("he")))
        while not made.paper.mechanism.paper_out:
            await asyncio.sleep(0.005)
        await made.paper.unplug()
        assert await job is Delivery.UNKNOWN
        made.paper.mechanism.power_cycle()
        made.paper.fault = Fault.NONE
        await made.paper.plug()
        assert await until_confirmed(made.printer) == 0
        assert made.paper.mechanism.paper.count(dots(sold("he"))) == 0


@each_line
async def test_a_receipt_of_40_cm_prints(driver: str, tmp_path: Path) -> None:
    """3,200 rows of dots in a hundred bands: whole, once, confirmed."""
    long = sold("he")
    long = Receipt(long.language, long.currency, long.blocks * 8)
    assert raster(long, MODEL.dots).height >= 3200
    async with asyncio.timeout(GUARD_S), MADE[driver](tmp_path) as made:
        assert made.paper
        assert await made.printer.print(long) is Delivery.CONFIRMED
        assert made.paper.mechanism.paper == dots(long)


@each_line
@pytest.mark.parametrize("high", range(16))
async def test_any_answer_is_survived(driver: str, high: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A printer that answers every question with one and the same byte, whichever it is, never crashes or hangs the driver; and
    where that byte is no answer to the fence, no job is taken for confirmed."""
    hurry(monkeypatch)

    async def answered_by(byte: int) -> None:
        folder = tmp_path / str(byte)
        folder.mkdir()
        async with MADE[driver](folder, deadline_s=DEADLINE_S) as made:
            assert made.paper
            made.paper.mechanism.parrot = bytes([byte])
            ended = await attempt(made.printer, sold("en"))
            assert ended is Delivery.UNKNOWN or str(ended).startswith("printer_") or byte & 0x90 == 0
            assert isinstance(await made.printer.status(), PrinterStatus)

    async with asyncio.timeout(GUARD_S):
        await asyncio.gather(*(answered_by(16 * high + low) for low in range(16)))


@each_line
@pytest.mark.parametrize(("drawer", "pulses"), [("both", 2), ("pin2", 1), ("pin5", 1)])
async def test_the_drawer_opens(driver: str, drawer: str, pulses: int, tmp_path: Path) -> None:
    """A signal pulses the pins that the settings name, prints nothing and says nothing about jobs."""
    async with asyncio.timeout(GUARD_S), MADE[driver](tmp_path, drawer=drawer) as made:
        assert made.paper
        await made.printer.signal(Signal.DRAWER)
        while made.paper.mechanism.pulses < pulses:
            await asyncio.sleep(0.005)
        assert (made.paper.mechanism.pulses, made.paper.printed) == (pulses, [])


async def test_jobs_end_in_their_states_under_another_client(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another program holds the one connection that the printer has: the job waits, and prints when that one has gone."""
    hurry(monkeypatch)
    async with asyncio.timeout(GUARD_S), network(tmp_path, deadline_s=DEADLINE_S) as made:
        assert isinstance(made.paper, VirtualTcpPrinter)
        assert await made.printer.print(sold("he")) is Delivery.CONFIRMED
        _, other = await asyncio.open_connection("127.0.0.1", made.paper.port)
        await asyncio.sleep(0.1)
        assert await attempt(made.printer, sold("en")) == "printer_busy"
        other.close()
        await other.wait_closed()
        assert await until_confirmed(made.printer) == 0
        assert made.paper.mechanism.paper == dots(sold("he")) + dots(sold("en"))


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
