"""`posd`: one file per command, loaded when it is asked for."""

import sys
from importlib import import_module

import click

from runtime.errors import PosdError

COMMANDS = {
    "run": "Run the daemon",
    "enrol": "Become a terminal of head office by a one-time code",
    "new-key": "Take a new key for what this terminal says to head office",
    "status": "How this terminal is doing",
    "token": "Who may use the local API: add, list, revoke",
    "decode": "Read the codes in pictures",
    "camera": "What a camera sees, for support",
    "quote": "What a basket earns and costs, without booking it",
    "sell": "Book a paid basket",
    "close-day": "Compare a till's receipts of a day with what is booked",
    "receipt": "Our block of a sale: preview it, print it again",
    "printer": "Print a test page",
    "journal": "Show what head office is told; verify it",
    "salvage": "Send head office what an old database still has",
    "devices": "What is plugged in, what the settings name, and what is in the way",
    "test": "Try a scanner, the printer, the drawer, the display",
    "config": "Check or show the settings",
    "virtual-printer": "Be a receipt printer, to try things out without one",
}


class Lazy(click.Group):
    """Imports a command's file only when that command is wanted."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """In the order of a checkout."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of that name."""
        if cmd_name not in COMMANDS:
            return None
        module = cmd_name.replace("-", "_")
        command: click.Command = getattr(import_module(f"posd.cli.{module}"), module)
        command.short_help = COMMANDS[cmd_name]
        return command


@click.group(cls=Lazy, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="posd")
def posd() -> None:
    """The loyalty daemon of this till's terminal."""


def main() -> None:
    """Entry point: our errors are told in one line with what to do, and their kind is the exit status."""
    try:
        posd(prog_name="posd")
    except PosdError as error:
        click.echo(f"posd: {error.message}", err=True)
        if error.hint:
            click.echo(f"  {error.hint}", err=True)
        sys.exit(error.exit_status)
