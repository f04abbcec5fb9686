"""What every driver with a line to a printer keeps whatever that printer does: in time, told truly, and printing on afterwards."""

import asyncio
from pathlib import Path

import pytest

from drivers.ports import Delivery, Printer, PrinterStatus, Signal
from drivers.printers import talk
from drivers.printers.escpos import FENCE
from drivers.printers.profile import load_profile
from drivers.printers.render import raster
from drivers.virtual_printer import Fault
from loyalty.document import Receipt
from runtime.errors import Unavailable
from tests.drivers.printer_lines import MADE, hurry, network
from tests.drivers.receipts import sold
from tests.drivers.scanners.reads import open_paths, until

GUARD_S = 60
DEADLINE_S = 1
SLACK_S = 10
MODEL = load_profile("generic-80mm")
LINES = ("network", "usb", "serial")
each_line = pytest.mark.parametrize("driver", LINES)


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


def dots(receipt: Receipt, across: int = MODEL.dots) -> bytes:
    """The receipt's rows of dots, as they come out of a printer."""
    return raster(receipt, across).tobytes("raw", "1;I")


async def attempt(printer: Printer, job: Receipt | bytes) -> Delivery | str:
    """Print once; the code where it is Unavailable."""
    try:
        return await (printer.send(job) if isinstance(job, bytes) else printer.print(job))
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
    hurry(monkeypatch, 0.3)
    (tmp_path / "narrow.toml").write_text("dots = 384\n")  # all the same, and a third less to draw
    he, en = dots(sold("he"), 384), dots(sold("en"), 384)
    # asking, a fence twice before the job and then the job; and what a busy machine takes
    bound_s = talk.ASK_S + 2 * (talk.SYNC_S + DEADLINE_S) + talk.QUIET_S + DEADLINE_S + SLACK_S
    deadline_s = DEADLINE_S if ENDS[fault] is Delivery.UNKNOWN else 20
    options = {"deadline_s": deadline_s, "profile": str(tmp_path / "narrow.toml")}
    async with asyncio.timeout(GUARD_S), MADE[driver](tmp_path, **options) as made:
        assert made.paper
        made.paper.fault = fault
        async with asyncio.timeout(bound_s if ENDS[fault] is Delivery.UNKNOWN else GUARD_S):
            ended = await attempt(made.printer, sold("he"))
        paper = made.paper.mechanism.paper
        assert ended == ENDS[fault]
        assert paper.count(he) == (ended is Delivery.CONFIRMED) or ended is Delivery.UNKNOWN

        made.paper.fault = Fault.NONE
        unknown = await until_confirmed(made.printer)
        assert paper.count(he) <= 1
        assert 1 <= paper.count(en) <= 1 + unknown


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
    """The line goes while the job waits for its fence: unknown, in time, the next one prints, and no file stays open."""
    async with asyncio.timeout(GUARD_S), MADE[driver](tmp_path, deadline_s=1.5) as made:
        assert made.paper
        files = len(open_paths())
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
        await until(lambda: len(open_paths()) <= files)  # the printer hears of our closing a little later


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
@pytest.mark.parametrize("first", range(0, 256, 32))
async def test_any_answer_is_survived(driver: str, first: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A printer that answers every question with one and the same byte, whichever it is, never crashes or hangs the driver; and
    where that byte is no answer to the fence, no job is taken for confirmed."""
    hurry(monkeypatch, 0.15)

    async def answered_by(byte: int) -> None:
        folder = tmp_path / str(byte)
        folder.mkdir()
        async with MADE[driver](folder, deadline_s=DEADLINE_S) as made:
            assert made.paper
            made.paper.mechanism.parrot = bytes([byte])
            ended = await attempt(made.printer, b"\x1b@short\n" + FENCE)
            assert ended is Delivery.UNKNOWN or str(ended).startswith("printer_") or byte & 0x90 == 0
            assert isinstance(await made.printer.status(), PrinterStatus)

    async with asyncio.timeout(GUARD_S):
        await asyncio.gather(*(answered_by(byte) for byte in range(first, first + 32)))


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
    hurry(monkeypatch, 0.3)
    async with asyncio.timeout(GUARD_S), network(tmp_path, deadline_s=DEADLINE_S) as made:
        assert made.paper
        assert await made.printer.print(sold("he")) is Delivery.CONFIRMED
        _, other = await asyncio.open_connection(*made.paper.place.where.split(":"))
        await asyncio.sleep(0.1)
        assert await attempt(made.printer, sold("en")) == "printer_busy"
        other.close()
        await other.wait_closed()
        assert await until_confirmed(made.printer) == 0
        assert made.paper.mechanism.paper == dots(sold("he")) + dots(sold("en"))
