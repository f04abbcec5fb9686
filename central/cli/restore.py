"""`posd-central restore`."""

import asyncio
from pathlib import Path
from typing import Any

import click

from central.cli.common import answers, person, with_settings
from central.clock import now_ms
from central.settings import Settings, make_state_dir


@click.command("restore")
@click.argument("folder", required=False, type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option("--in-place", is_flag=True, help="The database was brought back by other means: an image, a standby, PITR.")
@answers
@with_settings
def command(settings: Settings, folder: Path | None, *, in_place: bool) -> tuple[dict[str, Any], str]:
    """Put the backup in FOLDER back, while head office does not run, and begin a new life with it.

    Terminals send by themselves what the backup does not have. Until every terminal is back, or was fenced, no hold and no lease is
    granted: what was granted since the backup is not known. `posd-central recovery` says whom that waits for.

    \b
    Example:
      posd-central restore /var/backups/posd/posd-central-20261122T031500Z
    """
    from central import backup
    from central.app import alone

    if (folder is None) != in_place:
        raise click.UsageError("name the FOLDER of a backup, or say --in-place")
    make_state_dir(settings)
    with alone(settings):
        incarnation = asyncio.run(backup.restore(settings, folder, now_ms(), person()))
    return {"incarnation": incarnation}, f"restored; start head office, and see: posd-central recovery (life {incarnation})"
