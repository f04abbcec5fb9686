"""A printer on TCP port 9100: one connection to a job.

Most receipt printers take one connection at a time, refuse one that comes within 200 ms of the last, and keep an idle one
for minutes. And a finished `send` says only that the kernel took the bytes: 2.8 MB of them, unless it is told to keep less.
"""

import asyncio
import socket
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from functools import partial
from typing import Annotated

from pydantic import Field

from drivers.printers.signals import Drawer
from drivers.printers.transport import Deadline, Transport
from drivers.printers.wire import RESET_ON_CLOSE, Wire, unsent
from runtime.errors import Unavailable

CONNECT_S = 3.0  # a printer on the shop's own network answers in milliseconds; waking up from sleep takes a second
REOPEN_S = 0.2  # sooner than this many printers refuse the next connection
KEPT_BYTES_MAX = (
    16_384  # what our kernel may keep back: bytes that a printer has not taken are bytes that can still be called back
)
USER_TIMEOUT_MS = 20_000  # a printer whose cable was pulled acknowledges nothing


_NAMES = ThreadPoolExecutor(1, "printer-name")
"""Looks up names. Where nobody answers that takes many times CONNECT_S, and all of the loop's own threads would end up waiting."""


@dataclass(frozen=True, slots=True)
class NetworkOptions:
    """Where the printer is. `profile` is a file of config/printers; `drawer` are the pins that the cash drawer hangs on."""

    host: Annotated[str, Field(min_length=1)]
    port: Annotated[int, Field(ge=1, le=65535)] = 9100
    profile: str = "generic-80mm"
    deadline_s: Deadline = 30
    drawer: Drawer = "both"


async def connect(name: str, options: NetworkOptions) -> Wire:
    """A connection of its own."""
    try:
        async with asyncio.timeout(CONNECT_S):
            line = await _connected(options.host, options.port)
    except OSError as error:
        raise Unavailable(
            "printer_unreachable",
            f"The printer {name} at {options.host}:{options.port} does not answer ({error!r})",
            "Look at its power and its cable; what waits is printed then",
        ) from error
    line.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    line.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, USER_TIMEOUT_MS)
    descriptor = line.fileno()

    def shut(abort: bool) -> None:
        with suppress(OSError):
            if abort:
                line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)
            else:
                line.shutdown(socket.SHUT_WR)
        line.close()

    return Wire(descriptor, shut, gone_out=lambda: unsent(descriptor) == 0)


NetworkPrinter = Transport(NetworkOptions, connect, REOPEN_S)


async def _connected(host: str, port: int) -> socket.socket:
    """A non-blocking socket to the first address of `host` that answers; the last OSError where none does."""
    loop = asyncio.get_running_loop()
    refused: OSError = OSError("it has no address")
    found = await loop.run_in_executor(_NAMES, partial(socket.getaddrinfo, host, port, type=socket.SOCK_STREAM))
    for family, kind, protocol, _, address in found:
        with ExitStack() as unless_connected:
            line = unless_connected.enter_context(socket.socket(family, kind, protocol))
            line.setblocking(False)
            line.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, KEPT_BYTES_MAX)
            try:
                await loop.sock_connect(line, address)
            except OSError as error:
                refused = error
            else:
                unless_connected.pop_all()
                return line
    raise refused
