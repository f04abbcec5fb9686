"""docs/programs.md names every policy with its default, every type, every condition and every example, and none that is gone."""

import dataclasses
import re
from pathlib import Path
from typing import Any, Literal, get_args, get_origin, get_type_hints

from loyalty.accruals import ACCRUALS
from loyalty.conditions import CONDITIONS
from loyalty.program import Award, Challenge, Plan, Policies, Pool, Tiers, Unit
from loyalty.rewards import REWARDS

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "programs.md").read_text(encoding="utf-8")


def section(title: str) -> str:
    """A section of the page, by the beginning of its heading."""
    return PAGE.partition(f"## {title}")[2].partition("\n## ")[0]


def rows(title: str) -> list[list[str]]:
    """The cells of the table in a section, its heading left out."""
    lines = [line for line in section(title).splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[1:]]


def codes(text: str) -> list[str]:
    """What stands in backticks."""
    return re.findall(r"`([^`]+)`", text)


def values(hint: Any) -> set[str]:
    """What a policy may say, as a file says it; empty where it is a list."""
    if get_origin(hint) is Literal:
        return set(get_args(hint))
    return {"true", "false"} if hint is bool else set()


def test_every_policy_stands_with_its_default_first_and_all_its_values() -> None:
    """None is missing, none is stale."""
    hints = get_type_hints(Policies)
    fields = {one.name: one for one in dataclasses.fields(Policies)}
    table = {codes(row[0])[0]: codes(row[1]) for row in rows("Policies")}
    assert list(table) == list(fields)
    for name, told in table.items():
        assert set(told) == values(hints[name]), name
        if told:
            assert told[0] == str(fields[name].default).lower() if hints[name] is bool else told[0] == fields[name].default, (
                name
            )


def test_every_type_and_condition_stands_on_the_page() -> None:
    """The tables of the page are the tables of the code."""
    assert [codes(row[0])[0] for row in rows("Ways of earning")] == list(ACCRUALS)
    assert [codes(row[0])[0] for row in rows("What rewards and promotions give")] == list(REWARDS)
    assert sorted(code for row in rows("Conditions") for code in codes(row[0])) == sorted(CONDITIONS)


def test_every_setting_stands_on_the_page() -> None:
    """Of units, tiers, plans, challenges, awards, pools, and of every type."""
    told = set(codes(PAGE))
    shapes = [Unit, Tiers, Plan, Challenge, Award, Pool, *(row.settings for row in (*ACCRUALS.values(), *REWARDS.values()))]
    inside = {"name", "type", "settings", "lines", "when", "unless", "steps", "prizes", "slots"}
    missing = {one.name for shape in shapes for one in dataclasses.fields(shape)} - told - inside
    assert missing == set()


def test_every_example_stands_on_the_page() -> None:
    """Each model has its file, and each file its model."""
    named = {code for code in codes(section("Models")) if code.endswith(".toml")}
    assert named == {path.name for path in (ROOT / "config" / "programs").glob("*.toml")}
