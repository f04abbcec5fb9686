"""A blocking device on a thread of its own, as an asynchronous iterator that never blocks the event loop."""

import asyncio
import threading
from collections.abc import AsyncGenerator, Callable, Generator, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import structlog

from drivers.ports import Scan
from drivers.scanners.reading import Dropped, Reading

SCANS_WAITING_MAX = 16  # more than a cashier can cause; a device whose reader is stuck waits instead of filling the memory
STOP_POLL_S = 0.1  # how soon a source notices that it should end; every source looks at `stop` at least this often
CLOSE_S_MAX = 2.0  # a device that does not let go within this is left to its thread; stopping posd takes 5 s at most

Source = Callable[[threading.Event], Generator[Scan, None, None]]
"""Opens a device and yields its scans until it ends, breaks, or the event is set; what it opens it closes in a `finally`."""

log = structlog.get_logger()


def kept(name: str, found: Iterable[Reading | Dropped]) -> Iterator[Reading]:
    """The readings among what the device `name` gave; of the others the log gets the reason."""
    for one in found:
        if isinstance(one, Reading):
            yield one
        else:
            log.warning("scan dropped", scanner=name, reason=one.reason)


async def pumped(name: str, source: Source) -> AsyncGenerator[Scan, None]:
    """Yield the scans of `source`, run on a thread called `name`; what it raises is raised here.

    Leaving the iteration ends the thread and waits for the device to be closed: use `contextlib.aclosing` to leave at once.
    """
    loop = asyncio.get_running_loop()
    queue: asyncio.Queue[Scan | None] = asyncio.Queue()
    slots = threading.Semaphore(SCANS_WAITING_MAX)
    stop = threading.Event()

    def run() -> None:
        try:
            with closing(source(stop)) as scans:
                for scan in scans:
                    while not slots.acquire(timeout=STOP_POLL_S) and not stop.is_set():
                        pass
                    if stop.is_set():
                        return
                    loop.call_soon_threadsafe(queue.put_nowait, scan)
        finally:
            loop.call_soon_threadsafe(queue.put_nowait, None)

    executor = ThreadPoolExecutor(1, thread_name_prefix=name)
    ended = loop.run_in_executor(executor, run)
    try:
        while (scan := await queue.get()) is not None:
            slots.release()
            yield scan
        await ended
    finally:
        stop.set()
        await asyncio.wait({ended}, timeout=CLOSE_S_MAX)
        executor.shutdown(wait=False)
        if ended.done():
            ended.exception()  # seen: a device that breaks while it is being left breaks nothing
