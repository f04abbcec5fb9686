"""`posd-central terminal ...`."""

from typing import Any

import click

from central.cli.common import answers, in_store, look_in_store, person, time_text, with_settings
from central.clock import now_ms
from central.settings import Settings


@click.group("terminal")
def command() -> None:
    """Terminals: enrol one, see how they are, fence one."""


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


@command.command("replace")
@click.argument("code")
@click.option("--reason", required=True, help="Why, for the audit log.")
@answers
@with_settings
def replace_terminal(settings: Settings, code: str, reason: str) -> tuple[dict[str, Any], str]:
    """The terminal CODE (see `terminal list --json`) is dead, lost or stolen: fence it now, and print a one-time code for the
    machine that takes its place.

    What it held and leased is exposed within seconds (`posd-central exposure list`): it may be spending it out there.

    \b
    Example:
      posd-central terminal replace 1f0c92ab77d13e05 --reason "its disk is dead"
    """
    from central import enrol

    made = in_store(settings, enrol.replace, code, reason, person(), now_ms())
    values = {"fenced": code, "code": made.code, "store": made.terminal.store, "name": made.terminal.name}
    return values, "\n".join(
        (
            f"{made.terminal.store} / {made.terminal.name} is fenced.",
            f"{made.code}\nvalid once, until {time_text(made.expires_ms)}; at the new machine: posd enrol",
            "If the old disk can be read: posd salvage FILE there, then posd-central quarantine list here.",
            "What it may still have spent: posd-central exposure list",
        )
    )


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

    rows = look_in_store(settings, pages.terminals, now_ms())
    lines = [f"{row.store} / {row.name}: {row.trouble or 'well'}, {row.queued_records} records wait there" for row in rows]
    return [row._asdict() for row in rows], "\n".join(lines) or "No terminal yet: posd-central terminal enrol"


@command.command("fence")
@click.argument("code")
@click.option("--reason", required=True, help="Why, for the audit log.")
@answers
@with_settings
def fence_terminal(settings: Settings, code: str, reason: str) -> tuple[dict[str, Any], str]:
    """End what the terminal CODE (see `terminal list --json`) may do, for good: a stolen one, or one that will not come back.

    It holds and leases nothing more, and what it held stays out of reach: it may be spending it out there. What it still sends goes
    into quarantine. It comes back with a new one-time code only.

    \b
    Example:
      posd-central terminal fence 1f0c92ab77d13e05 --reason "stolen on 3 May"
    """
    from central import fence

    fenced = in_store(settings, fence.fence_by_code, code, now_ms(), reason, person())
    return {"fenced": fenced}, f"{code} is fenced" if fenced else f"{code} was fenced before, or never enrolled"
