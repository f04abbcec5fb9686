"""`posd-central record ...`."""

from typing import Any

import click

from central.cli.common import answers, in_store, time_text, with_settings
from central.settings import Settings

ROWS_MAX = 100_000


@click.group("record")
def command() -> None:
    """What terminals have sent."""


@command.command("list")
@click.option("--last", "rows_max", default=50, show_default=True, type=click.IntRange(1, ROWS_MAX), help="How many.")
@click.option("--odd", is_flag=True, help="Only sales that head office works out otherwise, or made on facts that were stale.")
@answers
@with_settings
def list_records(settings: Settings, rows_max: int, *, odd: bool) -> tuple[list[dict[str, Any]], str]:
    """The records that arrived last, newest first, and what became of each: applied, waiting, kept or dead with its reason.

    Of a sale, what comes out otherwise when head office works it out again, and which facts of the member were stale by then.

    \b
    Example:
      posd-central record list --last 10 --json
    """
    from central.store import records

    found = in_store(settings, records.newest, rows_max, odd=odd)
    lines = [
        f"{time_text(row.received_ms)}  {row.terminal}  {row.seq:>6}  {row.kind:<7} {row.id}  {row.state} {row.reason}"
        f"{f' differs: {row.differs}' if row.differs else ''}{f' stale: {row.stale}' if row.stale else ''}"
        for row in found
    ]
    return [row._asdict() for row in found], "\n".join(lines) or "Nothing has arrived yet"
