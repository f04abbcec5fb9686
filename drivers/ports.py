"""What the line needs of a device: small protocols, each with a virtual twin in drivers/virtual.py and one contract suite."""

from collections.abc import AsyncGenerator, Awaitable, Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from loyalty.receipt import Receipt


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


class Printer(Protocol):
    """A printer with one owner. Every call is bounded in time."""

    name: str

    async def print(self, receipt: Receipt, starting: Starting = unheard) -> Delivery:
        """Print one receipt: CONFIRMED when the printer says that it is done, UNKNOWN when bytes went out and no word came.

        `starting` is awaited right before the first byte goes out, not before: a printer that is off has nothing on its paper.
        Raises Unavailable when nothing at all was sent: the job may stay queued.
        """
        ...

    async def status(self) -> PrinterStatus:
        """Ask; an answer that does not come within the driver's deadline is an unknown status, not an error."""
        ...
