"""posd run"""

import asyncio
import json

import click

from posd.cli.options import json_option, with_settings
from posd.settings import Settings


@click.command(epilog="Example: posd run --config /etc/posd/posd.toml")
@json_option
@with_settings
def run(settings: Settings, *, as_json: bool) -> None:
    """Run the daemon until it is stopped (systemd does this). With --json the first line says where it answers."""
    from posd.app import run as run_app

    def ready(address: str) -> None:
        if as_json:
            click.echo(json.dumps({"address": address}))

    asyncio.run(run_app(settings, ready))
