"""The test page: a ruler as wide as the head, the samples, the code pages, a code; and the way a receipt takes to a printer."""

import pytest
import zxingcpp
from PIL import Image

from drivers.bidi import visual
from drivers.printers.commands import Tokenizer
from drivers.printers.escpos import job_bytes, text_bytes
from drivers.printers.paper import job
from drivers.printers.profile import Profile
from drivers.printers.proof import LETTERS, RAW, SAMPLES, proof
from drivers.printers.render import raster
from drivers.printers.textmode import text_paper
from tests.drivers import golden
from tests.drivers.escpos_reader import read
from tests.drivers.receipts import sold

PROFILES = sorted(golden.profiles())


@pytest.mark.parametrize("name", PROFILES)
def test_the_page_is_well_formed(name: str) -> None:
    """Every byte of it is a command or text that both readers know; raster keeps the profile's bounds."""
    model = golden.profiles()[name]
    page = proof(model, "0.1.0")
    tokenizer = Tokenizer()
    tokenizer.feed(page)
    back = read(page)
    assert (tokenizer.unknown, tokenizer.pending) == (0, b"")
    assert all(rows <= model.band_rows_max and rows % 48 for rows in back.bands)
    assert [at for at, command in enumerate(back.commands, 1) if command == "GS r 1"] == [len(back.commands)] * model.fence
    assert "ESC t 0" in back.commands[-6:]  # the next job begins on the usual page


@pytest.mark.parametrize("name", PROFILES)
def test_the_ruler_is_as_wide_as_the_head(name: str) -> None:
    """Its first and last columns are black: one that is missing on paper says that `dots` is wrong."""
    rows = read(proof(golden.profiles()[name], "0.1.0")).rows
    assert all(row[0] and row[-1] for row in rows[:48])
    assert sum(rows[0]) == golden.profiles()[name].dots // 8 + 1


@pytest.mark.parametrize("name", PROFILES)
def test_the_code_says_the_version(name: str) -> None:
    """Whoever is sent a photo of it knows what printed it."""
    model = golden.profiles()[name]
    rows = read(proof(model, "9.8.7")).rows
    page = Image.frombytes("L", (model.dots, len(rows)), b"".join(rows).translate(bytes([255, 0]) + bytes(254)))
    assert [found.text for found in zxingcpp.read_barcodes(page)] == [f"posd 9.8.7: {model.dots}"]


def test_the_pages_of_the_profile() -> None:
    """Each by its number and name, and the letters on it; a proven one says so."""
    model = Profile(576, code_pages={"cp862": 36, "cp1255": 49, "cp932": 1, "cp437": 0}, text_pages=("cp1255",))
    text = read(proof(model, "0.1.0")).text
    assert text == [
        (0, b"ESC t 36: cp862"),
        (36, LETTERS.encode("cp862", "ignore").strip()),
        (0, b"ESC t 49: cp1255, proven"),
        (49, LETTERS.encode("cp1255", "ignore").strip()),
    ]
    assert text[1][1].startswith("אבגד".encode("cp862"))


def test_pages_that_nobody_has_named() -> None:
    """A line for each number, with the letters where either kind of Hebrew page has them."""
    text = read(proof(Profile(384), "0.1.0", range(64))).text
    assert text[0] == (0, b"ESC t: which line is Hebrew?")
    assert len(text) == 1 + 2 * 64
    assert (36, b" 36 " + RAW[0]) in text
    assert RAW[0].decode("cp862") == RAW[1].decode("cp1255") == "אבגדהוזחטיךכלםמןנסעףפץצקרשת"


def test_a_number_no_printer_has() -> None:
    """ESC t takes one byte."""
    with pytest.raises(AssertionError):
        proof(Profile(384), "0.1.0", [256])


def test_the_samples_hold_what_goes_wrong() -> None:
    """Brackets, an amount, a minus and two directions, in every language."""
    assert [language for language, _ in SAMPLES] == ["he", "ar", "ru", "en"]
    assert all(set("()₪-%") <= set(sample) for _, sample in SAMPLES)
    assert visual(SAMPLES[0][1], "rtl") != SAMPLES[0][1]


@pytest.mark.parametrize("proven", [(), ("cp1255",), ("cp862",)])
def test_a_receipt_goes_as_letters_or_as_dots(proven: tuple[str, ...]) -> None:
    """Letters where a proven page has them all, else the picture."""
    model = Profile(576, code_pages={"cp1255": 49, "cp862": 36}, text_pages=proven)
    letters = text_paper(sold("he"), model)
    assert (letters is not None) is (proven == ("cp1255",))
    wanted = text_bytes(letters, model) if letters else job_bytes(raster(sold("he"), 576), model)
    assert job(sold("he"), model) == wanted
