"""What lies between a terminal and head office: bytes that get lost, late, doubled, cut, or never leave the shop."""

import asyncio
import random
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from runtime.errors import Misconfigured, Unavailable
from sync import batch, wire
from sync.client import HOLD, PATIENCE, Overloaded, Patience
from sync.joining import AttachmentAnswer, AttachmentRequest
from sync.snapshot import SnapshotChunk, SnapshotRequest
from tests.sim.faults import HOUR_S, Faults
from tests.sim.marks import Marks

Shape = TypeVar("Shape")
Serve = Callable[[str, str, bytes], Coroutine[Any, Any, bytes]]
"""Which terminal asks (its key's name), which path, which body: head office's answer, or a Problem raised as Answered."""

LATE_S_MAX = HOUR_S  # a request that has wandered about for an hour still arrives
QUICK_S = 0.05


class Answered(Exception):
    """Head office's own "no", as a status and a body of bytes."""

    def __init__(self, problem: wire.Problem) -> None:
        """It travels as JSON."""
        super().__init__(problem.code)
        self.status = wire.PROBLEMS[problem.code]
        self.body = wire.encode(problem)


class Network:
    """All lines, and which terminals are cut off."""

    def __init__(self, serve: Serve, chance: random.Random, faults: Callable[[], Faults], marks: Marks) -> None:
        """`serve` is head office's door; it raises ConnectionError when nobody is there."""
        self.serve = serve
        self.chance = chance
        self.faults = faults
        self.marks = marks
        self.cut_off: dict[str, None] = {}
        self.requests = 0

    def meets(self, name: str) -> bool:
        """Whether this request meets the fault of that name."""
        found: float = getattr(self.faults(), name)
        return self.chance.random() < found


class Line:
    """As sync.client.HeadOffice, for the terminal whose key's name is `key`."""

    def __init__(self, network: Network, place: str, key: str) -> None:
        """`place` is the terminal as the nemeses know it."""
        self._network = network
        self._place = place
        self._key = key

    async def enrol(self, request: wire.EnrolRequest) -> wire.EnrolAnswer:
        """Become a terminal."""
        return await self._ask("/v1/enrol", wire.encode(request), wire.EnrolAnswer)

    async def push(self, records: list[bytes]) -> wire.PushAnswer:
        """Send a batch."""
        self._network.marks.sometimes("batch of several records", when=len(records) > 1)
        return await self._ask("/v1/journal", batch.pack(records), wire.PushAnswer)

    async def feed(self, request: wire.FeedRequest) -> wire.FeedPage:
        """Ask for changes."""
        page = await self._ask("/v1/feed", wire.encode(request), wire.FeedPage)
        self._network.marks.sometimes("feed page with more to come", when=page.more and not page.snapshot)
        self._network.marks.sometimes("feed read from the beginning", when=page.snapshot)
        return page

    async def attach(self, request: AttachmentRequest) -> AttachmentAnswer:
        """Send what belongs to a record that head office has."""
        return await self._ask("/v1/attachments", wire.encode(request), AttachmentAnswer)

    async def snapshot(self, request: SnapshotRequest) -> SnapshotChunk:
        """Ask for the next chunk of a snapshot."""
        chunk = await self._ask("/v1/snapshot", wire.encode(request), SnapshotChunk)
        self._network.marks.sometimes("snapshot in several chunks", when=not chunk.first)
        return chunk

    async def hold(self, request: wire.HoldRequest) -> wire.HoldAnswer:
        """Ask once for a reservation."""
        try:
            return await self._ask("/v1/holds", wire.encode(request), wire.HoldAnswer, HOLD)
        except Unavailable:
            self._network.marks.sometimes("hold unanswered")
            raise

    async def _ask(self, path: str, body: bytes, shape: type[Shape], patience: Patience = PATIENCE) -> Shape:
        answer = await self._carried(path, body, patience)
        try:
            return wire.decode(answer, shape)
        except ValueError as error:
            raise _unreachable("what answered is not head office") from error

    async def _carried(self, path: str, body: bytes, patience: Patience) -> bytes:
        """There and back. The same branches as sync.client has for what may come of it."""
        net, chance = self._network, self._network.chance
        net.requests += 1
        if net.meets("proxy"):
            net.marks.sometimes("proxy answered")
            raise _unreachable("something on the way answered with status 403")
        if self._place in net.cut_off or net.meets("lose_request"):
            return await _silence(patience)
        if net.meets("cut_request"):
            net.marks.sometimes("request cut short")
            body = body[: chance.randrange(len(body))]
        late_s = chance.uniform(0.001, QUICK_S)
        if net.meets("delay"):
            late_s = chance.random() ** 4 * LATE_S_MAX
        arrived = asyncio.get_running_loop().create_task(self._arrived(path, body, late_s))
        arrived.add_done_callback(_heard_by_nobody)
        if net.meets("duplicate"):
            again = self._arrived(path, body, late_s + chance.random() ** 3 * LATE_S_MAX)
            asyncio.get_running_loop().create_task(again).add_done_callback(_heard_by_nobody)
        done, _ = await asyncio.wait({arrived}, timeout=None if path == "/v1/feed" and late_s < 1 else patience.answer_s)
        if not done:
            raise _unreachable("it did not answer in time")
        try:
            answer = arrived.result()
        except ConnectionError as error:
            raise _unreachable("connection reset") from error
        except Answered as error:
            answer, status = error.body, error.status
            problem = wire.decode(answer, wire.Problem)
            raise (Overloaded(5.0) if status == 503 else Misconfigured(problem.code, problem.message, problem.hint)) from error
        if self._place in net.cut_off or net.meets("lose_reply"):
            net.marks.sometimes("reply lost")
            return await _silence(patience)
        if net.meets("cut_reply"):
            net.marks.sometimes("reply cut short")
            answer = answer[: chance.randrange(len(answer))]
        return answer

    async def _arrived(self, path: str, body: bytes, late_s: float) -> bytes:
        await asyncio.sleep(late_s)
        return await self._network.serve(self._key, path, body)


async def _silence(patience: Patience) -> bytes:
    """Nothing comes."""
    await asyncio.sleep(patience.answer_s)
    raise _unreachable("it did not answer in time")


def _unreachable(why: str) -> Unavailable:
    return Unavailable("head_office_unreachable", f"Head office is out of reach: {why}", "It will be tried again by itself")


def _heard_by_nobody(task: asyncio.Task[bytes]) -> None:
    """Its answer may find nobody: then nothing else asks what it was."""
    if not task.cancelled():
        task.exception()
