"""What is particular to /dev/usb/lpN, as close as it goes without one: a pseudo terminal is a character device too, and what only
usblp does (LPGETSTATUS, EINVAL without a back channel, a write that is still under way) is played to the same code."""

import asyncio
import errno
import os
import struct
from collections.abc import Callable
from pathlib import Path

import pytest

from drivers.ports import Delivery, PrinterStatus
from drivers.printers import usb
from drivers.printers.owned import Owned
from drivers.printers.render import raster
from drivers.printers.usb import LPGETSTATUS, UsbOptions, UsbPrinter, asked_port
from drivers.virtual_printer import Terminal, VirtualPrinter
from runtime.errors import Unavailable
from tests.drivers.receipts import sold

GUARD_S = 60


def printer_at(path: Path, deadline_s: float = 10) -> Owned:
    """A USB printer at that path."""
    return UsbPrinter("receipts", UsbOptions(str(path), deadline_s=deadline_s))


def saying(port: int | OSError) -> Callable[..., bytes]:
    """An ioctl of a port that says so."""

    def ioctl(_: int, request: int, __: bytes) -> bytes:
        assert request == LPGETSTATUS
        if isinstance(port, OSError):
            raise port
        return struct.pack("i", port)

    return ioctl


@pytest.mark.parametrize(
    ("port", "troubles"),
    [
        (0x18, ()),  # selected, no error: all is well
        (0x38, ("paper_out",)),
        (0x20, ("paper_out",)),
        (0x00, ()),  # a clone that never sets anything
        (OSError(errno.ENOTTY, "no usblp"), ()),
        (OSError(errno.EIO, "no answer"), ()),
    ],
)
def test_the_port_is_asked(port: int | OSError, troubles: tuple[str, ...]) -> None:
    """LPGETSTATUS tells an empty roll and nothing else; a device that does not know it says nothing."""
    assert asked_port(0, saying(port)) == troubles


async def test_a_printer_that_says_nothing_is_kept_by_its_port(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No back channel, but the port sees an empty roll: the job waits. With paper it goes out, and is unknown at once."""
    monkeypatch.setattr(usb, "_has_back_channel", lambda _: False)
    seen = [("paper_out",)]
    monkeypatch.setattr(usb, "asked_port", lambda _: seen[0])
    async with asyncio.timeout(GUARD_S), VirtualPrinter(Terminal(tmp_path / "lp0")) as paper:
        printer = printer_at(tmp_path / "lp0", 30)
        assert await printer.status() == PrinterStatus(known=True, troubles=("paper_out",))
        with pytest.raises(Unavailable) as caught:
            await printer.print(sold("en"))
        assert (caught.value.code, paper.printed) == ("printer_paper_out", [])
        seen[0] = ()
        assert await printer.print(sold("en")) is Delivery.UNKNOWN
        whole = raster(sold("en"), 576).tobytes("raw", "1;I")
        while paper.mechanism.paper != whole:
            await asyncio.sleep(0.01)


def test_a_port_without_a_back_channel_is_known_by_its_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """EINVAL: nothing will ever be heard. Nothing to read now is a back channel, and old answers in it are thrown away."""
    said: list[bytes | OSError] = [OSError(errno.EINVAL, "unidirectional")]

    def read(_: int, __: int) -> bytes:
        one = said.pop(0)
        if isinstance(one, OSError):
            raise one
        return one

    monkeypatch.setattr(os, "read", read)
    assert not usb._has_back_channel(0)
    said[:] = [b"\x12\x12", b"\x00", BlockingIOError(errno.EAGAIN, "nothing")]
    assert usb._has_back_channel(0)
    assert said == []
    said[:] = [b""]
    assert usb._has_back_channel(0)
    said[:] = [b"\xff" * 4096] * 100
    assert usb._has_back_channel(0)
    said[:] = [OSError(errno.ENODEV, "unplugged")]
    with pytest.raises(OSError, match="unplugged"):
        usb._has_back_channel(0)


def test_a_block_under_way_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """usblp kills on closing what it has not written: an empty write is refused while a block is under way."""
    results: list[BlockingIOError | None] = [BlockingIOError(errno.EAGAIN, "busy"), None]

    def write(_: int, data: bytes) -> int:
        assert data == b""
        if error := results.pop(0):
            raise error
        return 0

    monkeypatch.setattr(os, "write", write)
    assert [usb._written(0), usb._written(0)] == [False, True]


async def test_two_owners_are_one_too_many(tmp_path: Path) -> None:
    """A device that another program of ours has open is not opened a second time; the hint says how to find out who."""
    async with asyncio.timeout(GUARD_S), VirtualPrinter(Terminal(tmp_path / "lp0")):
        wire = await printer_at(tmp_path / "lp0").connect()
        with pytest.raises(Unavailable, match="fuser") as caught:
            await printer_at(tmp_path / "lp0").print(sold("en"))
        assert caught.value.code == "printer_unreachable"
        wire.shut(False)
        assert await printer_at(tmp_path / "lp0").print(sold("en")) is Delivery.CONFIRMED


@pytest.mark.parametrize("make", [Path.mkdir, lambda path: path.touch(0o000)])
async def test_what_is_no_printer_is_unreachable(make: Callable[[Path], object], tmp_path: Path) -> None:
    """A folder is no device; a file takes bytes and answers nothing, so nothing is ever confirmed there."""
    make(tmp_path / "lp0")
    if (tmp_path / "lp0").is_dir():
        with pytest.raises(Unavailable):
            await printer_at(tmp_path / "lp0").print(sold("en"))
    else:
        assert await printer_at(tmp_path / "lp0", 1).print(sold("en")) is Delivery.UNKNOWN
