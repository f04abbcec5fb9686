"""posd test: try each device that the settings name, through the running posd, or directly while none runs."""

import asyncio
import json
from typing import Any

import click

from posd.cli import listening
from posd.cli.options import json_option, running, show, with_settings
from posd.cli.printer import device, opened, print_page
from posd.settings import Device, Settings
from runtime.errors import Rejected, Unavailable

SCAN_S = 20.0
SIGN_S = 10.0  # how long a test stays on a display


@click.group(epilog="Example: posd test scan")
def test() -> None:
    """Try a device: what is read, printed, opened or shown. posd devices lists what there is."""


@test.command(epilog="Example: posd test scan --seconds 30")
@click.option("--seconds", type=click.FloatRange(1, 600), default=SCAN_S, show_default=True, help="How long to wait.")
@json_option
@with_settings
def scan(seconds: float, settings: Settings, *, as_json: bool) -> None:
    """Tell what each scanner reads, for some seconds: which kind of code, and whether posd knows it. Codes are not shown whole.

    With --json one line for each. Exit 75 when nothing was read.
    """
    if not settings.scanners:
        raise Rejected("no_scanner", "The settings name no scanner", "posd devices lists what is plugged in, and what to paste")
    local = running(settings)
    click.echo(f"Scan something, within {seconds:g} s ...", err=True)
    read = 0

    def tell(found: dict[str, Any]) -> None:
        nonlocal read
        read += 1
        click.echo(json.dumps(found, ensure_ascii=False) if as_json else listening.in_words(found))

    if local:
        listening.follow(local, seconds, tell)
    else:
        listening.read(settings, seconds, tell)
    if not read:
        silent = ", ".join(listening.silent(local)) if local else ""
        told = f"Nothing was read in {seconds:g} s" + (f"; no sign of life from {silent}" if silent else "")
        raise Unavailable(
            "nothing_read", told, "posd devices tells what is in the way; docs/scanners.md what to set the scanner to"
        )


@test.command("print", epilog="Example: posd test print")
@json_option
@with_settings
def print_test(settings: Settings, *, as_json: bool) -> None:
    """Print the test page, as `posd printer test` does: a ruler, Hebrew, a QR code."""
    print_page(settings, every=False, as_json=as_json)


@test.command(epilog="Example: posd test drawer")
@json_option
@with_settings
def drawer(settings: Settings, *, as_json: bool) -> None:
    """Open the cash drawer that hangs on the printer."""
    from drivers.ports import Signal

    local = running(settings)
    if local:
        told = local.post("/v1/devices/drawer/test", {})
    else:
        printer = opened(device(settings))
        asyncio.run(printer.signal(Signal.DRAWER))
        told = {"device": printer.name}
    _done(told, "told to open the drawer; a printer does not say whether it did", as_json=as_json)


@test.command(epilog="Example: posd test display")
@click.option(
    "--seconds", type=click.FloatRange(0, 600), default=SIGN_S, show_default=True, help="How long, while posd does not run."
)
@json_option
@with_settings
def display(seconds: float, settings: Settings, *, as_json: bool) -> None:
    """Show two lines on the customer's display, in the terminal's language where the display has its letters."""
    if settings.display is None:
        raise Rejected("no_display", "The settings name no display", "posd devices lists what is plugged in, and what to paste")
    local = running(settings)
    click.echo("Look at the display: brackets open and close, 12.50 stands where reading ends ...", err=True)
    told = local.post("/v1/devices/display/test", {}) if local else asyncio.run(_show(settings, settings.display, seconds))
    _done(told, "took two lines", as_json=as_json)


def _done(told: dict[str, Any], said: str, *, as_json: bool) -> None:
    if as_json:
        show(told)
    else:
        click.echo(f"{told['device']}: {said}")


async def _show(settings: Settings, device: Device, seconds: float) -> dict[str, str]:
    from drivers import load_display
    from posd import signs
    from posd.quoting import NO_PROGRAM

    shown = load_display(device.driver, device.name or device.driver, device.options)
    try:
        await shown.show(signs.every(signs.trial, signs.Shown(), settings.language, NO_PROGRAM))
        await asyncio.sleep(seconds)
    finally:
        await shown.close()
    return {"device": shown.name}
