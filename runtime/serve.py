"""Running uvicorn as a part of ours: we own the signals and the socket, and it stops within seconds with a page open."""

import asyncio
import contextlib
import errno
import os
import signal
import socket
from collections.abc import AsyncIterator, Iterator
from typing import Any

import uvicorn

from runtime.errors import Misconfigured, Unavailable

GRACEFUL_STOP_S = 2  # an answer under way may finish; a page that never ends may not keep us

Asgi = Any


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.ready.set()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave the signals to whoever started us."""
        yield


def listen(host: str, port: int) -> socket.socket:
    """An open socket on `host`:`port` (0: any free port).

    Raises Unavailable while another program has it, Misconfigured when it cannot be had at all.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        listener = socket.create_server((host, port), family=family, backlog=128)
    except OSError as error:
        where = f"{host}:{port}: {os.strerror(error.errno or 0)}"
        if error.errno == errno.EADDRINUSE:
            hint = f"Stop the program that uses it (see: ss -ltnp 'sport = :{port}'), or change the port in the settings"
            raise Unavailable("port_in_use", where, hint) from error
        raise Misconfigured("port_unavailable", where, "Change the host or the port in the settings") from error
    # asyncio does this only for sockets that were made with the protocol's number; without it an answer waits 40 ms for an ACK
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listener


@contextlib.asynccontextmanager
async def serving(app: Asgi, listener: socket.socket) -> AsyncIterator[asyncio.Task[None]]:
    """Serve `app` on `listener` inside the block; the task ends early only if serving breaks."""
    config = uvicorn.Config(
        app, log_config=None, access_log=False, lifespan="off", server_header=False, timeout_graceful_shutdown=GRACEFUL_STOP_S
    )
    server = _Server(config)
    task = asyncio.create_task(server.serve(sockets=[listener]), name="http")
    try:
        ready = asyncio.create_task(server.ready.wait())
        await asyncio.wait({ready, task}, return_when=asyncio.FIRST_COMPLETED)
        ready.cancel()
        yield task
    finally:
        server.should_exit = True
        await task


def on_stop_signals(stop: asyncio.Event) -> None:
    """Set `stop` at SIGTERM and SIGINT."""
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
