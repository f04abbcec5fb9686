"""A scanner for a laptop: every line written into a FIFO or a file is a scan (`echo "PL1:..." > scans`)."""

import os
import stat
import threading
import time
from collections.abc import AsyncGenerator, Generator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from pydantic import Field

from drivers.ports import Scan
from drivers.scanners.framing import Framer
from drivers.scanners.pump import kept, pumped
from runtime.errors import Unavailable

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
