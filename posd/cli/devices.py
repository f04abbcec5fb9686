"""posd devices"""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from posd.cli.options import config_option, json_option, running, show
from posd.settings import Settings, load
from runtime.errors import Unavailable

if TYPE_CHECKING:
    from drivers.access import Hindrance
    from posd.devices import Survey

KINDS = {
    "serial": "serial",
    "keys": "types like a keyboard",
    "hid-pos": "HID-POS",
    "camera": "camera",
    "printer": "USB printer",
}


@click.command(epilog="Example: posd devices --json")
@json_option
@config_option
@click.option(
    "--root", type=click.Path(path_type=Path), default=Path("/"), hidden=True, help="Look at the dev and sys of a tree."
)
def devices(config: Path, root: Path, *, as_json: bool) -> None:
    """List what is plugged in and what the settings name: by which name, whether posd may open it, what to paste.

    No device is opened; a network printer is knocked at, unless posd runs. Exit 75 when a device that the settings name cannot be
    used; as root it also sees who has a device open.
    """
    from drivers.access import opener
    from drivers.plugged import Roots
    from posd import devices as survey

    settings = load(config) if config.exists() else Settings()  # the first day: nothing is set yet
    seen = survey.survey(settings, Roots(root / "dev", root / "sys"), opener(), running=_runs(settings))
    if as_json:
        show(survey.as_json(seen))
    else:
        click.echo("\n".join(_told(seen, config)))
    if any(one.hindrances for one in seen.configured):
        raise click.exceptions.Exit(Unavailable.exit_status)


def _runs(settings: Settings) -> bool:
    """Whether posd runs here; where we may not ask, it is taken to run."""
    try:
        return running(settings) is not None
    except Unavailable as error:
        return error.code == "token_unreadable"


def _told(seen: "Survey", config: Path) -> Iterator[str]:
    yield "Plugged in:" if seen.found else "Plugged in: nothing that posd could use."
    for one in seen.found:
        device = one.device
        used = f", used as {one.used_as!r}" if one.used_as else ""
        yield f"  {device.name} ({KINDS[device.kind]}{', probably a ' + device.likely if device.likely else ''}){used}"
        yield f"    {device.path}{'' if device.path == device.node else f' -> {device.node.name}'}"
        if one.open_by:
            yield f"    open: {', '.join(one.open_by)}"
        yield from _hindered(one.hindrances)
        if one.lines:
            sure = "" if device.likely else " if it is a scanner"
            yield f"    to use it{sure}, add to {config}:"
            yield from (f"        {line}" for line in one.lines)
            if one.lines[0] == "[printer]":
                yield '    and printing = "posd" at the top of that file'
            if device.kind == "serial" and not device.likely:
                yield '    for a display: [display], driver = "serial" and its profile (docs/displays.md)'
            if device.kind == "keys" and not device.likely:
                yield "    posd takes all keys of what it is given: never name the cashier's keyboard"
    yield "In the settings:" if seen.configured else f"In the settings: no device yet ({config})."
    for named in seen.configured:
        good = "" if named.hindrances else ": in order"
        yield f"  {named.part} {named.name!r} ({named.driver}) {named.where}{good}"
        yield from _hindered(named.hindrances)
    yield f"Looked at for the user {seen.who}."


def _hindered(hindrances: "tuple[Hindrance, ...]") -> Iterator[str]:
    for one in hindrances:
        yield f"    ! {one.message}"
        yield f"      {one.hint}"
