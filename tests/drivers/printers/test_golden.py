"""Every sample by every profile: as it was looked at, and read back from the bytes by a reader that knows only the commands."""

import json

import pytest
import zxingcpp
from PIL import Image, ImageChops

from drivers.printers import plain
from drivers.printers.render import raster
from drivers.printers.textmode import text_paper
from loyalty.document import Qr
from tests.drivers import golden
from tests.drivers.receipts import samples

NAMES = sorted(samples())
PROFILES = sorted(golden.profiles())
PAPER = bytes([255, 0]) + bytes(254)  # white paper, black dots
SHIPPED = [name for name in PROFILES if name != golden.LETTERS.stem]


def looked_at(name: str, dots: int) -> Image.Image:
    """The picture in the repository, in mode "1"."""
    with Image.open(golden.FOLDER / f"{name}-{dots}.png") as image:
        return image.convert("1")


def same(one: Image.Image, other: Image.Image) -> bool:
    """Whether two pictures have the same dots."""
    return one.size == other.size and ImageChops.difference(one.convert("L"), other.convert("L")).getbbox() is None


@pytest.mark.parametrize("name", NAMES)
def test_the_dots_are_those_that_were_looked_at(name: str) -> None:
    """On every width of paper, and as plain text; after a change `make golden`, and look again."""
    for dots in golden.widths():
        assert same(raster(samples()[name], dots), looked_at(name, dots)), dots
    assert (golden.FOLDER / f"{name}.txt").read_text() == plain.text(samples()[name])


@pytest.mark.parametrize("name", PROFILES)
def test_the_commands_are_those_that_were_looked_at(name: str) -> None:
    """Of every sample, as one list for each profile."""
    assert json.loads((golden.FOLDER / f"{name}.json").read_text()) == golden.commands_of(name)


def test_no_golden_file_is_left_over() -> None:
    """Every file belongs to a sample or to a profile."""
    pictures = {f"{name}-{dots}.png" for name in NAMES for dots in golden.widths()}
    wanted = pictures | {f"{name}.txt" for name in NAMES} | {f"{name}.json" for name in PROFILES}

    assert {file.name for file in golden.FOLDER.iterdir()} == wanted


@pytest.mark.parametrize("profile", SHIPPED)
def test_the_bytes_give_the_dots_back(profile: str) -> None:
    """Read from the job by its command lengths alone, every dot of every sample is where the picture has it."""
    model = golden.profiles()[profile]
    for name in NAMES:
        back = golden.sent(name, profile)
        assert back.rows == dots_of(looked_at(name, model.dots)), name
        assert all(rows <= model.band_rows_max and rows % 48 for rows in back.bands)


@pytest.mark.parametrize("profile", SHIPPED)
@pytest.mark.parametrize("language", ["he", "en", "ar", "ru"])
def test_the_bytes_give_the_codes_back(profile: str, language: str) -> None:
    """zxing-cpp reads, off the paper put together again from the bands, the text of each QR code."""
    model, receipt = golden.profiles()[profile], samples()[f"{language}-whole"]
    wanted = sorted(block.text for block in receipt.blocks if isinstance(block, Qr))
    rows = golden.sent(f"{language}-whole", profile).rows
    page = Image.frombytes("L", (model.dots, len(rows)), b"".join(rows).translate(PAPER))

    assert len(wanted) == 2
    assert sorted(found.text for found in zxingcpp.read_barcodes(page)) == wanted


@pytest.mark.parametrize("profile", PROFILES)
def test_a_job_begins_and_ends_as_the_model_wants(profile: str) -> None:
    """Initialized, out of the Chinese mode; fed, cut and fenced as the profile says."""
    model = golden.profiles()[profile]
    tail = {"full": ["GS V 0"], "partial": ["GS V 1"], "none": []}[model.cut] + ["GS r 1"] * model.fence
    for commands in golden.commands_of(profile).values():
        assert commands[:2] == ["ESC @", "FS ."]
        assert commands[len(commands) - len(tail) :] == tail


def test_no_shipped_profile_prints_letters_unproven() -> None:
    """Nobody has seen a code page print right on these models: all of them get dots."""
    for profile in SHIPPED:
        assert golden.profiles()[profile].text_pages == ()


def test_letters_where_they_are_proven() -> None:
    """The model with a proven page gets letters for Hebrew, and dots for Arabic and for what the page lacks."""
    model = golden.profiles()[golden.LETTERS.stem]
    assert golden.sent("he-sale", golden.LETTERS.stem).rows == []
    for name in ("ar-sale", "ru-sale", "he-tangled"):
        receipt = samples()[name]
        assert text_paper(receipt, model) is None
        assert golden.sent(name, golden.LETTERS.stem).rows == dots_of(looked_at(name, model.dots))


def dots_of(image: Image.Image) -> list[bytes]:
    """The image's rows, a byte to a dot, 1 where it is black."""
    data = image.convert("L").point([1] + [0] * 255).tobytes()
    return [data[top : top + image.width] for top in range(0, len(data), image.width)]
