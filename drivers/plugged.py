"""What is plugged into this machine, by names that stay: read from /dev and /sys, nothing is opened.

Where udev has made links they are taken: /dev/serial/by-id, /dev/v4l/by-id, /dev/input/by-id (systemd's 60-serial.rules and its
neighbors), /dev/posd (systemd/99-posd.rules). Makers and models stand in sysfs above a device (Documentation/ABI/testing/
sysfs-bus-usb); what a printer says of itself is its IEEE 1284 device id.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

SCANNER_MAKERS: Mapping[str, str] = {
    "05e0": "zebra", "05f9": "datalogic", "0536": "honeywell", "0c2e": "honeywell", "1eab": "newland", "065a": "opticon",
    "0cd0": "cipherlab", "2dd6": "sunmi",
}  # fmt: skip
"""USB vendor ids (the USB-IF's list) of who makes scanners and little else; our word for the make."""

PRINTER_MAKERS = frozenset({"04b8", "0519", "1504", "1d90", "154f"})
"""Epson, Star, Bixolon, Citizen, SNBC: a serial line of theirs leads to a receipt printer or a display."""

SCANNER_WORDS = re.compile(
    r"bar ?code|scanner|reader|imager|symbol|honeywell|datalogic|zebra|newland|opticon|cipherlab", re.IGNORECASE
)
HID_POS = bytes([0x05, 0x8C])
"""How the report descriptor of a scanner in HID-POS mode begins: usage page 8C, bar code scanner (USB HID POS usage tables)."""

NODES_MAX = 256  # more of a kind than any terminal has
ATTRIBUTE_BYTES_MAX = 4096  # a page, as sysfs has it


@dataclass(frozen=True, slots=True)
class Roots:
    """Where the machine is described; tests bring a tree of their own."""

    dev: Path = Path("/dev")
    sys: Path = Path("/sys")


@dataclass(frozen=True, slots=True)
class Plugged:
    """One device. `kind` is serial, printer, camera, keys (a keyboard or what types like one) or hid-pos.

    `path` is the name to put into the settings, `stable` whether it is the same after a re-plug; `node` is what it is now. `make`
    is a maker's name in our words, empty if unknown; `likely` is scanner, printer or empty: what it probably is.
    """

    kind: str
    path: Path
    node: Path
    name: str
    stable: bool
    make: str = ""
    likely: str = ""
    twin: bool = False
    """Another one says that it is the very same, serial number included: by-id leads to either."""
    console: bool = False
    """The kernel writes its messages to it."""


def plugged(roots: Roots) -> list[Plugged]:
    """Everything that posd could use, in the order in which a person looks: scanners, cameras, printers."""
    return [*_serial(roots), *_keys(roots), *_hid_pos(roots), *_cameras(roots), *_printers(roots)]


def _serial(roots: Roots) -> Iterator[Plugged]:
    links = _links(roots.dev / "serial" / "by-id"), _links(roots.dev / "serial" / "by-path")
    nodes = [node for node in _nodes(roots.sys / "class" / "tty", r"tty(S|ACM|USB)[0-9]+") if _is_a_port(node)]
    usb = {node.name: _usb(node / "device", roots) for node in nodes}
    consoles = _read(roots.sys / "class" / "tty" / "console" / "active").split()
    for node in nodes:
        about = usb[node.name]
        twin = bool(about) and sum(other == about for other in usb.values()) > 1
        path = _stable(node.name, links[::-1] if twin else links)
        likely = "scanner" if about.maker in SCANNER_MAKERS else "printer" if about.maker in PRINTER_MAKERS else ""
        found = Plugged("serial", path or roots.dev / node.name, roots.dev / node.name, about.name or "serial port", bool(path))
        stable = found.stable or node.name.startswith("ttyS")  # a port that is soldered in keeps its number
        console = node.name in consoles
        yield replace(found, stable=stable, make=SCANNER_MAKERS.get(about.maker, ""), likely=likely, twin=twin, console=console)


def _is_a_port(node: Path) -> bool:
    """The kernel makes ttyS nodes for ports that are not there; those have no type (PORT_UNKNOWN of linux/serial_core.h)."""
    return (node / "device").exists() and (not node.name.startswith("ttyS") or _read(node / "type") not in {"", "0"})


def _keys(roots: Roots) -> Iterator[Plugged]:
    by_id, by_path = (_links(roots.dev / "input" / folder, "-event-kbd") for folder in ("by-id", "by-path"))
    for node in sorted(set(by_id) | set(by_path)):
        about = _usb(roots.sys / "class" / "input" / node / "device", roots)
        name = _read(roots.sys / "class" / "input" / node / "device" / "name") or about.name or "keyboard"
        scanner = about.maker in SCANNER_MAKERS or SCANNER_WORDS.search(name)
        path = _stable(node, (by_id, by_path))
        assert path
        make = SCANNER_MAKERS.get(about.maker, "")
        yield Plugged("keys", path, roots.dev / "input" / node, name, True, make, "scanner" if scanner else "")


def _hid_pos(roots: Roots) -> Iterator[Plugged]:
    for node in _nodes(roots.sys / "class" / "hidraw", r"hidraw[0-9]+"):
        if _bytes(node / "device" / "report_descriptor").startswith(HID_POS):
            about, path = _usb(node / "device", roots), roots.dev / node.name
            name = about.name or "scanner"
            yield Plugged("hid-pos", path, path, name, False, SCANNER_MAKERS.get(about.maker, ""), "scanner")


def _cameras(roots: Roots) -> Iterator[Plugged]:
    links = [_links(roots.dev / "v4l" / folder) for folder in ("by-id", "by-path")]
    for node in _nodes(roots.sys / "class" / "video4linux", r"video[0-9]+"):
        if _read(node / "index") not in {"", "0"}:  # the second node of a camera has its metadata, no pictures
            continue
        path = _stable(node.name, links)
        name = _read(node / "name") or "camera"
        yield Plugged("camera", path or roots.dev / node.name, roots.dev / node.name, name, bool(path), likely="scanner")


def _printers(roots: Roots) -> Iterator[Plugged]:
    links = _links(roots.dev / "posd", prefix="printer-")
    for node in _nodes(roots.sys / "class" / "usbmisc", r"lp[0-9]+"):
        said = dict(part.split(":", 1) for part in _read(node / "device" / "ieee1284_id").split(";") if ":" in part)
        model = " ".join(
            said.get(key) or said.get(long, "") for key, long in (("MFG", "MANUFACTURER"), ("MDL", "MODEL"))
        ).strip()
        name = model or _usb(node / "device", roots).name or "USB printer"
        path, now = _stable(node.name, (links,)), roots.dev / "usb" / node.name
        yield Plugged("printer", path or now, now, name, bool(path), likely="printer")


@dataclass(frozen=True, slots=True)
class _Usb:
    """What a USB device says of itself; empty for what hangs on no USB."""

    maker: str = ""
    product: str = ""
    serial: str = ""
    name: str = ""

    def __bool__(self) -> bool:
        return bool(self.maker)


def _usb(device: Path, roots: Roots) -> _Usb:
    """The USB device that `device`, a link in sysfs, belongs to."""
    place = device.resolve()
    for above in (place, *place.parents):
        if (above / "idVendor").is_file():
            maker, product = _read(above / "idVendor"), _read(above / "idProduct")
            name = " ".join(filter(None, (_read(above / "manufacturer"), _read(above / "product"))))
            return _Usb(maker, product, _read(above / "serial"), name or f"USB {maker}:{product}")
        if above == roots.sys.resolve():
            break
    return _Usb()


def _nodes(folder: Path, pattern: str) -> list[Path]:
    """The devices of a class whose names are like `pattern`, in the order of their numbers."""
    names = [path for path in _listed(folder) if re.fullmatch(pattern, path.name)]
    return sorted(names, key=lambda path: (path.name.rstrip("0123456789"), int(re.sub(r"\D", "", path.name))))[:NODES_MAX]


def _links(folder: Path, suffix: str = "", prefix: str = "") -> dict[str, list[Path]]:
    """The links in a folder of /dev by the name of the node that each leads to."""
    found: dict[str, list[Path]] = {}
    for link in sorted(_listed(folder)):
        if link.name.endswith(suffix) and link.name.startswith(prefix) and link.exists():
            found.setdefault(link.readlink().name if link.is_symlink() else link.name, []).append(link)
    return found


def _stable(node: str, links: Iterable[Mapping[str, list[Path]]]) -> Path | None:
    """The first link to `node`, in the order of the folders."""
    return next((paths[0] for folder in links if (paths := folder.get(node))), None)


def _listed(folder: Path) -> list[Path]:
    try:
        return list(folder.iterdir())
    except OSError:
        return []


def _read(attribute: Path) -> str:
    """A text of sysfs on one line, what does not print left out; empty where there is none. A device wrote it: never trust it."""
    text = _bytes(attribute).decode("utf-8", "replace")
    return " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())


def _bytes(attribute: Path) -> bytes:
    try:
        with attribute.open("rb") as file:
            return file.read(ATTRIBUTE_BYTES_MAX)
    except OSError:
        return b""
