"""`posd-central user ...`."""

import sys
from typing import Any

import click

from central.cli.common import answers, in_store, with_settings
from central.settings import Settings


@click.group("user")
def command() -> None:
    """The people of head office."""


@command.command("add")
@click.argument("name")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input instead of asking.")
@answers
@with_settings
def add_user(settings: Settings, name: str, password_stdin: bool) -> tuple[dict[str, Any], str]:
    """Let somebody into head office's pages, or change their password.

    \b
    Example:
      posd-central user add clerk
    """
    from central import auth

    if password_stdin:
        password = sys.stdin.readline().rstrip("\n")
    else:
        password = click.prompt("Password", hide_input=True, confirmation_prompt=True)
    in_store(settings, auth.add_user, name, auth.hash_password(password))
    return {"user": name}, f"{name} may log in"
