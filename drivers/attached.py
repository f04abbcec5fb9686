"""What is plugged in, by names that stay the same: the links that udev makes."""

from dataclasses import dataclass
from pathlib import Path

DEV = Path("/dev")
WEDGES = "*-event-kbd"  # everything that types: the cashier's keyboard is among them


@dataclass(frozen=True, slots=True)
class Attached:
    """A device that a scanner may be. `path` is for the settings, `node` is what it is just now ("/dev/ttyACM0")."""

    driver: str
    path: str
    node: str


def attached_scanners(dev: Path = DEV) -> list[Attached]:
    """Every serial line and every keyboard that udev has named, in the order of the names; `path` and `node` begin with `dev`.

    By maker, model and serial number where there is such a name, else by the place it is plugged into: two cheap scanners that say
    the same serial number have one name by-id between them. A line on the machine's own board (/dev/ttyS0) has no such name, and
    needs none.
    """
    return [*_named(dev, "serial", "serial", "*"), *_named(dev, "wedge", "input", WEDGES)]


def _named(dev: Path, driver: str, folder: str, pattern: str) -> list[Attached]:
    found: dict[Path, Attached] = {}
    for link in (link for by in ("by-id", "by-path") for link in sorted((dev / folder / by).glob(pattern))):
        node = link.resolve()
        found.setdefault(node, Attached(driver, str(link), str(node)))
    return list(found.values())
