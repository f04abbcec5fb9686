"""A conversation with a printer over one open line: questions and answers, a job, and the fence at its end.

What a printer says comes in its own order and mixed: real-time answers, automatic status, fences, noise. `Talk` takes it all in,
sorts it by its bits (drivers/printers/status.py) and remembers it until somebody wants to know.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

from drivers.ports import Delivery, PrinterStatus
from drivers.printers.escpos import FENCE
from drivers.printers.profile import Profile
from drivers.printers.status import QUESTIONS, SENSOR_PAPER_OUT, status_of, told_apart
from drivers.printers.wire import Wire

ASK_S = 0.8  # for all four questions: real-time answers come at once or never, over a shop's radio network in some 100 ms
STATUS_S = 2.0  # how often a job that waits for its fence asks what the matter is
SYNC_S = 1.5  # how long an idle printer may take to answer a fence
QUIET_S = 2.0  # when so long no answer has come, those that are owed were lost; a printer answers within milliseconds
LEARN_S = 5.0  # how long a job that cannot be confirmed any more is listened for
RECOVER = b"\x10\x05\x02"  # DLE ENQ 2: recover from an error and forget what was waiting
CHUNK_BYTES = 4096  # the receive buffer of common models
HEARD_BYTES_MAX = 65_536  # what all the answers to a job never come near: what goes on and on is no printer


@dataclass(slots=True)
class Talk:
    """One conversation. `last` is the last status that was heard in it; `fences` are answers to GS r 1 not used up yet; `whole`:
    everything that was to be sent has left this machine. `sent` and `answered` count fences.
    """

    wire: Wire
    profile: Profile
    last: PrinterStatus = field(default_factory=lambda: PrinterStatus(known=False))
    fences: list[int] = field(default_factory=list)
    whole: bool = True
    sent: int = 0
    answered: int = 0
    _real_time: list[int] = field(default_factory=list)
    _rest: bytes = b""
    _heard_bytes: int = 0

    async def status(self) -> PrinterStatus:
        """Ask the four questions, one after the other; unknown where the first is not answered. OSError: the line is cut.

        One at a time, since an answer does not say which question it is for; the first that is missing ends it, or a late answer
        would be taken for the next one.
        """
        answers: list[int] = []
        if self.profile.status:
            try:
                async with asyncio.timeout(ASK_S):
                    for question in QUESTIONS:
                        self._take(self.wire.pending())
                        self._real_time.clear()
                        await self.wire.send(b"\x10\x04" + bytes([question]))
                        await self._until(lambda: bool(self._real_time))
                        answers.append(self._real_time[0])
            except TimeoutError:
                pass
        asked = status_of(answers)
        ports = tuple(trouble for trouble in self.wire.troubles() if trouble not in asked.troubles)
        self.last = believed(PrinterStatus(asked.known or bool(ports), asked.troubles + ports), self.profile)
        return self.last

    async def recover(self) -> None:
        """Let a printer that stopped at a jammed knife go on: a person has seen to it, or it stops again at once."""
        await self.wire.send(RECOVER)

    async def idle(self, deadline_s: float, owed: int | None) -> bool:
        """Whether the printer answers a fence now: then nothing of an earlier job is in it, and no old answer on the way.

        If it does not, it may be in the middle of a picture that was cut off, and take everything for dots: as many NULs as the
        largest band has bytes end that, and mean nothing to a printer that is not. OSError when the line is cut.

        All answers look the same, so they are counted: `owed` are those that earlier fences are still due. Where some were lost, or
        nobody knows how many there were (None: this process has just started), there must be silence.
        """
        band = b"\0" * (self.profile.band_rows_max * self.profile.dots // 8)
        for before in (b"", band):
            try:
                self.sent += 1
                async with asyncio.timeout(deadline_s):
                    await self.wire.send(before + FENCE)
                async with asyncio.timeout(SYNC_S):
                    await self._until(lambda: bool(self.fences))
            except TimeoutError:
                continue
            await self._all_answered(owed)
            self.fences.clear()
            self.sent = self.answered = 0
            return True
        return False

    async def _all_answered(self, owed: int | None) -> None:
        """Until every fence is answered, or no answer has come for so long that none will."""
        while owed is None or self.answered < owed + self.sent:
            heard = self.answered
            try:
                async with asyncio.timeout(QUIET_S):
                    await self._until(lambda: self.answered > heard)  # noqa: B023 (used before it changes)
            except TimeoutError:
                return

    async def deliver(self, job: bytes, deadline_s: float, *, sure: bool) -> Delivery:
        """Send `job` and hear its fence, within `deadline_s`. CONFIRMED only by a printer that is `sure` to have been idle before,
        that has answered with paper left, and that is there and well when it is asked once more.
        """
        body, self.whole = job.removesuffix(FENCE), False
        try:
            async with asyncio.timeout(deadline_s):
                for at in range(0, len(body), CHUNK_BYTES):
                    await self.wire.send(body[at : at + CHUNK_BYTES])
                    await asyncio.sleep(self.profile.pause_ms / 1000)
                if not self.profile.fence or self.wire.mute:
                    await self._out()
                    return Delivery.UNKNOWN
                self._take(self.wire.pending())
                self.fences.clear()  # whatever came until now answers something else
                known = self.last.known
                self.sent += 1
                await self.wire.send(FENCE)
                await self._out()
                async with asyncio.timeout(None if sure else LEARN_S):
                    await self._fence_with_questions()
                alive = not known or self._is_well(await self.status())
        except OSError:
            return Delivery.UNKNOWN
        paper_ended = any(sensor & SENSOR_PAPER_OUT for sensor in self.fences)
        return Delivery.CONFIRMED if sure and alive and not paper_ended else Delivery.UNKNOWN

    async def say(self, command: bytes, deadline_s: float) -> None:
        """Send a few bytes that print nothing. OSError when they cannot be sent."""
        async with asyncio.timeout(deadline_s):
            await self.wire.send(command)
            await self._out()

    async def _out(self) -> None:
        await self.wire.flush()
        self.whole = True

    def _is_well(self, status: PrinterStatus) -> bool:
        """A line that dies says NUL, which looks like a fence: but a printer that has printed all is there and has no trouble."""
        return status.known and not set(status.troubles) - {"paper_near_end"}

    async def _fence_with_questions(self) -> None:
        """Until the fence is answered. Meanwhile ask what the matter is: a person wants to know, and all of the job is out."""
        while not self.fences:
            try:
                async with asyncio.timeout(STATUS_S):
                    await self._until(lambda: bool(self.fences))
            except TimeoutError:
                await self.status()

    async def _until(self, enough: Callable[[], bool]) -> None:
        while not enough():
            self._take(await self.wire.receive())

    def _take(self, received: bytes) -> None:
        self._heard_bytes += len(received)
        if self._heard_bytes > HEARD_BYTES_MAX:
            raise ConnectionAbortedError("it says more than any printer does")
        answers = told_apart(self._rest + received)
        self._rest = answers.rest
        self.fences += answers.fence
        self.answered += len(answers.fence)
        self._real_time += answers.real_time
        if answers.automatic:
            self.last = believed(status_of((), answers.automatic), self.profile)


def believed(status: PrinterStatus, profile: Profile) -> PrinterStatus:
    """Without what this model has no sensor for: clones set that bit as they please."""
    troubles = tuple(trouble for trouble in status.troubles if profile.near_end or trouble != "paper_near_end")
    return PrinterStatus(status.known, troubles)
