"""The command line against a real daemon and a real head office; and what it says when there is none."""

import asyncio
import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner, Result

from posd.cli import COMMANDS, posd
from runtime.errors import Misconfigured, PosdError, Rejected, Unavailable
from tests.shop import Shop, open_shop, wait_for
from tests.sync.peer import answers, peer, sends

Say = Callable[..., Result]


def invoke(config: Path, *arguments: str) -> Result:
    """Run a command in this process."""
    return CliRunner().invoke(posd, arguments, env={"POSD_CONFIG": str(config)})


def commands(group: click.Command, *path: str) -> Iterator[tuple[str, ...]]:
    """Every command by its words."""
    if isinstance(group, click.Group):
        for name in group.list_commands(click.Context(group)):
            found = group.get_command(click.Context(group), name)
            assert found
            yield from commands(found, *path, name)
    else:
        yield path


@pytest.mark.parametrize("words", list(commands(posd)), ids=" ".join)
def test_every_command_explains_itself_with_an_example(words: tuple[str, ...]) -> None:
    """--help has a sentence and a line that can be typed."""
    told = CliRunner().invoke(posd, [*words, "--help"])
    assert told.exit_code == 0
    flat = " ".join(told.output.split())
    assert f"Example: posd {' '.join(words)}" in flat
    assert words[0] in COMMANDS


def test_an_unknown_command_is_told() -> None:
    """With the way to the help."""
    told = CliRunner().invoke(posd, ["sall"])
    assert told.exit_code == 2
    assert "No such command" in told.output


def settings(folder: Path, port: int = 1) -> Path:
    path = folder / "posd.toml"
    path.write_text(f'state_dir = "{folder / "state"}"\n[api]\nport = {port}\n')
    return path


def with_token(folder: Path) -> None:
    (folder / "state").mkdir(exist_ok=True)
    (folder / "state" / "cli.token").write_text("token")


def test_a_posd_that_never_ran_or_does_not_run_is_told(tmp_path: Path) -> None:
    """Where it was looked for, and how to start it."""
    config = settings(tmp_path)
    for _ in range(2):
        told = invoke(config, "status")
        assert isinstance(told.exception, Unavailable)
        assert (told.exception.code, told.exception.hint[:8]) == ("not_running", "Start it")
        assert "127.0.0.1:1" in told.exception.message
        with_token(tmp_path)
    journal = invoke(config, "journal")
    assert isinstance(journal.exception, Misconfigured)
    assert journal.exception.code == "no_database"


def test_a_token_that_may_not_be_read_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the user that may. root reads everything, so the refusal is made by hand."""

    def refuse(self: Path, *_: Any) -> str:
        raise PermissionError(13, "Permission denied", str(self))

    config = settings(tmp_path)
    with_token(tmp_path)
    monkeypatch.setattr("posd.cli.options.Path.read_text", refuse)
    told = invoke(config, "status")
    assert isinstance(told.exception, Unavailable)
    assert told.exception.code == "token_unreadable"


@pytest.mark.parametrize(
    "script",
    [
        answers("200 OK", b"<html>hello</html>", "content-type: text/html"),
        answers("404 Not Found", b"<html>404</html>", "content-type: text/html"),
        answers("404 Not Found", b'{"detail":"Not Found"}', "content-type: application/json"),
        answers("500 No", b"[]", "content-type: application/json"),
        answers("200 OK", b"\xff", "content-type: text/plain"),
        answers("500 No", b"text", "content-type: text/plain"),
        sends(b"SSH-2.0-OpenSSH_9.2\r\n"),
    ],
    ids=range(7),
)
async def test_another_program_on_the_port_is_told(tmp_path: Path, script: Any) -> None:
    """A web page, another API, no HTTP at all: one clear line."""
    with_token(tmp_path)
    async with peer(script) as url:
        told = await asyncio.to_thread(invoke, settings(tmp_path, int(url.rpartition(":")[2])), "status")
    assert isinstance(told.exception, Unavailable)
    assert told.exception.code == "not_posd"
    assert "api.port" in told.exception.hint


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ([], "no_basket"),
        (["--line", "coffee"], "line_malformed"),
        (["--line", "coffee=1.234"], "line_malformed"),
        (["--line", "coffee=-1"], "line_malformed"),
        (["--line", "=5"], "line_malformed"),
        (["--line", "coffee=5", "--choose", "ten_off=many"], "choice_malformed"),
        (["--basket", "/nowhere.json"], "file_unreadable"),
        (["--basket", __file__], "basket_malformed"),
    ],
)
def test_a_mistyped_basket_is_told_before_anything_is_asked(tmp_path: Path, arguments: list[str], code: str) -> None:
    """And how it is written."""
    told = invoke(settings(tmp_path), "quote", *arguments)
    assert isinstance(told.exception, Rejected)
    assert told.exception.code == code
    assert told.exception.hint


def test_five_mistakes_in_the_settings_are_told_at_once(tmp_path: Path) -> None:
    """Each as FILE:LINE: KEY, by check for a person and for a program, and by any other command."""
    path = tmp_path / "posd.toml"
    path.write_text(
        'language = "fr"\nprinting = "posd"\nlog_level = 5\n[api]\nport = 99999\nhost = "0.0.0.0"\n[[scanners]]\nname = "x"\n'
    )
    told = invoke(path, "config", "check")
    places = re.findall(rf"^{re.escape(str(path))}:(\d+): ([a-z_.0-9]+): ", told.output, re.MULTILINE)
    assert places == [("1", "language"), ("3", "log_level"), ("5", "api.port"), ("6", "api.host"), ("7", "scanners.0.driver")]
    assert told.exit_code == 78  # EX_CONFIG
    as_json = json.loads(invoke(path, "config", "check", "--json").output)
    assert (as_json["ok"], len(as_json["mistakes"])) == (False, 5)
    assert isinstance(invoke(path, "status").exception, Misconfigured)
    path.write_text('printing = "posd"\n')
    assert "there is no printer" in invoke(path, "config", "check").output
    path.write_text("")
    assert invoke(path, "config", "check").exit_code == 0
    assert json.loads(invoke(path, "config", "show", "--json").output)["api"]["port"] == 8480


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """Head office and an enrolled terminal as processes."""
    with open_shop(tmp_path_factory.mktemp("shop"), language="en") as made:
        yield made


def test_a_sale_by_hand_from_the_first_command_to_the_last(shop: Shop) -> None:
    """Status, quote, sell, receipt, journal, tokens: for a person, and as JSON."""

    def said(*arguments: str) -> str:
        told = invoke(shop.config, *arguments)
        assert told.exit_code == 0, told.output + repr(told.exception)
        return told.output

    def read(*arguments: str) -> Any:
        return json.loads(said(*arguments, "--json"))

    status = read("status")
    assert (status["enrolled"], status["program"]) == (True, {"code": "cafe", "version": 1})
    assert f"{status['name']} of {status['store']} (terminal {status['terminal']})" in said("status")
    code = shop.member("חבר")
    quoted = read("quote", "--line", "coffee=18.00", "--code", code)
    assert quoted["to_pay_minor"] == 1800
    assert "earns 18 points" in said("quote", "--line", "coffee=18.00", "--code", code, "--why")
    refused = invoke(shop.config, "sell", "--line", "coffee=18", "--code", code, "--choose", "ten_off", "--receipt", "9")
    assert refused.exit_code == 1
    assert "100" in refused.output or "points" in refused.output
    booked = read("sell", "--line", "coffee=18.00", "--code", code, "--receipt", "1001", "--date", "2026-11-21")
    assert booked["earned"]["points"] == 18
    repeated = invoke(shop.config, "sell", "--line", "coffee=18.00", "--receipt", "1001", "--date", "2026-11-21")
    assert isinstance(repeated.exception, Rejected)
    assert repeated.exception.code == "key_reused"
    assert read("status")["open_agreements"] == 0
    png = shop.folder / "receipt.png"
    assert "18" in said("receipt", "preview", booked["id"], "--png", str(png))
    assert png.read_bytes().startswith(b"\x89PNG")
    newest = [json.loads(line) for line in said("journal", "--last", "2", "--json").splitlines()]
    assert [record["kind"] for record in newest] == ["sale", "enrol"]
    wait_for("everything is sent", lambda: read("status")["queued_records"] == 0)
    assert "at head office" in said("journal")
    made = read("token", "add", "till-2")
    assert made["page"].endswith(f":{shop.port}/#token={made['token']}")
    assert "till-2  till" in said("token", "list")
    said("token", "revoke", "till-2")
    assert "till-2" not in said("token", "list")


def test_an_enrolled_terminal_is_not_enrolled_again(shop: Shop) -> None:
    """It says which one it is."""
    told = invoke(shop.config, "enrol", "ABCD-EFGH")
    assert isinstance(told.exception, Rejected)
    assert told.exception.code == "already_enrolled"


def test_a_second_posd_and_a_wrong_code_are_told_in_one_line(shop: Shop, tmp_path: Path) -> None:
    """On standard error with what to do now, and no traceback."""
    second = subprocess.run(
        [sys.executable, "-c", "from posd.cli import main; main()", "run", "--config", str(shop.config)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (second.returncode, "Traceback" in second.stderr) == (75, False)  # EX_TEMPFAIL: it may be started again later
    assert "Another posd is using" in second.stderr
    other = tmp_path / "posd.toml"
    other.write_text(f'state_dir = "{tmp_path / "state"}"\n[head_office]\nurl = "http://127.0.0.1:{shop.office_port}"\n')
    unknown = invoke(other, "enrol", "ABCD-EFGH")
    assert isinstance(unknown.exception, PosdError)
    assert unknown.exception.code == "enrol_code_unknown"


def test_a_preview_shows_what_would_be_printed_now(shop: Shop, tmp_path: Path) -> None:
    """A published layout that fails on this receipt: the built-in one, as on the printer, and why, apart from the answer."""
    marks = "".join(f'[[lines]]\nshow = "{part}"\n' for part in ("copy", "training", "returned", "offline"))
    late = """[[lines]]\nwords.en = "{% if number == '77' %}{{ club | money }}{% endif %}own words"\n"""
    (tmp_path / "late.toml").write_text(f'name = "late"\nversion = 1\n{late}{marks}')
    shop.office("layout", "publish", str(tmp_path / "late.toml"))
    wait_for("the layout", lambda: shop.status()["layout"]["name"] == "late")
    code = shop.member("חבר")
    booked = {
        number: json.loads(
            invoke(shop.config, "sell", "--line", "coffee=18", "--code", code, "--receipt", number, "--json").stdout
        )
        for number in ("76", "77")
    }
    fine = invoke(shop.config, "receipt", "preview", booked["76"]["id"], "--json")
    assert ("own words" in json.loads(fine.stdout)["text"], fine.stderr) == (True, "")
    failed = invoke(shop.config, "receipt", "preview", booked["77"]["id"], "--json")
    assert "77" in json.loads(failed.stdout)["text"]
    assert "own words" not in failed.stdout
    assert "'late' has words that cannot be said" in failed.stderr


def test_it_stops_within_seconds_when_told_to(shop: Shop) -> None:
    """SIGTERM with the line to head office open: a clean end; the last test of this shop."""
    assert shop.stop("posd") == 0
    assert "Traceback" not in (shop.folder / "posd.log").read_text()
