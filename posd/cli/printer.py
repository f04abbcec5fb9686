"""posd printer ..."""

import asyncio
from typing import TYPE_CHECKING, Any

import click

from posd.cli.options import json_option, running, show, with_settings
from posd.settings import Device, Settings
from runtime.errors import Rejected

if TYPE_CHECKING:
    from drivers.ports import Printer

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
    """Print a test page: a ruler, code pages, Hebrew, a QR code, the version. docs/printers.md says what to look for.

    The running posd prints it, which owns the printer; while none runs, this command does.
    """
    print_page(settings, every=every, as_json=as_json)


def print_page(settings: Settings, *, every: bool, as_json: bool) -> None:
    """Print the test page and tell how that went; `every` is --all-code-pages."""
    local = running(settings)
    body = {"all_code_pages": every}
    told = local.post("/v1/devices/printer/test", body) if local else asyncio.run(_print(device(settings), every))
    if as_json:
        show(told)
    else:
        click.echo(f"{told['device']}: {SAID[told['delivery']]}")


def device(settings: Settings) -> Device:
    """The printer of the settings. Raises Rejected where they name none."""
    if settings.printer is None:
        raise Rejected("no_printer", "The settings name no printer", "posd devices lists what is plugged in, and what to paste")
    return settings.printer


def opened(device: Device) -> "Printer":
    """Its driver, for this command alone: no posd runs."""
    from drivers import load_printer

    return load_printer(device.driver, device.name or device.driver, device.options)


async def _print(device: Device, every: bool) -> dict[str, Any]:
    from posd.proof import proof_page

    printer, page = opened(device), proof_page(device, all_code_pages=every)
    return {"device": printer.name, "bytes": len(page), "delivery": (await printer.send(page)).value}
