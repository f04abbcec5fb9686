"""A driver of printers that have a line: the options of its settings and how the line is opened. Everything else is `Owned`."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from typing import Annotated, Generic, Protocol, TypeVar

from pydantic import Field

from drivers.printers.lettering import require_shaping
from drivers.printers.owned import Owned
from drivers.printers.profile import load_profile
from drivers.printers.signals import Drawer
from drivers.printers.wire import Wire

Deadline = Annotated[float, Field(ge=1, le=120)]
"""Bounds sending a job and hearing its fence, in seconds."""


class LineOptions(Protocol):
    """What the options of every line have. `profile` is a file of config/printers, `drawer` the pins of the cash drawer."""

    @property
    def profile(self) -> str: ...
    @property
    def deadline_s(self) -> float: ...
    @property
    def drawer(self) -> Drawer: ...


T = TypeVar("T", bound=LineOptions)


@dataclass(frozen=True, slots=True)
class Transport(Generic[T]):
    """A row of PRINTERS, called as a class would be.

    `connect` is given the printer's name and options, and opens the line; Unavailable, within seconds, where there is none.
    `reopen_s`: how long after closing it takes the next line.
    """

    Options: type[T]
    connect: Callable[[str, T], Awaitable[Wire]]
    reopen_s: float = 0.0

    def __call__(self, name: str, options: T) -> Owned:
        """Raises Misconfigured where the profile is wrong or this machine cannot draw Hebrew. Opens nothing yet."""
        require_shaping()
        profile, connect = load_profile(options.profile), partial(self.connect, name, options)
        return Owned(name, profile, options.drawer, options.deadline_s, connect, self.reopen_s)
