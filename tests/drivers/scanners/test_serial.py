"""A serial scanner over a real pty pair."""

import asyncio
from contextlib import aclosing
from pathlib import Path

import pytest
import structlog

from drivers import load_scanner
from drivers.scanners.serial import SerialOptions, SerialScanner
from runtime.errors import Unavailable
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


async def test_the_line_is_ours_alone(line: Line) -> None:
    """A line that another program holds is Unavailable, and the hint says why that may be."""
    holder, second = (SerialScanner(name, SerialOptions(str(line.path))) for name in ("one", "two"))
    async with aclosing(holder.scans()) as scans:
        waiting = asyncio.ensure_future(following(scans))
        await until(lambda: is_open(line))
        with pytest.raises(Unavailable, match="no other program has it open"):
            await following(second.scans())
        waiting.cancel()
        await asyncio.wait({waiting})


async def test_what_is_no_line_is_unavailable(tmp_path: Path) -> None:
    """A missing path and an ordinary file are Unavailable."""
    (tmp_path / "file").touch()
    for path in (tmp_path / "none", tmp_path / "file"):
        with pytest.raises(Unavailable):
            await following(SerialScanner("till", SerialOptions(str(path))).scans())
        assert str(path) not in open_paths()
