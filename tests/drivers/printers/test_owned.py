"""The one owner of a printer: questions and jobs, models that say nothing, and that no word is never taken for a yes."""

import asyncio
from pathlib import Path

import pytest
from PIL import ImageChops

from drivers.ports import Delivery, PrinterStatus, Signal
from drivers.printers import owned, talk
from drivers.printers.network import NetworkOptions, NetworkPrinter
from drivers.printers.owned import Owned
from drivers.printers.render import raster
from drivers.virtual_printer import Fault, TcpPort, VirtualPrinter
from runtime.errors import Rejected, Unavailable
from runtime.words import LANGUAGES, knows
from tests.drivers.printer_lines import hurry
from tests.drivers.receipts import sold

GUARD_S = 30


def printer_at(port: int, deadline_s: float = 10, profile: str = "generic-80mm") -> Owned:
    """A network printer on the loopback."""
    return NetworkPrinter("receipts", NetworkOptions("127.0.0.1", port, profile, deadline_s))


def mute(folder: Path) -> str:
    """The profile of a model that answers nothing."""
    (folder / "mute.toml").write_text("dots = 384\nfence = false\nstatus = false\n")
    return str(folder / "mute.toml")


async def settled(paper: VirtualPrinter[TcpPort], jobs: int) -> None:
    """Wait until so many jobs have come out."""
    while len(paper.printed) < jobs:
        await asyncio.sleep(0.005)


async def test_what_arrives_is_what_was_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    """The dots on the virtual paper are those of the raster, once, and no byte is one that printers do not know; with all of
    posd's own waits."""
    monkeypatch.undo()
    async with asyncio.timeout(GUARD_S), VirtualPrinter(TcpPort()) as paper:
        await printer_at(paper.place.port).print(sold("he"))

    (job,) = paper.printed
    assert job.unknown == 0
    assert job.picture is not None
    assert ImageChops.difference(job.picture.convert("L"), raster(sold("he"), 576).convert("L")).getbbox() is None


async def test_starting_is_told_right_before_the_first_byte() -> None:
    """A job is `sending` only once the printer was found well; a printer without paper never makes one."""
    told = []

    async def starting() -> None:
        told.append(bytes(paper.mechanism.paper))

    async with asyncio.timeout(GUARD_S), VirtualPrinter(TcpPort(), fault=Fault.PAPER_OUT) as paper:
        printer = printer_at(paper.place.port)
        with pytest.raises(Unavailable) as caught:
            await printer.print(sold("he"), starting)
        assert (caught.value.code, told) == ("printer_paper_out", [])
        paper.fault = Fault.NONE
        assert await printer.print(sold("he"), starting) is Delivery.CONFIRMED
        assert told == [b""]


@pytest.mark.parametrize("language", LANGUAGES)
def test_whatever_stops_a_job_has_a_sentence(language: str) -> None:
    """Each reason to keep a job queued, and not knowing, can be told to the cashier."""
    codes = {"error.printer_unreachable", "error.printer_busy", "error.print_unknown"}
    codes |= {f"error.printer_{trouble}" for trouble in owned.STOPS}

    assert [code for code in codes if not knows(language, code)] == []


async def test_a_question_never_holds_up_a_job(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A job that comes while a silent printer is being asked cuts the question short, which is then answered as unknown."""
    monkeypatch.setattr(talk, "ASK_S", 3600)
    async with asyncio.timeout(GUARD_S), VirtualPrinter(TcpPort(), fault=Fault.SILENT) as paper:
        (tmp_path / "model.toml").write_text("dots = 384\nfence = false\n")
        printer = printer_at(paper.place.port, 30, str(tmp_path / "model.toml"))
        asking = asyncio.create_task(printer.status())
        while not printer._talk:
            await asyncio.sleep(0.005)
        monkeypatch.setattr(talk, "ASK_S", 0.05)

        assert await printer.print(sold("he")) is Delivery.UNKNOWN
        assert await asking == PrinterStatus(known=False)


async def test_a_job_never_waits_for_a_question_that_comes_later(monkeypatch: pytest.MonkeyPatch) -> None:
    """During a job a question is answered at once with what was heard last."""
    hurry(monkeypatch, 0.2)
    async with asyncio.timeout(GUARD_S), VirtualPrinter(TcpPort(), fault=Fault.SILENT) as paper:
        printer = printer_at(paper.place.port, 1)
        job = asyncio.create_task(printer.print(sold("he")))
        while not printer._owned.locked():
            await asyncio.sleep(0.005)

        assert await printer.status() == PrinterStatus(known=False)
        assert not job.done()
        assert await job is Delivery.UNKNOWN


async def test_a_model_without_a_fence_is_never_sure(tmp_path: Path) -> None:
    """Where the profile has no fence, a job that was sent is unknown, all of it arrives, and nobody waits for an answer."""
    async with asyncio.timeout(GUARD_S), VirtualPrinter(TcpPort(), tmp_path / "paper") as paper:
        assert await printer_at(paper.place.port, 30, mute(tmp_path)).print(sold("he")) is Delivery.UNKNOWN
        await settled(paper, 1)

    assert [command.name for command in paper.printed[0].commands if command.name in {"GS r", "DLE EOT"}] == []
    assert paper.mechanism.paper == raster(sold("he"), 384).tobytes("raw", "1;I")
    assert [file.name for file in (tmp_path / "paper").iterdir()] == ["paper-000001.png"]


async def test_a_model_that_never_answers_still_prints(monkeypatch: pytest.MonkeyPatch) -> None:
    """A profile that promises answers which never come: each job goes out once and is unknown; only the first one waits to ask."""
    asked = []
    hurry(monkeypatch, 0.2)
    monkeypatch.setattr(talk.Talk, "idle", lambda *call, idle=talk.Talk.idle: asked.append(1) or idle(*call))
    async with asyncio.timeout(GUARD_S), VirtualPrinter(TcpPort(), fault=Fault.SILENT) as paper:
        printer = printer_at(paper.place.port, 5)
        for jobs in (1, 2, 3):
            assert await printer.print(sold("he")) is Delivery.UNKNOWN
            await settled(paper, jobs)

    assert paper.mechanism.paper == 3 * raster(sold("he"), 576).tobytes("raw", "1;I")
    assert asked == [1]


async def test_a_model_that_learns_to_speak_is_believed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Silent at first, heard once: the job after that is confirmed again."""
    hurry(monkeypatch, 0.5)
    async with asyncio.timeout(GUARD_S), VirtualPrinter(TcpPort(), fault=Fault.SILENT) as paper:
        printer = printer_at(paper.place.port, 5)
        assert await printer.print(sold("he")) is Delivery.UNKNOWN
        paper.fault = Fault.NONE
        assert await printer.print(sold("he")) is Delivery.UNKNOWN
        assert await printer.print(sold("he")) is Delivery.CONFIRMED


async def test_a_picture_that_was_cut_off_swallows_no_receipt(monkeypatch: pytest.MonkeyPatch) -> None:
    """The printer hangs in the middle of a band whose end never came, as after a crash: it is brought out of it first."""
    hurry(monkeypatch, 0.2)
    async with asyncio.timeout(GUARD_S), VirtualPrinter(TcpPort()) as paper:
        paper.mechanism.take(b"\x1b@\x1dv0\x00\x48\x00\xc8\x00" + b"\xff" * 1000)
        assert await printer_at(paper.place.port, 5).print(sold("he")) is Delivery.CONFIRMED

    assert paper.mechanism.paper.endswith(raster(sold("he"), 576).tobytes("raw", "1;I"))


async def test_a_printer_that_hangs_after_it_has_spoken_keeps_the_job(monkeypatch: pytest.MonkeyPatch) -> None:
    """It has confirmed a job and says nothing now: nothing is sent, the job waits."""
    hurry(monkeypatch, 0.2)
    async with asyncio.timeout(GUARD_S), VirtualPrinter(TcpPort()) as paper:
        printer = printer_at(paper.place.port, 1)
        assert await printer.print(sold("he")) is Delivery.CONFIRMED
        paper.fault = Fault.DEAF
        with pytest.raises(Unavailable) as caught:
            await printer.print(sold("en"))
        assert caught.value.code == "printer_busy"
        paper.fault = Fault.NONE
        assert await printer.print(sold("en")) is Delivery.CONFIRMED

    assert len(paper.printed) == 2


async def test_signals_that_nothing_hangs_on_are_rejected() -> None:
    """No drawer, no buzzer: said with the setting to change, before anything is sent."""
    options = NetworkOptions("127.0.0.1", 9, drawer="none")
    for signal, code in ((Signal.DRAWER, "no_drawer"), (Signal.BUZZER, "no_buzzer")):
        with pytest.raises(Rejected) as caught:
            await NetworkPrinter("receipts", options).signal(signal)
        assert caught.value.code == code
        assert caught.value.hint


@pytest.mark.parametrize(("profile", "beeps"), [("epson-tm-t20iii", 1), ("xprinter-80mm", 1)])
async def test_the_buzzer_beeps_in_the_language_of_the_model(profile: str, beeps: int) -> None:
    """Epson's command and the clones' own are both whole commands of their tables."""
    async with asyncio.timeout(GUARD_S), VirtualPrinter(TcpPort()) as paper:
        await printer_at(paper.place.port, 5, profile).signal(Signal.BUZZER)
        while paper.mechanism.beeps < beeps:
            await asyncio.sleep(0.005)
        assert await printer_at(paper.place.port, 5, profile).print(sold("he")) is Delivery.CONFIRMED

    assert paper.printed[0].unknown == 0


async def test_without_a_sensor_nobody_hears_of_the_end_coming_near(tmp_path: Path) -> None:
    """Clones set that bit as they please: a profile without the sensor never tells of it, one with it does."""
    (tmp_path / "model.toml").write_text("dots = 576\nnear_end = false\n")
    async with asyncio.timeout(GUARD_S), VirtualPrinter(TcpPort(), fault=Fault.NEAR_END) as paper:
        assert (await printer_at(paper.place.port).status()).troubles == ("paper_near_end",)
        assert await printer_at(paper.place.port, 1, str(tmp_path / "model.toml")).status() == PrinterStatus(known=True)
