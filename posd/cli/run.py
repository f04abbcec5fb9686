"""posd run"""

import asyncio

import click

from posd.cli.options import with_settings
from posd.settings import Settings


@click.command(epilog="Example: posd run --config /etc/posd/posd.toml")
@with_settings
def run(settings: Settings) -> None:
    """Run the daemon until it is stopped (systemd does this)."""
    from posd.app import run as run_app

    asyncio.run(run_app(settings))
