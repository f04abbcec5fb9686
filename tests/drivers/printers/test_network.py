"""The network printer against a listener that misbehaves in every known way: each job ends in time and says the truth."""

import asyncio
import contextlib
import socket
from pathlib import Path

import pytest
from PIL import ImageChops

from drivers.ports import Delivery, PrinterStatus
from drivers.printers import network
from drivers.printers.network import NetworkOptions, NetworkPrinter
from drivers.printers.render import raster
from drivers.virtual_printer import Fault, VirtualTcpPrinter
from runtime.errors import Unavailable
from runtime.words import LANGUAGES, knows
from tests.drivers.receipts import sold

GUARD_S = 30  # a hang, not a promise


def printer_at(port: int, deadline_s: int = 1, profile: str = "generic-80mm") -> NetworkPrinter:
    """A network printer on the loopback."""
    return NetworkPrinter("receipts", NetworkOptions("127.0.0.1", port, profile, deadline_s))


def closed_port() -> int:
    """A port on which nobody listens."""
    with socket.socket() as line:
        line.bind(("127.0.0.1", 0))
        return int(line.getsockname()[1])


@pytest.mark.parametrize(
    ("fault", "delivery"),
    [
        (Fault.NONE, Delivery.CONFIRMED),
        (Fault.NOISY, Delivery.CONFIRMED),
        (Fault.SILENT, Delivery.UNKNOWN),
        (Fault.CLOSES, Delivery.UNKNOWN),
        (Fault.DEAF, Delivery.UNKNOWN),
        (Fault.RUNS_OUT, Delivery.UNKNOWN),
    ],
)
async def test_how_a_job_ends(fault: Fault, delivery: Delivery) -> None:
    """Confirmed only when the printer has answered the fence with paper left; otherwise unknown, and in time."""
    async with asyncio.timeout(GUARD_S), VirtualTcpPrinter(fault=fault) as paper:
        assert await printer_at(paper.port).print(sold("he")) is delivery


async def test_what_arrives_is_what_was_drawn() -> None:
    """The dots on the virtual paper are those of the raster, once."""
    async with asyncio.timeout(GUARD_S), VirtualTcpPrinter() as paper:
        await printer_at(paper.port).print(sold("he"))
        await settled(paper, 1)

    (job,) = paper.printed
    assert job.unknown == 0
    assert job.picture is not None
    assert ImageChops.difference(job.picture.convert("L"), raster(sold("he"), 576).convert("L")).getbbox() is None


async def test_nobody_listens() -> None:
    """Nothing was sent: Unavailable with where and what to do."""
    with pytest.raises(Unavailable) as caught:
        await printer_at(port := closed_port()).print(sold("he"))

    assert caught.value.code == "printer_unreachable"
    assert str(port) in caught.value.message
    assert caught.value.hint


async def test_no_paper_before_the_job_keeps_it_queued() -> None:
    """A printer that says that it has no paper is sent nothing; with paper again, the job prints."""
    async with asyncio.timeout(GUARD_S), VirtualTcpPrinter(fault=Fault.PAPER_OUT) as paper:
        printer = printer_at(paper.port)
        with pytest.raises(Unavailable) as caught:
            await printer.print(sold("he"))
        assert caught.value.code == "printer_paper_out"
        assert (await printer.status()).troubles == ("offline", "paper_out")

        paper.fault = Fault.NONE
        assert await printer.print(sold("he")) is Delivery.CONFIRMED
        await settled(paper, 1)

    assert len(paper.printed) == 1


@pytest.mark.parametrize("language", LANGUAGES)
def test_whatever_stops_a_job_has_a_sentence(language: str) -> None:
    """Each reason to keep a job queued, and not knowing, can be told to the cashier."""
    codes = {"error.printer_unreachable", "error.print_unknown", *(f"error.printer_{trouble}" for trouble in network.STOPS)}

    assert [code for code in codes if not knows(language, code)] == []


async def test_status() -> None:
    """A healthy printer has no troubles; a silent or missing one is unknown, which is not "no paper"."""
    async with asyncio.timeout(GUARD_S), VirtualTcpPrinter() as paper:
        printer = printer_at(paper.port)
        assert await printer.status() == PrinterStatus(known=True)
        paper.fault = Fault.SILENT
        assert await printer.status() == PrinterStatus(known=False)

    assert await printer.status() == PrinterStatus(known=False)


async def test_a_question_never_holds_up_a_job(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A job that comes while a silent printer is being asked cuts the question short, which is then answered as unknown."""
    monkeypatch.setattr(network, "ASK_S", 3600)
    profile = tmp_path / "mute.toml"
    profile.write_text("dots = 384\nfence = false\nstatus = false\n")
    async with asyncio.timeout(GUARD_S), VirtualTcpPrinter(fault=Fault.SILENT) as paper:
        printer = printer_at(paper.port, 30, str(profile))
        asking = asyncio.create_task(printer.status())
        while not printer._owned.locked():
            await asyncio.sleep(0.005)

        assert await printer.print(sold("he")) is Delivery.UNKNOWN
        assert await asking == PrinterStatus(known=False)


async def test_a_job_never_waits_for_a_question_that_comes_later() -> None:
    """During a job a question is answered at once with what was heard last."""
    async with asyncio.timeout(GUARD_S), VirtualTcpPrinter(fault=Fault.SILENT) as paper:
        printer = printer_at(paper.port)
        job = asyncio.create_task(printer.print(sold("he")))
        while not printer._owned.locked():
            await asyncio.sleep(0.005)

        assert await printer.status() == PrinterStatus(known=False)
        assert not job.done()
        assert await job is Delivery.UNKNOWN


async def test_one_connection_to_a_job_and_a_pause_between() -> None:
    """Two jobs at once go one after the other, each on its own connection, and not sooner than printers allow."""
    times: list[tuple[float, float]] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        started = asyncio.get_running_loop().time()
        with contextlib.suppress(OSError):
            while chunk := await reader.read(65536):
                writer.write(b"\x00" if b"\x1dr\x01" in chunk[-3:] else b"")
        times.append((started, asyncio.get_running_loop().time()))
        writer.close()

    async with asyncio.timeout(GUARD_S), await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        printer = printer_at(server.sockets[0].getsockname()[1])
        ended = await asyncio.gather(printer.print(sold("he")), printer.print(sold("en")))
        while len(times) < 2:
            await asyncio.sleep(0.01)

    assert ended == [Delivery.CONFIRMED, Delivery.CONFIRMED]
    (_, first_end), (second_start, _) = sorted(times)
    assert second_start - first_end > network.REOPEN_S * 0.9


async def test_a_printer_that_babbles_is_not_believed() -> None:
    """Endless bytes that mean nothing end as unknown, in bounded memory."""

    async def babble(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            for _number in range(100):
                writer.write(b"\xff" * 1024)
                await writer.drain()
        writer.close()

    async with asyncio.timeout(GUARD_S), await asyncio.start_server(babble, "127.0.0.1", 0) as server:
        assert await printer_at(server.sockets[0].getsockname()[1]).print(sold("he")) is Delivery.UNKNOWN


async def test_a_connection_that_closes_at_once_leaves_the_job_queued() -> None:
    """Before the first byte of the job nothing is lost: Unavailable."""

    async def slam(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    async with asyncio.timeout(GUARD_S), await asyncio.start_server(slam, "127.0.0.1", 0) as server:
        with pytest.raises(Unavailable, match="closed the connection"):
            await printer_at(server.sockets[0].getsockname()[1]).print(sold("he"))


async def test_half_an_automatic_status_before_the_job_confirms_nothing() -> None:
    """The end of an automatic status that was cut in two is not taken for the fence's answer."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(64)
        writer.write(b"\x12\x12\x12\x12\x14")
        await writer.drain()
        await reader.read(4096)
        writer.write(b"\x00\x00\x0f")
        with contextlib.suppress(OSError):
            while await reader.read(65536):
                pass
        writer.close()

    async with asyncio.timeout(GUARD_S), await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        assert await printer_at(server.sockets[0].getsockname()[1]).print(sold("he")) is Delivery.UNKNOWN


async def test_a_model_without_a_fence_is_never_sure(tmp_path: Path) -> None:
    """Where the profile has no fence, a job that was sent is unknown, and nobody waits for an answer."""
    profile = tmp_path / "mute.toml"
    profile.write_text("dots = 384\nfence = false\nstatus = false\n")
    async with asyncio.timeout(GUARD_S), VirtualTcpPrinter(tmp_path / "paper") as paper:
        assert await printer_at(paper.port, 30, str(profile)).print(sold("he")) is Delivery.UNKNOWN
        await settled(paper, 1)

    assert [command.name for command in paper.printed[0].commands if command.name in {"GS r", "DLE EOT"}] == []
    assert [file.name for file in (tmp_path / "paper").iterdir()] == ["paper-000001.png"]


async def settled(paper: VirtualTcpPrinter, jobs: int) -> None:
    """Wait until the listener has seen the end of so many jobs."""
    while len(paper.printed) < jobs:
        await asyncio.sleep(0.005)
