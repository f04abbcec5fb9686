"""docs/quote.md: every command in it says what the page says it does, and its tables name every key."""

import re
import shlex
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from posd import cli
from posd.trial import answer, shape
from runtime.errors import PosdError

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "quote.md").read_text(encoding="utf-8")
FILES = re.findall(r"^```(?:json|toml) (\S+)\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
SHOWN = re.findall(r"^```console\n\$ posd (.*?)\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The page's files, and the programs that ship."""
    shutil.copytree(ROOT / "config" / "programs", tmp_path / "config" / "programs")
    for name, text in FILES:
        (tmp_path / name).write_text(text, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(("command", "output"), SHOWN)
def test_a_command_says_what_the_page_shows(
    folder: Path, command: str, output: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """To the letter."""
    told = CliRunner().invoke(cli.posd, shlex.split(command))
    said = told.stdout
    if isinstance(told.exception, PosdError):
        assert told.exception.exit_status == 78
        said = f"posd: {told.exception.message}\n  {told.exception.hint}\n"
    assert said == output


def test_the_page_has_its_examples() -> None:
    """Or nothing above is a test."""
    assert (len(FILES), len(SHOWN)) == (5, 4)


def keys() -> Iterator[str]:
    """Every key of a file, and every field of an answer."""
    for model in (shape.Basket, shape.Line, shape.Member, shape.Lot, shape.Step, shape.Return, shape.Exchange, shape.Tender):
        yield from (field.alias or name for name, field in model.model_fields.items())
    yield from (name for name in answer.schema()["properties"] if name != "currency")


@pytest.mark.parametrize("key", sorted(set(keys())))
def test_the_page_names_every_key(key: str) -> None:
    """In code type."""
    code = " ".join(re.findall(r"`([^`]+)`|^```.*?^```", PAGE, re.MULTILINE | re.DOTALL))
    assert re.search(rf"\b{key}\b", code), key


def test_the_page_names_every_option() -> None:
    """Save those of the daemon."""
    command = cli.posd.get_command(None, "quote")  # type: ignore[arg-type]
    options = {option for param in command.params for option in param.opts} - {"--code", "--config"}
    assert [option for option in sorted(options) if option not in PAGE] == []
