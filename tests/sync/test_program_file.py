"""A program as a clerk writes it: every mistake at once with its line, and the published JSON read back the same."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.errors import Misconfigured
from runtime.toml_file import InvalidFile
from sync import program_file

CAFE = Path(__file__).parents[2] / "config" / "programs" / "cafe.toml"


def mistakes(folder: Path, text: str) -> list[str]:
    """What is told, without the folder."""
    path = folder / "program.toml"
    path.write_text(text)
    with pytest.raises(InvalidFile) as told:
        program_file.load(path)
    return [line.removeprefix(f"{path}:") for line in told.value.lines]


def test_the_cafes_program_is_in_order_and_travels() -> None:
    """What head office publishes as JSON is the program of the file, with the same hash."""
    program, values = program_file.load(CAFE)
    assert program_file.from_json(json.loads(json.dumps(values))) == program
    assert program.hash == program_file.hash_of(values)
    assert (program.rewards["ten_off"].cost, program.rewards["ten_off"].settings.amount) == (100, 1000)
    assert program.accruals["points"].settings.every == 100


def test_the_order_of_the_file_is_part_of_what_it_says() -> None:
    """It decides between equal priorities: two orders are two programs."""
    _, values = program_file.load(CAFE)
    turned = dict(reversed(values.items()))
    assert turned == values
    assert program_file.hash_of(turned) != program_file.hash_of(values)


def test_every_mistake_of_shape_is_told_at_once(tmp_path: Path) -> None:
    """Unknown type, money as a number, a missing key, a wrong name, an unknown key: each on its line."""
    text = """code = "Cafe"
version = "1"
name = { he = "x" }
[units.points]
name = { he = "x", fr = "y" }
worth = 0.1
[accruals.points]
type = "per_mony"
unit = "points"
[rewards.ten_off]
type = "amount_off"
name = { he = "x" }
unit = "points"
cost = "100"
amount = "10.00"
amuont = "5"
[tiers]
unit = "points"
[[tiers.step]]
code = "a"
name = { he = "x" }
[[tiers.step]]
code = "b"
from_pieces = 5.5
name = { he = "x" }
"""
    told = mistakes(tmp_path, text)
    places = [line.split(": ")[:2] for line in told]
    for expected in (
        ["1", "code"], ["2", "version"], ["6", "units.points.worth"], ["8", "accruals.points.type"], ["14", "rewards.ten_off.cost"],
        ["16", "rewards.ten_off.amuont"], ["24", "tiers.step.1.from_pieces"],
    ):  # fmt: skip
        assert expected in places, told
    assert any(place[1].startswith("units.points.name") for place in places)
    assert any("per_money" in line for line in told)
    assert any("did you mean 'amount'?" in line for line in told)
    assert [int(place[0]) for place in places] == sorted(int(place[0]) for place in places)


def test_every_mistake_of_meaning_is_told_at_once(tmp_path: Path) -> None:
    """When the shapes are right: a unit that is none, a reward for nothing, steps that do not rise."""
    cafe = CAFE.read_text().replace('unit = "points"', 'unit = "pionts"').replace("cost = 100", "cost = 0")
    told = mistakes(tmp_path, cafe.replace("from_pieces = 2000", "from_pieces = 400").replace('"290"', '"29O"'))
    assert len(told) == 5
    for key in (
        "accruals.points.unit",
        "rewards.ten_off.unit",
        "rewards.ten_off.cost",
        "tiers.step.2.from_pieces",
        "plain_prefixes.0",
    ):
        assert any(f": {key}: " in line for line in told), told


@pytest.mark.parametrize(
    "money",
    ["12.5.0", "-1.00", "1,000.00", "12.345", "", " 12.50", "1e3", "\u0661\u0662.00", "999999999.00", 12, 12.5, True, None],
)
def test_money_is_a_text_of_digits(money: Any) -> None:
    """Anything else is a mistake; a number is one too, for it may have lost an agora already."""
    _, values = program_file.load(CAFE)
    values["rewards"]["ten_off"]["amount"] = money
    program, found = program_file.parse(values)
    assert program is None
    assert [mistake.key for mistake in found] == ["rewards.ten_off.amount"]


@pytest.mark.parametrize("number", [10**30, -(10**30), 1.0, True, "1", None])
@pytest.mark.parametrize("key", ["version", "cost", "from_pieces"])
def test_counts_are_whole_and_within_bounds(number: Any, key: str) -> None:
    """Beyond what a database holds, with a point, a boolean, a text: none is a count."""
    _, values = program_file.load(CAFE)
    place = {"version": values, "cost": values["rewards"]["ten_off"], "from_pieces": values["tiers"]["step"][1]}[key]
    place[key] = number
    program, found = program_file.parse(values)
    assert found
    assert program is None
    assert all(mistake.key.endswith(key) for mistake in found)


def test_a_program_of_tomorrow_is_told_as_that() -> None:
    """A terminal that cannot read it says which key, and what it may need."""
    _, values = program_file.load(CAFE)
    with pytest.raises(Misconfigured, match=r"rewards\.ten_off\.type") as told:
        program_file.from_json({**values, "rewards": {"ten_off": {"type": "of_tomorrow"}}})
    assert told.value.code == "program_unreadable"
    assert "newer posd" in told.value.hint


parts = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(st.sampled_from(["type", "unit", "name", "he", "step", "points", "cost"]), inner, max_size=3)
    ),
    max_leaves=8,
)
SECTIONS = ("code", "version", "name", "units", "accruals", "rewards", "tiers", "policies", "plain_prefixes")


@given(st.dictionaries(st.sampled_from(SECTIONS), parts, max_size=3))
def test_whatever_stands_in_a_section_is_read_or_told(drawn: dict[str, Any]) -> None:
    """No value of TOML or JSON makes the reader fail."""
    _, values = program_file.load(CAFE)
    program, found = program_file.parse({**values, **drawn})
    assert (program is None) <= bool(found)
