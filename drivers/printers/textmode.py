"""A Receipt in a printer's own letters: fifty times fewer bytes than dots, which a serial line at 9600 baud needs.

Only where the profile names code pages that were seen to print right on that model (`text_pages`), and only where every letter of
the receipt is on one of them: CP862 has no shekel, so a receipt in shekels wants CP1255 or goes as dots. Printers put one letter
after another and know no direction, so each line is in visual order already (drivers/bidi.py). Arabic is never sent as text: the
joined forms are on no code page that a receipt printer has right. QR codes and pictures are dots here too.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from PIL import Image

from drivers.bidi import visual
from drivers.printers.figures import figure
from drivers.printers.lettering import drawable, wrap_by
from drivers.printers.profile import Profile
from drivers.printers.render import MARGIN, paint, said, to_dots
from loyalty.document import Bar, Block, Note, Picture, Qr, Receipt, Row, Rule, Title, Words
from runtime.words import MARKS, direction, money, say

LINES_MAX = 400  # two meters of paper; then an ellipsis, as with dots
WRAPPED_LINES_MAX = 6


class Letters(NamedTuple):
    """One line in visual order, already padded to its place; `large` is twice as wide and high, so it has half the columns."""

    text: str
    large: bool = False
    bold: bool = False


Piece = Letters | Image.Image
"""A line of letters, or dots in mode "1", as wide as the paper."""


@dataclass(frozen=True, slots=True)
class Paper:
    """A receipt for a printer's own letters: the pieces from top to bottom, and the code page they are on."""

    page: str
    slot: int
    pieces: tuple[Piece, ...]


def text_paper(receipt: Receipt, profile: Profile) -> Paper | None:
    """The receipt as letters on the first of the profile's proven code pages that has all of them; None where none has."""
    if not profile.text_pages or receipt.language == "ar":
        return None
    pieces = tuple(_bounded(receipt, profile))
    for page in profile.text_pages:
        slot = profile.slot(page)
        if slot is not None and all(_on(page, piece.text) for piece in pieces if isinstance(piece, Letters)):
            return Paper(page, slot, pieces)
    return None


def _on(page: str, text: str) -> bool:
    """Whether the code page has every letter, and the printer would take none for a command."""
    try:
        coded = text.encode(page)
    except UnicodeEncodeError:
        return False
    return all(byte >= ord(" ") for byte in coded)


def _bounded(receipt: Receipt, profile: Profile) -> Iterator[Piece]:
    for count, piece in enumerate(_pieces(receipt, profile), 1):
        if count > LINES_MAX:
            yield Letters("...")
            return
        yield piece


def _pieces(receipt: Receipt, profile: Profile) -> Iterator[Piece]:
    for block in receipt.blocks:
        match block:
            case Qr() | Picture():
                yield _dots(receipt, block, profile.dots)
            case Rule():
                yield Letters("-" * profile.columns)
            case Words():
                yield from _words(receipt, block, profile.columns)
            case Row():
                yield from _row(receipt, block, profile.columns)
            case Bar():
                full = profile.columns * block.filled // block.whole
                bar = "#" * full + "." * (profile.columns - full)
                yield Letters(bar[::-1] if direction(receipt.language) == "rtl" else bar)
                yield from _centered(receipt, said(receipt, block), profile.columns)
            case Title():
                for one in _centered(receipt, said(receipt, block), profile.columns // 2):
                    yield one._replace(large=True, bold=True)
            case Note():
                yield from _centered(receipt, said(receipt, block), profile.columns)


def _words(receipt: Receipt, block: Words, columns: int) -> Iterator[Letters]:
    large, bold = block.size == "title", block.size in {"title", "strong"}
    room = columns // 2 if large else columns
    at_left = (block.side == "start") == (direction(receipt.language) == "ltr")
    for line in _wrapped(drawable(block.text), room):
        shown = visual(line, direction(receipt.language))
        placed = shown.center(room).rstrip() if block.side == "middle" else shown if at_left else shown.rjust(room)
        yield Letters(placed, large, bold)


def _row(receipt: Receipt, row: Row, columns: int) -> Iterator[Letters]:
    yield from _pair(receipt, said(receipt, row), figure(receipt, row), columns, bold=row.strong)
    if row.worth_minor:
        worth = money(receipt.language, row.worth_minor, receipt.currency)
        yield from _pair(receipt, say(receipt.language, "receipt.worth"), worth, columns)


def _pair(receipt: Receipt, label: str, amount: str, columns: int, *, bold: bool = False) -> Iterator[Letters]:
    """The label where reading starts and the amount level with its first line; the amount is never turned around."""
    room = max(columns - len(amount) - 1, columns // 2)
    first, *rest = _wrapped(label, room)
    to_left = direction(receipt.language) == "rtl"
    shown = visual(first, direction(receipt.language))
    yield Letters(
        amount + shown.rjust(columns - len(amount)) if to_left else shown + amount.rjust(columns - len(shown)), bold=bold
    )
    for line in rest:
        shown = visual(line, direction(receipt.language))
        yield Letters(shown.rjust(columns) if to_left else shown, bold=bold)


def _centered(receipt: Receipt, text: str, columns: int) -> Iterator[Letters]:
    for line in _wrapped(text, columns):
        yield Letters(visual(line, direction(receipt.language)).center(columns).rstrip())


def _wrapped(text: str, columns: int) -> list[str]:
    """`text` in lines, before they are put in visual order; marks of direction take no column."""
    return wrap_by(_columns, text, columns, WRAPPED_LINES_MAX)


def _columns(text: str) -> int:
    return len(MARKS.sub("", text))


def _dots(receipt: Receipt, block: Block, dots: int) -> Image.Image:
    return to_dots(paint(receipt, block, dots - 2 * MARGIN), dots)
