"""Dots to ESC/POS bytes: initialize, raster in bands, feed, cut, and the fence whose answer says that all of it was printed.

python-escpos knows the commands: what stands around the picture is built on its Dummy printer, once per profile. The picture
itself is packed here: python-escpos turns every image into gray and dithers it back (some 6 ms for a receipt), while a mode
"1" image already holds the very bits that `GS v 0` wants, eight dots to a byte, the leftmost highest, rows padded to whole
bytes (Epson, ESC/POS Application Programming Guide).
"""

from collections.abc import Iterator
from functools import cache

from PIL import Image

from drivers.printers.profile import Profile
from drivers.printers.textmode import Letters, Paper

KANJI_OFF = b"\x1c."  # FS . : clones start in a Chinese mode in which bytes from 0x80 on are read in pairs
FENCE = b"\x1dr\x01"  # GS r 1 : paper sensor status, answered only after everything before it has been printed
PLAIN = Letters("")
GARBLED_ROWS = 48  # clones print garbage after a raster whose height is a multiple of this (python-escpos issue 424)


def block_bytes(image: Image.Image, profile: Profile) -> bytes:
    """Only the picture, to be set into a receipt that the till prints: it changes no mode of the printer and asks nothing."""
    assert image.mode == "1"
    assert image.width == profile.dots
    across = profile.dots // 8
    packed = image.tobytes("raw", "1;I")  # black is 1
    parts = []
    top = 0
    for rows in bands(image.height, profile.band_rows_max):
        parts.append(b"\x1dv0\0" + across.to_bytes(2, "little") + rows.to_bytes(2, "little"))
        parts.append(packed[top * across : (top + rows) * across])
        top += rows
    return b"".join(parts)


def job_bytes(image: Image.Image, profile: Profile) -> bytes:
    """A whole print job: `image` is mode "1" and exactly as wide as the profile."""
    return framed(block_bytes(image, profile), profile)


def text_bytes(paper: Paper, profile: Profile) -> bytes:
    """A whole print job in the printer's own letters, on one code page; the pictures among them as raster."""
    parts, style = [b"\x1bt" + bytes([paper.slot])], _style(PLAIN)
    for piece in (*paper.pieces, PLAIN):
        if isinstance(piece, Image.Image):
            parts.append(block_bytes(piece, profile))
            continue
        if style != _style(piece):
            style = _style(piece)
            parts.append(style)
        if piece is not PLAIN:
            parts.append(piece.text.encode(paper.page) + b"\n")
    return framed(b"".join(parts), profile)


def framed(content: bytes, profile: Profile) -> bytes:
    """`content` between the start of a job and its feed, cut and fence."""
    before, after = _frame(profile)
    return before + content + after


def _style(letters: Letters) -> bytes:
    """GS ! : twice as wide and high, or plain; ESC E : bold or not."""
    return b"\x1d!" + (b"\x11" if letters.large else b"\0") + b"\x1bE" + bytes([letters.bold])


def bands(height: int, rows_max: int) -> Iterator[int]:
    """Heights that sum to `height`, none above `rows_max` and none a multiple of 48."""
    while height > 0:
        rows = min(height, rows_max)
        if rows % GARBLED_ROWS == 0:
            rows -= 8
        yield rows
        height -= rows


@cache
def _frame(profile: Profile) -> tuple[bytes, bytes]:
    """What stands before and after the picture, as python-escpos says it."""
    from escpos.constants import PAPER_FULL_CUT, PAPER_PART_CUT
    from escpos.printer import Dummy

    paper = Dummy()
    paper.hw("INIT")
    before = paper.output + KANJI_OFF
    paper.clear()
    if profile.feed_lines:
        paper.print_and_feed(profile.feed_lines)
    # Not paper.cut(): without its own feed of six lines it makes every cut a partial one.
    cut: bytes = {"full": PAPER_FULL_CUT, "partial": PAPER_PART_CUT, "none": b""}[profile.cut]
    return before, paper.output + cut + (FENCE if profile.fence else b"")
