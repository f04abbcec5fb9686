"""Baskets on the command line: a JSON file, or amounts."""

import json
from pathlib import Path
from typing import Any

import click

from runtime.errors import Rejected

FILE_BYTES_MAX = 1024 * 1024

basket_option = click.option(
    "--basket",
    "file",
    type=click.Path(path_type=Path),
    help='A JSON file: {"lines": [...]}.  With --program also TOML, or - for stdin.',
)
line_option = click.option(
    "--line", "lines", multiple=True, metavar="PRODUCT=AMOUNT", help="Such as coffee=18.00; may be repeated."
)
code_option = click.option("--code", default="", help="The member's code as it was scanned.")
choose_option = click.option(
    "--choose", "choices", multiple=True, metavar="REWARD[=TIMES]", help="A reward to take. With --program also REWARD=max."
)


def basket_of(file: Path | None, lines: tuple[str, ...]) -> dict[str, Any]:
    """The basket in `file`, or the one that `lines` describe. Raises Rejected."""
    if file:
        try:
            with file.open("rb") as opened:
                found: dict[str, Any] = json.loads(opened.read(FILE_BYTES_MAX))
        except OSError as error:
            raise Rejected("file_unreadable", f"{file}: {error.strerror}", "Check the path") from error
        except ValueError as error:
            raise Rejected("basket_malformed", f"{file}: {error}", "A basket is a JSON object with lines") from error
        return found
    if not lines:
        raise Rejected("no_basket", "There is no basket", "Give --basket FILE, or --line coffee=18.00")
    return {"lines": [_line(place, text) for place, text in enumerate(lines, 1)]}


def choices_of(texts: tuple[str, ...], *, most: bool = False) -> list[dict[str, Any]]:
    """`ten_off=2` as a choice; with `most`, `ten_off=max` too. Raises Rejected."""
    found: list[dict[str, Any]] = []
    for text in texts:
        reward, _, times = text.partition("=")
        if most and times == "max":
            found.append({"reward": reward, "times": times})
            continue
        if times and not (times.isascii() and times.isdigit() and len(times) < 10):
            raise Rejected("choice_malformed", f"--choose {text}: {times!r:.60} is no number", "Write --choose REWARD=2")
        found.append({"reward": reward, "times": int(times or 1)})
    return found


def _line(place: int, text: str) -> dict[str, Any]:
    product, _, amount = text.rpartition("=")
    major, _, minor = amount.partition(".")
    if not product or not major.isdecimal() or (minor and not (minor.isdecimal() and len(minor) <= 2)):
        raise Rejected("line_malformed", f"--line {text}", "Write it as coffee=18.00")
    return {"id": str(place), "product": product, "name": product, "amount_minor": int(major) * 100 + int((minor + "00")[:2])}
