"""posd receipt"""

from pathlib import Path

import click

from posd.cli.options import Local, json_option, show, with_settings
from posd.settings import Settings


@click.command(epilog="Example: posd receipt 3f0c... --png receipt.png")
@click.argument("record")
@click.option("--png", type=click.Path(path_type=Path), help="Write the picture there.")
@click.option("--print", "again", is_flag=True, help="Print it again, as a copy.")
@json_option
@with_settings
def receipt(record: str, png: Path | None, settings: Settings, *, again: bool, as_json: bool) -> None:
    """Show our block of the sale or return with the id RECORD (posd sell and posd journal tell it)."""
    local = Local(settings)
    text = local.get(f"/v1/records/{record}/receipt.txt")
    if png:
        status, _, picture = local.raw("GET", f"/v1/records/{record}/receipt.png")
        assert status == 200
        png.write_bytes(picture)
    job = local.post(f"/v1/records/{record}/print", {})["job"] if again else None
    if as_json:
        show({"text": text, "png": str(png) if png else None, "job": job})
    else:
        click.echo(text)
