"""posd token"""

import click

from posd.cli.options import Local, json_option, show, with_settings
from posd.settings import Settings


@click.group(epilog="Example: posd token add till-1")
def token() -> None:
    """Who may use the local API."""


@token.command(epilog="Example: posd token add till-1 --scope till")
@click.argument("name")
@click.option("--scope", type=click.Choice(["till", "display", "admin"]), default="till", show_default=True)
@json_option
@with_settings
def add(name: str, scope: str, settings: Settings, *, as_json: bool) -> None:
    """Let NAME in. The token is shown this once."""
    made = Local(settings).post("/v1/tokens", {"name": name, "scope": scope})
    page = f"http://127.0.0.1:{settings.api.port}/#token={made['token']}"
    if as_json:
        show({**made, "page": page})
    else:
        click.echo(f"{made['token']}\nThe cashier's page with it: {page}")


@token.command("list", epilog="Example: posd token list")
@json_option
@with_settings
def list_tokens(settings: Settings, *, as_json: bool) -> None:
    """Who is let in."""
    found = Local(settings).get("/v1/tokens")
    if as_json:
        show(found)
    else:
        for one in found:
            click.echo(f"{one['name']}  {one['scope']}")


@token.command(epilog="Example: posd token revoke till-1")
@click.argument("name")
@json_option
@with_settings
def revoke(name: str, settings: Settings, *, as_json: bool) -> None:
    """Let NAME in no more."""
    told = Local(settings).post(f"/v1/tokens/{name}/revoke", {})
    if as_json:
        show(told)
    else:
        click.echo(f"{name} is let in no more.")
