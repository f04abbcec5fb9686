"""posd journal"""

import json
from pathlib import Path
from typing import Any

import click

from posd.cli.options import config_option, json_option, show, with_settings
from posd.settings import Settings, load


@click.group(invoke_without_command=True, epilog="Example: posd journal --last 5 --json")
@click.option("--last", "records_max", default=20, show_default=True, type=click.IntRange(1, 100_000), help="How many.")
@json_option
@config_option
@click.pass_context
def journal(context: click.Context, records_max: int, config: Path, *, as_json: bool) -> None:
    """What head office is told: the newest records, newest first. Reads beside a posd that runs."""
    if context.invoked_subcommand:
        return
    acked, records = _newest(load(config), records_max)
    for record in records:
        if as_json:
            click.echo(json.dumps(record, ensure_ascii=False))
        else:
            known = "at head office" if record["seq"] <= acked else "waits"
            click.echo(f"{record['seq']:>6}  {record['kind']:<7} {record['id']}  {known}")


@journal.command(epilog="Example: posd journal verify --json")
@json_option
@with_settings
@click.pass_context
def verify(context: click.Context, settings: Settings, *, as_json: bool) -> None:
    """Check all of it: each page of the database, each record against the one before it. Ends with 1 when something is wrong."""
    told = _verified(settings)
    flaw = told["flaw"]
    if as_json:
        show(told)
    elif flaw:
        where = f"record {flaw['seq']}" if flaw["seq"] else "the database"
        click.echo(
            f"DAMAGED: {where}: {flaw['why']}. Stop posd and start it again: it sets the database aside (docs/operate.md)"
        )
    else:
        click.echo(
            f"whole: {told['records']} records up to {told['seq']}; head office has them up to {told['acknowledged_seq']}"
        )
    context.exit(1 if flaw else 0)


def _newest(settings: Settings, records_max: int) -> tuple[int, list[dict[str, Any]]]:
    from posd.store import journal as records
    from posd.store.database import look_at

    with look_at(settings.state_path) as db:
        return records.push_state(db).seq, [json.loads(data) for data in records.newest(db, records_max)]


def _verified(settings: Settings) -> dict[str, Any]:
    from posd.store import checking
    from posd.store import journal as records
    from posd.store.database import look_at, reading
    from posd.store.db import in_snapshot

    with look_at(settings.state_path) as db, reading():
        flaw = in_snapshot(db, checking.whole)  # one state: a posd beside us may prune
        head, bottom, acked = records.head(db), records.anchor(db), records.push_state(db)
    return {
        "records": head.seq - bottom.seq,
        "seq": head.seq,
        "hash": head.hash,
        "anchor_seq": bottom.seq,
        "acknowledged_seq": acked.seq,
        "durable_seq": acked.durable_seq,
        "flaw": flaw._asdict() if flaw else None,
    }
