"""posd printer ..."""

import asyncio

import click

from posd.cli.options import json_option, show, with_settings
from posd.settings import Settings
from runtime.errors import Misconfigured

TABLE_SLOTS = range(64)  # where the models in the field have Hebrew: 7 to 62


@click.group()
def printer() -> None:
    """The printer that posd owns."""


@printer.command(epilog="Example: posd printer test --all-code-pages")
@click.option(
    "--all-code-pages", "every", is_flag=True, help="Show the numbers 0 to 63 of ESC t, not only those of the profile."
)
@json_option
@with_settings
def test(settings: Settings, *, every: bool, as_json: bool) -> None:
    """Print a test page: a ruler, code pages, Hebrew, a QR code, the version. docs/printers.md says what to look for."""
    from drivers import load_printer
    from drivers.printers.profile import load_profile
    from drivers.printers.proof import proof
    from posd.version import VERSION

    device = settings.printer
    if device is None:
        hint = "Add a table [printer]; config/posd.toml has examples"
        raise Misconfigured("no_printer_set", "The settings name no printer", hint)
    name = device.name or device.driver
    owned = load_printer(device.driver, name, device.options)
    profile = load_profile(str(device.options.get("profile", "generic-80mm")))
    job = proof(profile, VERSION, TABLE_SLOTS if every else ())
    delivery = asyncio.run(owned.send(job))
    if as_json:
        show({"printer": name, "bytes": len(job), "delivery": delivery.value})
    else:
        click.echo(f"{name}: {len(job)} bytes sent, {delivery.value}")
