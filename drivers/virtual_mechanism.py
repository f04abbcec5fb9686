"""A receipt printer made of software, to try things out and to test with; it ships with posd and can be told to misbehave.

`Mechanism` is the printer itself: a buffer, a roll of paper, a cover, a knife, and the answers it gives (Epson, ESC/POS
Application Programming Guide). Like a real one it keeps what it was sent when the line is closed, prints it later, and answers on
whatever line is open then. drivers/virtual_printer.py connects it to a TCP port or to a pseudo terminal.
"""

import time
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from io import BytesIO
from pathlib import Path

from PIL import Image

from drivers.printers.commands import Command, Tokenizer, picture
from drivers.printers.folder import write_durably

MID_JOB_BYTES = 8192  # in the middle of any receipt
MID_JOB_ROWS = 60
BUFFER_BYTES_MAX = 65_536  # what a stopped printer takes before it stops reading


class Fault(StrEnum):
    """How a virtual printer misbehaves."""

    NONE = "none"
    SILENT = "silent"  # prints, and answers nothing
    CLOSES = "closes"  # cuts the line in the middle of a job, prints what it has
    RESETS = "resets"  # is switched off and on in the middle of a job: the line is cut and all is forgotten
    HALF_OPEN = "half_open"  # stops speaking in the middle of a job, and reads on
    DEAF = "deaf"  # never reads
    STALLS = "stalls"  # stops reading in the middle of a job
    COVER_OPEN = "cover_open"
    COVER_OPENS = "cover_opens"  # in the middle of a job
    PAPER_OUT = "paper_out"
    RUNS_OUT = "runs_out"  # of paper, in the middle of a job
    NEAR_END = "near_end"  # says that the paper ends soon
    JAMMED = "jammed"  # the knife
    NOISY = "noisy"  # sends automatic status and flow control before every answer
    GARBLED = "garbled"  # answers with bytes that mean nothing
    SLOW = "slow"  # takes 20 KB a second
    LATE = "late"  # prints so slowly that it answers the fence when nobody waits for it any more


@dataclass(frozen=True, slots=True)
class Manner:
    """What a fault is made of."""

    speaks: bool = True
    mute_from_bytes: int | None = None
    reads_bytes: int | None = None
    cuts_bytes: int | None = None
    forgets: bool = False
    cover_open_rows: int | None = None
    paper_rows: int | None = None
    near_end: bool = False
    jams: bool = False
    noise: bytes = b""
    garbles: bool = False
    bytes_per_s: int | None = None
    rows_per_s: int | None = None


FAULTS: Mapping[Fault, Manner] = {
    Fault.NONE: Manner(),
    Fault.SILENT: Manner(speaks=False),
    Fault.CLOSES: Manner(cuts_bytes=MID_JOB_BYTES),
    Fault.RESETS: Manner(cuts_bytes=MID_JOB_BYTES, forgets=True),
    Fault.HALF_OPEN: Manner(mute_from_bytes=MID_JOB_BYTES),
    Fault.DEAF: Manner(reads_bytes=0),
    Fault.STALLS: Manner(reads_bytes=MID_JOB_BYTES),
    Fault.COVER_OPEN: Manner(cover_open_rows=0),
    Fault.COVER_OPENS: Manner(cover_open_rows=MID_JOB_ROWS),
    Fault.PAPER_OUT: Manner(paper_rows=0),
    Fault.RUNS_OUT: Manner(paper_rows=MID_JOB_ROWS),
    Fault.NEAR_END: Manner(near_end=True),
    Fault.JAMMED: Manner(jams=True),
    Fault.NOISY: Manner(noise=b"\x13\x14\x00\x00\x0f\x11"),  # XOFF, an automatic status, XON
    Fault.GARBLED: Manner(garbles=True),
    Fault.SLOW: Manner(bytes_per_s=20_000),
    Fault.LATE: Manner(rows_per_s=100),
}
GARBAGE = b"\xff\xb6\x93\x81"


@dataclass(frozen=True, slots=True)
class Printed:
    """One job as it came out: its commands, and what is on the paper (mode "1", None without raster)."""

    commands: tuple[Command, ...]
    picture: Image.Image | None
    unknown: int
    """How many bytes opened a command that the tokenizer does not know."""


@dataclass
class Mechanism:
    """The printer behind the line. `printed` has whole jobs, oldest first, and `folder` each as PNG; `paper` is every row of dots
    that ever came out, as bytes, whoever sent it; `pulses` and `beeps` count. `parrot`, where given, is its answer to everything.

    `fault` may be changed at any time and holds at once: no fault means that a person has seen to it, and it goes on.
    """

    folder: Path | None = None
    printed: list[Printed] = field(default_factory=list)
    paper: bytearray = field(default_factory=bytearray)
    pulses: int = 0
    beeps: int = 0
    parrot: bytes = b""
    _fault: Fault = Fault.NONE
    _tokenizer: Tokenizer = field(default_factory=Tokenizer)
    _waiting: deque[Command] = field(default_factory=deque)
    _sheet: list[Command] = field(default_factory=list)
    _outbox: bytes = b""
    _busy_until_s: float = 0.0
    _rows: int = 0
    _jammed: bool = False

    @property
    def fault(self) -> Fault:
        """How it misbehaves now."""
        return self._fault

    @fault.setter
    def fault(self, fault: Fault) -> None:
        self._fault, self._rows, self._jammed, self._busy_until_s = fault, 0, False, 0.0
        self._run()

    @property
    def manner(self) -> Manner:
        """What the fault is made of."""
        return FAULTS[self._fault]

    @property
    def cover_open(self) -> bool:
        """The cover is open, or was opened when so much had been printed."""
        return self.manner.cover_open_rows is not None and self._rows >= self.manner.cover_open_rows

    @property
    def paper_out(self) -> bool:
        """The roll has ended."""
        return self.manner.paper_rows is not None and self._rows >= self.manner.paper_rows

    @property
    def full(self) -> bool:
        """It takes no more before it has printed something."""
        return sum(len(command.args) for command in self._waiting) > BUFFER_BYTES_MAX

    def take(self, received: bytes) -> None:
        """Bytes from the line. What is asked in real time is answered at once, the rest is done in its turn."""
        for command in self._tokenizer.feed(received):
            if command.name == "DLE EOT":
                self._say(bytes([self._status(command.args[0])]))
            elif command == Command("DLE ENQ", b"\x02"):
                self._waiting.clear()
                self._jammed = False
            else:
                self._waiting.append(command)
        self._run()

    def answers(self) -> bytes:
        """What it has to say by now, once."""
        said, self._outbox = self._outbox, b""
        return said

    def power_cycle(self) -> None:
        """Off and on: the buffer is empty, what was half printed stays on the paper."""
        self._waiting.clear()
        self._outbox = b""
        self._tokenizer = Tokenizer()
        self.line_ended()

    def line_ended(self) -> None:
        """The line was closed: what has been printed without a fence is a job of its own."""
        if not self._waiting:
            self._keep()

    def _run(self) -> None:
        """Do what waits, until something stops it."""
        while self._waiting and not (
            self.cover_open or self.paper_out or self._jammed or time.monotonic() < self._busy_until_s
        ):
            command = self._waiting.popleft()
            if command.name == "GS v 0":
                self._print(command.args)
            elif command.name == "GS V" and self.manner.jams:
                self._jammed = True
            elif command.name == "ESC p":
                self.pulses += 1
            elif command.name == "ESC B" or (command.name == "ESC (" and command.args[:1] == b"A"):
                self.beeps += 1
            self._sheet.append(command)
            if command.name == "GS r":
                self._say(b"\x03" if self.manner.near_end else b"\x00")
                self._keep()

    def _print(self, args: bytes) -> None:
        """Rows of dots, as many as there is paper for; the rest waits."""
        across, rows = int.from_bytes(args[1:3], "little"), int.from_bytes(args[3:5], "little")
        ends = [limit - self._rows for limit in (self.manner.cover_open_rows, self.manner.paper_rows) if limit is not None]
        now = min([rows, *ends])
        self.paper += args[5 : 5 + now * across]
        self._rows += now
        if self.manner.rows_per_s:
            self._busy_until_s = time.monotonic() + now / self.manner.rows_per_s
        if now < rows:
            self._waiting.appendleft(
                Command("GS v 0", args[:3] + (rows - now).to_bytes(2, "little") + args[5 + now * across :])
            )

    def _status(self, question: int) -> int:
        """The answer to DLE EOT n."""
        cover, out, near = self.cover_open, self.paper_out, self.manner.near_end
        bits = {
            1: 0x08 * (cover or out or self._jammed),
            2: 0x04 * cover | 0x20 * out | 0x40 * self._jammed,
            3: 0x08 * self._jammed,
            4: 0x0C * (near or out) | 0x60 * out,
        }
        return 0x12 | bits.get(question, 0)

    def _say(self, answer: bytes) -> None:
        if self.manner.speaks:
            self._outbox += self.parrot or (GARBAGE if self.manner.garbles else self.manner.noise + answer)

    def _keep(self) -> None:
        """What is printed since the last time is a job."""
        sheet, self._sheet = tuple(self._sheet), []
        shown = picture(list(sheet))
        if shown is None and not any(command.name == "text" and command.args.strip(b"\0") for command in sheet):
            return  # somebody only asked how it is
        self.printed.append(Printed(sheet, shown, self._tokenizer.unknown))
        if self.folder is not None and shown is not None:
            file = BytesIO()
            shown.save(file, "PNG")
            self.folder.mkdir(parents=True, exist_ok=True)
            write_durably(self.folder / f"paper-{len(self.printed):06}.png", file.getvalue())
