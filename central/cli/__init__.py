"""`posd-central`: one file for each command or group of commands, imported only when it is asked for."""

import importlib
import sys
from typing import Any

import click

COMMANDS = {
    "run": "central.cli.run",
    "check": "central.cli.check",
    "user": "central.cli.user",
    "program": "central.cli.program",
    "layout": "central.cli.layout",
    "terminal": "central.cli.terminal",
    "member": "central.cli.member",
    "blank": "central.cli.blank",
    "record": "central.cli.record",
    "quarantine": "central.cli.quarantine",
    "backup": "central.cli.backup",
    "restore": "central.cli.restore",
    "recovery": "central.cli.recovery",
    "retention": "central.cli.retention",
    "partner": "central.cli.partner",
    "day": "central.cli.day",
    "closings": "central.cli.closings",
    "exposure": "central.cli.exposure",
    "bound": "central.cli.bound",
}
"""Command -> the module whose `command` it is."""


class _Lazy(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        """In the order of the table."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import the module of that command."""
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = importlib.import_module(COMMANDS[cmd_name]).command
        return command


@click.command(cls=_Lazy)
@click.version_option(package_name="posd")
def group() -> None:
    """Head office of a loyalty program: what all stores' terminals report to.

    \b
    A first start:
      posd-central user add office
      posd-central program publish cafe.toml
      posd-central terminal enrol --store "Allenby 12" --terminal "Till 1"
      posd-central run
    """


def main() -> Any:
    """The entry point: an error of ours is one clear message on standard error, and its kind is the exit status."""
    from runtime.errors import PosdError

    try:
        return group(prog_name="posd-central")
    except PosdError as error:
        click.echo(f"posd-central: {error}", err=True)
        sys.exit(error.exit_status)
