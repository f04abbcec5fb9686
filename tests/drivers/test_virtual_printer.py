"""The printer of software behaves as the manuals say that real ones do, or nothing that is tested against it means much."""

import asyncio
import socket
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from drivers.printers.commands import Tokenizer
from drivers.printers.escpos import FENCE, job_bytes
from drivers.printers.profile import Profile
from drivers.printers.render import raster
from drivers.printers.status import status_of
from drivers.virtual_mechanism import FAULTS, Fault, Mechanism
from drivers.virtual_printer import Place, TcpPort, Terminal, VirtualPrinter
from tests.drivers.receipts import sold

MODEL = Profile(576)
GUARD_S = 30


def job(language: str = "he") -> bytes:
    """A whole print job."""
    return job_bytes(raster(sold(language), MODEL.dots), MODEL)


def dots(language: str = "he") -> bytes:
    """What it leaves on the paper."""
    return raster(sold(language), MODEL.dots).tobytes("raw", "1;I")


def asked(mechanism: Mechanism) -> tuple[str, ...]:
    """What it says of itself."""
    mechanism.answers()
    for question in b"\x01\x02\x03\x04":
        mechanism.take(b"\x10\x04" + bytes([question]))
    return status_of(list(mechanism.answers())).troubles


def test_every_fault_has_its_manner() -> None:
    """None is forgotten, and each but "none" is another one."""
    assert set(FAULTS) == set(Fault)
    assert len(set(FAULTS.values())) == len(Fault)


@pytest.mark.parametrize("size", [1, 7, 4096])
def test_a_job_comes_out_however_it_is_cut(size: int) -> None:
    """In pieces of any size the same dots come out, and the fence is answered at the very end and not before."""
    mechanism, sent = Mechanism(), job()
    for at in range(0, len(sent), size):
        assert mechanism.answers() == b""
        mechanism.take(sent[at : at + size])

    assert (mechanism.answers(), bytes(mechanism.paper), len(mechanism.printed)) == (b"\x00", dots(), 1)
    assert mechanism.printed[0].unknown == 0


@pytest.mark.parametrize("fault", [Fault.RUNS_OUT, Fault.COVER_OPENS])
def test_a_stopped_job_goes_on_where_it_stopped(fault: Fault) -> None:
    """Out of paper in the middle: the fence waits, real-time questions are answered, and with paper no row is lost or doubled."""
    mechanism = Mechanism()
    mechanism.fault = fault
    mechanism.take(job())
    assert mechanism.answers() == b""
    assert 0 < len(mechanism.paper) < len(dots())
    assert "offline" in asked(mechanism)
    mechanism.fault = Fault.NONE
    assert (mechanism.answers(), bytes(mechanism.paper)) == (b"\x00", dots())


def test_what_it_was_sent_survives_the_line_and_not_the_power() -> None:
    """A closed line changes nothing; switched off, it forgets what it had not printed, and half a picture is no job."""
    for switched_off, fences in ((False, 1), (True, 0)):
        mechanism = Mechanism()
        mechanism.fault = Fault.PAPER_OUT
        mechanism.take(job())
        mechanism.line_ended()
        if switched_off:
            mechanism.power_cycle()
        mechanism.fault = Fault.NONE
        assert (len(mechanism.answers()), bytes(mechanism.paper)) == (fences, dots() * fences)


def test_a_picture_that_is_cut_off_swallows_what_comes() -> None:
    """The rest of a band is taken from whatever comes next: questions are no questions there, as in real printers."""
    mechanism = Mechanism()
    mechanism.take(b"\x1dv0\x00\x48\x00\x02\x00" + b"\xff" * 100)
    mechanism.take(b"\x10\x04\x01" + FENCE)
    assert mechanism.answers() == b""
    mechanism.take(b"\0" * 144 + FENCE)
    assert mechanism.answers() == b"\x00"


def test_a_jammed_knife_waits_for_a_hand_or_a_command() -> None:
    """It stops at the cut; DLE ENQ 2 clears what waits, and while the knife sticks the next cut stops it again."""
    mechanism = Mechanism()
    mechanism.fault = Fault.JAMMED
    mechanism.take(job())
    assert mechanism.answers() == b""
    assert "cutter_error" in asked(mechanism)
    mechanism.take(b"\x10\x05\x02")
    assert asked(mechanism) == ()
    mechanism.take(job())
    assert "cutter_error" in asked(mechanism)
    mechanism.fault = Fault.NONE
    assert asked(mechanism) == ()


def test_slow_printing_answers_later() -> None:
    """100 rows a second: the fence is answered when the rows are out, and questions meanwhile."""
    mechanism = Mechanism()
    mechanism.fault = Fault.LATE
    mechanism.take(b"\x1dv0\x00\x01\x00\x14\x00" + b"\xff" * 20 + FENCE)
    assert mechanism.answers() == b""
    assert asked(mechanism) == ()
    end = time.monotonic() + GUARD_S
    while not (said := mechanism.answers()) and time.monotonic() < end:
        mechanism.take(b"")
    assert said == b"\x00"


def test_a_full_buffer_takes_no_more() -> None:
    """Stopped, it takes what its buffer holds and then stops reading, so that the sender notices."""
    mechanism = Mechanism()
    mechanism.fault = Fault.COVER_OPEN
    jobs = 0
    while not mechanism.full:
        mechanism.take(job())
        jobs += 1
        assert jobs < 100
    mechanism.fault = Fault.NONE
    assert (mechanism.full, bytes(mechanism.paper)) == (False, dots() * jobs)


async def test_the_second_client_waits(tmp_path: Path) -> None:
    """One connection at a time: the second one is answered when the first has gone."""
    async with asyncio.timeout(GUARD_S), VirtualPrinter(TcpPort(), tmp_path) as paper:
        _, first = await asyncio.open_connection("127.0.0.1", paper.place.port)
        reader, second = await asyncio.open_connection("127.0.0.1", paper.place.port)
        second.write(b"\x10\x04\x01")
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.3):
                await reader.read(1)
        first.close()
        assert await reader.read(1) == b"\x12"
        second.write(job())
        assert await reader.read(1) == b"\x00"
        for writer in (first, second):
            writer.close()
            await writer.wait_closed()

    assert [file.name for file in tmp_path.iterdir()] == ["paper-000001.png"]


async def test_an_unplugged_port_stays_its_own() -> None:
    """While it is unplugged connections are refused and nobody else can have the port; plugged in again it answers there."""
    async with asyncio.timeout(GUARD_S), VirtualPrinter(TcpPort()) as paper:
        for _ in range(2):
            await paper.unplug()
            with pytest.raises(ConnectionRefusedError):
                await asyncio.open_connection("127.0.0.1", paper.place.port)
            with socket.socket() as other, pytest.raises(OSError, match="in use"):
                other.bind(("127.0.0.1", paper.place.port))
            await paper.plug()
            reader, writer = await asyncio.open_connection("127.0.0.1", paper.place.port)
            writer.write(b"\x10\x04\x01")
            assert await reader.read(1) == b"\x12"
            writer.close()
            await writer.wait_closed()


async def test_two_printers_share_no_port() -> None:
    """The second one is refused, and not given every other connection."""
    async with asyncio.timeout(GUARD_S), VirtualPrinter(TcpPort()) as paper:
        with pytest.raises(OSError, match="in use"):
            await VirtualPrinter(TcpPort(paper.place.port)).plug()


@pytest.mark.parametrize("place", [lambda _: TcpPort(), Terminal])
async def test_a_bug_of_its_own_is_raised(
    place: Callable[[Path], Place], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What goes wrong inside it is not taken for a printer that hangs."""
    paper = VirtualPrinter(place(tmp_path / "lp0"))
    monkeypatch.setattr(paper.mechanism, "take", lambda _: 1 // 0)
    await paper.plug()
    with socket.socket() as client:
        if isinstance(paper.place, TcpPort):
            client.connect(("127.0.0.1", paper.place.port))
        assert paper._speaking
        await asyncio.wait({paper._speaking}, timeout=GUARD_S)
    with pytest.raises(ZeroDivisionError):
        await paper.__aexit__(None, None, None)
    assert not (tmp_path / "lp0").exists()


async def test_a_terminal_keeps_its_name(tmp_path: Path) -> None:
    """Unplugged the name is gone; plugged in again it is there and leads to a terminal that prints."""
    path = tmp_path / "lp0"
    async with asyncio.timeout(GUARD_S), VirtualPrinter(Terminal(path)) as paper:
        for _ in range(2):
            assert path.is_char_device()
            await paper.unplug()
            assert not path.exists()
            await paper.plug()
        with path.open("r+b", buffering=0) as line:
            line.write(b"\x10\x04\x01")
            assert await asyncio.to_thread(line.read, 1) == b"\x12"
    assert not path.is_symlink()


def test_every_command_that_posd_sends_is_known() -> None:
    """No byte of a job, a drawer's pulse or a beep is one that the tokenizer has no row for."""
    tokenizer = Tokenizer()
    for sent in (job(), b"\x1bp\x00\x19\xfa", b"\x1bB\x02\x02", b"\x1b(A\x04\x000\x01\x02\x05", b"\x10\x05\x02", b"\x1c."):
        tokenizer.feed(sent)

    assert (tokenizer.unknown, tokenizer.pending) == (0, b"")
