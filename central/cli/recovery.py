"""`posd-central recovery`."""

from typing import Any

import click

from central.cli.common import answers, look_in_store, with_settings
from central.settings import Settings


@click.command("recovery")
@answers
@with_settings
def command(settings: Settings) -> tuple[dict[str, Any], str]:
    """Whether head office grants holds and leases, or waits for terminals after a restore; and for which.

    One that will not come back: `posd-central terminal fence CODE`. Terminals that the backup does not know are in quarantine.

    \b
    Example:
      posd-central recovery
    """
    from central import recovery

    found = look_in_store(settings, recovery.state)
    values = {"recovering": found.recovering, "absent": [one._asdict() for one in found.absent]}
    if not found.recovering:
        return values, "Head office grants holds and leases"
    lines = [f"{one.store} / {one.name}  {one.code}" for one in found.absent]
    return values, "\n".join([f"Nothing is granted until these {len(lines)} are back, or fenced:", *lines])
