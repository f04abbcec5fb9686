"""A printer on TCP port 9100: one connection to a job, everything bounded, and no word is never taken for a yes.

Most receipt printers take one connection at a time, refuse one that comes within 200 ms of the last, and keep an idle one
for minutes. And a finished `send` says only that the kernel took the bytes: so a job is confirmed by the printer's answer to
the fence at its end, or it is unknown.
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import ClassVar

from drivers.ports import Delivery, PrinterStatus, Starting, unheard
from drivers.printers import paper
from drivers.printers.lettering import require_shaping
from drivers.printers.profile import load_profile
from drivers.printers.status import QUESTIONS, SENSOR_PAPER_OUT, Answers, status_of, told_apart
from loyalty.document import Receipt
from runtime.errors import Unavailable

CONNECT_S = 3.0  # a printer on the shop's own network answers in milliseconds; waking up from sleep takes a second
ASK_S = 0.5  # real-time answers come at once or never; a job does not wait longer to hear that there is paper
CLOSE_S = 1.0
REOPEN_S = 0.2  # sooner than this many printers refuse the next connection
CHUNK_BYTES = 4096  # the receive buffer of common models
HEARD_BYTES_MAX = 4096  # an answer has a few bytes: what goes on and on is no printer
DEADLINE_S_MAX = 120
STOPS = frozenset({"paper_out", "cover_open", "cutter_error"})
"""Troubles known before anything was sent that keep a job queued until somebody has seen to them."""


@dataclass(frozen=True, slots=True)
class NetworkOptions:
    """Where the printer is. `profile` is a file of config/printers; `deadline_s` bounds sending a job and hearing its fence."""

    host: str
    port: int = 9100
    profile: str = "generic-80mm"
    deadline_s: int = 30

    def __post_init__(self) -> None:
        if not 1 <= self.port <= 65535:
            raise ValueError(f"port is {self.port}; 1 to 65535 is wanted")
        if not 1 <= self.deadline_s <= DEADLINE_S_MAX:
            raise ValueError(f"deadline_s is {self.deadline_s}; 1 to {DEADLINE_S_MAX} is wanted")


class NetworkPrinter:
    """The one owner of a network printer."""

    Options: ClassVar = NetworkOptions

    def __init__(self, name: str, options: NetworkOptions) -> None:
        """Raises Misconfigured where the profile is wrong or this machine cannot draw Hebrew. Opens nothing yet."""
        require_shaping()
        self.name = name
        self._options = options
        self._profile = load_profile(options.profile)
        self._owned = asyncio.Lock()
        self._free_at = 0.0
        self._asking: asyncio.Task[PrinterStatus] | None = None
        self._heard_last = PrinterStatus(known=False)

    async def print(self, receipt: Receipt, starting: Starting = unheard) -> Delivery:
        """Send one job and wait for its fence. A known lack of paper, or an open cover, is Unavailable: nothing was sent."""
        job = await asyncio.to_thread(paper.job, receipt, self._profile)
        if self._asking is not None:
            self._asking.cancel()  # a job goes before a question
        async with self._owned:
            line = await self._open()
            try:
                await self._make_sure(line)
                await starting()
                return await self._deliver(job, line)
            finally:
                await self._close(line)

    async def status(self) -> PrinterStatus:
        """Ask over a connection of its own. During a job: what was heard last, since a job is never made to wait."""
        if self._owned.locked():
            return self._heard_last
        asking = self._asking = asyncio.create_task(self._ask())
        try:
            await asyncio.wait({asking})
        finally:
            asking.cancel()
        return PrinterStatus(known=False) if asking.cancelled() else asking.result()

    async def _ask(self) -> PrinterStatus:
        async with self._owned:
            try:
                line = await self._open()
            except Unavailable:
                self._heard_last = PrinterStatus(known=False)
                return self._heard_last
            try:
                self._heard_last = await line.status()
            except OSError:
                self._heard_last = PrinterStatus(known=False)
            finally:
                await self._close(line)
            return self._heard_last

    async def _open(self) -> "_Line":
        await asyncio.sleep(self._free_at - asyncio.get_running_loop().time())
        where = f"{self._options.host}:{self._options.port}"
        try:
            async with asyncio.timeout(CONNECT_S):
                reader, writer = await asyncio.open_connection(self._options.host, self._options.port)
        except OSError as error:
            raise Unavailable(
                "printer_unreachable",
                f"The printer {self.name} at {where} does not answer ({error!r})",
                "Look at its power and its cable; what waits is printed afterwards",
            ) from error
        writer.transport.set_write_buffer_limits(high=0)  # drain() then waits until the kernel has taken it all
        return _Line(reader, writer)

    async def _make_sure(self, line: "_Line") -> None:
        """Raise Unavailable if the printer says that it cannot print. No answer is no obstacle: some models have none."""
        if not self._profile.status:
            return
        try:
            status = self._heard_last = await line.status()
        except OSError as error:
            raise Unavailable(
                "printer_unreachable",
                f"The printer {self.name} closed the connection before the job ({error!r})",
                "Another program may hold it; posd tries again",
            ) from error
        stops = [trouble for trouble in status.troubles if trouble in STOPS]
        if stops:
            raise Unavailable(
                f"printer_{stops[0]}", f"The printer {self.name} says: {', '.join(stops)}", "See to it; the job is printed then"
            )

    async def _deliver(self, job: bytes, line: "_Line") -> Delivery:
        """From the first byte on, whatever goes wrong leaves it unknown what is on the paper."""
        try:
            async with asyncio.timeout(self._options.deadline_s):
                for at in range(0, len(job), CHUNK_BYTES):
                    await line.send(job[at : at + CHUNK_BYTES])
                if not self._profile.fence:
                    return Delivery.UNKNOWN
                answers = await line.hear(lambda so_far: bool(so_far.fence))
        except OSError:
            return Delivery.UNKNOWN
        paper_ended = any(sensor & SENSOR_PAPER_OUT for sensor in answers.fence)
        return Delivery.CONFIRMED if answers.fence and not paper_ended else Delivery.UNKNOWN

    async def _close(self, line: "_Line") -> None:
        await line.close()
        self._free_at = asyncio.get_running_loop().time() + REOPEN_S


@dataclass(slots=True)
class _Line:
    """One open connection. `rest` is an answer whose end has not come yet: what follows must not be taken for another."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    rest: bytes = b""

    async def send(self, chunk: bytes) -> None:
        """Hand `chunk` to the kernel, all of it."""
        self.writer.write(chunk)
        await self.writer.drain()

    async def hear(self, enough: Callable[[Answers], bool]) -> Answers:
        """Read until `enough` is told, or more than any printer says. OSError when the line is cut."""
        heard = self.rest
        while len(heard) < HEARD_BYTES_MAX and not enough(told_apart(heard)):
            received = await self.reader.read(CHUNK_BYTES)
            if not received:
                raise ConnectionResetError("closed by the printer")
            heard += received
            self.rest = told_apart(heard).rest
        return told_apart(heard)

    async def status(self) -> PrinterStatus:
        """The answers to the four questions; an unknown status if they do not come in time. OSError when the line is cut."""
        try:
            async with asyncio.timeout(ASK_S):
                await self.send(b"".join(b"\x10\x04" + bytes([question]) for question in QUESTIONS))
                answers = await self.hear(lambda so_far: len(so_far.real_time) >= len(QUESTIONS))
        except TimeoutError:
            return PrinterStatus(known=False)
        return status_of(answers.real_time, answers.automatic)

    async def close(self) -> None:
        """Close; a printer that never read is not waited for."""
        with suppress(OSError):
            async with asyncio.timeout(CLOSE_S):
                if self.writer.transport.get_write_buffer_size():
                    self.writer.transport.abort()
                self.writer.close()
                await self.writer.wait_closed()
