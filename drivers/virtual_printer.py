"""A virtual printer: the mechanism in a place where it is reached, a TCP port like a network printer's or a pseudo terminal."""

import asyncio
import os
import pty
import socket
import tty
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Generic, Protocol, Self, TypeVar

from drivers.printers.wire import NAP_S, READ_BYTES_MAX, RESET_ON_CLOSE, Wire
from drivers.virtual_mechanism import Fault, Manner, Mechanism, Printed

__all__ = ["Fault", "Place", "TcpPort", "Terminal", "VirtualPrinter"]

RECEIVE_BYTES_MAX = 8192  # a network printer's own buffer, before that of its mechanism


class Place(Protocol):
    """Where a virtual printer is reached. `where` says it in words once it is open."""

    @property
    def where(self) -> str: ...

    def open(self) -> None:
        """Be there, under the same name as before. OSError where somebody else is."""
        ...

    async def line(self) -> Wire:
        """The next line; it is shut before the one after it is asked for."""
        ...

    def close(self, *, back: bool) -> None:
        """Be gone. `back`: it will be opened again, and nobody may take the place meanwhile."""
        ...


class TcpPort:
    """A port of the loopback with one connection at a time, like the real ones. 0 takes a free one: read `port` afterwards."""

    def __init__(self, port: int = 0) -> None:
        self.port = port
        self._kept: socket.socket | None = None
        self._listener: socket.socket | None = None

    @property
    def where(self) -> str:
        """Address and port."""
        return f"127.0.0.1:{self.port}"

    def open(self) -> None:
        """Listen on the same port as before."""
        try:
            if self._kept is None:
                self._kept = self._bound()
                self.port = self._kept.getsockname()[1]
                self._kept.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)  # not sooner: what others have is not shared
            self._listener = self._bound(socket.SO_REUSEPORT)
            self._listener.listen(1)
        except OSError:
            self.close(back=False)
            raise

    async def line(self) -> Wire:
        """The next connection. Looked for again and again: a sock_accept that is called off drops one that it has taken."""
        assert self._listener
        while True:
            with suppress(BlockingIOError):
                line, _ = self._listener.accept()
                break
            await asyncio.sleep(NAP_S)
        line.setblocking(False)

        def shut(abort: bool) -> None:
            if abort:
                with suppress(OSError):
                    line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)
            line.close()

        return Wire(line.fileno(), shut)

    def close(self, *, back: bool) -> None:
        """Refuse connections. While unplugged the port stays ours: a connection of somebody else's would have it at once."""
        if self._listener:
            self._listener.close()
            self._listener = None
        if self._kept and not back:
            self._kept.close()
            self._kept = None

    def _bound(self, *more: int) -> socket.socket:
        """Bound and not listening: a connection to it is refused."""
        line = socket.socket()
        for option in (socket.SO_REUSEADDR, *more):
            line.setsockopt(socket.SOL_SOCKET, option, 1)
        line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BYTES_MAX)
        line.setblocking(False)
        try:
            line.bind(("127.0.0.1", self.port))
        except OSError:
            line.close()
            raise
        return line


class Terminal:
    """A pseudo terminal in place of a serial or USB printer. `path` is a link to it, the same after a replug."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._descriptors: tuple[int, ...] = ()

    @property
    def where(self) -> str:
        """The link."""
        return str(self.path)

    def open(self) -> None:
        """A new terminal under the same name."""
        near, far = self._descriptors = pty.openpty()
        tty.setraw(far)  # kept open by us, or the line would be hung up whenever posd closes it
        os.set_blocking(near, False)
        self.path.unlink(missing_ok=True)
        self.path.symlink_to(os.ttyname(far))

    async def line(self) -> Wire:
        """The terminal as it stands, or another one after a line that was cut."""
        if not self._descriptors:
            self.open()
        return Wire(self._descriptors[0], shut=lambda _: self.close(back=True))

    def close(self, *, back: bool) -> None:
        """Hang up; whoever has it open is told so by the kernel."""
        self.path.unlink(missing_ok=True)
        for descriptor in self._descriptors:
            os.close(descriptor)
        self._descriptors = ()


P_co = TypeVar("P_co", bound=Place, covariant=True)


class VirtualPrinter(Generic[P_co]):
    """An ESC/POS printer of software in `place`; an asynchronous context.

    Jobs are in `printed`, oldest first, and as PNG in `folder` where one is given. `fault` may be changed at any time. An error
    of its own, which would be a bug, is raised when it is unplugged or left.
    """

    def __init__(self, place: P_co, folder: Path | None = None, *, fault: Fault = Fault.NONE) -> None:
        self.place = place
        self.mechanism = Mechanism(folder)
        self.mechanism.fault = fault
        self._speaking: asyncio.Task[None] | None = None

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
        """Plug in."""
        await self.plug()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Unplug for good."""
        try:
            await self.unplug()
        finally:
            self.place.close(back=False)

    async def plug(self) -> None:
        """Be there, in the same place as before."""
        self.place.open()
        self._speaking = asyncio.create_task(self._speak())

    async def unplug(self) -> None:
        """Nobody is there any more; what was being sent is cut off."""
        speaking, self._speaking = self._speaking, None
        try:
            if speaking:
                speaking.cancel()
                with suppress(asyncio.CancelledError):
                    await speaking
        finally:
            self.place.close(back=True)

    async def _speak(self) -> None:
        while True:
            wire = await self.place.line()
            try:
                await _serve(self.mechanism, wire)
            finally:
                wire.shut(True)


async def _serve(printer: Mechanism, wire: Wire) -> None:
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
