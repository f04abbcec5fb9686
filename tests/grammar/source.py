"""Bytes that hypothesis draws and shrinks, read as choices: a whole program is one draw, so thousands of them cost seconds.

Every choice is a byte, and zero is always the plainest; whoever reads a part of a structure gets bytes of its own, so that a
smaller part does not change what comes after it.
"""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

Thing = TypeVar("Thing")


class Source:
    """Choices, as long as there are bytes; from then on the plainest of each."""

    def __init__(self, data: bytes) -> None:
        """Read `data` from its beginning."""
        self._data, self._at = data, 0

    def byte(self) -> int:
        """The next one."""
        at = self._at
        self._at = at + 1
        return self._data[at] if at < len(self._data) else 0

    def part(self, size: int) -> "Source":
        """The next `size` bytes as a source of their own."""
        at = self._at
        self._at = at + size
        return Source(self._data[at : at + size])

    def pick(self, options: Sequence[Thing]) -> Thing:
        """One of `options`, the first for zero."""
        return options[self.byte() % len(options)]

    def chance(self, percent: int) -> bool:
        """True about so often, and not for zero."""
        return self.byte() >= 256 - 256 * percent // 100

    def some(self, options: Sequence[Thing], most: int) -> tuple[Thing, ...]:
        """None of `options`, or up to `most` of them, in their order."""
        wanted = {self.byte() % len(options) for _ in range(self.byte() % (most + 1))} if options else set()
        return tuple(option for place, option in enumerate(options) if place in wanted)


Make = Callable[[Source], Any]
"""Makes a value out of a source."""


def one_of(*options: Any) -> Make:
    """One of `options`."""
    return lambda source: source.pick(options)


def several(*options: Any) -> Make:
    """One or two of `options`."""
    return lambda source: source.some(options, 2) or options[:1]
