"""posd decode: what the decoder reads in picture files."""

import json
from pathlib import Path

import click


@click.command(epilog='Example:  posd decode --json photo.jpg  ->  {"file": "photo.jpg", "texts": ["PL1:..."]}')
@click.option(
    "--json", "as_json", is_flag=True, help="One JSON line per picture: file, texts, and error if it cannot be opened."
)
@click.argument("pictures", metavar="PICTURE...", nargs=-1, required=True, type=click.Path(path_type=Path))
def decode(pictures: tuple[Path, ...], *, as_json: bool) -> None:
    """Read the codes in picture files, as the camera does with a still. Exit 1 if a picture cannot be opened."""
    failed = False
    for picture in pictures:
        line = _read(picture)
        failed |= "error" in line
        click.echo(json.dumps(line) if as_json else _in_words(line))
    if failed:
        raise click.exceptions.Exit(1)


def _read(picture: Path) -> dict[str, object]:
    from drivers.scanners.decode.picture import open_picture
    from drivers.scanners.decode.reader import read_frame
    from runtime.errors import Rejected

    try:
        decoded = read_frame(open_picture(picture))
    except Rejected as error:
        return {"file": str(picture), "texts": [], "error": str(error)}
    return {"file": str(picture), "texts": [reading.text for reading in decoded.readings]}


def _in_words(line: dict[str, object]) -> str:
    found = line.get("error") or line["texts"] or "no code"
    words = ", ".join(f'"{_spelled(text)}"' for text in found) if isinstance(found, list) else str(found)
    return f"{_spelled(str(line['file']))}: {words}"


def _spelled(text: str) -> str:
    # A stranger's code may hold line breaks and terminal escapes: what does not print is spelled out.
    return "".join(one if one.isprintable() else one.encode("unicode_escape").decode("ascii") for one in text)
