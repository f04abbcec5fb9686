"""A live camera's own thread, which never waits for the decoder: the newest picture wins, and the others are gone.

A decoder that takes 40 ms would otherwise read pictures that grow older and older, since drivers and networks queue them. It is
no process of its own: pictures are waited for by poll() and timeouts, and where opening hangs in a driver, a thread that is left
behind harms as little as a process that cannot be killed.
"""

import sys
import threading
import time
from collections.abc import Callable, Generator
from contextlib import closing
from dataclasses import replace

from drivers.scanners.camera.packet import Packet
from drivers.scanners.pump import STOP_POLL_S
from runtime.errors import PosdError, Unavailable

SILENT_S_MAX = 5.0  # without one whole picture; webcams take up to 3 s from opening to the first
CLOSE_S_MAX = 1.5  # a driver answers within this, or hangs

Source = Callable[[threading.Event], Generator[Packet | None, None, None]]
"""Opens a camera and yields its pictures until the event is set, None several times a second while there is none."""


class Slot:
    """Hands one picture from a thread to another; one that was not taken gives way to the next."""

    def __init__(self) -> None:
        """Empty, and not ended."""
        self._change = threading.Condition()
        self._packet: Packet | None = None
        self._ended = False
        self._error: BaseException | None = None

    def put(self, packet: Packet) -> None:
        """Leave the newest picture."""
        with self._change:
            self._packet = packet
            self._change.notify()

    def end(self, error: BaseException | None) -> None:
        """Say that no more will come, and why."""
        with self._change:
            self._ended, self._error = True, error
            self._change.notify()

    def take(self, timeout_s: float) -> Packet | None:
        """Take the newest picture, or None when none came in time. Raises what the camera's thread raised."""
        with self._change:
            if self._packet is None and not self._ended:
                self._change.wait(timeout_s)
            packet, self._packet = self._packet, None
            if packet is None and self._error:
                raise self._error
            return packet

    def has_ended(self) -> bool:
        """Whether nothing more will come, no error either."""
        with self._change:
            return self._ended and self._packet is None and self._error is None


class Capture:
    """The thread of one camera. It outlives one opening only where the camera's driver hangs."""

    def __init__(self, name: str) -> None:
        """Prepare; nothing is opened before packets() is iterated."""
        self._name = name
        self._thread: threading.Thread | None = None

    def packets(self, source: Source, stop: threading.Event) -> Generator[Packet | None, None, None]:
        """Yield the newest picture that can be unpacked, None while there is none, until `stop` is set or the source ends.

        Raises what the source raises, and Unavailable when it gives no picture for SILENT_S_MAX, or when the camera still
        holds the thread of the time before.
        """
        if self._thread and self._thread.is_alive():
            hint = (
                "Pull it out and plug it in again, or restart the terminal; give one on the network by its number, not a name"
            )
            raise Unavailable("camera_stuck", f"The camera {self._name} does not let go", hint)
        slot, leave = Slot(), threading.Event()
        # A daemon, so that a driver that hangs does not keep posd from stopping.
        self._thread = threading.Thread(target=_run, args=(source, slot, leave), name=f"{self._name}-capture", daemon=True)
        self._thread.start()
        try:
            yield from self._taken(slot, stop)
        finally:
            leave.set()
            self._thread.join(CLOSE_S_MAX)

    def _taken(self, slot: Slot, stop: threading.Event) -> Generator[Packet | None, None, None]:
        alive_s, what = time.monotonic(), "no picture"
        while not stop.is_set() and not slot.has_ended():
            packet = slot.take(STOP_POLL_S)
            if packet and packet.cells is not None:
                alive_s, what = packet.at_s, "no picture"
                yield packet
                continue
            what = "no whole picture" if packet else what
            if time.monotonic() - alive_s > SILENT_S_MAX:
                hint = "Pull the camera out and plug it in again; for one on the network see its power and cable"
                raise Unavailable("camera_silent", f"The camera {self._name} gave {what} for {SILENT_S_MAX:g} s", hint)
            yield None


def _run(source: Source, slot: Slot, leave: threading.Event) -> None:
    """Put the pictures of `source` into `slot`, each with how long it has been the same."""
    error: BaseException | None = None
    data, since_s = b"", 0.0
    try:
        with closing(source(leave)) as packets:
            for packet in packets:
                if leave.is_set():
                    return
                if packet is None:
                    continue
                if packet.data != data:
                    data, since_s = packet.data, packet.at_s
                slot.put(replace(packet, same_for_s=packet.at_s - since_s))
    except PosdError as broken:
        error = broken
    finally:
        slot.end(error or sys.exc_info()[1])  # a bug is raised on the thread that takes, too
