"""Why a device cannot be opened, said so that a person knows what to do; and who holds it."""

import errno
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from runtime.errors import Unavailable

TAKEN = (errno.EBUSY, errno.EAGAIN)  # by TIOCEXCL or EVIOCGRAB; by flock
Kind = Literal["scanner", "display"]
KINDS: tuple[Kind, ...] = ("scanner", "display")


def cannot_open(path: str, error: OSError | ValueError, group: str, kind: Kind = "scanner") -> Unavailable:
    """What to raise for `error` from opening `path`. `group` is the group of the system whose members may open such a device."""
    number = error.errno if isinstance(error, OSError) else None
    if number in TAKEN:
        return taken(path, holders(path), kind)
    why = os.strerror(number) if number else str(error)
    if number in (errno.EACCES, errno.EPERM):
        hint = f"posd's user must be in the group {group}, and its unit must allow the device (docs/operate.md)"
    else:
        hint = "Plug it in; the settings must name it as posd devices does: /dev/serial/by-id/..., /dev/input/by-id/..."
    return Unavailable(f"{kind}_gone", f"{path} cannot be opened: {why}", hint)


def taken(path: str, by: list[str], kind: Kind = "scanner") -> Unavailable:
    """What to raise where another program has `path` open: `by` these, as far as is known."""
    who = ", ".join(by) or "another program"
    hint = f"Stop that program; this shows who it is: sudo posd devices, or sudo fuser -v {path}"
    return Unavailable(f"{kind}_taken", f"{path} is held by {who}", hint)


def holders(path: str) -> list[str]:
    """Every other process that has the device at `path` open, as "name (process 123)".

    The kernel shows only those of our own user, to root all; inside the systemd unit (ProtectProc=invisible) there are no others.
    """
    try:
        device = Path(path).stat()
    except OSError:
        return []
    others = (process for process in Path("/proc").glob("[0-9]*") if int(process.name) != os.getpid())
    return [
        f"{_name(process)} (process {process.name})"
        for process in others
        if any(os.path.samestat(device, one) for one in _devices_of(process))
    ]


def _devices_of(process: Path) -> Iterator[os.stat_result]:
    try:
        descriptors = list((process / "fd").iterdir())
    except OSError:  # it has ended, or is not ours to look into
        return
    for descriptor in descriptors:
        try:
            if str(descriptor.readlink()).startswith("/dev/"):
                yield descriptor.stat()
        except OSError:  # closed by now
            continue


def _name(process: Path) -> str:
    try:
        return (process / "comm").read_text().strip()
    except OSError:
        return "a program that has just ended"
