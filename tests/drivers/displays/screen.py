"""A two-line display as its manual describes it, at the other end of a pty: it knows the command tables and nothing of posd."""

import os
import tty
from dataclasses import dataclass, field
from pathlib import Path

COLUMNS = 20
ESC, US, CLR, CR = 0x1B, 0x1F, 0x0C, 0x0D


@dataclass
class Screen:
    """40 cells. `pages` is which codec each ESC t number selects; `page` the one it wakes up with."""

    pages: dict[int, str] = field(default_factory=dict)
    page: str = "ascii"
    cells: list[str] = field(default_factory=lambda: [" "] * (2 * COLUMNS))
    at: int = 0
    string_mode: bool = False
    unknown: list[bytes] = field(default_factory=list)
    cleared: int = 0

    @property
    def lines(self) -> tuple[str, str]:
        """What a customer sees, from left to right."""
        return "".join(self.cells[:COLUMNS]), "".join(self.cells[COLUMNS:])

    def take(self, data: bytes) -> None:
        """Obey whole commands; one that is cut off is a mistake of the sender."""
        rest = data
        while rest:
            used = self._command(rest) if rest[0] in {ESC, US, CLR} else self._letter(rest)
            assert used, f"cut off: {rest!r}"
            rest = rest[used:]

    def _letter(self, data: bytes) -> int:
        if data[0] < 0x20 or data[0] == 0x7F:
            self.unknown.append(data[:1])
        else:
            self._put(data[:1])
        return 1

    def _put(self, byte: bytes) -> None:
        self.cells[self.at] = byte.decode(self.page, errors="replace")
        self.at = (self.at + 1) % len(self.cells)

    def _clear(self) -> None:
        self.cells, self.at, self.string_mode = [" "] * (2 * COLUMNS), 0, False
        self.cleared += 1

    def _command(self, data: bytes) -> int:
        if data[0] == CLR:
            self._clear()
            return 1
        if data[:2] == b"\x1bQ" and data[2:3] in (b"A", b"B"):
            return self._string(data)
        if self.string_mode:
            self.unknown.append(data[:2])
            return 2
        if data[:2] == b"\x1b@":
            self._clear()
            return 2
        if data[:2] == b"\x1bt":
            self.page = self.pages[data[2]]
            return 3
        if data[:2] == b"\x1f\x01":
            return 2
        if data[:2] == b"\x1f$":
            column, row = data[2], data[3]
            assert 1 <= column <= COLUMNS
            assert row in (1, 2)
            self.at = (row - 1) * COLUMNS + column - 1
            return 4
        self.unknown.append(data[:2])
        return 2

    def _string(self, data: bytes) -> int:
        end = data.index(CR)
        text = data[3:end]
        assert len(text) <= COLUMNS
        self.at = COLUMNS * (data[2:3] == b"B")
        for place in range(len(text)):
            self._put(text[place : place + 1])
        self.string_mode = True
        return end + 1


class Pole:
    """A display at the end of a serial line; the link stays the same over a re-plug, as udev's does."""

    def __init__(self, path: Path, screen: Screen | None = None) -> None:
        self.path = path
        self.screen = screen or Screen()
        self.plug()

    def plug(self) -> None:
        self.ours, theirs = os.openpty()
        tty.setraw(theirs)
        os.set_blocking(self.ours, False)
        self.path.unlink(missing_ok=True)
        self.path.symlink_to(os.ttyname(theirs))
        os.close(theirs)  # posd's end is posd's alone
        self.plugged = True

    def unplug(self) -> None:
        if self.plugged:
            self.path.unlink(missing_ok=True)  # the next that opens a terminal, in another process too, gets this one's name
            os.close(self.ours)
            self.plugged = False

    def seen(self) -> tuple[str, str]:
        """The two lines, after everything that has been sent so far."""
        self.screen.take(self.raw())
        return self.screen.lines

    def raw(self) -> bytes:
        """Everything that waits on the line."""
        data = b""
        while True:
            try:
                data += os.read(self.ours, 65536)
            except OSError:  # nothing more waits, or nobody has the other end open
                return data
