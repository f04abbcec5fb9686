"""`posd-central terminal ...`."""

from typing import Any

import click

from central.cli.common import answers, in_store, time_text, with_settings
from central.clock import now_ms
from central.settings import Settings


@click.group("terminal")
def command() -> None:
    """Terminals: enrol one, see how they are."""


@command.command("enrol")
@click.option("--store", required=True, help="The store's name; made if it is new.")
@click.option("--terminal", required=True, help="The terminal's name in that store; made if it is new.")
@click.option("--time-zone", default="Asia/Jerusalem", show_default=True, help="The time zone of a new store.")
@answers
@with_settings
def enrol_terminal(settings: Settings, store: str, terminal: str, time_zone: str) -> tuple[dict[str, Any], str]:
    """Print a one-time code to type at the terminal. A terminal that was enrolled before is fenced once it is used.

    \b
    Example:
      posd-central terminal enrol --store "Allenby 12" --terminal "Till 1"
    """
    from central import enrol

    made = in_store(settings, enrol.new_code, (store, terminal), time_zone, now_ms())
    values = {
        "code": made.code,
        "terminal": made.terminal.code,
        "store": made.terminal.store,
        "name": made.terminal.name,
        "expires_ms": made.expires_ms,
    }
    return values, f"{made.code}\nvalid once, until {time_text(made.expires_ms)}; at the terminal: posd enrol"


@command.command("list")
@answers
@with_settings
def list_terminals(settings: Settings) -> tuple[list[dict[str, Any]], str]:
    """All terminals, those in trouble first.

    \b
    Example:
      posd-central terminal list --json
    """
    from central.store import pages

    rows = in_store(settings, pages.terminals, now_ms())
    lines = [f"{row.store} / {row.name}: {row.trouble or 'well'}, {row.queued_records} records wait there" for row in rows]
    return [row._asdict() for row in rows], "\n".join(lines) or "No terminal yet: posd-central terminal enrol"
