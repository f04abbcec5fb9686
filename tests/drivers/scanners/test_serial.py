"""A serial scanner over a real pty pair."""

import asyncio
import fcntl
import os
import struct
import subprocess
import sys
from contextlib import aclosing
from pathlib import Path

import pytest
import structlog

from drivers import load_scanner
from drivers.ports import Answering
from drivers.scanners import ssi
from drivers.scanners.makes import MAKES, REFUSED_S
from drivers.scanners.serial import SerialOptions, SerialScanner
from drivers.scanners.serial_line import SerialLine
from runtime.errors import Misconfigured, Unavailable
from runtime.supervise import supervise
from tests.drivers.scanners.lines import Line
from tests.drivers.scanners.reads import following, none_within, until
from tests.drivers.test_scanners_contract import open_paths


@pytest.fixture
def line(tmp_path: Path) -> Line:
    return Line(tmp_path / "scanner0")


def is_open(line: Line) -> bool:
    # Once by the test, which keeps the pty alive, and once by the scanner.
    return open_paths().count(str(line.path.resolve())) == 2


async def read(line: Line, sent: list[bytes], *, wanted: int, **options: object) -> list[str]:
    """Send pieces over the line; give the texts of the `wanted` scans, after which there must be no more."""
    scanner = load_scanner("serial", "till", {"path": str(line.path), **options})
    async with aclosing(scanner.scans()) as scans:
        first = asyncio.ensure_future(following(scans))
        await until(lambda: is_open(line))
        await asyncio.sleep(0.1)  # pyserial throws away what was sent before it opened
        for data in sent:
            line.send(data)
            await asyncio.sleep(0.02)
        got = [(await first).text, *[(await following(scans)).text for _ in range(wanted - 1)]]
        assert await none_within(scans, 0.4)
    return got


async def test_split_reads_and_two_scans_in_one(line: Line) -> None:
    """Bytes arrive in pieces of any size, and the scans are whole."""
    assert await read(line, [b"PL1:", b"AB", b"C\r", b"\nB\r\nC\r\n"], wanted=3) == ["PL1:ABC", "B", "C"]


async def test_without_a_suffix(line: Line) -> None:
    """A scanner without a suffix is read by its pause."""
    assert await read(line, [b"72900000", b"00008"], wanted=1, suffix="none", gap_s=0.15) == ["7290000000008"]


async def test_repeats_are_one_scan(line: Line) -> None:
    """A scanner on a stand that repeats a code gives one scan; another code is another."""
    assert await read(line, [b"A\r", b"A\r", b"B\r", b"A\r"], wanted=2) == ["A", "B"]
    assert await read(line, [b"A\r", b"A\r"], wanted=2, again_after_s=0) == ["A", "A"]


async def test_noise_is_told_without_its_content(line: Line) -> None:
    """Bytes that are no text are dropped with a reason in the log, and the next scan is read."""
    with structlog.testing.capture_logs() as logs:
        assert await read(line, [b"secret\xff\r", b"B\r"], wanted=1) == ["B"]
    assert [one["reason"] for one in logs] == ["7 bytes that are not UTF-8"]
    assert "secret" not in str(logs)


async def test_a_replugged_scanner_goes_on_under_the_supervisor(line: Line) -> None:
    """Unplugged and plugged in again, a scanner is read on without anybody's doing."""
    scanner = SerialScanner("till", SerialOptions(str(line.path)))
    got: list[str] = []

    async def read_on() -> None:
        async with aclosing(scanner.scans()) as scans:
            async for scan in scans:
                got.append(scan.text)  # noqa: PERF401 (it never ends)

    async def shown(text: str) -> None:
        await until(lambda: is_open(line))
        await asyncio.sleep(0.1)
        line.send(text.encode() + b"\r\n")
        await until(lambda: text in got)

    supervised = asyncio.ensure_future(supervise("scanner", read_on))
    await shown("A")
    line.unplug()
    await asyncio.sleep(0.2)
    line.plug()
    await shown("B")
    supervised.cancel()
    await asyncio.wait({supervised})
    assert got == ["A", "B"]


TIOCGEXCL = 0x80045440  # _IOR('T', 0x40, int), asm-generic/ioctls.h


def refuses_others(descriptor: int) -> bool:
    """Whether the kernel lets nobody else open this terminal line (root excepted)."""
    return struct.unpack("i", fcntl.ioctl(descriptor, TIOCGEXCL, b"\0" * 4))[0] == 1


async def test_the_line_is_ours_alone_and_given_back(line: Line) -> None:
    """While it is read the kernel refuses all who open it later, and our own second scanner; afterwards nobody."""
    holder, second = (SerialScanner(name, SerialOptions(str(line.path))) for name in ("one", "two"))
    assert not refuses_others(line.theirs)
    async with aclosing(holder.scans()) as scans:
        waiting = asyncio.ensure_future(following(scans))
        await until(lambda: is_open(line))
        await until(lambda: refuses_others(line.theirs))
        with pytest.raises(Unavailable) as refused:
            await following(second.scans())
        assert refused.value.code == "scanner_taken"
        waiting.cancel()
        await asyncio.wait({waiting})
    assert not refuses_others(line.theirs)


@pytest.mark.parametrize("lock", ["", "import fcntl; fcntl.flock(held, fcntl.LOCK_EX);"])
async def test_who_holds_the_line_is_named(line: Line, lock: str) -> None:
    """A till's program that has it open, with a lock or without, is told by name and number; when it ends the line is ours."""
    hold = f"import os; held = os.open({str(line.path)!r}, os.O_RDWR | os.O_NOCTTY); {lock} print(flush=True); input()"
    till = subprocess.Popen([sys.executable, "-c", hold], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert till.stdout
    till.stdout.readline()
    scanner = SerialScanner("till", SerialOptions(str(line.path)))
    with pytest.raises(Unavailable) as refused:
        await following(scanner.scans())
    assert refused.value.code == "scanner_taken"
    assert "is held by python" in refused.value.message
    assert f"(process {till.pid})" in refused.value.message
    assert f"fuser -v {line.path}" in refused.value.hint
    till.communicate(b"\n")
    assert await read(line, [b"A\r"], wanted=1) == ["A"]


async def heard_by_the_scanner(line: Line, make: str, scans: list[bytes], *, quiet_s: float, **options: object) -> bytes:
    """Refuse each of `scans`; give all that the scanner was sent until it has heard nothing for `quiet_s`."""
    scanner = load_scanner("serial", "till", {"path": str(line.path), "make": make, **options})
    assert isinstance(scanner, Answering)
    async with aclosing(scanner.scans()) as found:
        first = asyncio.ensure_future(following(found))
        await until(lambda: is_open(line))
        await asyncio.sleep(0.2)
        for place, data in enumerate(scans):
            line.send(data)
            await (first if place == 0 else following(found))
            scanner.refused()
            await asyncio.sleep(0.2)
        await none_within(found, quiet_s)
    return line.heard()


async def test_a_refusal_beeps_at_the_scanner(line: Line) -> None:
    """Each refused scan once, and a scanner that its beep disables is enabled again."""
    assert await heard_by_the_scanner(line, "bell", [b"A\r", b"B\r"], quiet_s=0.2) == b"\x07\x07"
    assert await heard_by_the_scanner(line, "datalogic", [b"A\r"], quiet_s=REFUSED_S + 0.5) == b"EFE"
    assert await heard_by_the_scanner(line, "datalogic", [b"A\r"], quiet_s=0.1) == b"EFE"


async def test_a_scanner_without_commands_is_sent_nothing(line: Line) -> None:
    """Nobody knows what an unknown scanner does with bytes."""
    assert await heard_by_the_scanner(line, "none", [b"A\r"], quiet_s=0.2) == b""


async def test_a_trigger_is_pulled_again_after_each_scan(line: Line) -> None:
    """And let go when posd leaves."""
    row = MAKES["honeywell"]
    heard = await heard_by_the_scanner(line, "honeywell", [b"A\r"], quiet_s=0.2, pull=True)
    # The refusal may come before the pull that follows the scan, or after it.
    assert heard in (row.pull + between + row.release for between in (row.pull + row.refused, row.refused + row.pull))
    with pytest.raises(Misconfigured, match="pull: a scanner of make 'bell' has no command"):
        load_scanner("serial", "till", {"path": "x", "make": "bell", "pull": True})


async def test_a_zebra_scanner_in_packets(line: Line) -> None:
    """Its codes are acknowledged, a repeated one is one scan, and a refusal is a packet too."""
    code = ssi.packet(0xF3, b"\x1cPL1:A", source=0)
    heard = await heard_by_the_scanner(line, "zebra", [code], quiet_s=0.2)
    assert heard == ssi.ENABLE + ssi.packet(0xD0) + ssi.BEEP_LOW


async def test_a_scanner_that_takes_nothing_is_unavailable(line: Line) -> None:
    """A line whose other end does not read fills up, and a command then fails in bounded time rather than hanging."""
    port = SerialLine(str(line.path), 9600, "8N1")

    def go_on() -> None:
        for _ in range(100):
            port.write(b"x" * 4096)

    with pytest.raises(Unavailable, match="takes no commands"):
        go_on()
    port.close(b"x")
    assert not refuses_others(line.theirs)


@pytest.mark.parametrize(("frame", "told"), [("7E1", (7, "E", 1)), ("8O1", (8, "O", 1)), ("7S2", (7, "S", 2))])
def test_old_line_settings(line: Line, frame: str, told: tuple[int, str, int]) -> None:
    """Seven bits and parity are what pyserial is told; a pty itself has neither."""
    port = SerialLine(str(line.path), 9600, frame)
    assert (port._port.bytesize, port._port.parity, port._port.stopbits) == told
    port.close(b"")


async def test_noise_of_a_megabyte_then_a_scan(line: Line) -> None:
    """A line at the wrong speed is told once and blocks nothing; the next scan is read."""
    scanner = load_scanner("serial", "till", {"path": str(line.path)})
    noise = os.urandom(1 << 20).translate(bytes(256), b"\r\n")
    with structlog.testing.capture_logs() as logs:
        async with aclosing(scanner.scans()) as scans:
            first = asyncio.ensure_future(following(scans))
            await until(lambda: is_open(line))
            await asyncio.sleep(0.2)
            await asyncio.to_thread(line.send, noise + b"\rPL1:A\r")
            assert (await first).text == "PL1:A"
    assert len(logs) == 1


async def test_what_is_no_line_is_unavailable(tmp_path: Path) -> None:
    """A missing path and an ordinary file are Unavailable."""
    (tmp_path / "file").touch()
    for path in (tmp_path / "none", tmp_path / "file"):
        with pytest.raises(Unavailable):
            await following(SerialScanner("till", SerialOptions(str(path))).scans())
        assert str(path) not in open_paths()
