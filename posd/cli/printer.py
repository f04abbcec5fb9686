"""posd printer ..."""

import asyncio

import click

from posd.cli.options import json_option, running, show, with_settings
from posd.settings import Settings
from runtime.errors import Rejected

SAID = {"confirmed": "printed", "unknown": "sent; the printer said nothing, so look whether it is on the paper"}


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
    from posd.printing import print_page

    device = settings.printer
    if device is None:
        raise Rejected("no_printer", "The settings name no printer", "posd devices lists what is plugged in, and what to paste")
    local = running(settings)
    if local:
        told = local.post("/v1/devices/printer/page", {"every_page": every})
    else:
        owned = load_printer(device.driver, device.name or device.driver, device.options)
        told = asyncio.run(print_page(owned, device, every_page=every))
    if as_json:
        show(told)
    else:
        click.echo(f"{told['device']}: {SAID[told['delivery']]}")
