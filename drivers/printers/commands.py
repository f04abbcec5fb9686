"""ESC/POS bytes taken apart into commands, by a table of their lengths.

Never by searching for bytes: a picture holds every pattern there is (`GS V`, `DLE EOT`), so each command's length must be
known to find the next one. The table has what posd sends and what tills commonly send around it; lengths are from Epson's
ESC/POS Application Programming Guide.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from PIL import Image

Length = Callable[[bytes], int]
"""From the bytes behind a command's name to how many of them are its own; more than there are if that cannot be told yet."""

UNTOLD = 1 << 30  # longer than any job: wait for more bytes


class Command(NamedTuple):
    """One command: its name as in the table, such as "GS v 0", and the bytes behind the name. Text is "text"."""

    name: str
    args: bytes


def _fixed(length: int) -> Length:
    return lambda _: length


def _low_high(at: int, before: int) -> Length:
    """`before` bytes, and then as many as the two bytes at `at` say."""
    return lambda args: before + int.from_bytes(args[at : at + 2], "little") if len(args) >= at + 2 else UNTOLD


def _raster(args: bytes) -> int:
    across, rows = int.from_bytes(args[1:3], "little"), int.from_bytes(args[3:5], "little")
    return 5 + across * rows if len(args) >= 5 else UNTOLD


def _column(args: bytes) -> int:
    """ESC *: mode, number of columns; three bytes to a column in the 24-dot modes."""
    deep = 3 if args[:1] in {b" ", b"!"} else 1
    return 3 + deep * int.from_bytes(args[1:3], "little") if len(args) >= 3 else UNTOLD


def _cut(args: bytes) -> int:
    """GS V: the forms from 65 on have a feed behind them."""
    return UNTOLD if not args else 1 if args[0] in {0, 1, 48, 49} else 2


_TABLE: dict[bytes, tuple[str, Length]] = {
    b"\x1b@": ("ESC @", _fixed(0)),
    b"\x1b!": ("ESC !", _fixed(1)),
    b"\x1ba": ("ESC a", _fixed(1)),
    b"\x1bd": ("ESC d", _fixed(1)),
    b"\x1bJ": ("ESC J", _fixed(1)),
    b"\x1bE": ("ESC E", _fixed(1)),
    b"\x1bM": ("ESC M", _fixed(1)),
    b"\x1bt": ("ESC t", _fixed(1)),
    b"\x1b2": ("ESC 2", _fixed(0)),
    b"\x1b3": ("ESC 3", _fixed(1)),
    b"\x1b=": ("ESC =", _fixed(1)),
    b"\x1bp": ("ESC p", _fixed(3)),
    b"\x1bB": ("ESC B", _fixed(2)),
    b"\x1b(": ("ESC (", _low_high(1, 3)),
    b"\x1b*": ("ESC *", _column),
    b"\x1c.": ("FS .", _fixed(0)),
    b"\x1dv0": ("GS v 0", _raster),
    b"\x1dV": ("GS V", _cut),
    b"\x1dr": ("GS r", _fixed(1)),
    b"\x1da": ("GS a", _fixed(1)),
    b"\x1dB": ("GS B", _fixed(1)),
    b"\x1d!": ("GS !", _fixed(1)),
    b"\x1dL": ("GS L", _fixed(2)),
    b"\x1dW": ("GS W", _fixed(2)),
    b"\x1d(": ("GS (", _low_high(1, 3)),
    b"\x10\x04": ("DLE EOT", _fixed(1)),
    b"\x10\x05": ("DLE ENQ", _fixed(1)),
}
_OPENERS = b"\x10\x1b\x1c\x1d"
_NAME_BYTES_MAX = max(map(len, _TABLE))


@dataclass(slots=True)
class Tokenizer:
    """Takes bytes as they come and gives commands when they are whole; `unknown` counts openers that the table lacks."""

    pending: bytes = b""
    unknown: int = 0

    def feed(self, received: bytes) -> list[Command]:
        """The commands that `received` completes, in order."""
        data, at = self.pending + received, 0
        commands = []
        while at < len(data):
            taken = _text(data, at) if data[at] not in _OPENERS else _command(data, at)
            if taken is None:
                break
            command, at = taken
            self.unknown += command.name == "unknown"
            commands.append(command)
        self.pending = data[at:]
        return commands


def picture(commands: list[Command]) -> Image.Image | None:
    """All raster of a job, one below the other as the paper shows it, in mode "1"; None where there is none."""
    strips = []
    for name, args in commands:
        if name == "GS v 0":
            size = int.from_bytes(args[1:3], "little") * 8, int.from_bytes(args[3:5], "little")
            if all(size):
                strips.append(Image.frombytes("1", size, args[5:], "raw", "1;I"))
    if not strips:
        return None
    page = Image.new("1", (max(strip.width for strip in strips), sum(strip.height for strip in strips)), 1)
    top = 0
    for strip in strips:
        page.paste(strip, (0, top))
        top += strip.height
    return page


def _text(data: bytes, at: int) -> tuple[Command, int]:
    end = next((place for place in range(at, len(data)) if data[place] in _OPENERS), len(data))
    return Command("text", data[at:end]), end


def _command(data: bytes, at: int) -> tuple[Command, int] | None:
    """The command that starts at `at` and where the next one starts; None until the rest of it has come."""
    for size in range(_NAME_BYTES_MAX, 1, -1):
        row = _TABLE.get(data[at : at + size])
        if row is None or at + size > len(data):
            continue
        name, length = row
        start = at + size
        end = start + length(data[start : start + 8])
        return (Command(name, data[start:end]), end) if end <= len(data) else None
    if any(name.startswith(data[at:]) for name in _TABLE):
        return None
    return Command("unknown", data[at : at + 1]), at + 1
