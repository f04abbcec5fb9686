"""A printer for a laptop and the demo: a folder of pictures."""

import asyncio
import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from drivers.ports import Delivery, PrinterStatus, Signal, Starting, unheard
from drivers.printers import plain, render
from drivers.printers.lettering import require_shaping
from drivers.printers.profile import load_profile
from loyalty.document import Receipt
from runtime.errors import Unavailable


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
        """Write the two files; Unavailable when the folder cannot be written to, and then neither was left."""
        return await self._keep(lambda: {"txt": plain.text(receipt).encode(), "png": render.png(receipt, self._dots)}, starting)

    async def send(self, job: bytes, starting: Starting = unheard) -> Delivery:
        """Write receipt-NNNNNN.escpos, for whatever can read it."""
        return await self._keep(lambda: {"escpos": job}, starting)

    async def signal(self, signal: Signal) -> None:
        """Touch the file "drawer" or "buzzer": its time says when."""
        with self._writing():
            folder = await asyncio.to_thread(self._made)
            await asyncio.to_thread((folder / signal.value).touch)

    async def status(self) -> PrinterStatus:
        """Off line when the folder is there and cannot be written to."""
        offline = self._folder.exists() and not os.access(self._folder, os.W_OK)
        return PrinterStatus(known=True, troubles=("offline",) if offline else ())

    async def _keep(self, drawn: Callable[[], dict[str, bytes]], starting: Starting) -> Delivery:
        """One job: its files by their endings."""
        with self._writing():
            async with self._one_at_a_time:
                await asyncio.to_thread(self._made)
                files = await asyncio.to_thread(drawn)
                await starting()
                await asyncio.to_thread(self._write, files)
        return Delivery.CONFIRMED

    def _made(self) -> Path:
        self._folder.mkdir(parents=True, exist_ok=True)
        return self._folder

    def _write(self, files: dict[str, bytes]) -> None:
        """All of them, or none."""
        name = self._folder / f"receipt-{next_number(self._folder):06}"
        with ExitStack() as unless_whole:
            for ending, content in files.items():
                file = name.with_suffix(f".{ending}")
                write_durably(file, content)
                unless_whole.callback(file.unlink, missing_ok=True)
            unless_whole.pop_all()

    @contextmanager
    def _writing(self) -> Iterator[None]:
        """A folder that cannot be written to is a printer that is away."""
        try:
            yield
        except OSError as error:
            raise Unavailable(
                "printer_unreachable",
                f"{self.name} cannot write to {self._folder} ({error})",
                "Check that posd may write there",
            ) from error


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
