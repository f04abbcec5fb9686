"""A line of text as the bytes of a display's code page, or None where it does not have the letters. Pure, but for FriBidi.

A display puts one byte after another, each into its own cell: so the text is cut, put in visual order, and looked up letter by
letter. A letter that is not there is replaced by one that reads the same, never by a question mark.
"""

import unicodedata
from functools import cache

from drivers.bidi import Direction, visual
from drivers.ports import Line
from runtime.words import END_ISOLATE, ISOLATE, MARKS, clean

ALIKE = {
    "׳": "'", "״": '"', "־": "-", "’": "'", "‘": "'", "“": '"', "”": '"', "„": '"', "–": "-", "—": "-", "−": "-", "…": "...",
    "،": ",", "؛": ";", "؟": "?", "٪": "%", "\u00a0": " ", "\u202f": " ", "ё": "е", "Ё": "Е",
    "₪": "", "€": "", "₽": "",
}  # fmt: skip
"""What stands for a letter that a code page lacks. CP862 has no shekel: an amount without a sign is read as the shop's money."""

ASCII = "ascii"
_CODEC_BYTES = {"cp864": {"%": b"%"}}
"""Where Python's codec differs from what displays have at that place: CP864 has an Arabic percent sign there."""


def spelled(line: Line, direction: Direction, codec: str, columns: int) -> bytes | None:
    """`line` in `columns` bytes of `codec`, or None when it has a letter that the page lacks.

    What is too long is cut at its end as it is read; the figure never is.
    """
    figure = _bytes(clean(line.figure), "ltr", codec)
    if figure is None or len(figure) > columns:
        return None
    room = columns - len(figure) - 1 if figure else columns
    text = _bytes(cut(line.text, room), direction, codec)
    if text is None:
        return None
    text = text[:room] if direction == "ltr" else text[-room:] if room > 0 else b""  # "..." is longer than what it stands for
    if not figure:
        return text.center(columns)
    between = b" " * (columns - len(text) - len(figure))
    return figure + between + text if direction == "rtl" else text + between + figure


def cut(text: str, letters_max: int) -> str:
    """As much of `text` as fits into so many cells: on one line, without vowel points, its isolates closed."""
    kept, cells = [], 0
    for letter in _without_points(text):
        cells += not MARKS.match(letter)
        if cells > letters_max:
            break
        kept.append(letter)
    whole = "".join(kept).rstrip()
    return whole + END_ISOLATE * (whole.count(ISOLATE) - whole.count(END_ISOLATE))


def _without_points(text: str) -> str:
    """Points of Hebrew and Arabic would take a cell of their own; accents stay where they are part of their letter."""
    shown = unicodedata.normalize("NFC", " ".join(text.split()))
    return "".join(letter for letter in shown if unicodedata.category(letter) not in {"Mn", "Me", "Cc", "Cs"})


def _bytes(text: str, direction: Direction, codec: str) -> bytes | None:
    found = [_letter(letter, codec) for letter in visual(text, direction)]
    return None if None in found else b"".join(one for one in found if one is not None)


@cache
def _letter(letter: str, codec: str) -> bytes | None:
    """The byte of `letter`, or of what reads like it; two bytes for a ligature that the page lacks."""
    fixed = _CODEC_BYTES.get(codec, {}).get(letter)
    if fixed is not None:
        return fixed
    bare = unicodedata.normalize("NFD", letter)[
        0
    ]  # a Latin letter without its accent; not a Cyrillic one, which is another letter
    for spelling in (letter, *_forms(letter), ALIKE.get(letter, bare if bare.isascii() else letter)):
        try:
            return spelling.encode(codec)
        except UnicodeEncodeError:
            continue
    return None


@cache
def _forms(letter: str) -> tuple[str, ...]:
    """What may stand for a joined Arabic form: the form of the same letter that ends alike, then the letter by itself.

    CP864 has most letters in two forms only, one with a tail and one that goes on to the left; pages such as CP1256 have the bare
    letters. A ligature falls apart in visual order.
    """
    kind, bare = _taken_apart(letter)
    if kind not in _INSTEAD:
        return ()
    same = [_JOINED[other, bare] for other in _INSTEAD[kind] if (other, bare) in _JOINED]
    return (*same, bare[::-1])


def _taken_apart(letter: str) -> tuple[str, str]:
    """Which form of which letters it is; nothing for a letter that is no such form."""
    kind, *base = unicodedata.decomposition(letter).split() or [""]
    return kind, "".join(chr(int(code, 16)) for code in base) if kind in _INSTEAD else ""


_INSTEAD = {
    "<final>": ("<isolated>",),
    "<medial>": ("<initial>", "<isolated>"),
    "<initial>": ("<isolated>",),
    "<isolated>": ("<final>",),
}
_JOINED = {_taken_apart(letter): letter for letter in map(chr, range(0xFE70, 0xFEFD))}
