"""`posd-central record ...`."""

from typing import Any

import click

from central.cli.common import answers, in_store, look_in_store, time_text, with_settings
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

    found = look_in_store(settings, records.newest, rows_max, odd=odd)
    lines = [
        f"{time_text(row.received_ms)}  {row.terminal}  {row.seq:>6}  {row.kind:<7} {row.id}  {row.state} {row.reason}"
        f"{f' differs: {row.differs}' if row.differs else ''}{f' stale: {row.stale}' if row.stale else ''}"
        for row in found
    ]
    return [row._asdict() for row in found], "\n".join(lines) or "Nothing has arrived yet"


@command.command("replay")
@click.argument("keys", nargs=-1, type=click.IntRange(1, 1 << 62))
@click.option("--dead", is_flag=True, help="All dead letters.")
@click.option("--kept", is_flag=True, help="All of kinds or versions that no release knew when they came.")
@answers
@with_settings
def replay_records(settings: Settings, keys: tuple[int, ...], *, dead: bool, kept: bool) -> tuple[dict[str, Any], str]:
    """Try records again: those with these KEYS (`record list --json` has them), all dead letters, or all that were kept.

    What came in a kind or version that was not known is stored and kept; after an upgrade this gives it its effect. The head office
    that runs does it within seconds, and whatever still cannot be applied is a dead letter again, with its reason.

    \b
    Example:
      posd-central record replay --kept
    """
    from central.store import records

    if not keys and not dead and not kept:
        raise click.UsageError("name KEYS, or --dead, or --kept")
    count = sum(in_store(settings, records.replay_all, state) for state, asked in (("dead", dead), ("kept", kept)) if asked)
    count += sum(in_store(settings, records.replay, key) for key in keys)
    return {"records": count}, f"{count} records are tried again"
