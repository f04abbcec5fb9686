"""`posd-central quarantine ...`."""

from typing import Any

import click

from central.cli.common import answers, in_store, look_in_store, person, time_text, with_settings
from central.clock import now_ms
from central.settings import Settings

_REASON = click.option("--reason", required=True, help="Why, for the audit log.")


@click.group("quarantine")
def command() -> None:
    """Records that are stored and have no effect until a person has looked."""


@command.command("list")
@answers
@with_settings
def list_held(settings: Settings) -> tuple[list[dict[str, Any]], str]:
    """What waits for a person: of journals that forked, of epochs that are over, and of terminals that nobody knows.

    \b
    Example:
      posd-central quarantine list
    """
    from central import quarantine

    found = look_in_store(settings, quarantine.held)
    lines = [
        f"{one.name}  {one.why:<7}  {one.store + ' / ' if one.store else ''}{one.terminal}: {one.records} records"
        f" since {time_text(one.since_ms)}"
        for one in found
    ]
    return [one._asdict() for one in found], "\n".join(lines) or "Nothing is in quarantine"


@command.command("accept")
@click.argument("name")
@click.option("--store", default="", help="Of an unknown terminal: the store where it stands.")
@click.option("--terminal", default="", help="Of an unknown terminal: its name in that store.")
@_REASON
@answers
@with_settings
def accept(settings: Settings, name: str, store: str, terminal: str, reason: str) -> tuple[dict[str, Any], str]:
    """Let what is there under NAME have its effect: each record once, by its id, as if it had come in time.

    What comes later under that name is in quarantine again. An unknown terminal (its name has an @, and the beginning of its key,
    which `posd status` shows there) becomes the terminal that it was, and is in quarantine no more.

    \b
    Example:
      posd-central quarantine accept 1f0c92ab77d13e05.1+1 --reason "seen: the till was restored from an image"
    """
    from central import quarantine
    from central.strangers import Place

    if "@" in name:
        if not store or not terminal:
            raise click.UsageError("an unknown terminal needs --store and --terminal")
        count = in_store(settings, quarantine.admit, name, Place(store, terminal, person()), now_ms())
    else:
        count = in_store(settings, quarantine.accept, name, quarantine.Verdict(person(), reason), now_ms())
    return {"records": count}, f"{count} records of {name} have their effect now"


@command.command("reject")
@click.argument("name")
@_REASON
@answers
@with_settings
def reject(settings: Settings, name: str, reason: str) -> tuple[dict[str, Any], str]:
    """Let what is there under NAME never have an effect. It stays stored.

    \b
    Example:
      posd-central quarantine reject 1f0c92ab77d13e05.1 --reason "the disk was stolen on 3 May"
    """
    from central import quarantine

    count = in_store(settings, quarantine.reject, name, quarantine.Verdict(person(), reason), now_ms())
    return {"records": count}, f"{count} records of {name} will have no effect"
