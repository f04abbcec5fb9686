"""`posd-central check`."""

import click

from central.cli.common import use_store, with_settings
from central.settings import Settings


@click.command("check")
@click.option("--json", "as_json", is_flag=True, help="Answer with one line of JSON.")
@with_settings
def command(settings: Settings, as_json: bool) -> None:
    """Check balances against entries, every journal's chain, and budgets. Exit status 1 if one is wrong.

    It only reads, a little at a time: a head office that runs goes on meanwhile.

    \b
    Example:
      posd-central check
    """
    import json

    from central import audit

    found = use_store(settings, audit.check_beside)
    if as_json:
        click.echo(json.dumps(found._asdict(), ensure_ascii=False))
    else:
        click.echo("\n".join(found.wrong) or f"all is well: {found.records} records, {found.entries} entries")
    if found.wrong:
        raise SystemExit(1)
