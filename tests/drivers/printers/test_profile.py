"""Printer profiles: the shipped ones load, python-escpos's data is taken where it is right, a mistake is told as file:line."""

import codecs
import json
from importlib.util import find_spec
from pathlib import Path

import pytest

from drivers.printers import profile
from drivers.printers.profile import Profile, load_profile, models
from runtime.errors import Misconfigured
from runtime.toml_file import InvalidFile

SHIPPED = sorted(file.stem for file in profile.CHECKOUT.glob("*.toml"))


def written(folder: Path, text: str) -> str:
    """A profile of that text, by its path."""
    (folder / "mine.toml").write_text(text)
    return str(folder / "mine.toml")


@pytest.mark.parametrize("name", SHIPPED)
def test_every_shipped_profile_loads(name: str) -> None:
    """Each file of config/printers is a profile whose picture fits whole bytes and whose letters fit its dots."""
    model = load_profile(name)

    assert model.dots % 8 == 0
    assert model.columns * 8 <= model.dots  # font B, the narrowest, has 8 or 9 dots to a letter
    assert len({model, load_profile(name)}) == 1


def test_every_family_of_the_field_has_its_file() -> None:
    """Epson, Star, Bixolon, Xprinter with its clones, Sunmi, and one for any other of each width."""
    families = {name.split("-")[0] for name in SHIPPED}

    assert families == {"generic", "epson", "star", "bixolon", "xprinter", "sunmi"}
    assert {"generic-80mm", "generic-58mm", "epson-tm-t20iii", "epson-tm-t88vi", "epson-tm-m30"} <= set(SHIPPED)


@pytest.mark.parametrize(
    ("name", "dots", "columns", "cut", "cp862"),
    [
        ("epson-tm-t20iii", 576, 48, "partial", 36),
        ("epson-tm-t88vi", 512, 42, "partial", 36),
        ("bixolon-srp-350", 512, 42, "partial", None),
        ("xprinter-80mm", 576, 48, "partial", 62),
        ("xprinter-58mm", 384, 32, "none", 62),
        ("sunmi-58mm", 384, 32, "none", 36),
    ],
)
def test_what_the_models_are(name: str, dots: int, columns: int, cut: str, cp862: int | None) -> None:
    """Width, letters, knife and the number of the Hebrew page are those of the manuals."""
    model = load_profile(name)

    assert (model.dots, model.columns, model.cut, model.code_pages.get("cp862")) == (dots, columns, cut, cp862)


@pytest.mark.parametrize("name", SHIPPED)
def test_no_code_page_is_believed_unseen(name: str) -> None:
    """A shipped profile proves no page: none of these models was here to print its table."""
    assert load_profile(name).text_pages == ()
    assert load_profile(name).slot("cp862") is None


def test_a_proven_page_has_its_number(tmp_path: Path) -> None:
    """Only what the profile says was seen is used for text; the names of pages are Python's, however they are written."""
    text = 'based_on = "TM-T20II"\ntext_pages = ["CP862", "windows-1255"]'
    model = load_profile(written(tmp_path, text))

    assert model.text_pages == ("cp862", "cp1255")
    assert [model.slot(page) for page in ("cp862", "cp1255", "cp866", "iso8859-8")] == [36, 49, None, None]


def test_the_file_wins_over_the_list(tmp_path: Path) -> None:
    """What the file says stands; what it does not say comes from python-escpos."""
    model = load_profile(written(tmp_path, 'based_on = "TM-T88V"\ndots = 384\ncut = "none"\n[code_pages]\ncp862 = 15'))

    assert (model.dots, model.cut, dict(model.code_pages)) == (384, "none", {"cp862": 15})
    assert (model.columns, model.qr) == (42, True)


def test_every_printer_of_the_list_is_taken_as_it_is() -> None:
    """Each printer that python-escpos lists can be based on: what it has of width and knife is what that file says."""
    spec = find_spec("escpos")
    assert spec is not None
    assert spec.submodule_search_locations is not None
    listed = json.loads((Path(spec.submodule_search_locations[0]) / "capabilities.json").read_text())["profiles"]

    assert len(models()) > 25
    for name, ours in models().items():
        assert ours.get("dots") in {listed[name]["media"]["width"].get("pixels"), None}
        assert (ours["cut"] == "none") is not (
            listed[name]["features"]["paperFullCut"] or listed[name]["features"]["paperPartCut"]
        )
        for page, slot in ours["code_pages"].items():
            theirs = listed[name]["codePages"][str(slot)].replace("ISO_", "ISO")
            assert codecs.lookup(theirs).name == page


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("dots = 570", ":1: dots: Input should be a multiple of 8; it says 570"),
        ("dots = true", ":1: dots: it says true; a whole number is wanted"),
        ('\ndots = "576"', ":2: dots: it says '576'; a whole number is wanted"),
        ("dots = 2000", ":1: dots: it says 2000; at most 1024 is wanted"),
        ("", ":1: dots: it is missing; add it"),
        ('based_on = "RP326"', ":1: dots: it is missing; add it"),
        ('based_on = "TM-T20"', ":1: based_on: python-escpos knows no model 'TM-T20'; one of: TM-T20II,"),
        ("based_on = 7", ":1: based_on: python-escpos knows no model 7"),
        ('based_on = "OCD-100"', ":1: based_on: python-escpos knows no model 'OCD-100'"),
        ("dots = 576\nband_rows_max = 96", ":2: band_rows_max: no multiple of 48 is wanted"),
        ("dots = 576\nband_rows_max = 300", ":2: band_rows_max: it says 300; at most 255 is wanted"),
        ('dots = 576\ncut = "half"', ":2: cut: it says 'half'; 'full', 'partial' or 'none' is wanted"),
        ("dots = 576\nfeed_lines = 99", ":2: feed_lines: it says 99; at most 20 is wanted"),
        ("dots = 576\ncolour = 1", ":2: colour: there is no such key; did you mean 'columns'?"),
        ('dots = 576\ntext_pages = ["klingon"]', ":2: text_pages.0: no code page has that name"),
        ('dots = 576\ntext_pages = ["cp862"]', ":2: text_pages: cp862 has no number"),
        ("dots = 576\n[code_pages]\ncp862 = 300", ":3: code_pages.cp862: it says 300; at most 255 is wanted"),
        ("dots = 576\npause_ms = -1", ":2: pause_ms: it says -1; at least 0 is wanted"),
        ("dots = \n", ":1: "),
        ("dots = 576\n\xff".encode("latin-1").decode("latin-1"), ":2: "),
    ],
)
def test_a_mistake_is_told_by_file_and_line(tmp_path: Path, text: str, told: str) -> None:
    """Whatever is wrong in a profile, the message has the file, the line, the key, and what is wanted."""
    with pytest.raises(InvalidFile) as caught:
        load_profile(written(tmp_path, text))

    assert any(line.startswith(f"{tmp_path / 'mine.toml'}{told}") for line in caught.value.lines)


def test_all_mistakes_are_told_at_once(tmp_path: Path) -> None:
    """Five mistakes are five lines, in the order of the file."""
    text = 'based_on = "X"\ndots = "x"\ncolour = 1\ncut = 7\nfeed_lines = 21'
    with pytest.raises(InvalidFile) as caught:
        load_profile(written(tmp_path, text))

    assert [line.split(":")[1] for line in caught.value.lines] == ["1", "2", "3", "4", "5"]


def test_an_unknown_profile_tells_those_there_are() -> None:
    """A name that is not there is answered with the names that are."""
    with pytest.raises(Misconfigured) as caught:
        load_profile("epson-of-tomorrow")

    assert "generic-80mm" in caught.value.hint


def test_an_installation_has_its_profiles_under_share(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a checkout the files come from share/posd of the installation."""
    written(tmp_path, "dots = 512")
    monkeypatch.setattr(profile, "CHECKOUT", tmp_path / "nowhere")
    monkeypatch.setattr(profile, "INSTALLED", tmp_path)

    assert load_profile("mine") == Profile(512, columns=42)


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    """A path that does not exist is a mistake of the settings."""
    with pytest.raises(Misconfigured, match=r"none\.toml") as caught:
        load_profile(str(tmp_path / "none.toml"))

    assert caught.value.hint
