"""posd receipt ..."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from loyalty.document import Receipt
from loyalty.layout import STANDARD, Layout
from posd.cli.options import Local, config_option, json_option, show, with_settings, write_picture
from posd.settings import Settings, load
from runtime.words import LANGUAGES
from sync.example import KINDS, example

if TYPE_CHECKING:
    from posd.layout import InUse


@click.group()
def receipt() -> None:
    """Our block on the receipt: look at it before it is printed, or print it again."""


@receipt.command(epilog="Example: posd receipt preview --layout my.toml --png receipt.png")
@click.argument("record", default="")
@click.option("--layout", type=click.Path(path_type=Path), help="A layout's file, instead of what head office published.")
@click.option("--profile", default="generic-80mm", show_default=True, help="The printer's model: how wide the paper is.")
@click.option("--language", type=click.Choice(LANGUAGES), default="he", show_default=True, help="Of the example.")
@click.option("--example", "kind", type=click.Choice(KINDS), default="sale", show_default=True, help="Of what, without RECORD.")
@click.option("--copy", "is_copy", is_flag=True, help="As a copy.")
@click.option("--training", is_flag=True, help="As made in training.")
@click.option("--png", type=click.Path(path_type=Path), help="Write the picture there, dot by dot as it is printed.")
@json_option
@config_option
def preview(
    record: str,
    layout: Path | None,
    profile: str,
    language: str,
    kind: str,
    is_copy: bool,
    training: bool,
    png: Path | None,
    config: Path,
    *,
    as_json: bool,
) -> None:
    """Show our block of the sale or return with the id RECORD; without RECORD an example.

    The example needs no running posd, and has the built-in layout unless another is given. A RECORD is shown as it would be printed
    now: by the built-in layout where the published one fails, and why.
    """
    from drivers.printers import plain, render
    from drivers.printers.lettering import require_shaping
    from drivers.printers.profile import load_profile
    from loyalty.receipt import as_copy, as_training
    from posd.layout import InUse, drawn

    stored, published = _stored(load(config), record) if record else (example(language, kind), InUse(STANDARD))
    for wanted, mark in ((training, as_training), (is_copy, as_copy)):
        stored = mark(stored) if wanted else stored
    shown, failed = drawn(stored, _layout(layout) if layout else published.layout)
    if failed and layout:
        raise failed
    if wrong := failed or published.wrong:
        click.echo(f"{wrong.message}\n  {wrong.hint}", err=True)
    text = plain.text(shown)
    if png:
        require_shaping()
        write_picture(png, render.png(shown, load_profile(profile).dots))
    if as_json:
        show({"text": text, "png": str(png) if png else None})
    else:
        click.echo(text, nl=False)


@receipt.command("print", epilog="Example: posd receipt print 3f0c...")
@click.argument("record")
@json_option
@with_settings
def print_again(record: str, settings: Settings, *, as_json: bool) -> None:
    """Print our block of the sale or return with the id RECORD again; it says that it is a copy."""
    job = Local(settings).post(f"/v1/records/{record}/print", {})["job"]
    if as_json:
        show({"job": job})
    else:
        click.echo(f"print job {job}: a copy")


def _stored(settings: Settings, record: str) -> "tuple[Receipt, InUse]":
    """What the running posd has of that record, and the layout it prints by."""
    from drivers.printers.job import receipt_from
    from posd.layout import read

    told: dict[str, Any] = Local(settings).get(f"/v1/records/{record}/receipt.json")
    published = told["layout"]
    return receipt_from(json.dumps(told["receipt"]).encode()), read(json.dumps(published) if published else None)


def _layout(file: Path) -> Layout:
    from sync import layout_file

    return layout_file.load(file)[0]
