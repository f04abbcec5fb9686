"""posd enrol"""

import asyncio

import click

from posd.cli.options import Local, json_option, show, with_settings
from posd.settings import Settings
from runtime.errors import Unavailable


@click.command(epilog="Example: posd enrol K3MF-2QXA-...   (head office makes the code: posd-central terminal enrol)")
@click.argument("code")
@click.option(
    "--anew", is_flag=True, help="Begin a new journal in place of the one there is, which is set aside. Stop posd first."
)
@json_option
@with_settings
def enrol(code: str, settings: Settings, *, anew: bool, as_json: bool) -> None:
    """Become a terminal of head office by its one-time CODE. Works while posd runs and while it does not."""
    try:
        answer = asyncio.run(_alone(settings, code, anew=anew))
    except Unavailable as error:
        if anew or error.code != "already_running":
            raise
        answer = Local(settings).post("/v1/enrol", {"code": code})
    if as_json:
        show(answer)
    else:
        click.echo(f"This is {answer['name']} of {answer['store']} now (terminal {answer['terminal']}).")
        if anew:
            click.echo(
                "What the old journal has and head office has not: posd salvage FILE, with the newest posd.db.aside-N there."
            )


async def _alone(settings: Settings, code: str, *, anew: bool) -> dict[str, str]:
    from posd.enrolment import enrol as enrol_here
    from posd.enrolment import enrol_anew
    from posd.store.database import open_store

    if anew:
        answer = await enrol_anew(settings, code)
    else:
        async with open_store(settings.state_path, water_dir=settings.highwater_path) as store:
            answer = await enrol_here(store, settings, code)
    return {"terminal": answer.terminal, "name": answer.name, "store": answer.store}
