"""`posd-central check`."""

import click

from central.cli.common import in_store, with_settings
from central.settings import Settings


@click.command("check")
@click.option("--json", "as_json", is_flag=True, help="Answer with one line of JSON.")
@with_settings
def command(settings: Settings, as_json: bool) -> None:
    """Check balances against entries, every journal's chain, and budgets. Exit status 1 if one is wrong.

    \b
    Example:
      posd-central check
    """
    import json

    from central import audit

    found = in_store(settings, audit.check)
    if as_json:
        click.echo(json.dumps(found._asdict(), ensure_ascii=False))
    else:
        click.echo("\n".join(found.wrong) or f"all is well: {found.records} records, {found.entries} entries")
    if found.wrong:
        raise SystemExit(1)
