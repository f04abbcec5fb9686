"""The scanner for a laptop."""

import asyncio
import os
from collections.abc import Callable
from contextlib import aclosing
from pathlib import Path

import pytest

from drivers import virtual
from drivers.virtual import VirtualOptions, VirtualScanner
from runtime.errors import Unavailable
from tests.drivers.scanners.reads import following, none_within, until
from tests.drivers.test_scanners_contract import append


@pytest.fixture(autouse=True)
def looks_often(monkeypatch: pytest.MonkeyPatch) -> None:
    """The scanner looks at its path every few milliseconds."""
    monkeypatch.setattr(virtual, "POLL_S", 0.005)


def scanner(path: Path) -> VirtualScanner:
    return VirtualScanner("laptop", VirtualOptions(str(path)))


async def looked(one: VirtualScanner) -> None:
    """Until it has opened its path and looked at it from now on: the look that is under way may have begun before."""
    for _ in range(2):
        before_s = one._alive_s
        await until(lambda before_s=before_s: one._alive_s != before_s)


async def test_each_line_is_a_scan_even_the_same_again(tmp_path: Path) -> None:
    """A person who writes a code twice means two scans; empty lines are none."""
    os.mkfifo(tmp_path / "scans")
    async with aclosing(scanner(tmp_path / "scans").scans()) as scans:
        first = asyncio.ensure_future(following(scans))
        await asyncio.to_thread(append, tmp_path / "scans", "A\n\nA\r\nשלום")
        assert [(await first).text, *[(await following(scans)).text for _ in range(2)]] == ["A", "A", "שלום"]
        assert await none_within(scans, 20 * virtual.POLL_S)


async def test_what_was_written_before_is_not_a_scan(tmp_path: Path) -> None:
    """A file is read from its end; a line is a scan when it is whole."""
    path = tmp_path / "scans.txt"
    append(path, "old")
    one = scanner(path)
    async with aclosing(one.scans()) as scans:
        first = asyncio.ensure_future(following(scans))
        await looked(one)
        for piece in ("ne", "w", "\n"):
            with path.open("a") as file:
                file.write(piece)
            await looked(one)
        assert (await first).text == "new"


async def test_a_file_begun_anew_is_read_from_its_start(tmp_path: Path) -> None:
    """`echo CODE > file` empties the file first; the line is a scan all the same."""
    path = tmp_path / "scans.txt"
    append(path, "a line that is longer")
    one = scanner(path)
    async with aclosing(one.scans()) as scans:
        first = asyncio.ensure_future(following(scans))
        await looked(one)
        path.write_text("B\n")
        assert (await first).text == "B"


@pytest.mark.parametrize("make", [lambda path: None, lambda path: path.mkdir(), lambda path: path.symlink_to("/dev/null")])
async def test_what_is_neither_fifo_nor_file_is_unavailable(make: Callable[[Path], object], tmp_path: Path) -> None:
    """A missing path, a folder and a device are Unavailable, and the hint says how to make one."""
    make(tmp_path / "scans")
    with pytest.raises(Unavailable, match="mkfifo"):
        await following(scanner(tmp_path / "scans").scans())


async def test_a_replaced_file_is_unavailable(tmp_path: Path) -> None:
    """A path that names another file now is told, so that the supervisor opens the new one."""
    path = tmp_path / "scans.txt"
    path.touch()
    one = scanner(path)
    async with aclosing(one.scans()) as scans:
        first = asyncio.ensure_future(following(scans))
        await looked(one)
        (tmp_path / "other").touch()
        (tmp_path / "other").rename(path)
        with pytest.raises(Unavailable, match="another file"):
            await first
