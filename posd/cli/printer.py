"""posd printer ..."""

import asyncio
from typing import Any

import click

from posd.cli.options import json_option, running, show, with_settings
from posd.settings import Device, Settings
from runtime.errors import Misconfigured


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
    """Print a test page: a ruler, code pages, Hebrew, a QR code, the version. docs/printers.md says what to look for.

    The running posd prints it, which owns the printer; while none runs, this command does.
    """
    if settings.printer is None:
        hint = "Add a table [printer]; config/posd.toml has examples"
        raise Misconfigured("no_printer_set", "The settings name no printer", hint)
    local = running(settings)
    body = {"all_code_pages": every}
    told = local.post("/v1/devices/printer/proof", body) if local else asyncio.run(_print(settings.printer, every))
    if as_json:
        show(told)
    else:
        click.echo(f"{told['device']}: {told['bytes']} bytes sent, {told['delivery']}")


async def _print(device: Device, every: bool) -> dict[str, Any]:
    from drivers import load_printer
    from posd.proof import proof_page

    printer = load_printer(device.driver, device.name or device.driver, device.options)
    page = proof_page(device, all_code_pages=every)
    return {"device": printer.name, "bytes": len(page), "delivery": (await printer.send(page)).value}
