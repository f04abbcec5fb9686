"""A test page: what a new printer needs to be looked at for, on one strip of paper.

Ruler: whether `dots` is the width of the head (both ends must be there). Samples: whether text comes out as it should. Code pages:
one line for each number of ESC t, in the printer's own letters; the one that shows the Hebrew alphabet is the number for the
profile. QR code: whether a phone reads it.
"""

from collections.abc import Iterable

from PIL import Image, ImageDraw

from drivers.printers.escpos import block_bytes, framed
from drivers.printers.lettering import Hand, strip
from drivers.printers.profile import Profile
from drivers.printers.render import raster
from loyalty.document import Block, Qr, Receipt, Row, Rule, Words

TICK_DOTS = 8  # a millimeter at 203 dpi
RULER_DOTS = 48
LABEL_EVERY_DOTS = 96
SLOTS_MAX = 256
SAMPLES = (
    ("he", "שלום! קפה (גדול) ב־12.50 ₪, -5% עד 31.12"),
    ("ar", "مرحبًا! قهوة (كبيرة) 12.50 ₪، -5%"),
    ("ru", "Привет! Кофе (большой) за 12.50 ₪, -5%"),
    ("en", "Hello! A coffee (large) at ₪12.50, -5%"),
)
"""A line in each language that shows what goes wrong: order, brackets, numbers, minus and shekel."""

ALPHABETS = (("cp862", bytes(range(0x80, 0x9B))), ("cp1255", bytes(range(0xE0, 0xFB))))
"""Where the 27 Hebrew letters are: on CP862 and on CP1255 (and ISO 8859-8)."""


def test_page(profile: Profile, version: str, slots: Iterable[int] = ()) -> bytes:
    """The whole job. `slots` are the numbers of ESC t to show; without any, those that the profile names."""
    shown = sorted(set(slots) or set(profile.code_pages.values()))
    assert all(0 <= slot < SLOTS_MAX for slot in shown)
    parts = [block_bytes(_ruler(profile.dots), profile), block_bytes(_samples(profile, version), profile)]
    return framed(b"".join([*parts, _code_pages(profile, shown)]), profile)


def _code_pages(profile: Profile, slots: list[int]) -> bytes:
    """Each number, its name where it has one, and the Hebrew letters where either kind of page has them."""
    names = {slot: page for page, slot in profile.code_pages.items()}
    lines = [b"\x1bt\0ESC t n: which line is Hebrew?\n"] if slots else []
    for slot in slots:
        said = f"{slot:3} {names.get(slot, '')}"[: profile.columns].encode("ascii", "replace")
        lines.append(b"\x1bt\0" + said + b"\n\x1bt" + bytes([slot]) + b"\n".join(letters for _, letters in ALPHABETS) + b"\n")
    return b"".join(lines) + (b"\x1bt\0" if slots else b"")


def _ruler(dots: int) -> Image.Image:
    """A scale in dots over the whole width, closed on both sides."""
    image = Image.new("1", (dots, RULER_DOTS), 1)
    draw = ImageDraw.Draw(image)
    for x in range(0, dots, TICK_DOTS):
        draw.line((x, 0, x, 8 if x % LABEL_EVERY_DOTS else 16), fill=0)
    for x in (0, dots - 1):
        draw.line((x, 0, x, RULER_DOTS), fill=0)
    for x in range(LABEL_EVERY_DOTS, dots - LABEL_EVERY_DOTS // 2, LABEL_EVERY_DOTS):
        label = strip(str(x), Hand(20, "en"), "middle", LABEL_EVERY_DOTS).point(
            [0 if shade < 128 else 255 for shade in range(256)]
        )
        image.paste(label.convert("1"), (x - LABEL_EVERY_DOTS // 2, 18))
    return image


def _samples(profile: Profile, version: str) -> Image.Image:
    about = f"{profile.dots} dots, {profile.columns} columns, bands of {profile.band_rows_max}, cut: {profile.cut}"
    head: tuple[Block, ...] = (Words(f"posd {version}", "title"), Words(about, "small"), Rule())
    pages = [raster(Receipt("en", "ILS", head), profile.dots)]
    for language, sample in SAMPLES:
        blocks = (Words(sample, "normal", "start"), Row("balance", -1250, {"unit": "123"}, money=True))
        pages.append(raster(Receipt(language, "ILS", blocks), profile.dots))
    tail: tuple[Block, ...] = (Rule(), Qr(f"posd {version}: {profile.dots}"))
    pages.append(raster(Receipt("en", "ILS", tail), profile.dots))
    page = Image.new("1", (profile.dots, sum(one.height for one in pages)), 1)
    top = 0
    for one in pages:
        page.paste(one, (0, top))
        top += one.height
    return page
