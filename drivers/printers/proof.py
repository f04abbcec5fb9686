"""A test page: what a new printer needs to be looked at for, on one strip of paper.

Ruler: whether `dots` is the width of the head (both ends must be there). Samples: whether text comes out as it should. Code pages:
one line for each number of ESC t, in the printer's own letters; the one that shows the Hebrew alphabet is the number for the
profile. QR code: whether a phone reads it.
"""

from collections.abc import Iterable, Iterator

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

LETTERS = "אבגדהוזחטיכלמנסעפצקרשת ₪ АБВГДЖЯабвгдж"
"""What is shown of a page that the profile names: as much of it as the page has."""

RAW = (bytes(range(0x80, 0x9B)), bytes(range(0xE0, 0xFB)))
"""What is shown of a number that nobody has named: where CP862 has the 27 Hebrew letters, and where CP1255 and ISO 8859-8 have."""


def proof(profile: Profile, version: str, slots: Iterable[int] = ()) -> bytes:
    """The whole job. `slots` are numbers of ESC t to try; without any, the pages that the profile names are shown."""
    pages = _tried(slots) if slots else _named(profile)
    parts = [block_bytes(_ruler(profile.dots), profile), block_bytes(_samples(profile, version), profile)]
    return framed(b"".join([*parts, *pages, b"\x1bt\0"]), profile)


def _named(profile: Profile) -> Iterator[bytes]:
    """The pages of the profile that have letters of ours."""
    for page, slot in profile.code_pages.items():
        letters = LETTERS.encode(page, "ignore").strip()
        if letters and len("Я".encode(page, "ignore")) <= 1:  # East Asian pages have two bytes to a letter
            proven = ", proven" if page in profile.text_pages else ""
            yield b"\x1bt\0" + f"ESC t {slot}: {page}{proven}\n".encode("ascii") + b"\x1bt" + bytes([slot]) + letters + b"\n"


def _tried(slots: Iterable[int]) -> Iterator[bytes]:
    yield b"\x1bt\0ESC t: which line is Hebrew?\n"
    for slot in slots:
        assert 0 <= slot < SLOTS_MAX
        number = f"{slot:3} ".encode("ascii")
        yield b"\x1bt" + bytes([slot]) + b"".join(number + letters + b"\n" for letters in RAW)


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
