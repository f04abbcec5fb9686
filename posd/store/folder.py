"""The folder a database lives in, as the store needs it beside SQLite: names in, what is on the disk out."""

import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol


class Folder(Protocol):
    """Files by name. Everything but `copy` raises OSError, with its errno, when the disk does."""

    def size(self, name: str) -> int | None:
        """How many bytes it has; None where there is none."""
        ...

    def read(self, name: str) -> bytes | None:
        """All of it; None where there is none."""
        ...

    def write(self, name: str, content: bytes) -> None:
        """Replace it: a power cut leaves the old one or the new one, and once this returns the new one."""
        ...

    def reserve(self, name: str, size_bytes: int) -> None:
        """Make a file whose `size_bytes` are really taken from the disk."""
        ...

    def copy(self, name: str, to: str) -> None:
        """Copy it, and return when the copy is on the disk."""
        ...

    def rename(self, name: str, to: str) -> None:
        """Give it another name; `sync` makes that last."""
        ...

    def remove(self, name: str) -> None:
        """Delete it, if it is there; `sync` makes that last."""
        ...

    def sync(self) -> None:
        """Return when the names are on the disk as they are now."""
        ...


@dataclass(frozen=True, slots=True)
class RealFolder:
    """A folder of this machine."""

    path: Path

    def size(self, name: str) -> int | None:
        """As the file system says."""
        file = self.path / name
        return file.stat().st_size if file.exists() else None

    def read(self, name: str) -> bytes | None:
        """All of it."""
        file = self.path / name
        return file.read_bytes() if file.exists() else None

    def write(self, name: str, content: bytes) -> None:
        """By a new file that takes the old one's place."""
        fresh = self.path / f"{name}.new"
        with fresh.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(self.path / name)
        self.sync()

    def reserve(self, name: str, size_bytes: int) -> None:
        """The file system gives the blocks, without writing them."""
        with (self.path / name).open("wb") as file:
            os.posix_fallocate(file.fileno(), 0, size_bytes)
            os.fsync(file.fileno())

    def copy(self, name: str, to: str) -> None:
        """With its mode and times."""
        shutil.copy2(self.path / name, self.path / to)
        with (self.path / to).open("rb") as file:
            os.fsync(file.fileno())
        self.sync()

    def rename(self, name: str, to: str) -> None:
        """Never over another one."""
        if (self.path / to).exists():
            raise FileExistsError(to)
        (self.path / name).rename(self.path / to)

    def remove(self, name: str) -> None:
        """Whether or not it is there."""
        (self.path / name).unlink(missing_ok=True)

    def sync(self) -> None:
        """fsync of the directory."""
        directory = os.open(self.path, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(directory)
        finally:
            os.close(directory)
