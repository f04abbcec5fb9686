"""Receipts on their way: from the store to our printer, or drawn for the till that owns one."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from drivers.ports import Printer, PrinterStatus
from drivers.printers.job import JobState, receipt_from
from loyalty.document import Receipt
from posd.layout import safely_laid_out
from posd.store import pages, print_jobs
from posd.store.database import Store

TILL_PROFILE = "generic-80mm"
STATUS_EVERY_S = 2.0  # so soon the cashier knows that the paper has ended


@dataclass(frozen=True, slots=True)
class Handed:
    """A receipt as a till may want it: plain text, a picture, and ESC/POS bytes without cut."""

    text: str
    png: bytes
    escpos: bytes


async def hand(stored: Receipt, layout: str | None, profile_name: str = TILL_PROFILE) -> Handed:
    """Draw a receipt for the till as the published `layout` says, off the loop's thread."""
    from drivers.printers import escpos, plain, render
    from drivers.printers.profile import load_profile

    def draw() -> Handed:
        receipt = safely_laid_out(stored, layout)
        profile = load_profile(profile_name)
        image = render.raster(receipt, profile.dots)
        return Handed(plain.text(receipt), render.png(receipt, profile.dots), escpos.block_bytes(image, profile))

    return await asyncio.to_thread(draw)


@dataclass(frozen=True, slots=True)
class StoredQueue:
    """The print jobs of the store, as drivers/printers/job.py wants them."""

    store: Store

    async def next_queued(self) -> tuple[str, bytes] | None:
        """The oldest job that waits."""
        waiting = await self.store.look(print_jobs.next_queued)
        return (str(waiting[0]), waiting[1]) if waiting else None

    async def read(self, stored: bytes) -> Receipt:
        """Its receipt, laid out as head office says."""
        layout = await self.store.look(pages.layout)
        return await asyncio.to_thread(safely_laid_out, receipt_from(stored), layout)

    async def mark(self, job_id: str, state: JobState) -> None:
        """It is in `state` now."""
        await self.store.run(print_jobs.mark, int(job_id), state.value)

    async def recover(self) -> tuple[str, ...]:
        """Jobs that were being sent when we died; they are unknown now."""
        return tuple(str(job) for job in await self.store.run(print_jobs.recover))


@dataclass
class Watched:
    """A printer and how it last said it was."""

    printer: Printer
    status: PrinterStatus = field(default_factory=lambda: PrinterStatus(known=False))

    async def watch(self, changed: Callable[[], None]) -> None:
        """Ask every two seconds, for ever, and tell when the answer is another one. A job is never made to wait for it."""
        while True:
            status = await self.printer.status()
            if status != self.status:
                self.status = status
                changed()
            await asyncio.sleep(STATUS_EVERY_S)

    def told(self) -> dict[str, Any]:
        """For the status page. `stop` is the trouble that keeps jobs waiting, as the code of its sentence; empty without one."""
        from drivers.printers.owned import STOPS

        stop = next((f"printer_{stop}" for stop in STOPS if stop in self.status.troubles), "")
        return {"name": self.printer.name, "known": self.status.known, "troubles": list(self.status.troubles), "stop": stop}
