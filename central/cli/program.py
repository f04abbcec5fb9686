"""`posd-central program ...`."""

from datetime import datetime
from pathlib import Path
from typing import Any

import click

from central.cli.common import answers, in_store, with_settings
from central.clock import now_ms
from central.settings import Settings


@click.group("program")
def command() -> None:
    """The program: what members earn and what they may take."""


@command.command("publish")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--from", "start", type=click.DateTime(), help="In force from then on, local time; without it at once.")
@answers
@with_settings
def publish_program(settings: Settings, file: Path, start: datetime | None) -> tuple[dict[str, Any], str]:
    """Check a program's file and send it to every terminal; every mistake is told as file:line.

    \b
    Example:
      posd-central program publish config/programs/cafe.toml
    """
    from central import programs
    from sync import program_file

    program, values = program_file.load(file)
    effective_ms = int(start.timestamp() * 1000) if start else 0
    in_store(settings, programs.publish, program, values, now_ms(), effective_ms)
    answer = {"code": program.code, "version": program.version, "hash": program.hash}
    return answer, f"published: {program.code}, version {program.version}"
