"""Hardware. A driver is one file and one row in a table here; only what the settings name is imported."""

from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from importlib import import_module
from typing import Any, get_type_hints

from drivers.ports import Scanner
from runtime.errors import Misconfigured

SCANNERS = {
    "camera": "drivers.scanners.camera:Camera",
    "serial": "drivers.scanners.serial:SerialScanner",
    "virtual": "drivers.virtual:VirtualScanner",
}
"""Scanner drivers: name in settings -> "module:Class". The class takes (name, options) and holds its `Options` dataclass."""


def load_scanner(driver: str, name: str, options: Mapping[str, object]) -> Scanner:
    """Make the scanner `name` with a driver out of SCANNERS, or one named "module:Class". Opens nothing yet.

    Raises Misconfigured with every mistake in `options` and what is wanted, or when the driver or its library is not here.
    """
    made = driver_class(SCANNERS, driver)
    scanner: Scanner = made(name, checked_options(made.Options, f"scanner {name!r} ({driver})", options))
    return scanner


def driver_class(table: Mapping[str, str], driver: str) -> Any:
    """Import the one class that `driver` names. Raises Misconfigured when it is not to be had."""
    where = table.get(driver, driver)
    module_name, _, class_name = where.partition(":")
    if not module_name or not class_name or module_name.startswith("."):
        hint = f"Wanted: {', '.join(sorted(table))}, or module:Class"
        raise Misconfigured("driver_unknown", f"There is no driver {driver!r}", hint)
    try:
        found = getattr(import_module(module_name), class_name)
    except ImportError as error:
        hint = "Check the spelling; for a missing library run `make setup` or install it (pyzbar needs the package libzbar0)"
        raise Misconfigured("driver_missing", f"Driver {driver!r} cannot be loaded: {error}", hint) from error
    except AttributeError:
        raise Misconfigured("driver_missing", f"{module_name} has no {class_name}", "Check the spelling") from None
    if not is_dataclass(getattr(found, "Options", None)):
        raise Misconfigured("driver_missing", f"{where} is no driver", "A driver is a class with an `Options` dataclass")
    return found


def checked_options(shape: type, whose: str, options: Mapping[str, object]) -> Any:
    """Make a `shape`, a driver's frozen dataclass, of `options`.

    Raises Misconfigured with every wrong option and the wanted ones.
    """
    from pydantic import ConfigDict, ValidationError, create_model

    hints = get_type_hints(shape, include_extras=True)
    wanted: dict[str, Any] = {
        one.name: (hints[one.name], ... if one.default is MISSING else one.default) for one in fields(shape)
    }
    strict = create_model(shape.__name__, __config__=ConfigDict(strict=True, extra="forbid"), **wanted)
    try:
        return shape(**dict(strict.model_validate(dict(options))))
    except ValidationError as error:
        mistakes = "; ".join(f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors())
        raise Misconfigured("driver_options", f"{whose}: {mistakes}", f"Options wanted: {', '.join(wanted)}") from None
