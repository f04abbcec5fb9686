"""What is particular to a serial line: flow control, and a line that goes dead."""

import asyncio
import os
import termios
from pathlib import Path

import pytest
from serial import Serial

from drivers.ports import Delivery, PrinterStatus
from drivers.printers import serial, talk
from drivers.printers.owned import Owned
from drivers.printers.serial import AHEAD_BYTES_MAX, Flow, SerialOptions, SerialPrinter, room
from drivers.virtual_printer import Terminal, VirtualPrinter
from runtime.errors import Unavailable
from tests.drivers.receipts import sold

GUARD_S = 60
DSR = termios.TIOCM_DSR


def printer_at(path: Path, flow: Flow = "xon_xoff", deadline_s: float = 20) -> Owned:
    """A serial printer at that path."""
    return SerialPrinter("receipts", SerialOptions(str(path), flow=flow, deadline_s=deadline_s))


@pytest.mark.parametrize(
    ("wanted", "lines", "ahead", "may"),
    [
        (4096, DSR, 0, AHEAD_BYTES_MAX),
        (4096, DSR, 100, AHEAD_BYTES_MAX - 100),
        (4096, DSR, 5000, 0),
        (10, DSR, 0, 10),
        (4096, 0, 0, 0),
        (4096, termios.TIOCM_CTS | termios.TIOCM_CD, 0, 0),
    ],
)
def test_dsr_dtr(wanted: int, lines: int, ahead: int, may: int) -> None:
    """Nothing while the printer has lowered its line, and never more ahead than the room that a busy printer still has."""
    assert room(wanted, lines, ahead) == may


async def test_a_port_without_a_dsr_line_says_so(tmp_path: Path) -> None:
    """A pseudo terminal has no such line: the message names the setting to change."""
    async with asyncio.timeout(GUARD_S), VirtualPrinter(Terminal(tmp_path / "tty")):
        with pytest.raises(Unavailable, match="another `flow`"):
            await printer_at(tmp_path / "tty", "dsr_dtr").print(sold("en"))


async def test_xoff_stops_and_xon_goes_on(tmp_path: Path) -> None:
    """The printer says XOFF in the middle and XON later: the kernel holds the bytes back, and none is lost."""
    async with asyncio.timeout(GUARD_S), VirtualPrinter(Terminal(tmp_path / "tty")) as paper:
        job = asyncio.create_task(printer_at(tmp_path / "tty").print(sold("he")))
        while not paper.mechanism.paper:
            await asyncio.sleep(0.001)
        paper.mechanism._outbox += b"\x13"
        await asyncio.sleep(0.3)
        stopped = len(paper.mechanism.paper)
        await asyncio.sleep(0.3)
        assert len(paper.mechanism.paper) == stopped
        paper.mechanism._outbox += b"\x11"
        assert await job is Delivery.CONFIRMED
        assert len(paper.printed) == 1


@pytest.mark.parametrize("flow", ["xon_xoff", "rts_cts", "none"])
async def test_every_byte_gets_through(flow: Flow, tmp_path: Path) -> None:
    """Whatever the flow control, no byte of a picture is taken for one of the terminal's own."""
    async with asyncio.timeout(GUARD_S), VirtualPrinter(Terminal(tmp_path / "tty")) as paper:
        printer = printer_at(tmp_path / "tty", flow)
        everything = bytes(range(256)) * 9
        raster = b"\x1dv0\x00" + (72).to_bytes(2, "little") + (32).to_bytes(2, "little") + everything
        assert await printer.send(raster + talk.FENCE) is Delivery.CONFIRMED
        assert paper.mechanism.paper == everything


async def test_the_noise_of_a_dying_line_confirms_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Switched off in the middle, a printer's line says NUL, which is what an answered fence looks like: not believed."""
    async with asyncio.timeout(GUARD_S), VirtualPrinter(Terminal(tmp_path / "tty")) as paper:
        printer = printer_at(tmp_path / "tty", deadline_s=2)
        assert await printer.print(sold("en")) is Delivery.CONFIRMED
        job = asyncio.create_task(printer.print(sold("he")))
        before = len(paper.mechanism.paper)
        while len(paper.mechanism.paper) == before:
            await asyncio.sleep(0.001)
        monkeypatch.setattr(paper.mechanism, "take", lambda _: None)  # nobody understands any more
        monkeypatch.setattr(paper.mechanism, "answers", lambda: b"\x00")
        assert await job is Delivery.UNKNOWN


async def test_what_a_printer_that_is_off_has_not_taken_is_thrown_away(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A question that never left holds up nobody: the kernel would wait 30 s for it when the port is closed."""
    did: list[object] = []
    async with asyncio.timeout(GUARD_S), VirtualPrinter(Terminal(tmp_path / "tty")):
        for waiting in (3, 0):
            wire = await printer_at(tmp_path / "tty").connect()
            monkeypatch.setattr(serial, "unsent", lambda _, waiting=waiting: waiting)
            monkeypatch.setattr(termios, "tcflush", lambda *_: did.append("flush"))
            monkeypatch.setattr(Serial, "close", lambda port, close=Serial.close: did.append("close") or close(port))
            wire.shut(False)
            monkeypatch.undo()

    assert did == ["flush", "close", "close"]


async def test_a_line_that_has_hung_up_is_closed(tmp_path: Path) -> None:
    """Nothing can be thrown away on it any more (EIO): the port is closed all the same."""
    async with asyncio.timeout(GUARD_S), VirtualPrinter(Terminal(tmp_path / "tty")) as paper:
        wire = await printer_at(tmp_path / "tty").connect()
        await paper.unplug()
        with pytest.raises(termios.error):
            termios.tcflush(wire.descriptor, termios.TCOFLUSH)
        wire.shut(True)
        with pytest.raises(OSError, match="Bad file descriptor"):
            os.fstat(wire.descriptor)
        await paper.plug()


async def test_one_program_at_a_time(tmp_path: Path) -> None:
    """The line is ours alone while it is open; the second is told that it is taken."""
    async with asyncio.timeout(GUARD_S), VirtualPrinter(Terminal(tmp_path / "tty")):
        wire = await printer_at(tmp_path / "tty").connect()
        with pytest.raises(Unavailable, match="exclusive"):
            await printer_at(tmp_path / "tty").print(sold("en"))
        assert await printer_at(tmp_path / "tty").status() == PrinterStatus(known=False)
        wire.shut(True)
        assert (await printer_at(tmp_path / "tty").status()).known
