"""Keep a task running: what breaks is logged and tried again, later and later, and it never takes the others down."""

import asyncio
import random
from collections.abc import Awaitable, Callable

import structlog

from runtime.errors import PosdError

FIRST_WAIT_S = 0.5
WAIT_S_MAX = 30.0  # a cable is plugged in again within a minute; nobody should wait longer for posd to notice

log = structlog.get_logger()


async def supervise(name: str, task: Callable[[], Awaitable[None]], *, wait_s_max: float = WAIT_S_MAX) -> None:
    """Run `task` until it returns. After an exception wait (full jitter, doubling up to `wait_s_max`) and run it again.

    A task that ran for longer than the longest wait starts over with the shortest.
    """
    loop = asyncio.get_running_loop()
    wait_s = FIRST_WAIT_S
    while True:
        started = loop.time()
        try:
            await task()
        except PosdError as error:
            ended = loop.time()
            log.warning("part stopped", part=name, code=error.code, message=error.message, hint=error.hint)
        except Exception:
            ended = loop.time()  # before the traceback is drawn, which takes a busy machine seconds
            log.exception("part failed", part=name)
        else:
            return
        if ended - started > wait_s_max:
            wait_s = FIRST_WAIT_S
        await asyncio.sleep(random.uniform(wait_s / 2, wait_s))  # noqa: S311 (spreads load; guards nothing)
        wait_s = min(wait_s * 2, wait_s_max)
