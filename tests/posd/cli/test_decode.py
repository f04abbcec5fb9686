"""posd decode."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from drivers.scanners.decode.picture import open_picture
from posd.cli.decode import decode
from tests.drivers.scanners.pictures import CORPORA, needs_corpora, png, qr, qr_png, side_by_side


def run(*arguments: object) -> Result:
    return CliRunner().invoke(decode, [str(argument) for argument in arguments])


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    (tmp_path / "one.png").write_bytes(qr_png("שלום ₪"))
    (tmp_path / "two.png").write_bytes(png(side_by_side(qr("B"), qr("A"))))
    (tmp_path / "none.png").write_bytes(png(qr("A")[:60, :60]))
    (tmp_path / "cut.png").write_bytes(qr_png("A")[:50])
    return tmp_path


def test_json_is_one_line_a_picture(pictures: Path) -> None:
    """Each picture is one JSON line, in order, with its texts; a picture without a code has none and is no failure."""
    files = [str(pictures / name) for name in ("one.png", "two.png", "none.png")]
    result = run("--json", *files)
    assert result.exit_code == 0
    assert [json.loads(line) for line in result.stdout.splitlines()] == [
        {"file": file, "texts": texts} for file, texts in zip(files, [["שלום ₪"], ["A", "B"], []], strict=True)
    ]


def test_a_picture_that_cannot_be_opened_is_an_error_in_its_place(pictures: Path) -> None:
    """The lines before and after it are given, its own says why, and the exit code is 1."""
    result = run("--json", pictures / "cut.png", pictures / "missing.png", pictures, pictures / "two.png")
    lines = [json.loads(line) for line in result.stdout.splitlines()]
    assert result.exit_code == 1
    assert ["error" in line for line in lines] == [True, True, True, False]
    assert lines[0]["texts"] == []
    assert "not a whole picture" in lines[0]["error"]
    assert "no such file" in lines[1]["error"]


def test_words_for_people(pictures: Path) -> None:
    """Without --json each picture is one readable line."""
    result = run(*(pictures / name for name in ("one.png", "two.png", "none.png", "cut.png")))
    assert [line.split(": ", 1)[1].split(" (")[0] for line in result.stdout.splitlines()] == [
        '"שלום ₪"',
        '"A", "B"',
        "no code",
        "The file is not a whole picture",
    ]


def test_a_code_cannot_write_to_the_terminal(tmp_path: Path) -> None:
    """Line breaks and escapes in a code are spelled out, in both forms."""
    nasty = "a\n\x1b[2Jb\x9b2J\u2028\u202ec"
    (tmp_path / "x.png").write_bytes(qr_png(nasty.encode()))
    for arguments in ((), ("--json",)):
        result = run(*arguments, tmp_path / "x.png")
        assert len(result.stdout.splitlines()) == 1
        assert result.stdout.strip().isprintable()
    assert json.loads(result.stdout)["texts"] == [nasty]


def test_help_has_an_example() -> None:
    """--help shows a line to copy; no picture at all is a usage error."""
    assert "Example:" in run("--help").stdout
    assert run().exit_code == 2


def test_nothing_heavy_is_imported_for_help() -> None:
    """Listing the command costs no decoder."""
    ask = "import sys, posd.cli.decode; print(*sys.modules)"
    listed = subprocess.run(
        [sys.executable, "-c", ask], capture_output=True, text=True, check=True, cwd=Path(__file__).parents[3]
    )
    assert not {"cv2", "numpy", "zxingcpp", "pyzbar", "PIL"} & set(listed.stdout.split())


@needs_corpora
def test_the_corpora_through_the_command() -> None:
    """Every labelled photo gives exactly its label, every false positive nothing, and all of them open."""
    labelled = sorted(path for path in CORPORA.glob("qrcode-*/*") if path.suffix != ".txt")
    false = sorted(CORPORA.glob("falsepositives-1/*"))
    result = run("--json", *labelled, *false)
    assert result.exit_code == 0
    lines = [json.loads(line)["texts"] for line in result.stdout.splitlines()]
    assert lines == [[path.with_suffix(".txt").read_bytes().decode()] for path in labelled] + [[]] * len(false)
    assert open_picture(labelled[0]).ndim == 2
