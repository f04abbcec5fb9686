"""Logos and QR codes as dots: readable, in black and white, as wide as asked for."""

import io

import pytest
import zxingcpp
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from drivers.printers.pictures import HEIGHT_DOTS_MAX, MODULE_DOTS_MAX, logo, qr
from loyalty.document import Picture, Qr
from tests.drivers.receipts import CONFIG


def png(image: Image.Image) -> bytes:
    """A PNG file of it."""
    file = io.BytesIO()
    image.save(file, "PNG")
    return file.getvalue()


def shades(image: Image.Image) -> set[int]:
    """Which shades of gray there are."""
    return {shade for shade, count in enumerate(image.histogram()) if count}


@settings(deadline=None, max_examples=60)
@given(st.text(min_size=1, max_size=60), st.sampled_from([368, 496, 560]), st.integers(10, 100))
def test_every_code_is_read(text: str, room: int, percent: int) -> None:
    """On every width of paper, however narrow it is asked for, zxing-cpp reads the text."""
    image = qr(Qr(text, percent), room)
    assert image.width <= room
    assert [found.bytes.decode() for found in zxingcpp.read_barcodes(image)] == [text]


def test_a_long_code_on_narrow_paper() -> None:
    """The longest text that a layout may give still fits on 58 mm."""
    text = "https://club.example/" + "x" * 279
    image = qr(Qr(text, 10), 368)
    assert image.width <= 368
    assert zxingcpp.read_barcodes(image)[0].text == text


def test_a_short_code_takes_no_more_paper_than_it_needs() -> None:
    """A module is a millimeter at most."""
    assert qr(Qr("1", 100), 560).width == (21 + 8) * MODULE_DOTS_MAX


def test_the_quiet_zone_is_white() -> None:
    """Four modules on each side, whatever stands beside it."""
    image = qr(Qr("abc", 50), 560)
    module = image.width // (21 + 8)
    assert shades(image.crop((0, 0, image.width, 4 * module))) == {255}
    assert shades(image.crop((0, 0, 4 * module, image.height))) == {255}


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "I;16"])
def test_a_logo_of_any_kind(mode: str) -> None:
    """Every kind of PNG becomes black and white of the width that was asked for."""
    image = logo(Picture(png(Image.new(mode, (40, 20))), 50), 400)
    assert image.size == (200, 100)
    assert shades(image) <= {0, 255}


def test_what_is_transparent_is_paper() -> None:
    """Not black, as its hidden color may be."""
    clear = Image.new("RGBA", (40, 20), (0, 0, 0, 0))
    assert shades(logo(Picture(png(clear)), 400)) == {255}


def test_grays_become_dots_only_on_demand() -> None:
    """A gray of three quarters is paper; dithered, a quarter of its dots are black."""
    gray = png(Image.new("L", (100, 100), 191))
    assert shades(logo(Picture(gray, 100), 100)) == {255}
    dithered = logo(Picture(gray, 100, dither=True), 100)
    assert 0.2 < dithered.histogram()[0] / 10_000 < 0.3


def test_a_tower_of_a_logo_is_bounded() -> None:
    """Ten centimeters at most."""
    assert logo(Picture(png(Image.new("L", (2, 2000))), 100), 500).height == HEIGHT_DOTS_MAX


def test_a_damaged_logo_is_told() -> None:
    """The layout's reader refuses it; here it is an error, not an empty strip."""
    with pytest.raises((OSError, ValueError)):
        logo(Picture(b"\x89PNG\r\n\x1a\nnothing"), 400)


def test_the_logo_that_ships() -> None:
    """It has ink, and paper around it."""
    image = logo(Picture((CONFIG / "receipts" / "cafe.png").read_bytes(), 40), 560)
    assert image.width == 224
    assert 0.05 < image.histogram()[0] / (image.width * image.height) < 0.6
