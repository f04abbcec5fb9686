"""posd camera"""

from pathlib import Path
from urllib.parse import quote

import click

from posd.cli.options import Local, json_option, show, with_settings, write_picture
from posd.settings import Settings

FACES = "Codes are blacked out. Faces may be in the picture: send it only to whoever needs it, and delete it then."


@click.group(epilog="Example: posd camera snapshot counter")
def camera() -> None:
    """What a camera sees, for support."""


@camera.command(epilog="Example: posd camera snapshot counter --png counter.png")
@click.argument("name")
@click.option("--png", type=click.Path(path_type=Path), help="Write the picture there.  [default: NAME.png]")
@json_option
@with_settings
def snapshot(name: str, png: Path | None, settings: Settings, *, as_json: bool) -> None:
    """Save what the camera NAME of the running posd sees now. Codes in it are blacked out; faces may be in it."""
    picture = Local(settings).picture(f"/v1/scanners/{quote(name, safe='')}/snapshot.png")
    path = png or Path(f"{name.replace('/', '-')}.png")
    write_picture(path, picture)
    if as_json:
        show({"png": str(path)})
    else:
        click.echo(f"{path}\n{FACES}")
