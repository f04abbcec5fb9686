"""What is plugged in held against what the settings name: what is used, what could be, what is in the way and what to paste."""

import os
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from drivers import load_display, load_printer, load_scanner
from drivers.access import Hindrance, Opener, in_the_way
from drivers.plugged import Plugged, Roots, plugged
from drivers.printers import profile
from drivers.scanners.makes import MAKES
from posd.settings import Device, Settings
from runtime.errors import Misconfigured

NETWORK_PORT = 9100
CONNECT_S = 1.0  # a printer that is there answers within a tenth of it
UNSTABLE = ("/dev/ttyACM", "/dev/ttyUSB", "/dev/usb/lp", "/dev/video", "/dev/input/event", "/dev/hidraw")
"""How names begin that another device may have after the next start."""


@dataclass(frozen=True, slots=True)
class Found:
    """A device that is plugged in; `used_as` is its name in the settings, empty if it is in none; `lines` are what to paste."""

    device: Plugged
    used_as: str
    open_by: tuple[str, ...]
    hindrances: tuple[Hindrance, ...]
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Configured:
    """A device of the settings. `where` is its path or address, `label` is what is plugged in there, as far as that is known."""

    part: str
    name: str
    driver: str
    where: str
    label: str
    hindrances: tuple[Hindrance, ...]


@dataclass(frozen=True, slots=True)
class Survey:
    """Everything; `who` is the user that was asked for."""

    who: str
    found: tuple[Found, ...]
    configured: tuple[Configured, ...]


def survey(settings: Settings, roots: Roots, who: Opener, *, running: bool) -> Survey:
    """Look. `running`: posd runs and has the printers' only connections, so they are not knocked at."""
    devices = plugged(roots)
    named = list(_named(settings))
    found = tuple(_found(device, named, who) for device in devices)
    return Survey(who.name, _numbered(found, named), tuple(_configured(part, one, found, who, running) for part, one in named))


def _named(settings: Settings) -> Iterator[tuple[str, Device]]:
    """Each device of the settings with the table it stands in."""
    yield from (("scanners", scanner) for scanner in settings.scanners)
    if settings.printer:
        yield "printer", settings.printer
    if settings.display:
        yield "display", settings.display


def _found(device: Plugged, named: list[tuple[str, Device]], who: Opener) -> Found:
    used_as = next((_name(one) for _, one in named if _leads_to(one, device)), "")
    open_by, hindrances = in_the_way(device.node, who)
    return Found(device, used_as, tuple(open_by), (*hindrances, *_peculiar(device)), ())


def _peculiar(device: Plugged) -> Iterator[Hindrance]:
    """What is wrong with the device itself."""
    if device.kind == "hid-pos":
        told = "it is in HID-POS mode, which gives neither keys nor a serial line"
        yield Hindrance("mode", told, 'Scan the "USB COM port" (or "USB CDC") bar code of its manual, then plug it in again')
    if device.console:
        told = "the kernel writes its own messages to this port"
        yield Hindrance("console", told, f"Take console={device.node.name} off the kernel's command line (/etc/default/grub)")
    if device.twin:
        told = "another device has the same serial number, so /dev/serial/by-id may lead to either"
        yield Hindrance("twin", told, "The name by-path stays with the socket: leave each in its own")
    if not device.stable and device.kind != "hid-pos":
        yield Hindrance("unstable", f"{device.path} may be another device after the next start", _STABLE_HINTS[device.kind])


_STABLE_HINTS = {
    "serial": "udev makes /dev/serial/by-id: see that it runs, then plug it in again",
    "camera": "udev makes /dev/v4l/by-id: see that it runs, then plug it in again",
    "printer": "Install systemd/99-posd.rules (docs/install.md), then plug it in again",
}


def _numbered(found: tuple[Found, ...], named: list[tuple[str, Device]]) -> tuple[Found, ...]:
    """The same with settings for each that is not used yet, under names that are free."""
    taken = {_name(one) for _, one in named}
    with_lines = []
    for one in found:
        lines: tuple[str, ...] = ()
        if not one.used_as and one.device.kind != "hid-pos" and not one.device.console:
            word = "printer" if one.device.likely == "printer" else _WORDS[one.device.kind]
            name = next(free for n in range(1, len(found) + len(taken) + 2) if (free := f"{word}-{n}") not in taken)
            taken.add(name)
            lines = tuple(_lines(one.device, name))
        with_lines.append(Found(one.device, one.used_as, one.open_by, one.hindrances, lines))
    return tuple(with_lines)


_WORDS = {"serial": "scanner", "keys": "scanner", "camera": "camera", "printer": "printer"}
_DRIVERS = {"serial": "serial", "keys": "wedge", "camera": "camera", "printer": "usb"}


def _lines(device: Plugged, name: str) -> Iterator[str]:
    """What to paste into posd.toml."""
    printer = device.likely == "printer"
    yield "[printer]" if printer else "[[scanners]]"
    yield f'driver = "{_DRIVERS[device.kind]}"'
    yield f'name = "{name}"'
    yield f'path = "{device.path}"'
    if printer:
        yield f'profile = "{_profile(device.name)}"'
    elif device.kind == "serial" and device.make in MAKES:
        yield f'make = "{device.make}"'


def _profile(model: str) -> str:
    """The profile whose name the model's is, else the one that suits most."""
    folder = profile.CHECKOUT if profile.CHECKOUT.is_dir() else profile.INSTALLED
    flat = "-".join(model.lower().split())
    return max((file.stem for file in folder.glob("*.toml") if file.stem in flat), key=len, default="generic-80mm")


def _configured(part: str, device: Device, found: tuple[Found, ...], who: Opener, running: bool) -> Configured:
    path, host, port = (device.options.get(name) for name in ("path", "host", "port"))
    here = next((one for one in found if _leads_to(device, one.device)), None)
    hindrances = list(_wrong_settings(part, device))
    where = ""
    if isinstance(host, str):
        port = NETWORK_PORT if port is None else port
        where = f"{host}:{port}"
        if not hindrances and not running and isinstance(port, int):
            hindrances += _knock(host, port)
    elif isinstance(path, str):
        where = path
        if "://" not in path:
            hindrances += _on_disk(path, here, who, device.driver)
    return Configured(part, _name(device), device.driver, where, here.device.name if here else "", tuple(hindrances))


def _wrong_settings(part: str, device: Device) -> Iterator[Hindrance]:
    """What its driver does not take: the driver is made as posd would, which opens nothing."""
    make = {"scanners": load_scanner, "printer": load_printer, "display": load_display}[part]
    try:
        make(device.driver, _name(device), device.options)
    except Misconfigured as error:
        yield Hindrance("settings", error.message, error.hint)


def _on_disk(path: str, here: Found | None, who: Opener, driver: str) -> Iterator[Hindrance]:
    """What is wrong with a configured path. A file that posd writes itself may not be there yet."""
    if driver == "file" and not Path(path).exists():
        return
    yield from (here.hindrances if here else in_the_way(Path(path), who)[1])
    if path.startswith(UNSTABLE) and not (here and any(one.code == "unstable" for one in here.hindrances)):
        better = f'path = "{here.device.path}"' if here else "Name it by /dev/serial/by-id or the like; posd devices lists them"
        yield Hindrance("unstable", f"{path} may be another device after the next start", better)


def _knock(host: str, port: int) -> list[Hindrance]:
    """Whether anybody answers at the address of a printer."""
    try:
        socket.create_connection((host, port), CONNECT_S).close()
    except (OSError, UnicodeError, OverflowError) as error:  # a name that cannot be one, a port that is none
        told = f"{host}:{port} does not answer ({getattr(error, 'strerror', None) or error})"
        return [Hindrance("missing", told, "Power, cable, address: the printer prints its own when switched on with FEED held")]
    return []


def _leads_to(device: Device, plugged: Plugged) -> bool:
    path = device.options.get("path")
    return isinstance(path, str) and "://" not in path and os.path.realpath(path) == os.path.realpath(plugged.node)


def _name(device: Device) -> str:
    return device.name or device.driver


def as_json(survey: Survey) -> dict[str, Any]:
    """The same for programs."""
    return {
        "user": survey.who,
        "plugged": [
            {
                "kind": one.device.kind,
                "likely": one.device.likely,
                "name": one.device.name,
                "path": str(one.device.path),
                "node": str(one.device.node),
                "stable": one.device.stable,
                "used_as": one.used_as,
                "open_by": list(one.open_by),
                "hindrances": [_hindrance(hindrance) for hindrance in one.hindrances],
                "settings": list(one.lines),
            }
            for one in survey.found
        ],
        "configured": [
            {
                "part": one.part,
                "name": one.name,
                "driver": one.driver,
                "where": one.where,
                "plugged": one.label,
                "hindrances": [_hindrance(hindrance) for hindrance in one.hindrances],
            }
            for one in survey.configured
        ],
    }


def _hindrance(hindrance: Hindrance) -> dict[str, str]:
    return {"code": hindrance.code, "message": hindrance.message, "hint": hindrance.hint}
