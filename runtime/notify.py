"""Telling systemd how we are (sd_notify(3)): eight lines instead of a dependency."""

import asyncio
import contextlib
import os
import socket
from collections.abc import Awaitable, Callable

WATCHDOG_WAIT_S_MAX = 2.0  # for its supervisor: a database that answers again must be seen well within a period


def notify(text: str) -> None:
    """Send `text` ("READY=1", "STATUS=...") to the service manager, if there is one that listens."""
    path = os.environ.get("NOTIFY_SOCKET")
    if not path:
        return
    kind = socket.SOCK_DGRAM | socket.SOCK_CLOEXEC | socket.SOCK_NONBLOCK
    # a manager that does not read, or is gone, must not stop the till
    with socket.socket(socket.AF_UNIX, kind) as sender, contextlib.suppress(OSError):
        sender.sendto(text.encode(), "\0" + path[1:] if path.startswith("@") else path)


async def feed_watchdog(alive: Callable[[], Awaitable[object]]) -> None:
    """Feed the manager's watchdog for as long as `alive` answers, three times in each of its periods; without one, return.

    `alive` asks the database thread: while that hangs or raises nothing is fed, and systemd starts us anew.
    """
    period_us = os.environ.get("WATCHDOG_USEC")
    if not period_us or os.environ.get("WATCHDOG_PID", str(os.getpid())) != str(os.getpid()):
        return
    while True:
        await alive()
        notify("WATCHDOG=1")
        await asyncio.sleep(int(period_us) / 1_000_000 / 3)
