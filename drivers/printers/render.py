"""A Receipt as one-bit dots: labels on the reading side, amounts on the other, the way to the next tier as a real bar.

Amounts are drawn apart from their labels and always left to right, so that no neighbor can turn a sign or a shekel around.
"""

from collections.abc import Callable
from io import BytesIO
from typing import Any

from PIL import Image, ImageDraw

from drivers.printers.figures import figure
from drivers.printers.lettering import ELLIPSIS, Hand, drawable, strip, width, wrap
from drivers.printers.pictures import logo, qr
from loyalty.document import Bar, Block, Note, Picture, Qr, Receipt, Row, Rule, Said, Size, Title, Words
from runtime.words import direction, money, say

TITLE, STRONG, BODY, SMALL = 40, 32, 28, 24  # dots; at 203 dpi 24 is 3 mm, the smallest that is read at arm's length
MARGIN = 8  # a millimeter on each side: print heads sit a little off
GAP = 16  # between a label and its amount
BAR_HEIGHT = 28
LINES_MAX = 6  # of a layout's own words: a paragraph, and then an ellipsis
ROWS_MAX = 8000  # a meter of paper, twice the longest receipt that anybody has told us of; then an ellipsis
BAR_FRAME = 3
WHITE_FROM = 144  # of 255: what is darker becomes a dot; above a half, so that thin strokes do not break on thermal paper
DOTS_MIN = 256  # narrower than any receipt printer; a Hebrew word and its amount still fit
DOTS_MAX = 1024

Paint = Callable[[Receipt, Any, int], list[Image.Image]]
"""(the receipt, one of its blocks, the width in dots) -> strips of that width, in mode "L", from top to bottom."""


def raster(receipt: Receipt, dots: int) -> Image.Image:
    """The receipt as a Pillow image in mode "1", `dots` wide (576 for 80 mm paper, 384 for 58 mm) and as high as it needs."""
    assert DOTS_MIN <= dots <= DOTS_MAX
    inner = dots - 2 * MARGIN
    strips, height = [_space(inner, GAP)], 2 * GAP
    for block in receipt.blocks:
        painted = paint(receipt, block, inner)
        height += sum(piece.height for piece in painted)
        if height > ROWS_MAX:
            strips += _centered(ELLIPSIS, Hand(BODY, receipt.language), inner, 1)
            break
        strips += painted
    return to_dots([*strips, _space(inner, GAP)], dots)


def to_dots(strips: list[Image.Image], dots: int) -> Image.Image:
    """Strips in mode "L", one below the other in the middle of the paper, as dots in mode "1"."""
    page = Image.new("L", (dots, sum(piece.height for piece in strips)), 255)
    top = 0
    for piece in strips:
        page.paste(piece, (MARGIN, top))
        top += piece.height
    return page.point(_BLACK_OR_WHITE, "1")


def paint(receipt: Receipt, block: Block, inner: int) -> list[Image.Image]:
    """One block as strips in mode "L", `inner` dots wide, from top to bottom."""
    return PAINTS[type(block)](receipt, block, inner)


def png(receipt: Receipt, dots: int) -> bytes:
    """The receipt's raster as a PNG file."""
    file = BytesIO()
    raster(receipt, dots).save(file, "PNG", optimize=True)
    return file.getvalue()


def _title(receipt: Receipt, block: Title, inner: int) -> list[Image.Image]:
    hand = Hand(TITLE, receipt.language, bold=True)
    return [*_centered(said(receipt, block), hand, inner, 2), _space(inner, GAP // 2)]


def _note(receipt: Receipt, block: Note, inner: int) -> list[Image.Image]:
    return [*_centered(said(receipt, block), Hand(SMALL, receipt.language), inner, 3), _space(inner, GAP // 2)]


def _row(receipt: Receipt, block: Row, inner: int) -> list[Image.Image]:
    hand = Hand(STRONG, receipt.language, bold=True) if block.strong else Hand(BODY, receipt.language)
    strips = _pair(said(receipt, block), figure(receipt, block), hand, inner)
    if block.strong:
        strips = [_space(inner, GAP // 2), _rule(inner), _space(inner, GAP // 2), *strips]
    if block.worth_minor:
        worth = money(receipt.language, block.worth_minor, receipt.currency)
        strips += _pair(say(receipt.language, "receipt.worth"), worth, Hand(BODY, receipt.language), inner)
    return [*strips, _space(inner, GAP)] if block.strong else strips


def _bar(receipt: Receipt, block: Bar, inner: int) -> list[Image.Image]:
    image = Image.new("L", (inner, BAR_HEIGHT), 255)
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, 0, inner - 1, BAR_HEIGHT - 1), outline=0, width=BAR_FRAME)
    full = inner * block.filled // block.whole
    if full:
        start = inner - full if direction(receipt.language) == "rtl" else 0
        draw.rectangle((start, 0, start + full - 1, BAR_HEIGHT - 1), fill=0)
    words = _centered(said(receipt, block), Hand(SMALL, receipt.language), inner, 2)
    return [_space(inner, GAP // 2), image, _space(inner, GAP // 2), *words, _space(inner, GAP)]


def _words(receipt: Receipt, block: Words, inner: int) -> list[Image.Image]:
    dots, bold = SIZES[block.size]
    hand = Hand(dots, receipt.language, bold=bold)
    sides = ("right", "left") if direction(receipt.language) == "rtl" else ("left", "right")
    side = {"start": sides[0], "middle": "middle", "end": sides[1]}[block.side]
    lines = wrap(drawable(block.text), hand, inner, LINES_MAX)
    return [*(strip(line, hand, side, inner) for line in lines), _space(inner, GAP // 2)]


def _qr(_: Receipt, block: Qr, inner: int) -> list[Image.Image]:
    return [_space(inner, GAP // 2), _in_the_middle(qr(block, inner), inner), _space(inner, GAP // 2)]


def _picture(_: Receipt, block: Picture, inner: int) -> list[Image.Image]:
    return [_in_the_middle(logo(block, inner), inner), _space(inner, GAP)]


def _line(_: Receipt, block: Rule, inner: int) -> list[Image.Image]:
    assert block == Rule()
    return [_space(inner, GAP // 2), _rule(inner), _space(inner, GAP // 2)]


SIZES: dict[Size, tuple[int, bool]] = {
    "title": (TITLE, True),
    "strong": (STRONG, True),
    "normal": (BODY, False),
    "small": (SMALL, False),
}
"""How large, in dots, and whether bold."""

PAINTS: dict[type, Paint] = {
    Title: _title,
    Row: _row,
    Bar: _bar,
    Note: _note,
    Words: _words,
    Qr: _qr,
    Picture: _picture,
    Rule: _line,
}
_BLACK_OR_WHITE = [0 if shade < WHITE_FROM else 255 for shade in range(256)]


def said(receipt: Receipt, block: Said) -> str:
    """The sentence of a block, without what cannot be drawn."""
    params = {name: drawable(value) if isinstance(value, str) else value for name, value in block.params.items()}
    return say(receipt.language, f"receipt.{block.code}", params, receipt.currency)


def _pair(label: str, amount: str, hand: Hand, inner: int) -> list[Image.Image]:
    """The label on the reading side and, level with its first line, the amount on the other; below it where both are long."""
    reading, other = ("right", "left") if direction(hand.language) == "rtl" else ("left", "right")
    figures = Hand(hand.size, "en", hand.bold)
    taken = width(amount, figures) + GAP
    beside = taken <= inner * 3 // 5
    lines = wrap(label, hand, inner - taken if beside else inner, 3)
    strips = [strip(line, hand, reading, inner) for line in lines]
    counted = strip(amount, figures, other, inner)
    if not beside:
        return [*strips, counted]
    at = 0 if other == "left" else inner - taken + GAP
    strips[0].paste(counted.crop((at, 0, at + taken - GAP, counted.height)), (at, 0))
    return strips


def _centered(text: str, hand: Hand, inner: int, lines_max: int) -> list[Image.Image]:
    return [strip(line, hand, "middle", inner) for line in wrap(text, hand, inner, lines_max)]


def _in_the_middle(picture: Image.Image, inner: int) -> Image.Image:
    across = _space(inner, picture.height)
    across.paste(picture, ((inner - picture.width) // 2, 0))
    return across


def _space(inner: int, height: int) -> Image.Image:
    return Image.new("L", (inner, height), 255)


def _rule(inner: int) -> Image.Image:
    return Image.new("L", (inner, 2), 0)
