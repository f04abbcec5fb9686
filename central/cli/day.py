"""`posd-central day`."""

from datetime import datetime
from typing import Any

import click

from central.cli.common import answers, use_store, with_settings
from central.clock import now_ms
from central.settings import Settings


@click.command("day")
@click.option("--date", type=click.DateTime(["%Y-%m-%d"]), help="Another day than today, to try what it brings.")
@answers
@with_settings
def command(settings: Settings, date: datetime | None) -> tuple[dict[str, Any], str]:
    """Bring a day to the members who wait for it: pieces expire, tiers are reviewed, birthdays come.

    Head office does that by itself while it runs; a day that has been brought once has no effect again.

    \b
    Example:
      posd-central day --date 2027-01-01
    """
    from central import daily

    day = date.date().isoformat() if date else ""
    count = use_store(settings, lambda store: daily.bring_all(store, now_ms(), day))
    return {"members": count}, f"{count} members had something to come"
