"""`posd-central layout ...`."""

from pathlib import Path
from typing import Any

import click

from central.cli.common import answers, in_store, look_in_store, person, time_text, with_settings
from central.clock import now_ms
from central.settings import Settings

ROWS_MAX = 100
_FILE = click.Path(path_type=Path)


@click.group("layout")
def command() -> None:
    """How receipts are laid out: what they show, in which order, with which words, logo and QR codes."""


@command.command("check")
@click.argument("file", type=_FILE)
@answers
def check_layout(file: Path) -> tuple[dict[str, Any], str]:
    """Tell every mistake of a layout's file as file:line. `posd receipt preview --layout FILE` shows what it prints.

    \b
    Example:
      posd-central layout check receipts.toml
    """
    from sync import layout_file

    layout, _ = layout_file.load(file)
    return {"name": layout.name, "version": layout.version}, f"{file} is a layout"


@command.command("publish")
@click.argument("file", type=_FILE)
@answers
@with_settings
def publish_layout(settings: Settings, file: Path) -> tuple[dict[str, Any], str]:
    """Check a layout's file and send it to every terminal; it is used from the next receipt on.

    It also tells which units its words name that no published program has.

    \b
    Example:
      posd-central layout publish receipts.toml
    """
    from central import layouts
    from sync import layout_file

    layout, values = layout_file.load(file)
    new = in_store(settings, layouts.publish, layout, values, person(), now_ms())
    strange = in_store(settings, layouts.strange_units, layout)
    told = f"published: {layout.name}, version {layout.version}" + ("" if new else ", as it was already")
    if strange:
        told += f"\nno published program has the unit {', '.join(strange)}: words that name it are not printed"
    return {"name": layout.name, "version": layout.version, "new": new, "strange_units": strange}, told


@command.command("list")
@answers
@with_settings
def list_layouts(settings: Settings) -> tuple[list[dict[str, Any]], str]:
    """What was published, the last one first: that one is in use.

    \b
    Example:
      posd-central layout list
    """
    from central.store import layouts

    found = look_in_store(settings, layouts.newest, ROWS_MAX)
    lines = [f"{one.name}  version {one.version}  published {time_text(one.made_ms)}" for one in found]
    values = [{"name": one.name, "version": one.version, "made_ms": one.made_ms} for one in found]
    return values, "\n".join(lines) or "None yet: receipts have the built-in layout"
