"""A scanner that types like a keyboard ("keyboard wedge"), read below all keyboard layouts and kept from typing into the till."""

import os
import re
import threading
import time
from collections.abc import AsyncGenerator, Generator, Iterable
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field

from drivers.ports import Scan
from drivers.scanners.framing import HALF_SCAN_S, Framer
from drivers.scanners.input_device import InputDevice
from drivers.scanners.keys import Keyboard, KeyEvent
from drivers.scanners.pump import kept, pumped
from drivers.scanners.reading import Dropped, Reading
from drivers.scanners.sightings import Sightings

UNSTABLE = re.compile(r"/dev/input/event[0-9]+")


@dataclass(frozen=True, slots=True)
class WedgeOptions:
    """Settings of a keyboard wedge."""

    path: Annotated[str, Field(min_length=1)]
    """/dev/input/by-id/...-event-kbd, or by-path: the scanner and nothing else, for nobody else sees its keys any more."""
    suffix: Literal["any", "line", "tab", "none"] = "any"
    """The key that ends a scan: Enter or Tab, Enter alone, Tab alone, or none but a pause."""
    gap_s: Annotated[float, Field(ge=0.05, le=5)] = 0.2
    """The pause that ends a scan where there is no such key."""
    prefix: str = ""
    """What the scanner was set to type before each scan."""
    aim: bool = False
    """The scanner types an AIM identifier before each scan."""
    caps_lock: bool = False
    """The scanner was set for a computer whose Caps Lock is on."""
    again_after_s: Annotated[float, Field(ge=0, le=3600)] = 2.0
    """The same code sooner than this is the same scan."""

    def __post_init__(self) -> None:
        """Refuse a path that may be the cashier's own keyboard after the next start."""
        if UNSTABLE.fullmatch(os.path.normpath(self.path)):
            raise ValueError("path: event numbers change, and another keyboard would be taken: name it by /dev/input/by-id")


class WedgeScanner:
    """A keyboard wedge. It is grabbed: while posd runs, no window and no console gets its keys."""

    Options = WedgeOptions

    def __init__(self, name: str, options: WedgeOptions) -> None:
        """Prepare; nothing is opened before scans() is iterated."""
        self.name = name
        self._options = options
        self._alive_s = time.monotonic()

    def scans(self) -> AsyncGenerator[Scan, None]:
        """Grab the device and yield its scans. Raises Unavailable when it is missing, taken, unplugged or no input device."""
        return pumped(self.name, self._source)

    def lag_s(self) -> float:
        """Seconds since the device was last looked at; an unplugged one is not."""
        return time.monotonic() - self._alive_s

    def _source(self, stop: threading.Event) -> Generator[Scan, None, None]:
        options = self._options
        framer = Framer(options.suffix, gap_s=options.gap_s, prefix=options.prefix, aim=options.aim)
        keyboard = Keyboard(caps_lock=options.caps_lock)
        sightings = Sightings(options.again_after_s)
        device = InputDevice(options.path)
        try:
            last_s = time.monotonic()
            while not stop.is_set():
                events = device.read()
                now_s = self._alive_s = time.monotonic()
                if events:
                    last_s = now_s
                elif now_s - last_s >= HALF_SCAN_S:
                    keyboard.rest()
                found = typed(keyboard, framer, events, now_s) if events else framer.quiet(now_s)
                for one in kept(self.name, found):
                    if sightings.is_new(one.text, now_s):
                        yield Scan(one.text, self.name, one.aim)
        finally:
            device.close()


def typed(keyboard: Keyboard, framer: Framer, events: Iterable[KeyEvent], now_s: float) -> list[Reading | Dropped]:
    """What is complete once `events` have been read at `now_s`. Pure but for the state of both."""
    found: list[Reading | Dropped] = []
    for one in keyboard.feed(events):
        if isinstance(one, Dropped):
            framer.spoil(one, now_s)
        else:
            found += framer.feed(one, now_s)
    return found
