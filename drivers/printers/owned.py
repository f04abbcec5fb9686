"""The one owner of a printer: a job at a time, asked before it is sent anything, and no word is never taken for a yes.

A line is opened for each job and each question and closed after it: a printer may be unplugged, switched off or taken by another
program at any moment. What opens it is a Transport (transport.py); everything else is the same for all and stands here.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from drivers.ports import Delivery, PrinterStatus, Signal, Starting, unheard
from drivers.printers import paper
from drivers.printers.profile import Profile
from drivers.printers.signals import Drawer, signal_bytes
from drivers.printers.talk import Talk
from drivers.printers.wire import Wire
from loyalty.document import Receipt
from runtime.errors import Unavailable

SIGNAL_S = 5.0  # a customer who pays cash does not wait longer for the drawer
STOPS = ("cover_open", "paper_out", "cutter_error", "error", "offline")
"""Troubles that keep a job queued until somebody has seen to them, the most telling first."""

Connect = Callable[[], Awaitable[Wire]]
"""Opens the line. Raises Unavailable, within seconds, where there is none."""


@dataclass(slots=True)
class Owned:
    """A printer of that name and model, reached by `connect`, as drivers.ports.Printer says.

    `drawer` are the pins that the cash drawer hangs on; `deadline_s` bounds sending a job and hearing its fence; `reopen_s`: how
    long after closing it takes the next line.
    """

    name: str
    profile: Profile
    drawer: Drawer
    deadline_s: float
    connect: Connect
    reopen_s: float = 0.0
    _owned: asyncio.Lock = field(default_factory=asyncio.Lock)
    _free_at: float = 0.0
    _asking: asyncio.Task[PrinterStatus] | None = None
    _talk: Talk | None = None
    _last: PrinterStatus = field(default_factory=lambda: PrinterStatus(known=False))
    _idle: bool = False
    """Nothing of an earlier job is in it: it has confirmed the last one. Not known of a printer that this process just met."""
    _owed: int | None = None
    """Answers to fences that it still owes; not known at first."""
    _asked: bool = False
    _answers: bool = False
    """It was asked for a fence before, and it has answered one."""

    async def print(self, receipt: Receipt, starting: Starting = unheard) -> Delivery:
        """Draw and send one receipt. A known lack of paper, or an open cover, is Unavailable: nothing was sent."""
        return await self.send(await asyncio.to_thread(paper.job, receipt, self.profile), starting)

    async def send(self, job: bytes, starting: Starting = unheard) -> Delivery:
        """Send one job that is bytes already, with its fence at the end where the profile has one."""
        self._interrupt()
        async with self._owned:
            talk = await self._open()
            try:
                await self._make_sure(talk)
                await starting()
                sure, self._idle = self._idle, False
                delivery = await talk.deliver(job, self.deadline_s, sure=sure)
                self._idle = delivery is Delivery.CONFIRMED
                self._answers |= bool(talk.fences)
                return delivery
            finally:
                self._close(talk)

    async def signal(self, signal: Signal) -> None:
        """Pulse the drawer's pins or beep; Rejected where it has none."""
        command = signal_bytes(signal, self.profile, self.drawer)
        self._interrupt()
        async with self._owned:
            talk = await self._open()
            try:
                talk.whole = False
                await talk.say(command, SIGNAL_S)
            except OSError as error:
                raise self._gone(error) from error
            finally:
                self._close(talk)

    async def status(self) -> PrinterStatus:
        """Ask over a line of its own. During a job: what was heard last, since a job is never made to wait."""
        if self._owned.locked():
            return self._talk.last if self._talk and self._talk.last.known else self._last
        asking = self._asking = asyncio.create_task(self._ask())
        try:
            await asyncio.wait({asking})
        finally:
            asking.cancel()
        return PrinterStatus(known=False) if asking.cancelled() else asking.result()

    def _interrupt(self) -> None:
        """A job goes before a question."""
        if self._asking is not None:
            self._asking.cancel()

    async def _ask(self) -> PrinterStatus:
        async with self._owned:
            self._last = PrinterStatus(known=False)
            try:
                talk = await self._open()
            except Unavailable:
                return self._last
            try:
                await talk.status()
            except OSError:
                talk.last = PrinterStatus(known=False)
            finally:
                self._close(talk)
            return self._last

    async def _open(self) -> Talk:
        await asyncio.sleep(self._free_at - asyncio.get_running_loop().time())
        self._talk = Talk(await self.connect(), self.profile)
        return self._talk

    def _close(self, talk: Talk) -> None:
        self._talk, self._last = None, talk.last
        if self._owed is not None:
            self._owed = max(0, self._owed + talk.sent - talk.answered)
        talk.wire.shut(not talk.whole)
        self._free_at = asyncio.get_running_loop().time() + self.reopen_s

    async def _make_sure(self, talk: Talk) -> None:
        """Raise Unavailable if the printer says that it cannot print, or hangs. No answer is no obstacle: some models have none."""
        try:
            status = await talk.status()
            troubles = status.troubles
            if self.profile.status and self._answers and not status.known:
                self._idle = False  # it speaks, and says nothing now: it hangs, or somebody else has it
            if "cutter_error" in troubles:
                await talk.recover()
            if not set(troubles) & set(STOPS) and self.profile.fence and not talk.wire.mute:
                await self._make_idle(talk)
        except OSError as error:
            raise self._gone(error) from error
        for stop in STOPS:
            if stop in troubles:
                raise Unavailable(
                    f"printer_{stop}",
                    f"The printer {self.name} says: {', '.join(troubles)}",
                    "See to it; the job is printed then",
                )

    async def _make_idle(self, talk: Talk) -> None:
        """After a job that nobody confirmed, and at first: a late answer to that job must not confirm this one.

        A model that has never answered is not asked again and again; its jobs cannot be confirmed.
        """
        if self._idle or (self._asked and not self._answers):
            return
        self._asked = True
        self._idle = await talk.idle(self.deadline_s, self._owed)
        if self._idle:
            self._owed = 0
        self._answers |= self._idle
        if self._answers and not self._idle:
            raise Unavailable(
                "printer_busy",
                f"The printer {self.name} has not come to the end of what it was sent before",
                "Look at it; if it hangs, switch it off and on",
            )

    def _gone(self, error: OSError) -> Unavailable:
        return Unavailable(
            "printer_unreachable",
            f"The printer {self.name} was cut off before the job ({error!r})",
            "Look at its power and its cable; another program may hold it. posd tries again",
        )
