"""`posd-central backup`."""

import asyncio
from pathlib import Path
from typing import Any

import click

from central.cli.common import answers, with_settings
from central.clock import now_ms
from central.settings import Settings, make_state_dir


@click.command("backup")
@click.argument("into", type=click.Path(path_type=Path, file_okay=False))
@click.option("--keep", "count", type=click.IntRange(1, 10_000), help="Afterwards delete all but so many of the newest.")
@answers
@with_settings
def command(settings: Settings, into: Path, count: int | None) -> tuple[dict[str, Any], str]:
    """Back the database up into a new folder of INTO, while head office runs, and read the copy again.

    Only then terminals may delete (after 90 days) what is in it. The key that signs member codes goes with it: keep it as you keep
    the key.

    \b
    Example:
      posd-central backup /var/backups/posd --keep 30
    """
    from central import backup

    make_state_dir(settings)
    made = asyncio.run(backup.make(settings, into, now_ms()))
    deleted = [str(path) for path in (backup.keep(into, count) if count else [])]
    values = {**made._asdict(), "folder": str(made.folder), "deleted": deleted}
    return values, f"{made.folder}: {made.records} records of {made.journals} journals, {made.bytes} bytes, read again"
