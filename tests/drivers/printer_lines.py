"""Every printer driver with a printer behind it, for the contract suites."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from drivers import load_printer
from drivers.ports import Printer
from drivers.printers import talk
from drivers.virtual_printer import Place, TcpPort, Terminal, VirtualPrinter


@dataclass
class Made:
    """A driver with the printer behind it; `paper` is None where there is no line to a printer (a folder)."""

    printer: Printer
    paper: VirtualPrinter[Place] | None = None


@asynccontextmanager
async def network(_: Path, **more: Any) -> AsyncIterator[Made]:
    """The network driver with a listener behind it."""
    async with VirtualPrinter(TcpPort()) as paper:
        yield Made(load_printer("network", "receipts", {"host": "127.0.0.1", "port": paper.place.port, **more}), paper)


@asynccontextmanager
async def usb(tmp_path: Path, **more: Any) -> AsyncIterator[Made]:
    """The USB driver with a pseudo terminal in place of /dev/usb/lp0: it has no LPGETSTATUS, and is a character device as well."""
    async with VirtualPrinter(Terminal(tmp_path / "lp0")) as paper:
        yield Made(load_printer("usb", "receipts", {"path": str(tmp_path / "lp0"), **more}), paper)


@asynccontextmanager
async def serial(tmp_path: Path, **more: Any) -> AsyncIterator[Made]:
    """The serial driver on a pseudo terminal, which has XON/XOFF and no DSR."""
    async with VirtualPrinter(Terminal(tmp_path / "ttyS0")) as paper:
        options = {"path": str(tmp_path / "ttyS0"), "flow": "xon_xoff", **more}
        yield Made(load_printer("serial", "receipts", options), paper)


@asynccontextmanager
async def folder(tmp_path: Path) -> AsyncIterator[Made]:
    """The folder driver on an empty folder."""
    yield Made(load_printer("folder", "receipts", {"folder": str(tmp_path / "paper")}))


def hurry(monkeypatch: pytest.MonkeyPatch, wait_s: float) -> None:
    """Wait no longer for an answer that never comes."""
    for name in ("ASK_S", "SYNC_S", "LEARN_S"):
        monkeypatch.setattr(talk, name, wait_s)


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
