"""What the line needs of a device: small protocols, each with a virtual twin in drivers/virtual.py and one contract suite."""

from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol, runtime_checkable

from drivers.bidi import Direction
from loyalty.document import Receipt


@dataclass(frozen=True, slots=True)
class Scan:
    """One reading. `aim` is the AIM symbology identifier ("]Q1" for a QR code) where the device gives one, else empty.

    `beside` has the texts of other codes that came into view at the same moment, in no order of importance: which of them all
    is meant, the line decides.
    """

    text: str
    scanner: str
    aim: str = ""
    beside: tuple[str, ...] = ()


class Scanner(Protocol):
    """A source of scans with one owner."""

    name: str

    def scans(self) -> AsyncGenerator[Scan, None]:
        """Open the device and yield each reading once; return when the source has ended (a file).

        Raises Unavailable when the device is gone or cannot be opened: the supervisor waits and calls again. Leaving the
        iteration closes the device.
        """
        ...

    def lag_s(self) -> float:
        """Seconds since the device last showed a sign of life; for the status page."""
        ...


@runtime_checkable
class Answering(Protocol):
    """A scanner that can be told how it went. What cannot (a camera, a keyboard wedge) lacks the method."""

    def refused(self) -> None:
        """Say at the device that its last scan was refused: the "not on file" beep. Returns at once and raises nothing."""
        ...


@runtime_checkable
class Sighted(Protocol):
    """A scanner that sees pictures: a camera."""

    def trouble(self) -> str:
        """A code for what a person should look at while it runs, such as "camera_blind"; else empty."""
        ...

    def snapshot(self) -> bytes:
        """A PNG of what it sees now, with codes made unreadable; blocks for some tenths of a second.

        Raises Unavailable when it gives no picture.
        """
        ...


class Delivery(StrEnum):
    """How a print job ended. `unknown` is never printed again silently."""

    CONFIRMED = "confirmed"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class PrinterStatus:
    """What a printer says of itself. An unknown status is not "no paper": `known` False means that nobody answered."""

    known: bool
    troubles: tuple[str, ...] = field(default_factory=tuple)
    """Of: offline, cover_open, paper_out, paper_near_end, cutter_error, error."""


Starting = Callable[[], Awaitable[None]]
"""Told that from now on nobody can know what is on the paper, until the printer says so."""


async def unheard() -> None:
    """For whoever prints without a queue."""


class Signal(StrEnum):
    """What a printer does beside printing."""

    DRAWER = "drawer"
    BUZZER = "buzzer"


class Printer(Protocol):
    """A printer with one owner. Every call is bounded in time."""

    name: str

    async def print(self, receipt: Receipt, starting: Starting = unheard) -> Delivery:
        """Print one receipt: CONFIRMED when the printer says that it is done, UNKNOWN when bytes went out and no word came.

        `starting` is awaited right before the first byte goes out, not before: a printer that is off has nothing on its paper.
        Raises Unavailable when nothing at all was sent: the job may stay queued.
        """
        ...

    async def send(self, job: bytes, starting: Starting = unheard) -> Delivery:
        """The same for what is ESC/POS bytes already, such as a test page; it ends with escpos.FENCE if the profile has one."""
        ...

    async def signal(self, signal: Signal) -> None:
        """Open the cash drawer, or beep. Rejected where it has none; Unavailable when the printer cannot be reached."""
        ...

    async def status(self) -> PrinterStatus:
        """Ask; an answer that does not come within the driver's deadline is an unknown status, not an error."""
        ...


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a display: a text where reading begins, and a figure at the other end; without one the text is centered."""

    text: str
    figure: str = ""


@dataclass(frozen=True, slots=True)
class Sign:
    """What a customer reads at one glance. `direction` is the language's own: "rtl" or "ltr"."""

    direction: Direction
    upper: Line
    lower: Line


class Display(Protocol):
    """A customer display of two lines with one owner. Every call is bounded in time."""

    name: str

    async def show(self, signs: Sequence[Sign]) -> Sign:
        """Show the first of `signs` whose letters the display has, and say which that was; the last one is plain ASCII.

        Opens the device where it is not open. Raises Unavailable when it is gone, taken, or does not take its lines.
        """
        ...

    async def check(self) -> None:
        """Raise Unavailable when the device has been unplugged since the last show()."""
        ...

    def lag_s(self) -> float:
        """Seconds since the device last took its lines or was there when it was checked; for the status page."""
        ...

    async def close(self) -> None:
        """Clear the display, as far as it goes without waiting, and let go of it."""
        ...
