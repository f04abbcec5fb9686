"""Hardware. A driver is one file and one row here, or "module:Class" in the settings; what they do not name is not imported."""

from collections.abc import Mapping
from dataclasses import is_dataclass
from importlib import import_module
from typing import Any

from drivers.options import checked
from drivers.ports import Display, Printer, Scanner
from runtime.errors import Misconfigured

SCANNERS: Mapping[str, str] = {
    "camera": "drivers.scanners.camera.scanner:Camera",
    "serial": "drivers.scanners.serial:SerialScanner",
    "virtual": "drivers.virtual:VirtualScanner",
    "wedge": "drivers.scanners.wedge:WedgeScanner",
}

PRINTERS: Mapping[str, str] = {
    "network": "drivers.printers.network:NetworkPrinter",
    "usb": "drivers.printers.usb:UsbPrinter",
    "serial": "drivers.printers.serial:SerialPrinter",
    "folder": "drivers.printers.folder:FolderPrinter",
}

DISPLAYS: Mapping[str, str] = {
    "serial": "drivers.displays.serial:SerialDisplay",
    "file": "drivers.virtual:FileDisplay",
}


def load_scanner(driver: str, name: str, options: Mapping[str, object]) -> Scanner:
    """The scanner `name` of the settings. `driver` is a row of SCANNERS or "module:Class"; nothing is opened yet.

    Raises Misconfigured for a driver that is not there or whose library is missing, and for every wrong option at once.
    """
    made: Scanner = _load(SCANNERS, driver, f"scanner {name!r}", name, options)
    return made


def load_printer(driver: str, name: str, options: Mapping[str, object]) -> Printer:
    """The printer `name` of the settings. `driver` is a row of PRINTERS or "module:Class".

    Raises Misconfigured as `load_scanner` does, and where Hebrew cannot be drawn.
    """
    made: Printer = _load(PRINTERS, driver, f"printer {name!r}", name, options)
    return made


def load_display(driver: str, name: str, options: Mapping[str, object]) -> Display:
    """The display `name` of the settings. `driver` is a row of DISPLAYS or "module:Class".

    Raises Misconfigured as `load_scanner` does.
    """
    made: Display = _load(DISPLAYS, driver, f"display {name!r}", name, options)
    return made


def _load(table: Mapping[str, str], driver: str, whose: str, name: str, options: Mapping[str, object]) -> Any:
    """The driver, called with the name and an instance of the frozen dataclass that its attribute `Options` names."""
    module, colon, attribute = table.get(driver, driver).partition(":")
    if not (module and colon and attribute) or module.startswith("."):
        wanted = f'One of {", ".join(table)}, or "module:Class"'
        raise Misconfigured("driver_unknown", f"{whose}: there is no driver {driver!r}", wanted)
    try:
        made = getattr(import_module(module), attribute)
    except (ImportError, AttributeError) as error:
        hint = "Check the spelling; for a missing library install it (pyzbar needs the package libzbar0)"
        raise Misconfigured("driver_missing", f"{whose}: driver {driver!r} cannot be loaded: {error}", hint) from error
    if not is_dataclass(getattr(made, "Options", None)):
        raise Misconfigured(
            "driver_missing", f"{whose}: {driver!r} is no driver", "It is a class, or a Transport, with a dataclass `Options`"
        )
    return made(name, checked(made.Options, options, whose))
