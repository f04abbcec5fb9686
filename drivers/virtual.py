"""Devices for a laptop: every line written into a FIFO or a file is a scan (`echo "PL1:..." > scans`); a file is the display."""

import os
import stat
import threading
import time
from collections.abc import AsyncGenerator, Generator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from pydantic import Field

from drivers.ports import Line, Scan, Sign
from drivers.scanners.framing import Framer
from drivers.scanners.pump import kept, pumped
from runtime.errors import Unavailable
from runtime.words import clean

POLL_S = 0.05  # a line is noticed within this
READ_BYTES_MAX = 65_536  # what a pipe holds


@dataclass(frozen=True, slots=True)
class VirtualOptions:
    """Settings of a virtual scanner."""

    path: Annotated[str, Field(min_length=1)]
    """A FIFO (`mkfifo`) or an ordinary file that grows."""


class VirtualScanner:
    """A scanner without hardware. A file is read from its end, as a device is: what was written before was for another time."""

    Options = VirtualOptions

    def __init__(self, name: str, options: VirtualOptions) -> None:
        """Prepare; nothing is opened before scans() is iterated."""
        self.name = name
        self._path = Path(options.path)
        self._alive_s = time.monotonic()

    def scans(self) -> AsyncGenerator[Scan, None]:
        """Yield each line once. Raises Unavailable when the path is missing, is replaced, or is no FIFO or file."""
        return pumped(self.name, self._source)

    def lag_s(self) -> float:
        """Seconds since the path was last looked at."""
        return time.monotonic() - self._alive_s

    def _source(self, stop: threading.Event) -> Generator[Scan, None, None]:
        framer = Framer("line", gap_s=None)
        descriptor = self._open()
        try:
            opened = os.fstat(descriptor)
            while not stop.is_set():
                data = self._read(descriptor)
                now_s = self._alive_s = time.monotonic()
                for one in kept(self.name, framer.feed(data, now_s)):
                    yield Scan(one.text, self.name, one.aim)
                if not data:
                    self._check(opened, descriptor)
                    stop.wait(POLL_S)
        finally:
            os.close(descriptor)

    def _open(self) -> int:
        try:
            mode = self._path.stat().st_mode
            if stat.S_ISFIFO(mode):
                # Opened for writing too, so that it never ends between two writers.
                return os.open(self._path, os.O_RDWR | os.O_NONBLOCK)
            if stat.S_ISREG(mode):
                descriptor = os.open(self._path, os.O_RDONLY)
                os.lseek(descriptor, 0, os.SEEK_END)
                return descriptor
        except OSError as error:
            raise self._gone(error.strerror or "it cannot be opened") from error
        raise self._gone("it is neither a FIFO nor a file")

    def _check(self, opened: os.stat_result, descriptor: int) -> None:
        try:
            now = self._path.stat()
        except OSError as error:
            raise self._gone(error.strerror or "it is gone") from error
        if (now.st_dev, now.st_ino) != (opened.st_dev, opened.st_ino):
            raise self._gone("it is another file now")
        if stat.S_ISREG(now.st_mode) and now.st_size < os.lseek(descriptor, 0, os.SEEK_CUR):
            os.lseek(descriptor, 0, os.SEEK_SET)  # emptied and begun anew, as `>` does

    def _read(self, descriptor: int) -> bytes:
        try:
            return os.read(descriptor, READ_BYTES_MAX)
        except BlockingIOError:
            return b""
        except OSError as error:
            raise self._gone(error.strerror or "it cannot be read") from error

    def _gone(self, why: str) -> Unavailable:
        return Unavailable("scanner_gone", f"{self._path}: {why}", f"Make it: mkfifo {self._path}")


@dataclass(frozen=True, slots=True)
class FileDisplayOptions:
    """Settings of a display that is a file."""

    path: Annotated[str, Field(min_length=1)]
    """Look at it with `watch -n 0.2 cat PATH`."""


class FileDisplay:
    """A display without hardware: a file with its two lines, in the order in which they are stored, not seen."""

    Options = FileDisplayOptions

    def __init__(self, name: str, options: FileDisplayOptions) -> None:
        """Prepare; nothing is written before show()."""
        self.name = name
        self._path = Path(options.path)
        self._alive_s = time.monotonic()

    async def show(self, signs: Sequence[Sign]) -> Sign:
        """Write the first sign: a file has every letter. Raises Unavailable when it cannot be written."""
        self._write("".join(f"{_told(line)}\n" for line in (signs[0].upper, signs[0].lower)))
        return signs[0]

    async def check(self) -> None:
        """Raise Unavailable when the file's folder is gone."""
        if not self._path.parent.is_dir():
            raise self._gone("its folder is gone")
        self._alive_s = time.monotonic()

    def lag_s(self) -> float:
        """Seconds since it was last written or its folder was seen."""
        return time.monotonic() - self._alive_s

    async def close(self) -> None:
        """Empty the file, if it is there."""
        if self._path.is_file():
            self._write("")

    def _write(self, text: str) -> None:
        """Whole or not at all, so that nobody reads half a sign."""
        part = self._path.with_name(f".{self._path.name}.part")
        try:
            part.write_text(text)
            part.replace(self._path)
        except OSError as error:
            raise self._gone(error.strerror or "it cannot be written") from error
        self._alive_s = time.monotonic()

    def _gone(self, why: str) -> Unavailable:
        return Unavailable("display_gone", f"{self._path}: {why}", "Make its folder, and let posd write there")


def _told(line: Line) -> str:
    return clean(f"{line.text} {line.figure}")
