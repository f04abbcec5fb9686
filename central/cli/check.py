"""`posd-central check`."""

import json

import click

from central.cli.common import look_in_store, time_text, use_store, with_settings
from central.settings import Settings


@click.command("check")
@click.option("--last", is_flag=True, help="Tell how head office's own last check ended, instead of checking now.")
@click.option("--json", "as_json", is_flag=True, help="Answer with one line of JSON.")
@with_settings
def command(settings: Settings, *, last: bool, as_json: bool) -> None:
    """Check balances against entries, every journal's chain, and budgets. Exit status 1 if one is wrong.

    It only reads, a little at a time: a head office that runs goes on meanwhile, and checks by itself every night.

    \b
    Example:
      posd-central check
    """
    ask = _last if last else _now
    if not ask(settings, as_json=as_json):
        raise SystemExit(1)


def _now(settings: Settings, *, as_json: bool) -> bool:
    from central import audit

    found = use_store(settings, audit.check_beside)
    if as_json:
        click.echo(json.dumps(found._asdict(), ensure_ascii=False))
    else:
        click.echo("\n".join(found.wrong) or f"all is well: {found.records} records, {found.entries} entries")
    return not found.wrong


def _last(settings: Settings, *, as_json: bool) -> bool:
    """Whether it ended well; a head office that has never checked its books is not well."""
    from central.store import copies

    found = look_in_store(settings, copies.last, "check")
    if as_json:
        click.echo(json.dumps(found._asdict() if found else None, ensure_ascii=False))
    elif found:
        click.echo(f"{time_text(found.made_ms)}  {'all is well' if found.well else 'wrong'}: {found.said}")
    else:
        click.echo("not checked yet: head office does it at night, while it runs")
    return bool(found and found.well)
