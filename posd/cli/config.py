"""posd config"""

from pathlib import Path

import click

from posd.cli.options import config_option, json_option, show
from posd.settings import load
from runtime.errors import Misconfigured
from runtime.toml_file import InvalidFile


@click.group(epilog="Example: posd config check --config posd.toml")
def config() -> None:
    """The settings."""


@config.command(epilog="Example: posd config check --config posd.toml")
@config_option
@json_option
def check(config: Path, *, as_json: bool) -> None:
    """Tell every mistake in the settings at once, as FILE:LINE: KEY: what is wrong; what is wanted."""
    from drivers import load_display, load_printer, load_scanner

    mistakes: list[str] = []
    try:
        settings = load(config)
    except InvalidFile as error:
        mistakes = error.lines
    else:
        devices = [(load_scanner, one) for one in settings.scanners]
        for make, device in [*devices, (load_printer, settings.printer), (load_display, settings.display)]:
            if device is None:
                continue
            try:
                make(device.driver, device.name or device.driver, device.options)
            except Misconfigured as error:
                mistakes.append(f"{config}: {error.message}; {error.hint}")
    if as_json:
        show({"ok": not mistakes, "mistakes": mistakes})
    else:
        click.echo("\n".join(mistakes) if mistakes else f"{config} is in order.")
    raise SystemExit(Misconfigured.exit_status if mistakes else 0)


@config.command("show", epilog="Example: posd config show")
@config_option
@json_option
def show_settings(config: Path, *, as_json: bool) -> None:
    """The settings with every default filled in. There is no secret in them."""
    values = load(config).model_dump(mode="json")
    if as_json:
        show(values)
        return
    for key, value in values.items():
        click.echo(f"{key} = {value}")
