"""Text as dots: DejaVu Sans through Pillow and Raqm, always with direction and language, wrapped and cut by measured width.

Pillow's wheel brings Raqm but loads FriBiDi from the system at run time. Without it Pillow falls back in silence to a layout
that prints Hebrew reversed: so `require_shaping` runs before a printer is built, and every call here names its direction,
which makes Pillow raise instead.
"""

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont, features

from runtime.errors import Misconfigured
from runtime.words import END_ISOLATE, ISOLATE, LEFT_TO_RIGHT, closed, direction

FONT_FOLDER = Path("/usr/share/fonts/truetype/dejavu")
"""Where Debian's fonts-dejavu-core puts them. DejaVu Sans has Hebrew, Arabic, Cyrillic, Latin, digits and the shekel in one."""

REGULAR, BOLD = "DejaVuSans.ttf", "DejaVuSans-Bold.ttf"
ELLIPSIS = "…"
DROPPED = "□"  # one for a whole family of joined emoji
_JOINERS = frozenset("\u200d\ufe0e\ufe0f")  # of emoji to a family, and to how it is drawn
_SILENT = frozenset({"Cc", "Cf", "Mn", "Me", "Cs"})
"""Categories whose letters are not seen, or only on others: joiners, controls, colors of skin and such."""
_BREAK = re.compile(r"(?<!\d) | (?!\d{3}\b|₪)")
"""A space where a line may end: not inside "1 250" nor before a currency sign."""


Measure = Callable[[str], int]
"""How wide a line is; a letter more never makes it narrower."""


@dataclass(frozen=True, slots=True)
class Hand:
    """How to write: the size in dots, the weight, and the language with its direction."""

    size: int
    language: str
    bold: bool = False

    @property
    def line_height(self) -> int:
        """Dots from one line to the next."""
        return self.size * 5 // 4


def require_shaping() -> None:
    """Raise Misconfigured unless this machine can draw right-to-left text correctly: never reversed Hebrew silently."""
    if not (features.check("raqm") and features.check("fribidi")):
        raise Misconfigured(
            "text_shaping_missing",
            "Pillow finds no FriBiDi, so Hebrew would be printed in reverse",
            "Install it: apt-get install libfribidi0, then start posd again",
        )
    for name in (REGULAR, BOLD):
        if not (FONT_FOLDER / name).is_file():
            raise Misconfigured(
                "font_missing", f"The font {FONT_FOLDER / name} is missing", "Install it: apt-get install fonts-dejavu-core"
            )


def width(text: str, hand: Hand) -> int:
    """How many dots `text` is wide on one line, with the ink that stands out over its ends."""
    if not text:
        return 0
    left, _, right, _ = _box(text, hand)
    return max(
        right, round(_font(hand.size, hand.bold).getlength(text, direction=direction(hand.language), language=hand.language))
    ) - min(left, 0)


def wrap(text: str, hand: Hand, width_max: int, lines_max: int) -> list[str]:
    """`text` in at most `lines_max` lines, each at most `width_max` dots wide; what does not fit ends in an ellipsis."""
    return wrap_by(lambda line: width(line, hand), text, width_max, lines_max)


def wrap_by(measure: Measure, text: str, width_max: int, lines_max: int) -> list[str]:
    """The same by any measure of how wide a line is.

    Lines break before letters are put in visual order, as they must (Unicode Annex 9, section 3.4). An isolate that a break
    cuts in two is closed on its line and opened again on the next.
    """
    words = _BREAK.split(text)
    lines: list[str] = []
    line = words[0]
    for place, word in enumerate(words[1:], 1):
        if measure(closed(f"{line} {word}")) <= width_max:
            line = f"{line} {word}"
        elif len(lines) + 1 == lines_max:
            line = " ".join([line, *words[place:]])
            break
        else:
            lines.append(_cut(line, measure, width_max))
            line = _still_open(line) + word
    return [*lines, _cut(line, measure, width_max)]


def drawable(text: str) -> str:
    """`text` on one line (Raqm raises on line ends). Emoji, and whatever else the font has no shape for, leave one small box.

    So it is seen that something was there, and a member called by an emoji alone is still greeted.
    """
    shown: list[str] = []
    for letter in " ".join(text.split()):
        after_dropped = shown[-1:] == [DROPPED]
        if _has_shape(letter) and not (after_dropped and letter in _JOINERS):
            shown.append(letter)
        elif unicodedata.category(letter) not in _SILENT and not after_dropped:
            shown.append(DROPPED)
    return " ".join("".join(shown).split())


def strip(text: str, hand: Hand, side: str, width_dots: int) -> Image.Image:
    """One line of `text` on a strip `width_dots` wide, in mode "L", black on white; `side` is "left", "middle" or "right"."""
    image = Image.new("L", (width_dots, hand.line_height), 255)
    if not text:
        return image
    left, _, right, _ = _box(text, hand)
    room = width_dots - (right - left)
    start = {"left": 0, "middle": room // 2, "right": room}[side] - left
    baseline = hand.size
    font = _font(hand.size, hand.bold)
    ImageDraw.Draw(image).text(
        (start, baseline), text, fill=0, font=font, anchor="ls", direction=direction(hand.language), language=hand.language
    )
    return image


def _box(text: str, hand: Hand) -> tuple[int, int, int, int]:
    box = _font(hand.size, hand.bold).getbbox(text, anchor="ls", direction=direction(hand.language), language=hand.language)
    return int(box[0]), int(box[1]), int(box[2] + 0.5), int(box[3] + 0.5)


def _cut(text: str, measure: Measure, width_max: int) -> str:
    """`text`, or as much of it as fits with an ellipsis behind; found by halving, since a letter more is never narrower."""
    text = closed(text)
    if measure(text) <= width_max:
        return text
    fits, too_long = 0, len(text)
    while too_long - fits > 1:
        middle = (fits + too_long) // 2
        if measure(_shortened(text, middle)) <= width_max:
            fits = middle
        else:
            too_long = middle
    return _shortened(text, fits) if measure(_shortened(text, fits)) <= width_max else ""


def _shortened(text: str, letters: int) -> str:
    return closed(text[:letters].rstrip()) + ELLIPSIS


def _still_open(text: str) -> str:
    return ISOLATE * (len(closed(text)) - len(text))


@cache
def _font(size: int, bold: bool) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(str(FONT_FOLDER / (BOLD if bold else REGULAR)), size, layout_engine=ImageFont.Layout.RAQM)


@cache
def _missing_shape() -> bytes:
    return bytes(_font(20, False).getmask("\U0010fffd", "1"))


@cache
def _has_shape(letter: str) -> bool:
    """Whether the font draws `letter` as something else than the shape for what it lacks."""
    if unicodedata.category(letter) == "Cs":
        return False
    if letter in {ISOLATE, LEFT_TO_RIGHT, END_ISOLATE} or unicodedata.category(letter) == "Mn":
        return True
    return bytes(_font(20, False).getmask(letter, "1")) != _missing_shape()
