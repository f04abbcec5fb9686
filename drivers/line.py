"""A serial line that is open for us alone."""

import fcntl
import termios
from contextlib import suppress
from typing import Any

import serial

from drivers.opening import Kind, cannot_open, holders, taken


def open_alone(path: str, kind: Kind, **line: Any) -> serial.Serial:
    """The line at `path`, `line` being what serial.Serial takes beside it. Raises Unavailable, with whoever holds it.

    pyserial's flock stops those that ask for it; TIOCEXCL all that come later (root excepted); who came before may ask for neither.
    """
    try:
        port = serial.Serial(path, exclusive=True, **line)
    except (OSError, ValueError) as error:
        raise cannot_open(path, error, "dialout", kind) from error
    with suppress(OSError):
        fcntl.ioctl(port, termios.TIOCEXCL)
    if by := holders(path):
        let_go(port)
        raise taken(path, by, kind)
    return port


def let_go(port: serial.Serial) -> None:
    """Close a line of `open_alone`: others may have it now."""
    with suppress(OSError):
        fcntl.ioctl(port, termios.TIOCNXCL)
    with suppress(OSError):
        port.close()
