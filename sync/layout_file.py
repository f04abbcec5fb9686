"""A receipt's layout as a file: TOML as a person writes it, JSON as it travels; every mistake at once -> loyalty.layout.Layout.

In the file the logo is the name of a PNG beside it; in the JSON it is the PNG itself, in base64.
"""

import base64
import binascii
import struct
from collections.abc import Iterator, Mapping
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, Field, StrictBool, StrictInt, StrictStr

from loyalty.document import Picture, Side, Size
from loyalty.layout import ALWAYS, PARTS, Layout, Line
from loyalty.program import Mistake
from runtime import template, toml_file
from runtime.errors import Misconfigured
from runtime.template import laid_out
from runtime.words import LANGUAGES
from sync.example import KINDS, example
from sync.program_shape import STRICT, Code, Whole

LINES_MAX = 60  # four times all there is to show: longer than any receipt anybody reads
LOGO_BYTES_MAX = 64 * 1024  # it travels to every terminal
LOGO_DOTS_MAX = 2000  # each way; paper has 576
WIDTH_PERCENT_MIN = 10

Template = Annotated[StrictStr, Field(min_length=1, max_length=template.TEMPLATE_CHARS_MAX)]
Percent = Annotated[StrictInt, Field(ge=WIDTH_PERCENT_MIN, le=100)]


class _Line(BaseModel):
    model_config = STRICT
    show: StrictStr = ""
    without: tuple[StrictStr, ...] = ()
    words: dict[str, Template] = Field(default_factory=dict)
    size: Size = "normal"
    side: Side = "middle"
    qr: Annotated[StrictStr, Field(max_length=template.TEMPLATE_CHARS_MAX)] = ""
    width_percent: Percent = 50
    when: StrictStr = ""


class _Logo(BaseModel):
    model_config = STRICT
    file: StrictStr = ""
    png: StrictStr = ""
    width_percent: Percent = 60
    dither: StrictBool = False


class _File(BaseModel):
    model_config = STRICT
    name: Code
    version: Whole
    logo: _Logo | None = None
    lines: Annotated[tuple[_Line, ...], Field(min_length=1, max_length=LINES_MAX)]


def load(path: Path) -> tuple[Layout, dict[str, Any]]:
    """The layout in the TOML file at `path`, and the same as JSON values, its logo among them. InvalidFile has every mistake."""
    file = toml_file.read(path)
    values, found = _with_logo(file.values, path.parent)
    layout, mistakes = parse(values)
    file.complain(found + [one for one in mistakes if not (found and one.key.startswith("logo"))])
    assert layout is not None
    return layout, values


def from_json(values: Mapping[str, Any]) -> Layout:
    """The layout that head office published. Raises Misconfigured when this release cannot read it."""
    layout, mistakes = parse(values)
    if layout is None:
        first = mistakes[0]
        raise Misconfigured(
            "layout_unreadable",
            f"the receipt layout from head office: {first.key}: {first.wrong}; {first.wanted}",
            "Receipts keep the built-in layout; it may need a newer posd on this terminal",
        )
    return layout


def parse(values: object) -> tuple[Layout | None, list[Mistake]]:
    """The layout in `values`, or every mistake."""
    shape, mistakes = toml_file.check(_File, values)
    if shape is None:
        return None, mistakes
    mistakes = [one for place, line in enumerate(shape.lines) for one in _wrong_line(line, f"lines.{place}")]
    mistakes += _left_out(shape)
    logo, wrong = _logo(shape)
    mistakes += wrong
    if mistakes:
        return None, mistakes
    lines = tuple(Line(**{name: getattr(line, name) for name in _Line.model_fields}) for line in shape.lines)
    layout = Layout(shape.name, shape.version, lines, logo)
    mistakes = list(_tried(layout))
    return (None, mistakes) if mistakes else (layout, [])


def _tried(layout: Layout) -> Iterator[Mistake]:
    """What only shows when a line is drawn, such as an amount of something that is none: on every kind of receipt."""
    examples = [example(language, kind) for language in LANGUAGES for kind in KINDS]
    for place, line in enumerate(layout.lines):
        try:
            for receipt in examples:
                laid_out(receipt, replace(layout, lines=(replace(line, when=""),)))
        except Misconfigured as error:
            wanted = "amounts go through `money`, dates through `date`, texts through neither"
            yield Mistake(f"lines.{place}", f"its words cannot be said: {error.__cause__}", wanted)


def _wrong_line(line: _Line, key: str) -> Iterator[Mistake]:
    """What is wrong with one line beside its shape."""
    if bool(line.show) == bool(line.words or line.qr):
        wanted = 'show = "balances", or words = { he = "...", en = "..." }, or qr = "...", or qr with words below it'
        yield Mistake(key, "it shows both or nothing" if not line.show else "it shows a part and has words of its own", wanted)
    for name, part in (("show", line.show), ("when", line.when)):
        if part and part not in PARTS:
            yield Mistake(f"{key}.{name}", f"there is no part {toml_file.shown(part)}", f"one of {', '.join(PARTS)}")
    for code in line.without:
        if code not in PARTS.get(line.show, frozenset()):
            wanted = f"one of {', '.join(sorted(PARTS.get(line.show, ()))) or 'none'}"
            yield Mistake(f"{key}.without", f"{toml_file.shown(code)} is nothing of that part", wanted)
        elif line.show in ALWAYS:
            yield Mistake(f"{key}.without", f"{line.show} may not be left out", "remove it")
    for language, text in line.words.items():
        if language not in LANGUAGES:
            yield Mistake(f"{key}.words.{language}", "posd does not speak it", f"one of {', '.join(LANGUAGES)}")
        yield from template.mistakes(text, f"{key}.words.{language}")
    if line.qr:
        yield from template.mistakes(line.qr, f"{key}.qr")


def _left_out(shape: _File) -> Iterator[Mistake]:
    """The marks that must be on the paper, parts that are shown twice, and a logo that is not there."""
    shown = [line.show for line in shape.lines if line.show and not line.when]
    for part in ALWAYS:
        if part not in shown:
            yield Mistake("lines", f"none shows {part!r}", f'add [[lines]] with show = "{part}" and no `when`')
    for place, line in enumerate(shape.lines):
        if line.show and line.show != "rule" and line.show in [one.show for one in shape.lines[:place]]:
            yield Mistake(f"lines.{place}.show", f"{line.show!r} is shown above already", "remove one of them")
        if line.show == "logo" and shape.logo is None:
            yield Mistake(f"lines.{place}.show", "there is no logo", 'add [logo] with file = "logo.png"')


def _with_logo(values: dict[str, Any], folder: Path) -> tuple[dict[str, Any], list[Mistake]]:
    """`values` with the logo's PNG in place of its file's name."""
    logo = values.get("logo")
    if not isinstance(logo, dict) or not isinstance(logo.get("file"), str):
        return values, []
    try:
        with (folder / logo["file"]).open("rb") as file:
            png = file.read(LOGO_BYTES_MAX + 1)
    except (OSError, ValueError) as error:
        wrong = f"{toml_file.shown(logo['file'])} cannot be read ({getattr(error, 'strerror', None) or error})"
        return values, [Mistake("logo.file", wrong, "a PNG beside this file is wanted")]
    rest = {name: value for name, value in logo.items() if name != "file"}
    return {**values, "logo": {**rest, "png": base64.b64encode(png).decode()}}, []


def _logo(shape: _File) -> tuple[Picture | None, list[Mistake]]:
    if shape.logo is None:
        return None, []
    try:
        png = base64.b64decode(shape.logo.png, validate=True)
        wrong = _wrong_png(png)
    except binascii.Error:
        png, wrong = b"", "it is no base64"
    if wrong:
        wanted = f"a PNG of at most {LOGO_BYTES_MAX // 1024} KiB and {LOGO_DOTS_MAX} dots each way is wanted"
        return None, [Mistake("logo.file", wrong, wanted)]
    return Picture(png, shape.logo.width_percent, shape.logo.dither), []


def _wrong_png(png: bytes) -> str:
    """Why `png` is no logo; empty where it is one. Its size is looked at before it is unpacked (PNG, 11.2.2: IHDR)."""
    if len(png) > LOGO_BYTES_MAX:
        return "it is too large"
    if len(png) < 24 or not png.startswith(b"\x89PNG\r\n\x1a\n"):
        return "it is no PNG"
    width, height = struct.unpack(">II", png[16:24])
    if not (0 < width <= LOGO_DOTS_MAX and 0 < height <= LOGO_DOTS_MAX):
        return f"it has {width} x {height} dots"
    from PIL import Image

    try:
        with Image.open(BytesIO(png), formats=["PNG"]) as image:
            image.load()
    except (OSError, SyntaxError, ValueError, struct.error) as error:  # what Pillow raises for damaged PNGs
        return f"it is damaged ({error})"
    return ""
