"""Dots to bytes: read back by a parser of this file alone, and compared with python-escpos."""

import io
from contextlib import redirect_stdout

import pytest
from escpos.printer import Dummy
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageChops

from drivers.printers.escpos import FENCE, bands, block_bytes, job_bytes
from drivers.printers.profile import Profile
from drivers.printers.render import raster
from tests.drivers.receipts import samples, sold

PROFILES = [Profile(576), Profile(384, band_rows_max=100, cut="none"), Profile(512, 255, "full", 0, fence=False)]


def read_back(job: bytes) -> tuple[list[list[bool]], list[int], bytes]:
    """The dots (True is black), each band's height, and every byte that is no raster; written from the manual, on its own."""
    rows: list[list[bool]] = []
    heights: list[int] = []
    others = b""
    while job:
        if not job.startswith(b"\x1d\x76\x30"):
            others, job = others + job[:1], job[1:]
            continue
        assert job[3] == 0
        across, height = job[4] + 256 * job[5], job[6] + 256 * job[7]
        heights.append(height)
        for row in range(height):
            line = job[8 + row * across : 8 + (row + 1) * across]
            rows.append([bool(byte >> (7 - bit) & 1) for byte in line for bit in range(8)])
        job = job[8 + across * height :]
    return rows, heights, others


def dots(image: Image.Image) -> list[list[bool]]:
    """The image's dots, True where black."""
    return [[not image.getpixel((x, y)) for x in range(image.width)] for y in range(image.height)]


@pytest.mark.parametrize("profile", PROFILES, ids=lambda profile: str(profile.dots))
@pytest.mark.parametrize("name", ["he-sale", "en-return"])
def test_the_bytes_hold_exactly_the_dots(name: str, profile: Profile) -> None:
    """What the raster commands carry is the picture, dot by dot, and the rest is the frame."""
    image = raster(samples()[name], profile.dots)
    rows, heights, others = read_back(job_bytes(image, profile))

    assert rows == dots(image)
    assert all(height <= profile.band_rows_max and height % 48 for height in heights)
    assert others.startswith(b"\x1b@\x1c.")
    assert others.endswith(FENCE) is profile.fence


@pytest.mark.parametrize("rows_max", [24, 100, 200, 255])
def test_bands(rows_max: int) -> None:
    """Whatever the height, bands sum to it, none is above the limit and none is a multiple of 48."""
    for height in range(1, 1000):
        heights = list(bands(height, rows_max))
        assert sum(heights) == height
        assert all(0 < rows <= rows_max and rows % 48 for rows in heights)


def test_python_escpos_makes_the_same_raster() -> None:
    """For a picture of one band python-escpos sends the very same bytes."""
    image = raster(sold("he"), 576).crop((0, 0, 576, 180))
    paper = Dummy()
    with redirect_stdout(io.StringIO()):  # it prints about a width that its profile lacks
        paper.image(image, impl="bitImageRaster")

    assert block_bytes(image, Profile(576)) == paper.output


@given(st.integers(1, 120), st.binary(min_size=48, max_size=48))
def test_any_picture_survives(height: int, pattern: bytes) -> None:
    """Any dots at all come back as they were, also those that look like commands."""
    image = Image.frombytes("1", (384, height), pattern * height)
    rows, _, _ = read_back(block_bytes(image, Profile(384)))

    assert rows == dots(image)


def test_a_till_gets_only_the_picture() -> None:
    """The block for the till's own receipt starts with raster, ends with it, and asks the printer nothing."""
    image = raster(sold("he"), 576)
    block = block_bytes(image, Profile(576))

    assert read_back(block)[2] == b""
    assert ImageChops.invert(image.convert("L")).getbbox() is not None


@pytest.mark.parametrize(("cut", "sent"), [("full", b"\x1dV\0"), ("partial", b"\x1dV\1"), ("none", b"")])
def test_cuts(cut: str, sent: bytes) -> None:
    """The knife cuts as the profile says, after the feed and before the fence."""
    image = Image.new("1", (384, 24), 1)

    assert job_bytes(image, Profile(384, cut=cut, feed_lines=3)).endswith(b"\x1bd\x03" + sent + FENCE)  # type: ignore[arg-type]


def test_nothing_is_printed_to_standard_output(capfd: pytest.CaptureFixture[str]) -> None:
    """A daemon's output stays clean."""
    job_bytes(raster(sold("he"), 384), Profile(384, cut="full", feed_lines=7))

    assert capfd.readouterr() == ("", "")
