"""Hardware. A driver is one file and one row here, or "module:Class" in the settings; what they do not name is not imported."""

from collections.abc import Mapping
from importlib import import_module
from typing import Any

from drivers.options import checked
from drivers.ports import Printer
from runtime.errors import Misconfigured

PRINTERS: Mapping[str, str] = {
    "network": "drivers.printers.network:NetworkPrinter",
    "folder": "drivers.virtual_printer:FolderPrinter",
}


def load_printer(driver: str, name: str, options: Mapping[str, object]) -> Printer:
    """The printer `name` of the settings. `driver` is a row of PRINTERS or "module:Class"; the class is called with its name
    and an instance of the frozen dataclass that its attribute `Options` names.

    Raises Misconfigured for a driver that is not there, for options that are wrong, and where Hebrew cannot be drawn.
    """
    made: Printer = _load(PRINTERS, driver, name, options)
    return made


def _load(table: Mapping[str, str], driver: str, name: str, options: Mapping[str, object]) -> Any:
    module, colon, attribute = table.get(driver, driver).partition(":")
    if not colon:
        raise Misconfigured(
            "driver_unknown", f"{name}: there is no driver {driver!r}", f'One of {", ".join(table)}, or "module:Class"'
        )
    try:
        made = getattr(import_module(module), attribute)
    except (ImportError, AttributeError) as error:
        raise Misconfigured(
            "driver_unknown", f"{name}: {driver!r} cannot be imported: {error}", "Install or rename it"
        ) from error
    return made(name, checked(made.Options, options, name))
