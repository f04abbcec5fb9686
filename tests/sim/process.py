"""A process that can be killed at any await: its tasks end there, its memory is gone, its disk stays."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any


class Process:
    """Tasks that live and die together. After `kill` nothing of it runs any further than its next await."""

    def __init__(self, ended: Callable[[str], None]) -> None:
        """It lives. `ended` is called once, with how it died."""
        self.alive = True
        self._ended = ended
        self._tasks: dict[asyncio.Task[Any], None] = {}  # in the order in which they began: a set has another one in each run

    def spawn(self, work: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        """Run `work` as a part of it."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks[task] = None
        task.add_done_callback(lambda done: self._tasks.pop(done, None))
        if not self.alive:
            task.cancel()
        return task

    @property
    def busy(self) -> int:
        """How many of its tasks run."""
        return len(self._tasks)

    def kill(self, how: str) -> None:
        """Pull the plug."""
        if self.alive:
            self.alive = False
            for task in list(self._tasks):
                task.cancel()
            self._ended(how)

    async def dies(self, how: str = "") -> None:
        """Be killed here and now, or be dead already: whoever awaits this never goes on."""
        self.kill(how)
        await asyncio.get_running_loop().create_future()
