"""Something between posd and head office that delays, cuts, repeats and swallows. It speaks as much HTTP/1.1 as both ends do:
bodies with a Content-Length, one request after another on a line.
"""

import asyncio
import contextlib
import socket
import struct
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Self

HEAD_END = b"\r\n\r\n"
HEAD_BYTES_MAX = 64 * 1024
RESETS = struct.pack("ii", 1, 0)  # SO_LINGER of no time: close() sends RST (socket(7))


@dataclass
class Proxy:
    """On `port`, before head office at `upstream`. `draw` names what becomes of the next request to a path: a row of FAULTS; `met`
    counts what became of them. A line that is silent is cut after `silent_s`, as a router forgets it; a delay takes `delay_s`.
    """

    upstream: int
    draw: Callable[[str], str] = lambda path: "pass"
    delay_s: float = 0.3
    silent_s: float = 2.0
    port: int = 0
    met: Counter[tuple[str, str]] = field(default_factory=Counter)

    async def __aenter__(self) -> Self:
        """Listen."""
        self._lines: set[asyncio.Task[None]] = set()
        self._server = await asyncio.start_server(self._meet, "127.0.0.1", self.port, limit=HEAD_BYTES_MAX)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        """Hang up on everybody."""
        self._server.close()
        for line in self._lines:
            line.cancel()
        await asyncio.gather(*self._lines, return_exceptions=True)

    async def _meet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task
        self._lines.add(task)
        task.add_done_callback(self._lines.discard)
        try:
            with contextlib.suppress(OSError, asyncio.IncompleteReadError):
                while await self._next(reader, writer):
                    pass
        finally:
            writer.close()

    async def _next(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """One request; whether the line goes on after it."""
        request = await message(reader)
        path = request.split(b" ", 2)[1].decode()
        what = self.draw(path)
        self.met[path, what] += 1
        reply = await FAULTS[what](self, request)
        if reply is None:
            writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESETS)
            return False
        writer.write(reply)
        await writer.drain()
        return what != "truncate"

    async def ask(self, request: bytes) -> bytes:
        """Head office's reply."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.upstream, limit=HEAD_BYTES_MAX)
        try:
            writer.write(request)
            return await message(reader)
        finally:
            writer.close()


async def message(reader: asyncio.StreamReader) -> bytes:
    """A request or a reply, whole. Raises IncompleteReadError at the end of the line."""
    head = await reader.readuntil(HEAD_END)
    lengths = [line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
    return head + await reader.readexactly(int(lengths[0].split(b":")[1]) if lengths else 0)


async def _delay(proxy: Proxy, request: bytes) -> bytes | None:
    await asyncio.sleep(proxy.delay_s)
    reply = await proxy.ask(request)
    await asyncio.sleep(proxy.delay_s)
    return reply


async def _reset(proxy: Proxy, request: bytes) -> bytes | None:
    return None


async def _silence(proxy: Proxy, request: bytes) -> bytes | None:
    await asyncio.sleep(proxy.silent_s)
    return None


async def _drop_reply(proxy: Proxy, request: bytes) -> bytes | None:
    await proxy.ask(request)
    return None


async def _silent_reply(proxy: Proxy, request: bytes) -> bytes | None:
    await proxy.ask(request)
    return await _silence(proxy, request)


async def _duplicate(proxy: Proxy, request: bytes) -> bytes | None:
    first, _ = await asyncio.gather(proxy.ask(request), proxy.ask(request))
    return first


async def _late_duplicate(proxy: Proxy, request: bytes) -> bytes | None:
    reply = await proxy.ask(request)
    await proxy.ask(request)
    return reply


async def _truncate(proxy: Proxy, request: bytes) -> bytes | None:
    reply = await proxy.ask(request)
    return reply[: len(reply) - len(reply.partition(HEAD_END)[2]) // 2 - 1]


async def _cut_request(proxy: Proxy, request: bytes) -> bytes | None:
    _, writer = await asyncio.open_connection("127.0.0.1", proxy.upstream)
    writer.write(request[:-1])
    await writer.drain()
    writer.close()
    return None


FAULTS: Mapping[str, Callable[[Proxy, bytes], Awaitable[bytes | None]]] = {
    "pass": lambda proxy, request: proxy.ask(request),
    "delay": _delay,
    "reset": _reset,
    "silence": _silence,
    "drop_reply": _drop_reply,
    "silent_reply": _silent_reply,
    "duplicate": _duplicate,
    "late_duplicate": _late_duplicate,
    "truncate": _truncate,
    "cut_request": _cut_request,
}
"""What may become of a request: the reply, or part of it, or None for a line that is reset."""
