"""A two-line display on a serial line: RS-232, or USB as a virtual COM port; pole displays mostly 9600 8N1."""

import asyncio
import os
import select
import termios
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import serial
from pydantic import Field

from drivers import bidi
from drivers.displays import commands
from drivers.displays.profile import load_profile
from drivers.line import let_go, open_alone
from drivers.ports import Sign
from runtime.errors import Unavailable

WRITE_S = 2.0  # a sign is 70 bytes: 75 ms at 9600 baud; 24 times that at 400
WRITE_POLL_S = 0.02
CLOSE_S = 0.5  # what a clear takes, many times over; stopping posd takes 5 s at most, and this is waited for twice
GONE = select.POLLHUP | select.POLLERR | select.POLLNVAL


@dataclass(frozen=True, slots=True)
class SerialDisplayOptions:
    """Settings of a serial display. The line is 8N1, without handshake: most displays have no wire for it."""

    path: Annotated[str, Field(min_length=1)]
    """A stable name: /dev/serial/by-id/..., not /dev/ttyUSB0, which is another one after a re-plug."""
    baud: Annotated[int, Field(ge=300, le=115_200)] = 9600
    profile: str = "generic-cd5220"
    """A file of config/displays, or a path to one of your own."""


class SerialDisplay:
    """A display that is told its lines as bytes and says nothing back."""

    Options = SerialDisplayOptions

    def __init__(self, name: str, options: SerialDisplayOptions) -> None:
        """Prepare; nothing is opened before show(). Raises Misconfigured for a profile with mistakes, and without libfribidi."""
        bidi.library()
        self.name = name
        self._options = options
        self._profile = load_profile(options.profile)
        self._port: serial.Serial | None = None
        self._alive_s = time.monotonic()

    async def show(self, signs: Sequence[Sign]) -> Sign:
        """Send the first sign that the display has letters for. Raises Unavailable when it cannot be opened or does not take it."""
        sign, data = commands.showing(self._profile, signs)
        if self._port is None:
            self._port = await asyncio.to_thread(self._open)
            data = commands.INITIALIZE + data
        await self.check()
        await self._write(data, WRITE_S)
        self._alive_s = time.monotonic()
        return sign

    async def check(self) -> None:
        """Raise Unavailable when the line has hung up, or its name now leads to another device."""
        if self._port is None:
            return
        if self._is_gone(self._port):
            await self._let_go(0)
            raise Unavailable("display_gone", f"{self._options.path} was unplugged", "Plug the display in again")
        self._alive_s = time.monotonic()

    def lag_s(self) -> float:
        """Seconds since it last took its lines, or was there when it was checked."""
        return time.monotonic() - self._alive_s

    async def close(self) -> None:
        """Clear the display, so that no member's name stays on it, and let go of the line."""
        if self._port is not None:
            with suppress(Unavailable):
                await self._write(commands.clearing(), CLOSE_S)
            await self._let_go(CLOSE_S)

    def _is_gone(self, port: serial.Serial) -> bool:
        poll = select.poll()
        poll.register(port.fileno(), 0)  # hang-up and error are always told
        try:
            there = Path(self._options.path).stat().st_rdev == os.fstat(port.fileno()).st_rdev
        except OSError:
            return True
        return not there or any(events & GONE for _, events in poll.poll(0))

    def _open(self) -> serial.Serial:
        """For us alone: a second program's lines would stand among ours."""
        options = self._options
        return open_alone(options.path, "display", baudrate=options.baud, timeout=0, write_timeout=0)

    async def _write(self, data: bytes, deadline_s: float) -> None:
        """Hand all of `data` to the kernel, never waiting in it: a line whose other end does not read would hold us for ever."""
        assert self._port
        end_s = time.monotonic() + deadline_s
        try:
            while data:
                try:
                    data = data[os.write(self._port.fileno(), data) :]
                except BlockingIOError:
                    if time.monotonic() >= end_s:
                        raise TimeoutError(f"it took nothing for {deadline_s} s") from None
                    await asyncio.sleep(WRITE_POLL_S)
        except OSError as error:
            await self._let_go(0)
            hint = "See that it is switched on; switch it off and on"
            raise Unavailable("display_gone", f"{self._options.path} does not take its lines: {error}", hint) from error

    async def _let_go(self, drain_s: float) -> None:
        """Close; what nobody has taken after `drain_s` is thrown away, or the kernel would wait for it (30 s, closing_wait)."""
        port, self._port = self._port, None
        if port is None:
            return
        try:
            for _ in range(round(drain_s / WRITE_POLL_S)):
                if not port.out_waiting:
                    break
                await asyncio.sleep(WRITE_POLL_S)
            else:
                port.reset_output_buffer()
        except (OSError, termios.error):  # it is gone already
            pass
        finally:
            let_go(port)
