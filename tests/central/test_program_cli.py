"""posd-central program ..., as a person types it."""

import json
import re

import pytest
from click.testing import CliRunner

from central import cli
from runtime.errors import Rejected
from tests.central.conftest import PROGRAM_PATH

SCHEMA = PROGRAM_PATH.parents[1] / "schema" / "program.schema.json"
CAFE = PROGRAM_PATH.read_text()


@pytest.fixture
def program(tmp_path):
    """Runs `posd-central program ...` on a state directory of its own."""
    config = tmp_path / "central.toml"
    config.write_text(f'state_dir = "{tmp_path / "state"}"\n')

    def run(*words):
        environment = {"POSD_CENTRAL_CONFIG": str(config)}
        return CliRunner().invoke(cli.group, ["program", *words], env=environment, standalone_mode=False)

    return run


@pytest.fixture
def file(tmp_path):
    """Writes the cafe's program with changes; where it is."""

    def write(*changes, name="other.toml"):
        text = CAFE
        for old, new in changes:
            assert old in text
            text = text.replace(old, new, 1)
        path = tmp_path / name
        path.write_text(text)
        return str(path)

    return write


def answered(ran):
    """What it printed; an error is one of the test."""
    if ran.exception:
        raise ran.exception
    return ran.stdout


DEARER = (("cost = 100", "cost = 120"), ("version = 1 ", "version = 2 "))
SLIPS = (
    ("cost = 100", "cost = 0"),
    ('en = "₪10 off"', 'en = "₪10 \u202eoff"'),
    ('every = "1.00"', "every = 1.0"),
    ("from_pieces = 2000", "from_pieces = 400"),
)


@pytest.mark.parametrize("name", ["check", "diff", "publish", "rollback", "list", "schema"])
def test_every_command_has_an_example(program, name):
    """--help shows how it is typed."""
    text = answered(program(name, "--help"))
    assert re.search(rf"Example:\n\s+posd-central program {name}", text)
    assert ("--json" in text) == (name != "schema")


def test_check_tells_every_mistake_of_shape_at_once(program, file):
    """Each with file and line, on standard error; exit status 1."""
    path = file(*SLIPS[:3])
    ran = program("check", path)
    assert ran.exception.code == 1
    lines = ran.stderr.splitlines()
    assert [line.split(": ")[1] for line in lines] == ["accruals.points.every", "rewards.ten_off.name.en"]
    assert all(re.match(rf"{re.escape(path)}:\d+: ", line) for line in lines)
    assert "\u202e" not in ran.stderr


def test_check_tells_every_mistake_of_meaning_at_once(program, file):
    """Once the shapes are right."""
    ran = program("check", file(SLIPS[0], SLIPS[3]))
    assert ran.exception.code == 1
    assert [line.split(": ")[1] for line in ran.stderr.splitlines()] == ["rewards.ten_off.cost", "tiers.step.2.from_pieces"]


def test_check_as_json(program, file):
    """Mistakes and warnings as lists; the exit status stays."""
    ran = program("check", file(SLIPS[0]), "--json")
    assert ran.exception.code == 1
    answer = json.loads(ran.stdout)
    assert (len(answer["mistakes"]), answer["warnings"]) == (1, [])


def test_what_is_no_toml_is_told_the_same_way(program, tmp_path):
    """A mistake of TOML itself, a file that is too large, one that is not there."""
    path = tmp_path / "x.toml"
    path.write_text('code = "cafe"\nversion = \n')
    ran = program("check", str(path))
    assert ran.exception.code == 1
    assert ran.stderr.startswith(f"{path}:2: ")
    path.write_text("#" * 5_000_000)
    assert "larger than" in program("check", str(path)).stderr
    assert "No such file" in str(program("check", str(tmp_path / "none.toml")).exception)


def test_warnings_are_told_and_refuse_nothing(program, file):
    """On standard output, with their lines; exit status 0."""
    path = file(('en = "Silver"', 'en = "Silver2"'), ('he = "כסף", ', ""))
    lines = answered(program("check", path)).splitlines()
    assert re.fullmatch(rf"warning: {re.escape(path)}:\d+: tiers.step.1.name: it has no name in Hebrew; he = \"...\"", lines[0])
    assert lines[1] == f"{path} is a program, with 1 warning"
    assert answered(program("check", str(PROGRAM_PATH))) == f"{PROGRAM_PATH} is a program\n"
    assert json.loads(answered(program("check", path, "--json")))["warnings"][0].endswith('he = "..."')


def test_diff_of_two_files(program, file):
    """In English, in Hebrew, and as values."""
    new = file(*DEARER)
    english = answered(program("diff", str(PROGRAM_PATH), new))
    assert english.splitlines()[:2] == ["Members lose:", '  Reward "₪10 off": cost: 120 instead of 100']
    assert "section 16A" in english
    assert "החברים מפסידים:" in answered(program("diff", str(PROGRAM_PATH), new, "--language", "he"))
    answer = json.loads(answered(program("diff", str(PROGRAM_PATH), new, "--json")))
    assert (answer["worsens"], answer["changes"][0]["effect"]) == (True, "worse")
    assert answered(program("diff", new, new)) == "Nothing differs for members.\n"


def test_diff_against_what_is_published(program, file):
    """Where something is; and never three files."""
    with pytest.raises(Rejected) as refused:
        answered(program("diff", file(*DEARER)))
    assert refused.value.code == "program_first"
    answered(program("publish", str(PROGRAM_PATH)))
    assert "cost: 120 instead of 100" in answered(program("diff", file(*DEARER)))
    assert "OLD NEW" in str(program("diff", "a", "b", "c").exception)


def test_publishing_what_is_worse(program, file):
    """Refused with the first day; taken with a reason, which is listed; and taken back as a new version."""
    answered(program("publish", str(PROGRAM_PATH)))
    path = file(*DEARER)
    with pytest.raises(Rejected, match="worse for members") as refused:
        answered(program("publish", path))
    day = re.search(r"--from (\S+)", refused.value.hint)[1]
    text = answered(program("publish", path, "--override", "agreed with counsel"))
    assert text.startswith("published: cafe, version 2\nIt is worse for members")
    back = json.loads(answered(program("rollback", "--json")))
    assert (back["version"], back["worsens"]) == (3, False)
    rows = json.loads(answered(program("list", "--json")))
    assert [(row["version"], [note["action"] for note in row["notes"]]) for row in rows] == [
        (3, ["rollback"]),
        (2, ["publish_without_notice"]),
        (1, []),
    ]
    assert "agreed with counsel" in answered(program("list"))
    later = file(DEARER[0], ("version = 1 ", "version = 4 "))
    assert answered(program("publish", later, "--from", day)).startswith("published: cafe, version 4\nMembers lose:")


def test_a_file_may_say_from_when_it_is_in_force(program, file):
    """`effective` is a day of this machine's; --from says otherwise."""
    answered(program("publish", str(PROGRAM_PATH)))
    path = file(DEARER[0], ("version = 1 ", 'effective = "2099-01-01"\nversion = 2 '))
    answered(program("publish", path))
    assert "from 2099-01-01 00:00" in answered(program("list"))


def test_nothing_is_published_yet(program):
    """And that is said."""
    assert answered(program("list")) == "No program yet: posd-central program publish\n"


def test_the_schema_is_printed(program):
    """Exactly what is kept for editors."""
    assert answered(program("schema")) == SCHEMA.read_text()
