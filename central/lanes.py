"""Who is let in when there is more to do than head office can: holds before pushes before pulls before snapshots.

A till waits for a hold; a push frees a terminal's disk and frees units; a pull makes news arrive sooner; a snapshot may take
its time. Each lane has its share of the places at work, a queue with an end, and a longest wait: whoever finds the queue full
is asked at once to come back, which is cheaper than an answer that comes too late.
"""

import asyncio
import contextlib
from collections import Counter, deque
from collections.abc import AsyncIterator, Mapping
from typing import NamedTuple

from runtime.errors import Unavailable


class Lane(NamedTuple):
    """How many are at work at once, how many wait for that, for how long at most; and when those who may not wait come back."""

    work_max: int
    queue_max: int
    wait_s_max: float
    retry_after_s: int


PLACES = 24  # a few more than the database has connections: while it works for one, the request of the next is read

LANES: Mapping[str, Lane] = {
    "hold": Lane(PLACES, 200, 0.7, 1),  # its terminal gives up after 0.8 s
    "push": Lane(16, 400, 10.0, 5),
    "pull": Lane(12, 800, 10.0, 10),
    "snapshot": Lane(2, 100, 20.0, 30),  # a chunk is work for this process: more at once would stand in the way of holds
}
"""The first goes first."""


class Overloaded(Unavailable):
    """Head office has too much to do: come back in `retry_after_s`."""

    def __init__(self, lane: str) -> None:
        """Of that lane."""
        super().__init__("overload", f"head office has too much to do ({lane})")
        self.retry_after_s = LANES[lane].retry_after_s


class Lanes:
    """The places at work, and the queues for them."""

    def __init__(self, places: int = PLACES) -> None:
        """Nobody is at work yet."""
        self._free = places
        self._at_work: Counter[str] = Counter()
        self._queues: dict[str, deque[asyncio.Future[None]]] = {name: deque() for name in LANES}

    @contextlib.asynccontextmanager
    async def turn(self, lane: str, *, admitted: bool = False) -> AsyncIterator[None]:
        """A place at work. Raises Overloaded when the queue is full or does not move; who is `admitted` waits in line
        regardless.
        """
        await self._enter(lane, admitted=admitted)
        try:
            yield
        finally:
            self._at_work[lane] -= 1
            self._free += 1
            self._call()

    async def _enter(self, lane: str, *, admitted: bool) -> None:
        queue = self._queues[lane]
        if self._has_room(lane) and not queue:
            self._take(lane)
            return
        if not admitted and len(queue) >= LANES[lane].queue_max:
            raise Overloaded(lane)
        called = asyncio.get_running_loop().create_future()
        queue.append(called)
        try:
            async with asyncio.timeout(None if admitted else LANES[lane].wait_s_max):
                await called
        except (TimeoutError, asyncio.CancelledError) as error:
            self._give_up(lane, called)
            if isinstance(error, TimeoutError):
                raise Overloaded(lane) from error
            raise

    def _give_up(self, lane: str, called: "asyncio.Future[None]") -> None:
        """Leave the queue; or the place, if it was given in this very moment."""
        if called in self._queues[lane]:
            self._queues[lane].remove(called)
        elif not called.cancelled():
            self._at_work[lane] -= 1
            self._free += 1
            self._call()

    def _has_room(self, lane: str) -> bool:
        return self._free > 0 and self._at_work[lane] < LANES[lane].work_max

    def _take(self, lane: str) -> None:
        self._free -= 1
        self._at_work[lane] += 1

    def _call(self) -> None:
        """Give the free places to who waits, the first lane first."""
        for lane, queue in self._queues.items():
            while queue and self._has_room(lane):
                called = queue.popleft()
                if not called.done():  # else it gives up in this very moment
                    self._take(lane)
                    called.set_result(None)
