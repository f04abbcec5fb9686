"""posd receipt and posd printer: looking at paper before it is printed, and proving a printer."""

import json
from pathlib import Path

import pytest
import zxingcpp
from click.testing import CliRunner, Result
from PIL import Image

from drivers.virtual_printer import TcpPort, VirtualPrinter
from posd.cli import posd
from runtime.errors import Misconfigured, Rejected
from runtime.toml_file import InvalidFile
from runtime.words import LANGUAGES

RECEIPTS = Path(__file__).resolve().parents[3] / "config" / "receipts"


def invoke(*words: str, config: Path | None = None) -> Result:
    """Run a command in this process; without a settings file there is none."""
    return CliRunner().invoke(posd, words, env={"POSD_CONFIG": str(config or "/nowhere/posd.toml")})


def said(*words: str) -> str:
    """What a command that succeeds prints."""
    ran = invoke(*words)
    assert ran.exception is None, ran.output
    return ran.output


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_example_needs_no_posd(language: str, tmp_path: Path) -> None:
    """In any language, to the terminal and to a picture as wide as the paper."""
    png = tmp_path / "receipt.png"
    text = said("receipt", "preview", "--language", language, "--png", str(png), "--profile", "generic-58mm")
    assert "1,234" in text or "1 234" in text
    with Image.open(png) as image:
        assert (image.width, image.mode) == (384, "1")


@pytest.mark.parametrize(
    ("kind", "said_there"), [("offline", "Offline for now"), ("return", "Return of goods"), ("new", "A-1004")]
)
def test_other_examples(kind: str, said_there: str) -> None:
    """What a layout makes of a return, without head office, and of a member who is new."""
    assert said_there in said("receipt", "preview", "--language", "en", "--example", kind)


def test_a_layout_is_looked_at_before_it_is_published(tmp_path: Path) -> None:
    """With its logo and its codes, which a phone reads off the picture."""
    png = tmp_path / "receipt.png"
    text = said("receipt", "preview", "--layout", str(RECEIPTS / "cafe.toml"), "--png", str(png))
    assert "איך היה?" in text
    with Image.open(png) as image:
        codes = {found.text for found in zxingcpp.read_barcodes(image)}
    assert codes == {f"https://club.example/{kind}?n=A-1001&d=2026-03-05&s=allenby-12" for kind in "cs"}


def test_marks(tmp_path: Path) -> None:
    """A copy, made in training: both stand first."""
    first, second, *_ = said("receipt", "preview", "--copy", "--training", "--language", "en").splitlines()
    assert (first.strip(), second.strip()) == ("Copy", "Training – not valid")


def test_as_json(tmp_path: Path) -> None:
    """For programs."""
    told = json.loads(said("receipt", "preview", "--json"))
    assert told["png"] is None
    assert "מועדון" in told["text"]


def test_a_layout_with_mistakes_is_told(tmp_path: Path) -> None:
    """As file:line; a file that is not there by its name."""
    file = tmp_path / "mine.toml"
    file.write_text('name = "mine"\nversion = 1\n[[lines]]\nshow = "clubb"\n')
    ran = invoke("receipt", "preview", "--layout", str(file))
    assert isinstance(ran.exception, InvalidFile)
    assert any(line.startswith(f"{file}:4: lines.0.show: ") for line in ran.exception.lines)
    assert isinstance(invoke("receipt", "preview", "--layout", "/nowhere.toml").exception, Misconfigured)


def test_a_picture_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    """With the place; as for every picture."""
    for place in (tmp_path / "none" / "x.png", tmp_path):
        ran = invoke("receipt", "preview", "--png", str(place))
        assert isinstance(ran.exception, Misconfigured)
        assert ran.exception.code == "file_unwritable"
        assert str(place) in ran.exception.message


def test_words_that_cannot_be_said_are_told_of_a_file(tmp_path: Path) -> None:
    """Nothing is shown in its place: whoever tries a layout wants to know."""
    file = tmp_path / "mine.toml"
    marks = "".join(f'[[lines]]\nshow = "{part}"\n' for part in ("copy", "training", "returned", "offline"))
    file.write_text(f'name = "mine"\nversion = 1\n[[lines]]\nwords.en = "{{{{ name | money }}}}"\n{marks}')
    ran = invoke("receipt", "preview", "--layout", str(file))
    assert isinstance(ran.exception, InvalidFile)
    assert ran.stdout == ""


def test_an_unknown_model_is_told() -> None:
    """With those there are."""
    ran = invoke("receipt", "preview", "--profile", "tm-x", "--png", "/dev/null")
    assert isinstance(ran.exception, Misconfigured)
    assert ran.exception.code == "profile_unknown"


def test_a_stored_receipt_needs_the_settings() -> None:
    """Where to find posd."""
    assert isinstance(invoke("receipt", "preview", "3f0c").exception, Misconfigured)


@pytest.mark.parametrize("words", [(), ("--all-code-pages",)])
async def test_the_test_page_is_printed(words: tuple[str, ...], tmp_path: Path) -> None:
    """On the printer of the settings, over its own driver: a ruler, letters of code pages, a code with the version."""
    import asyncio

    async with VirtualPrinter(TcpPort()) as printer:
        config = tmp_path / "posd.toml"
        owned = f'driver = "network"\nhost = "127.0.0.1"\nport = {printer.place.port}\nprofile = "epson-tm-t20iii"\n'
        config.write_text(f'state_dir = "{tmp_path}"\n[printer]\n{owned}')
        ran = await asyncio.to_thread(invoke, "printer", "test", *words, "--json", config=config)
        assert ran.exception is None, ran.output
        told = json.loads(ran.output)
        assert told["delivery"] == "confirmed"
        (page,) = printer.printed
        assert page.picture is not None
        assert zxingcpp.read_barcodes(page.picture.convert("L"))[0].text.startswith("posd ")
        text = b"".join(command.args for command in page.commands if command.name == "text")
        assert (b"which line is Hebrew" in text) is bool(words)


def test_without_a_printer_it_says_so(tmp_path: Path) -> None:
    """And where to write one."""
    config = tmp_path / "posd.toml"
    config.write_text(f'state_dir = "{tmp_path}"\n')
    ran = invoke("printer", "test", config=config)
    assert isinstance(ran.exception, Rejected)
    assert ran.exception.code == "no_printer"
    assert "posd devices" in ran.exception.hint
