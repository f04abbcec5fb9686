"""Printers for a laptop, the demo and the tests; they ship with the product.

`FolderPrinter` is a driver: it prints into a folder. `VirtualTcpPrinter` is the other side of the network driver: it listens
as a printer does, speaks enough ESC/POS to be believed, keeps what it was told to print, and can be told to misbehave.
"""

import asyncio
import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from io import BytesIO
from pathlib import Path
from types import TracebackType
from typing import ClassVar, Self

from PIL import Image

from drivers.ports import Delivery, PrinterStatus, Starting, unheard
from drivers.printers import plain, render
from drivers.printers.commands import Command, Tokenizer, picture
from drivers.printers.lettering import require_shaping
from drivers.printers.profile import load_profile
from loyalty.document import Receipt
from runtime.errors import Unavailable

CHUNK_BYTES = 4096  # what is taken in at once, and about what a deaf printer leaves unread before the line is full
CLOSE_AFTER_BYTES = 8192  # in the middle of any receipt


@dataclass(frozen=True, slots=True)
class FolderOptions:
    """The folder, which is made if it is missing; `profile` says how wide the paper is."""

    folder: str
    profile: str = "generic-80mm"


class FolderPrinter:
    """Prints each job as receipt-NNNNNN.png and .txt; confirmed once both are on the disk."""

    Options: ClassVar = FolderOptions

    def __init__(self, name: str, options: FolderOptions) -> None:
        """Raises Misconfigured where the profile is wrong or this machine cannot draw Hebrew."""
        require_shaping()
        self.name = name
        self._folder = Path(options.folder)
        self._dots = load_profile(options.profile).dots
        self._one_at_a_time = asyncio.Lock()

    async def print(self, receipt: Receipt, starting: Starting = unheard) -> Delivery:
        """Write the two files; Unavailable when the folder cannot be written to, and then no PNG was left."""
        try:
            async with self._one_at_a_time:
                await starting()
                await asyncio.to_thread(self._write, receipt)
        except OSError as error:
            raise Unavailable(
                "printer_unreachable",
                f"{self.name} cannot write to {self._folder} ({error})",
                "Check that posd may write there",
            ) from error
        return Delivery.CONFIRMED

    async def status(self) -> PrinterStatus:
        """Off line when the folder is there and cannot be written to."""
        offline = self._folder.exists() and not os.access(self._folder, os.W_OK)
        return PrinterStatus(known=True, troubles=("offline",) if offline else ())

    def _write(self, receipt: Receipt) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        stem = f"receipt-{next_number(self._folder):06}"
        write_durably(self._folder / f"{stem}.txt", plain.text(receipt).encode())
        write_durably(self._folder / f"{stem}.png", render.png(receipt, self._dots))


class Fault(StrEnum):
    """How a VirtualTcpPrinter misbehaves."""

    NONE = "none"
    SILENT = "silent"  # prints, and answers nothing
    CLOSES = "closes"  # cuts the line in the middle of a job
    DEAF = "deaf"  # accepts and never reads
    PAPER_OUT = "paper_out"  # says so when it is asked, and leaves the fence unanswered
    NOISY = "noisy"  # sends automatic status and flow control before every answer
    RUNS_OUT = "runs_out"  # has paper when it is asked, and none left at the end of the job


@dataclass(frozen=True, slots=True)
class Printed:
    """One job as it came over the wire: its bytes, its commands, and what is on the paper (mode "1", None without raster)."""

    received: bytes
    commands: tuple[Command, ...]
    picture: Image.Image | None
    unknown: int
    """How many bytes opened a command that the tokenizer does not know."""


class VirtualTcpPrinter:
    """An ESC/POS printer on a TCP port; an asynchronous context. One connection at a time, like the real ones.

    `port` 0 takes a free one, to be read from `port` afterwards. Jobs are in `printed`, oldest first, once their connection has
    ended, and as PNG in `folder` where one is given. `fault` may be changed at any time and holds from the next connection on.
    """

    def __init__(self, folder: Path | None = None, *, port: int = 0, fault: Fault = Fault.NONE) -> None:
        self.port = port
        self.fault = fault
        self.printed: list[Printed] = []
        self._folder = folder
        self._one_at_a_time = asyncio.Lock()
        self._talks: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None

    async def __aenter__(self) -> Self:
        """Listen on the loopback."""
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", self.port, limit=CHUNK_BYTES)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop listening and cut every connection."""
        assert self._server is not None
        self._server.close()
        for talk in self._talks:
            talk.cancel()
        await asyncio.gather(*self._talks, return_exceptions=True)
        await self._server.wait_closed()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        talk = asyncio.current_task()
        assert talk is not None
        self._talks.add(talk)
        try:
            async with self._one_at_a_time:
                await self._talk(reader, writer)
        except asyncio.CancelledError:
            writer.transport.abort()  # being stopped is no failure: the server's own task must not end in one
        finally:
            self._talks.discard(talk)
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, to its end."""
        fault = self.fault
        if fault is Fault.DEAF:
            await asyncio.get_running_loop().create_future()
        tokenizer, received, commands = Tokenizer(), b"", []
        with suppress(OSError):
            while chunk := await reader.read(CHUNK_BYTES):
                received += chunk
                if fault is Fault.CLOSES and len(received) > CLOSE_AFTER_BYTES:
                    writer.transport.abort()
                    break
                for command in tokenizer.feed(chunk):
                    commands.append(command)
                    writer.write(_answer(command, fault))
                await writer.drain()
        self._keep(Printed(received, tuple(commands), picture(commands), tokenizer.unknown))

    def _keep(self, printed: Printed) -> None:
        if printed.picture is None and not any(command.name == "text" for command in printed.commands):
            return  # somebody only asked how it is
        self.printed.append(printed)
        if self._folder is not None and printed.picture is not None:
            file = BytesIO()
            printed.picture.save(file, "PNG")
            self._folder.mkdir(parents=True, exist_ok=True)
            write_durably(self._folder / f"paper-{len(self.printed):06}.png", file.getvalue())


def _answer(command: Command, fault: Fault) -> bytes:
    """What a printer in that state says to `command`."""
    if fault in {Fault.SILENT, Fault.CLOSES}:
        return b""
    noise = b"\x11\x14\x00\x00\x0f\x13" if fault is Fault.NOISY else b""  # XON, an automatic status, XOFF
    if command.name == "DLE EOT":
        out = {b"\x01": 0x1A, b"\x02": 0x32, b"\x04": 0x72} if fault is Fault.PAPER_OUT else {}
        return noise + bytes([out.get(command.args, 0x12)])
    if command.name == "GS r" and fault is not Fault.PAPER_OUT:
        return noise + (b"\x0c" if fault is Fault.RUNS_OUT else b"\x00")
    return b""


def next_number(folder: Path) -> int:
    """One more than the highest receipt-NNNNNN in `folder`."""

    def numbers() -> Iterator[int]:
        for file in folder.glob("receipt-*.*"):
            digits = file.stem.removeprefix("receipt-")
            if digits.isdecimal():
                yield int(digits)

    return max(numbers(), default=0) + 1


def write_durably(path: Path, content: bytes) -> None:
    """Write `content` so that after a power cut there is all of it or no file of that name."""
    half = path.with_name(f".{path.name}.half")
    with half.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    half.rename(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
