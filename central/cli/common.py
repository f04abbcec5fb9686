"""What every command has: the settings, the store, and an answer for a person or as JSON."""

import asyncio
import functools
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, TypeVar

import click

from central import settings as settings_file
from central.settings import Settings

if TYPE_CHECKING:
    from central.store.engine import Store  # a command that asks for none starts without SQLAlchemy

P = ParamSpec("P")
T = TypeVar("T")

_CONFIG = click.option(
    "--config",
    type=click.Path(path_type=Path),
    envvar="POSD_CENTRAL_CONFIG",
    help="Head office's settings, a TOML file; without it the defaults.",
)
_JSON = click.option("--json", "as_json", is_flag=True, help="Answer with one line of JSON.")


def with_settings(command: Callable[Concatenate[Settings, P], T]) -> Callable[..., T]:
    """Give a command `--config`, and the settings as its first argument."""

    @_CONFIG
    @functools.wraps(command)
    def wrapped(config: Path | None, *args: P.args, **kwargs: P.kwargs) -> T:
        return command(settings_file.load(config), *args, **kwargs)

    return wrapped


def answers(command: Callable[P, tuple[dict[str, Any] | list[dict[str, Any]], str]]) -> Callable[..., None]:
    """Give a command `--json`; it returns its answer as values and as a text."""

    @_JSON
    @functools.wraps(command)
    def wrapped(as_json: bool, *args: P.args, **kwargs: P.kwargs) -> None:
        values, text = command(*args, **kwargs)
        click.echo(json.dumps(values, ensure_ascii=False) if as_json else text)

    return wrapped


def in_store(settings: Settings, function: Callable[..., T], *args: Any, **kwargs: Any) -> T:
    """The result of a store function, in one transaction of the database that the settings name."""
    return use_store(settings, lambda store: store.run(function, *args, **kwargs))


def look_in_store(settings: Settings, function: Callable[..., T], *args: Any, **kwargs: Any) -> T:
    """The result of a store function that only reads: a long list holds nobody up."""
    return use_store(settings, lambda store: store.read(function, *args, **kwargs))


def use_store(settings: Settings, use: "Callable[[Store], Awaitable[T]]") -> T:
    """What `use` makes of the store, in as many transactions as it likes."""
    from central.store.opening import open_store

    async def once() -> T:
        async with open_store(settings.database_url) as store:
            return await use(store)

    settings_file.make_state_dir(settings)
    return asyncio.run(once())


def time_text(moment_ms: int) -> str:
    """A moment as a person at this machine reads it."""
    from datetime import UTC, datetime

    return datetime.fromtimestamp(moment_ms / 1000, UTC).astimezone().strftime("%Y-%m-%d %H:%M")


def person() -> str:
    """Who is at this machine, for the audit log."""
    import getpass

    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a user without a name, as in a container
        import os

        return f"uid {os.getuid()}"
