"""posd new-key"""

import asyncio

import click

from posd.cli.options import Local, json_option, show, with_settings
from posd.settings import Settings
from runtime.errors import Unavailable


@click.command(name="new-key", epilog="Example: posd new-key   (somebody may have seen the old one, or it is a year old)")
@json_option
@with_settings
def new_key(settings: Settings, *, as_json: bool) -> None:
    """Take a new key for what this terminal says to head office; the old one signs for it. Works while posd runs and while it does
    not, and may be repeated when it broke off.
    """
    try:
        told = asyncio.run(_alone(settings))
    except Unavailable as error:
        if error.code != "already_running":
            raise
        told = Local(settings).post("/v1/new-key", {})
    if as_json:
        show(told)
    else:
        click.echo(f"A new key signs for this terminal now: {told['key']}...")


async def _alone(settings: Settings) -> dict[str, str]:
    from posd.enrolment import new_key as take
    from posd.store.database import open_store

    async with open_store(settings.state_path, water_dir=settings.highwater_path) as store:
        return {"key": await take(store, settings)}
