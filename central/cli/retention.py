"""`posd-central retention`."""

from typing import Any

import click

from central.cli.common import answers, in_store, with_settings
from central.clock import now_ms
from central.settings import Settings


@click.command("retention")
@answers
@with_settings
def command(settings: Settings) -> tuple[dict[str, Any], str]:
    """Delete now what head office deletes every night: what nobody can need again.

    Sessions and one-time codes that are over, refused holds and rejected terminals after 90 days, notes of checks and backups
    after 400. Records, the ledger and the audit log are never deleted. Old backups are: `posd-central backup FOLDER --keep N`.

    \b
    Example:
      posd-central retention
    """
    from central.store import retention

    found = in_store(settings, retention.delete_old, now_ms())
    return found._asdict(), ", ".join(f"{count} {what}" for what, count in found._asdict().items()) + " deleted"
