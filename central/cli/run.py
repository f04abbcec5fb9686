"""`posd-central run`."""

import asyncio
import json

import click

from central.cli.common import with_settings
from central.settings import Settings


@click.command("run")
@click.option("--json", "as_json", is_flag=True, help="Say the address as one line of JSON.")
@with_settings
def command(settings: Settings, as_json: bool) -> None:
    """Run head office until it is told to stop (SIGTERM, SIGINT). The first line on standard output is its address.

    \b
    Example:
      posd-central run --config /etc/posd/central.toml
    """
    from central import app
    from runtime.log import start_logging

    start_logging(settings.log_level)

    def ready(address: str) -> None:
        click.echo(json.dumps({"address": address}) if as_json else f"head office: {address}")

    asyncio.run(app.run(settings, ready))
