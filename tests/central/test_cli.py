"""posd-central as a person types it."""

import json
import re
import sqlite3
from contextlib import closing

import pytest
import zxingcpp
from click.testing import CliRunner
from PIL import Image

from central import cli
from central.cli.common import in_store
from central.settings import Settings, check_host, load
from central.store import copies, ledger
from central.store.copies import Upkeep
from runtime.errors import Misconfigured, PosdError
from runtime.toml_file import InvalidFile
from tests.central.conftest import PROGRAM_PATH

ROOT = PROGRAM_PATH.parents[2]
COMMANDS = [
    ("run",), ("check",), ("user", "add"), ("program", "publish"), ("terminal", "enrol"), ("terminal", "list"),
    ("terminal", "fence"), ("quarantine", "list"), ("quarantine", "accept"), ("quarantine", "reject"),
    ("record", "list"), ("record", "replay"), ("backup",), ("restore",), ("recovery",), ("retention",),
    ("member", "add"), ("member", "find"), ("member", "code"), ("member", "new-card"),
    ("member", "note"), ("day",), ("exposure", "list"), ("exposure", "release"), ("bound",), ("partner", "report"),
    ("layout", "publish"), ("layout", "list"), ("closings",),
    ("blank", "cards"), ("blank", "list"), ("member", "erase"), ("member", "claim"), ("member", "merge"),
]  # fmt: skip


@pytest.fixture
def settings(tmp_path):
    """A settings file, for a state directory of its own."""
    config = tmp_path / "central.toml"
    config.write_text(f'state_dir = "{tmp_path / "state"}"\n')
    return config


@pytest.fixture
def office(settings):
    """Runs a command with those settings; what it printed."""

    def run(*words, given=None, **environment):
        ran = CliRunner().invoke(
            cli.group, [*words, "--config", str(settings)], input=given, env=environment, standalone_mode=False
        )
        if ran.exception:
            raise ran.exception
        return ran.stdout

    return run


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_every_command_has_an_example_and_json(words):
    """--help shows how it is typed, and that it can answer as JSON."""
    text = CliRunner().invoke(cli.group, [*words, "--help"]).stdout
    assert f"Example:\n    posd-central {' '.join(words)}" in text.replace("\n  Example", "\nExample")
    assert "--json" in text
    assert "--config" in text


def test_the_commands_of_the_help_are_the_commands_there_are():
    """One line of the table for each."""
    text = CliRunner().invoke(cli.group, ["--help"]).stdout
    assert {words[0] for words in COMMANDS} == set(cli.COMMANDS)
    assert all(re.search(rf"^  {name} ", text, re.MULTILINE) for name in cli.COMMANDS)
    assert CliRunner().invoke(cli.group, ["nonsense"]).exit_code == 2


def test_a_member_from_the_name_to_the_picture(office, tmp_path):
    """Made, found, and the last one's code written as a QR that reads as the text."""
    made = json.loads(office("member", "add", "--first-name", "חבר", "--code", "2900000000018", "--json"))
    assert office("member", "find", "חבר").split()[0] == made["handle"]
    assert office("member", "find", "nobody at all") == "nobody\n"
    png, svg = tmp_path / "code.png", tmp_path / "code.svg"
    text = office("member", "code", "--last", "--png", str(png), "--svg", str(svg)).strip()
    with Image.open(png) as picture:
        assert zxingcpp.read_barcodes(picture.convert("L"))[0].text == text
    assert svg.read_text().startswith("<svg")
    assert json.loads(office("member", "code", made["handle"], "--years", "1", "--json"))["handle"] == made["handle"]
    assert json.loads(office("member", "new-card", made["handle"], "--json"))["generation"] == 1


def test_a_code_without_a_member_is_told(office):
    """Nobody is there yet; a handle that nobody has; no words at all mean the last."""
    for words in (("--last",), ("ff" * 10,), ()):
        with pytest.raises(PosdError, match="member"):
            office("member", "code", *words)


def test_a_program_is_checked_before_it_is_published(office, tmp_path):
    """Every mistake is told with its line; the same again is no mistake; a lower version is."""
    assert office("program", "publish", str(PROGRAM_PATH)) == "published: cafe, version 1\n"
    assert json.loads(office("program", "publish", str(PROGRAM_PATH), "--json"))["version"] == 1
    text = PROGRAM_PATH.read_text()
    other = tmp_path / "other.toml"
    other.write_text(text.replace("cost = 100", "cost = 0").replace('unit = "status"', 'unit = "stats"'))
    with pytest.raises(InvalidFile) as found:
        office("program", "publish", str(other))
    assert [line.split(": ")[1] for line in found.value.lines] == ["accruals.status.unit", "rewards.ten_off.cost", "tiers.unit"]
    for change, why in ((("worth", "# worth"), "program_version"), (('code = "cafe"', 'code = "bar"'), "program_other")):
        other.write_text(text.replace(*change))
        with pytest.raises(PosdError) as refused:
            office("program", "publish", str(other))
        assert refused.value.code == why
    other.write_text(text.replace("version = 1 ", "version = 2 "))
    assert office("program", "publish", str(other), "--from", "2099-01-01") == "published: cafe, version 2\n"


def test_a_terminal_s_code_is_printed(office):
    """On a line of its own; the terminal is listed as not enrolled."""
    assert office("terminal", "list") == "No terminal yet: posd-central terminal enrol\n"
    text = office("terminal", "enrol", "--store", "אלנבי 12", "--terminal", "קופה 1")
    assert re.fullmatch(r"([A-Z2-7]{4}-){6}[A-Z2-7]{2}", text.splitlines()[0])
    assert office("terminal", "list") == "אלנבי 12 / קופה 1: not_enrolled, 0 records wait there\n"


def test_a_user_gets_a_password(office):
    """From standard input, or asked for twice; a short one is refused."""
    assert office("user", "add", "clerk", "--password-stdin", given="a long enough password\n") == "clerk may log in\n"
    office("user", "add", "clerk", given="another long password\nanother long password\n")
    with pytest.raises(PosdError, match="10 characters"):
        office("user", "add", "clerk", "--password-stdin", given="short\n")


def test_a_new_database_is_in_order(office):
    """Nothing was looked at, and nothing is wrong."""
    assert office("check") == "all is well: 0 records, 0 entries\n"


def test_the_shipped_settings_are_the_defaults():
    """config/central.toml says nothing but what holds without it; with its marks taken away every line is a setting."""
    path = ROOT / "config" / "central.toml"
    assert load(path) == Settings() == load(None)
    named = re.findall(r"^# ([a-z_]+) = (.+)$", path.read_text(), re.MULTILINE)
    assert [name for name, _ in named] == list(Settings.model_fields)


def test_the_settings_file_may_be_named_by_the_environment(tmp_path, monkeypatch):
    """POSD_CENTRAL_CONFIG is --config for every command."""
    config = tmp_path / "central.toml"
    config.write_text('log_level = "loud"')
    monkeypatch.setenv("POSD_CENTRAL_CONFIG", str(config))
    ran = CliRunner().invoke(cli.group, ["check"], standalone_mode=False)
    assert "central.toml:1: log_level" in str(ran.exception)


def test_the_state_directory_is_systemd_s_or_the_person_s(tmp_path, monkeypatch):
    """STATE_DIRECTORY, else XDG_STATE_HOME; a tilde is somebody's home."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "x"))
    monkeypatch.delenv("STATE_DIRECTORY", raising=False)
    assert Settings().state_dir == tmp_path / "x" / "posd-central"
    monkeypatch.setenv("STATE_DIRECTORY", str(tmp_path / "s"))
    assert Settings().database_url == f"sqlite:///{tmp_path / 's' / 'central.db'}"
    monkeypatch.setenv("HOME", str(tmp_path))
    assert Settings(state_dir="~/here").state_dir == tmp_path / "here"


def test_plain_http_stays_on_this_machine():
    """Loopback is accepted, by name and by number; everything else is not."""
    for host in ("127.0.0.1", "127.1.2.3", "::1", "localhost"):
        check_host(host)
    for host in ("0.0.0.0", "::", "192.168.1.5", "example.com", ""):
        with pytest.raises(Misconfigured):
            check_host(host)


def test_nothing_is_exposed_and_the_bound_is_nothing(office):
    """As a rule; what is not exposed cannot be released."""
    assert office("exposure", "list") == "Nothing is exposed\n"
    assert office("bound") == "nothing: no terminal was cloned, no exposure was released\n"
    assert json.loads(office("bound", "--json")) == json.loads(office("exposure", "list", "--json")) == []
    with pytest.raises(PosdError, match="nothing is exposed of terminal 'abc'"):
        office("exposure", "release", "abc", "--reason", "stolen")


def test_a_check_holds_nobody_up(office, tmp_path, monkeypatch):
    """While it reads, head office may write: a check of years takes longer than a terminal waits."""
    wrote = []

    def look(*_):
        with closing(sqlite3.connect(tmp_path / "state" / "central.db", timeout=0)) as other:
            wrote.append(other.execute("BEGIN IMMEDIATE").fetchall())
        return iter(())

    monkeypatch.setattr(ledger, "check_balances", look)
    assert json.loads(office("check", "--json"))["balances"] == []
    assert wrote == [[]]


def test_a_monitor_asks_how_the_last_check_ended(settings):
    """Never, well, badly: as a sentence, as JSON and as an exit status, without reading the books again."""

    def asked():
        ran = CliRunner().invoke(cli.group, ["check", "--last", "--json", "--config", str(settings)])
        return ran.exit_code, json.loads(ran.stdout)

    assert asked() == (1, None)
    for well, status in ((True, 0), (False, 1)):
        in_store(load(settings), copies.note, "check", Upkeep(1_795_000_000_000, well, "5 records"))
        assert asked() == (status, {"made_ms": 1_795_000_000_000, "well": well, "said": "5 records"})
    ran = CliRunner().invoke(cli.group, ["check", "--last", "--config", str(settings)])
    assert "wrong: 5 records" in ran.stdout
