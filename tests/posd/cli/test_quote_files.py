"""`posd quote --program`: from files alone, for people and for programs."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from posd.cli import posd
from runtime.errors import Misconfigured, PosdError, Rejected

CAFE = Path(__file__).resolve().parents[3] / "config" / "programs" / "cafe.toml"
BASKET = {"lines": [{"product": "coffee", "amount": "21.00", "tax": 17}, {"product": "cake", "amount": "30.00"}]}


def quote(*arguments: object, stdin: str = "") -> Result:
    """The command, with no settings and no daemon within reach."""
    return CliRunner().invoke(posd, ["quote", *map(str, arguments)], input=stdin, env={"POSD_CONFIG": "/nowhere/posd.toml"})


def answer(*arguments: object, stdin: str = ""):
    """What it says in JSON."""
    told = quote("--program", CAFE, "--json", *arguments, stdin=stdin)
    assert told.exit_code == 0, told.exception
    return json.loads(told.stdout)


def trouble(*arguments: object, stdin: str = "") -> PosdError:
    """The error it ends with."""
    told = quote(*arguments, stdin=stdin)
    assert isinstance(told.exception, PosdError), told.exception
    return told.exception


def written(folder: Path, name: str, values: object) -> Path:
    """A JSON file."""
    path = folder / name
    path.write_text(json.dumps(values))
    return path


def test_a_basket_a_member_and_a_choice(tmp_path: Path) -> None:
    """One object in JSON, a few lines for a person, the trace in columns with --why."""
    basket = written(tmp_path, "b.json", BASKET)
    member = written(tmp_path, "m.json", {"units": {"points": 150, "status": 480}})
    asked = ("--basket", basket, "--member", member, "--choose", "ten_off", "--at", "2026-11-18T12:00")
    found = answer(*asked)
    assert (found["at"], found["off_minor"], found["to_pay_minor"]) == ("2026-11-18T12:00", 1000, 4100)
    told = quote("--program", CAFE, *asked, "--why").stdout
    assert told.split("\n")[:5] == [
        "1. sale, 2026-11-18T12:00",
        "   1 coffee  21.00  -4.12 ten_off",
        "   2 cake  30.00  -5.88 ten_off",
        "   rung 51.00, off 10.00, to pay 41.00 ILS",
        "   ten_off, 100 points: \u2068taken 1 of 1\u2069",
    ]
    assert "   points 150 +41 earned -100 spent = 91\n" in told
    assert "   tier bronze -> silver, 1479 to gold\n" in told
    assert "   status   \u2068Status points: 41 earned" in told
    assert "Status points" not in quote("--program", CAFE, *asked).stdout


def test_the_basket_may_come_from_stdin_or_from_lines() -> None:
    """And a member is not needed."""
    assert answer("--basket", "-", stdin=json.dumps(BASKET))["to_pay_minor"] == 5100
    assert answer("--line", "coffee=18.00", "--line", "cake=3.50")["to_pay_minor"] == 2150
    error = trouble("--program", CAFE, "--basket", "-", stdin='{"lines": 1}')
    assert isinstance(error, Misconfigured)
    assert "\n  <stdin>:1: lines: it says 1; a list in [ ] is wanted" in error.message


def test_choices_add_up_and_max_is_as_often_as_may_be(tmp_path: Path) -> None:
    """As for the daemon."""
    member = written(tmp_path, "m.json", {"units": {"points": 450}})
    asked = ("--line", "coffee=35.00", "--member", member)
    assert answer(*asked, "--choose", "ten_off=max")["offers"][0]["times"] == 3
    assert answer(*asked, "--choose", "ten_off", "--choose", "ten_off=1")["offers"][0]["times"] == 2
    assert answer(*asked, "--choose", "ten_off=4")["refused"] == ["ten_off"]


def test_a_sequence_is_a_list_of_answers(tmp_path: Path) -> None:
    """And a paragraph each for a person."""
    steps = [
        {"at": "2026-11-18T12:00", "basket": BASKET},
        {"advance_days": 3, "return": {"of": 1, "lines": [{"line": "1"}]}},
        {"return": {"of": 1, "lines": [{"line": "1"}]}},
        {"return": {"without_sale": True}},
    ]
    asked = ("--sequence", "--basket", written(tmp_path, "s.json", steps), "--member", written(tmp_path, "m.json", {}))
    assert [one["kind"] for one in answer(*asked)] == ["sale", "return", "return", "return"]
    told = quote("--program", CAFE, *asked, "--language", "he").stdout
    assert "2. return, 2026-11-21T12:00, days passed: 3\n   refund 21.00 ILS\n" in told
    assert "   refused: \u2068בשורה 1" in told
    assert "   without the sale at hand: head office decides\n" in told


def test_what_else_a_person_is_told(tmp_path: Path) -> None:
    """What is won, what expires, what units pay, what is given and donated."""
    shipped = CAFE.parent
    for name in ("challenges", "cashback", "giving", "points", "promotions", "surprise", "membership"):
        steps = [{"basket": BASKET}] * 12 + [{"advance_days": 30}]
        program = ("--program", shipped / f"{name}.toml")
        asked = ("--sequence", "--basket", written(tmp_path, "s.json", steps), "--member", written(tmp_path, "m.json", {}))
        told = quote(*program, *asked, "--why")
        assert told.exit_code == 0, told.exception
        assert "13. days" in told.stdout


@pytest.mark.parametrize("language", ["he", "en", "ar", "ru"])
def test_the_sentences_are_in_the_language(language: str) -> None:
    """English where nothing is said."""
    told = answer("--line", "coffee=1.00", "--language", language)["trace"][-1]["sentence"]
    english = answer("--line", "coffee=1.00")["trace"][-1]["sentence"]
    assert (told == english) == (language == "en")


def test_the_store_has_a_place_and_clocks(tmp_path: Path) -> None:
    """At one instant it is another hour, and the Sabbath has not begun."""
    at = ("--line", "coffee=1.00", "--at", "2026-11-21T10:00Z")
    assert answer(*at)["at"] == "2026-11-21T12:00"
    assert answer(*at, "--store-place", "40.7,-74.0", "--time-zone", "America/New_York")["at"] == "2026-11-21T05:00"


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("--program", CAFE), "no_basket"),
        (("--program", CAFE, "--line", "x"), "line_malformed"),
        (("--program", CAFE, "--line", "x=1", "--choose", "ten_off=many"), "choice_malformed"),
        (("--program", CAFE, "--line", "x=1", "--choose", f"ten_off={'9' * 5000}"), "choice_malformed"),
        (("--program", CAFE, "--line", "x=1", "--choose", "ten_off=٣"), "choice_malformed"),
        (("--program", CAFE, "--line", "x=1", "--at", "soon"), "time_malformed"),
        (("--program", CAFE, "--line", "x=1", "--code", "PL1:x"), "option_unknown"),
        (("--program", CAFE, "--line", "x=1", "--sequence"), "option_unknown"),
        (("--program", CAFE, "--basket", "-", "--sequence", "--choose", "x"), "option_unknown"),
        (("--program", CAFE, "--line", "x=1", "--store-place", "here"), "place_malformed"),
        (("--program", CAFE, "--line", "x=1", "--store-place", "31.7"), "place_malformed"),
        (("--line", "x=1", "--at", "2026-11-21"), "option_unknown"),
        (("--line", "x=1", "--sequence", "--member", "m.json"), "option_unknown"),
    ],
)
def test_what_cannot_be_asked_is_rejected(arguments: tuple[object, ...], code: str) -> None:
    """With what to write."""
    error = trouble(*arguments)
    assert isinstance(error, Rejected)
    assert error.code == code
    assert error.hint


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("--program", "/nowhere.toml", "--line", "x=1"), "file_unreadable"),
        (("--program", CAFE, "--line", "x=1", "--store-place", "91,0"), "coordinates_wrong"),
        (("--program", CAFE, "--line", "x=1", "--time-zone", "Nowhere/At_all"), "time_zone_unknown"),
        (("--program", CAFE, "--line", "x=1", "--time-zone", "America/New_York"), "coordinates_wrong"),
        (("--line", "x=1"), "file_unreadable"),
    ],
)
def test_what_is_not_there_is_told(arguments: tuple[object, ...], code: str) -> None:
    """Without --program the settings are read, and only then."""
    error = trouble(*arguments)
    assert isinstance(error, Misconfigured)
    assert error.code == code


@pytest.mark.parametrize("which", ["basket", "member", "sequence", "answer"])
def test_each_shape_has_a_schema(which: str) -> None:
    """Of JSON Schema, with every key it may have."""
    found = json.loads(quote("--schema", which).stdout)
    key = {"basket": "lines", "member": "units", "sequence": "steps", "answer": "to_pay_minor"}[which]
    assert key in found["properties"]


def test_it_starts_fast_and_touches_nothing() -> None:
    """Neither the web, nor a database, nor a device is imported, nor anything that a schema alone needs."""
    program = (
        "import sys; from click.testing import CliRunner; from posd.cli import posd;"
        f"told = CliRunner().invoke(posd, ['quote', '--program', {str(CAFE)!r}, '--line', 'x=1.00']);"
        "print(told.exit_code, *(name for name in ('fastapi', 'sqlite3', 'aiosqlite', 'httpx', 'PIL', 'cv2', 'cryptography',"
        " 'uvicorn', 'msgspec') if name in sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout == "0\n"
