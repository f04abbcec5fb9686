"""An event loop whose time is a number: it never waits, it jumps to whatever comes next. No threads, no sockets."""

import asyncio
from typing import Any


class Stuck(AssertionError):
    """Nothing will ever happen again, and somebody still waits for something."""


class TimelessLoop(asyncio.BaseEventLoop):
    """Runs callbacks in the order of their virtual times; `time()` is in seconds since the loop was made.

    It is its own selector: where a real loop would sleep until its next timer, this one sets the clock forward.
    """

    def __init__(self) -> None:
        """It is zero o'clock."""
        super().__init__()
        self._now_s = 0.0
        self._clock_resolution = 1e-6  # beyond what adding up of floats may miss
        self._selector = self

    def time(self) -> float:
        """Virtual seconds."""
        return self._now_s

    def select(self, timeout_s: float | None) -> list[Any]:
        """Nothing ever comes from outside; what is waited for is only time."""
        if timeout_s is None:
            raise Stuck("everybody waits, and for nothing that has a time")
        self._now_s += timeout_s
        return []

    def _process_events(self, event_list: list[Any]) -> None:
        """There are none."""

    def _write_to_self(self) -> None:
        """Nobody is in another thread."""


def play(task: Any) -> Any:
    """Run the coroutine `task` in virtual time; its result. Whatever is still running then is cancelled."""
    loop = TimelessLoop()
    asyncio.set_event_loop(loop)
    try:
        return loop.run_until_complete(task)
    finally:
        left = asyncio.all_tasks(loop)
        for one in left:
            one.cancel()
        loop.run_until_complete(asyncio.gather(*left, return_exceptions=True))
        asyncio.set_event_loop(None)
        loop.close()
