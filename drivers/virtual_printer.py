"""What a virtual printer is reached by: a TCP port like a network printer, or a pseudo terminal in place of a serial or USB one."""

import asyncio
import os
import pty
import socket
import tty
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from drivers.printers.wire import NAP_S, READ_BYTES_MAX, Wire
from drivers.virtual_mechanism import Fault, Manner, Mechanism, Printed

__all__ = ["Fault", "VirtualPtyPrinter", "VirtualTcpPrinter", "serve"]

RECEIVE_BYTES_MAX = 8192  # a network printer's own buffer, before that of its mechanism


class VirtualTcpPrinter:
    """An ESC/POS printer on a TCP port of the loopback; an asynchronous context. One connection at a time, like the real ones.

    `port` 0 takes a free one, to be read from `port` afterwards. Jobs are in `printed`, oldest first, and as PNG in `folder` where
    one is given. `fault` may be changed at any time.
    """

    def __init__(self, folder: Path | None = None, *, port: int = 0, fault: Fault = Fault.NONE) -> None:
        self.mechanism = Mechanism(folder)
        self.mechanism.fault = fault
        self.port = port
        self._listener: socket.socket | None = None
        self._task: asyncio.Task[None] | None = None

    @property
    def printed(self) -> list[Printed]:
        """The jobs on its paper."""
        return self.mechanism.printed

    @property
    def fault(self) -> Fault:
        """How it misbehaves."""
        return self.mechanism.fault

    @fault.setter
    def fault(self, fault: Fault) -> None:
        self.mechanism.fault = fault

    async def __aenter__(self) -> Self:
        """Listen."""
        await self.plug()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop listening and cut every connection."""
        await self.unplug()

    async def plug(self) -> None:
        """Listen on the same port as before."""
        listener = self._listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BYTES_MAX)
        listener.setblocking(False)
        listener.bind(("127.0.0.1", self.port))
        listener.listen(1)
        self.port = listener.getsockname()[1]
        self._task = asyncio.create_task(self._accept(listener))

    async def unplug(self) -> None:
        """Nobody is there any more; what was being sent is cut off."""
        assert self._task
        assert self._listener
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        self._listener.close()

    async def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                line, _ = listener.accept()
            except (
                BlockingIOError
            ):  # looked at again and again: a sock_accept that is called off drops a connection it has taken
                await asyncio.sleep(NAP_S)
                continue
            line.setblocking(False)
            try:
                await serve(self.mechanism, Wire(line.fileno(), shut=lambda _: None))
            finally:
                with suppress(OSError):
                    line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
                line.close()


class VirtualPtyPrinter:
    """The same on a pseudo terminal, in place of a serial or USB printer. `path` is a link to it, the same after a replug."""

    def __init__(self, path: Path, folder: Path | None = None, *, fault: Fault = Fault.NONE) -> None:
        self.mechanism = Mechanism(folder)
        self.mechanism.fault = fault
        self.path = path
        self._descriptors: tuple[int, int] = (-1, -1)
        self._task: asyncio.Task[None] | None = None

    @property
    def printed(self) -> list[Printed]:
        """The jobs on its paper."""
        return self.mechanism.printed

    @property
    def fault(self) -> Fault:
        """How it misbehaves."""
        return self.mechanism.fault

    @fault.setter
    def fault(self, fault: Fault) -> None:
        self.mechanism.fault = fault

    async def __aenter__(self) -> Self:
        """Make the terminal and the link."""
        await self.plug()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Take both away."""
        await self.unplug()

    async def plug(self) -> None:
        """A new terminal under the same name."""
        self._task = asyncio.create_task(self._speak())
        await asyncio.sleep(0)  # now it is there

    async def unplug(self) -> None:
        """The terminal is gone; whoever has it open is told so by the kernel."""
        assert self._task
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        self._hang_up()

    def _make(self) -> int:
        near, far = self._descriptors = pty.openpty()
        tty.setraw(far)  # kept open by us, or the line would be hung up whenever posd closes it
        os.set_blocking(near, False)
        self.path.unlink(missing_ok=True)
        self.path.symlink_to(os.ttyname(far))
        return near

    def _hang_up(self) -> None:
        self.path.unlink(missing_ok=True)
        for descriptor in self._descriptors:
            os.close(descriptor)

    async def _speak(self) -> None:
        while True:
            await serve(self.mechanism, Wire(self._make(), shut=lambda _: None))
            self._hang_up()


async def serve(printer: Mechanism, wire: Wire) -> None:
    """One line, until it is cut by either side."""
    taken, manner = 0, printer.manner
    try:
        while True:
            if printer.manner is not manner:
                manner, taken = printer.manner, 0
            silent = manner.mute_from_bytes is not None and taken > manner.mute_from_bytes
            said = printer.answers()
            if said and not silent:
                await wire.send(said)
            received = wire.pending() if _reads(printer, taken) else b""
            taken += len(received)
            if manner.cuts_bytes is not None and taken > manner.cuts_bytes:
                printer.take(received[: len(received) // 2])
                if manner.forgets:
                    printer.power_cycle()
                return
            printer.take(received)  # nothing, mostly; but what it is doing may be done by now
            await asyncio.sleep(_pause_s(manner, len(received)))
    except OSError:
        return
    finally:
        printer.line_ended()


def _reads(printer: Mechanism, taken: int) -> bool:
    limit = printer.manner.reads_bytes
    return not printer.full and (limit is None or taken < limit)


def _pause_s(manner: Manner, received: int) -> float:
    if manner.bytes_per_s is None:
        return 0 if received == READ_BYTES_MAX else NAP_S
    return max(NAP_S, received / manner.bytes_per_s)
