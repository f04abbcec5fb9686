"""`posd-central bound`."""

from typing import Any

import click

from central.cli.common import answers, look_in_store, with_settings
from central.settings import Settings


@click.command("bound")
@answers
@with_settings
def command(settings: Settings) -> tuple[list[dict[str, Any]], str]:
    """The published bound: how much of each unit could be spent beyond members' balances, at most. Nothing, as a rule.

    \b
    Example:
      posd-central bound --json
    """
    from central import leases

    found = look_in_store(settings, leases.bound)
    lines = [f"{one.unit}: {one.cloned + one.released} ({one.cloned} by clones, {one.released} released)" for one in found]
    return [one._asdict() for one in found], "\n".join(lines) or "nothing: no terminal was cloned, no exposure was released"
