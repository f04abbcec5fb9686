"""posd journal"""

import json
from typing import Any

import click

from posd.cli.options import json_option, with_settings
from posd.settings import Settings


@click.command(epilog="Example: posd journal --last 5 --json")
@click.option("--last", "records_max", default=20, show_default=True, type=click.IntRange(1, 100_000), help="How many.")
@json_option
@with_settings
def journal(records_max: int, settings: Settings, *, as_json: bool) -> None:
    """What head office is told: the newest records, newest first. Reads beside a posd that runs."""
    acked, records = _newest(settings, records_max)
    for record in records:
        if as_json:
            click.echo(json.dumps(record, ensure_ascii=False))
        else:
            known = "at head office" if record["seq"] <= acked else "waits"
            click.echo(f"{record['seq']:>6}  {record['kind']:<7} {record['id']}  {known}")


def _newest(settings: Settings, records_max: int) -> tuple[int, list[dict[str, Any]]]:
    from posd.store import journal as records
    from posd.store.database import look_at

    with look_at(settings.state_path) as db:
        return records.push_state(db).seq, [json.loads(data) for data in records.newest(db, records_max)]
