"""The JSON Schema of program files: true of every program that is read, and against what is none."""

import copy
import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft7Validator

from loyalty.accruals import ACCRUALS
from loyalty.conditions import CONDITIONS
from loyalty.rewards import REWARDS
from sync import program_file, program_schema

CONFIG = Path(__file__).resolve().parents[2] / "config"
PROGRAMS = sorted((CONFIG / "programs").glob("*.toml"))
SCHEMA = program_schema.schema()
VALIDATOR = Draft7Validator(SCHEMA)
DIRECTIVE = "#:schema ../schema/program.schema.json"
"""What taplo and Even Better TOML look for in the first lines, relative to the file."""


def values() -> dict[str, Any]:
    """The cafe as a file says it."""
    return tomllib.loads((CONFIG / "programs" / "cafe.toml").read_text())


def put(path: str, value: object) -> dict[str, Any]:
    """The cafe with one key changed; it is added where it is not there."""
    found = copy.deepcopy(values())
    *tables, last = path.split(".")
    inside: Any = found
    for name in tables:
        inside = inside[int(name)] if name.isdigit() else inside.setdefault(name, {})
    inside[last] = value
    return found


def test_the_kept_schema_is_that_of_the_models():
    """`posd-central program schema > config/schema/program.schema.json` writes it anew."""
    assert (CONFIG / "schema" / "program.schema.json").read_text() == program_schema.text()
    Draft7Validator.check_schema(SCHEMA)


@pytest.mark.parametrize("path", PROGRAMS, ids=lambda path: path.stem)
def test_every_program_of_ours_is_true_of_it(path):
    """And tells an editor where it is."""
    text = path.read_text()
    assert text.splitlines()[0] == DIRECTIVE
    assert (path.parent / DIRECTIVE.split()[1]).resolve() == (CONFIG / "schema" / "program.schema.json").resolve()
    assert list(VALIDATOR.iter_errors(tomllib.loads(text))) == []


BROKEN = [
    ("version", "1"), ("code", "Cafe"), ("currency", "GBP"), ("nmae", {"he": "x"}), ("name.fr", "x"),
    ("name.he", ""), ("units.Points", {"name": {"he": "x"}}), ("units.points.worth", 0.1), ("units.points.worth", "1,00"),
    ("units.points.expire_at", "month"), ("accruals.points.type", "per_monney"), ("accruals.points.every", 1.0),
    ("accruals.points.price", "1.00"), ("accruals.points.when", {"weekday": ["sun"]}),
    ("accruals.points.when", {"weekdays": ["sunday"]}), ("rewards.ten_off.cost", "100"), ("rewards.ten_off.amount", 10),
    ("rewards.ten_off.limits", {"per_week": 1}), ("rewards.ten_off.lines", {"product": "x"}), ("tiers.steps", []),
    ("policies.earn_on", "all"), ("tiers.step.0.from_pieces", "0"),
]  # fmt: skip


@pytest.mark.parametrize(("path", "value"), BROKEN, ids=str)
def test_what_is_no_program_is_not(path, value):
    """As the reader says too."""
    broken = put(path, value)
    assert not VALIDATOR.is_valid(broken)
    assert program_file.parse(broken)[1]


@pytest.mark.parametrize("key", ["code", "version", "name"])
def test_what_must_be_there(key):
    """Code, version and name."""
    found = values()
    del found[key]
    assert not VALIDATOR.is_valid(found)


RIGHT = [
    ("rewards.ten_off.when", {"tiers": "gold", "dates": {"first": "2026-01-01"}}),
    ("rewards.ten_off.when", {"dates": [{"last": "2026-01-01"}]}),
    ("rewards.half", {"type": "percent_off", "name": {"he": "x"}, "unit": "points", "cost": 5, "percent": 50}),
    ("rewards.half", {"type": "percent_off", "name": {"he": "x"}, "unit": "points", "cost": 5, "percent": "12.5"}),
    ("promotions.three", {"type": "bundle", "name": {"he": "x"}, "price": "20.00",
    "slot": [{"goods": {"tags": "a"}, "quantity": 2}]}),
    ("pools.luck", {"name": {"he": "x"}, "chance": "0.5", "prizes_max": 9, "prize": [{"unit": "points", "give": 5}]}),
]  # fmt: skip


@pytest.mark.parametrize(("path", "value"), RIGHT, ids=str)
def test_every_way_of_writing_it_is_a_program(path, value):
    """One alone for a list, a percentage as a number or a text, tables called by the singular."""
    right = put(path, value)
    assert list(VALIDATOR.iter_errors(right)) == []
    assert program_file.parse(right)[1] == []


def test_every_type_and_condition_is_told_about():
    """Each has its table, with what its docstring says."""
    for section, table in program_file.TYPED.items():
        (tables,) = SCHEMA["properties"][section]["patternProperties"].values()
        refs = tables["oneOf"]
        kinds = {SCHEMA["$defs"][ref["$ref"].rpartition("/")[2]]["properties"]["type"]["const"] for ref in refs}
        assert kinds == set(table[1])
        assert all(SCHEMA["$defs"][f"{section}_{kind}"]["description"] for kind in kinds)
    assert set(SCHEMA["$defs"]["When"]["properties"]) == set(CONDITIONS)
    assert set(ACCRUALS) | set(REWARDS) == {
        one.partition("_")[2] for one in SCHEMA["$defs"] if one.startswith(("accruals_", "rewards_"))
    }


def defaults(part: Any) -> list[Any]:
    """Every default in the schema, with the type that it is of."""
    if isinstance(part, list):
        return [found for one in part for found in defaults(one)]
    if not isinstance(part, dict):
        return []
    mine = [(part.get("type"), part["default"])] if "default" in part and "type" in part else []
    return mine + [found for one in part.values() for found in defaults(one)]


def test_defaults_are_as_a_clerk_writes_them():
    """No money in minor units, no table of the domain."""
    kinds = {"boolean": bool, "integer": int, "string": str}
    found = defaults(SCHEMA)
    assert len(found) > 20
    assert all(type(value) is kinds[kind] for kind, value in found)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
PLACES = (
    "version", "name", "units", "units.points", "units.points.worth", "accruals", "accruals.points", "accruals.points.type",
    "accruals.points.when", "accruals.points.when.basket", "accruals.points.unless", "rewards.ten_off.limits", "tiers",
    "tiers.step",
    "tiers.step.0.name", "policies", "promotions", "challenges", "challenges.c", "plans", "awards.a", "pools.p", "causes",
    "partners",
    "plain_prefixes", "effective", "ends",
)  # fmt: skip


@given(json_values)
def test_a_random_value_is_no_program_and_never_raises(value):
    """It has mistakes instead."""
    program, mistakes = program_file.parse(value)
    assert program is None
    assert mistakes


@given(st.sampled_from(PLACES), json_values)
def test_a_random_value_anywhere_in_a_program_never_raises(path, value):
    """What the schema refuses, the reader refuses too."""
    changed = put(path, value)
    program, mistakes = program_file.parse(changed)
    assert program is not None or mistakes
    if not VALIDATOR.is_valid(changed):
        assert mistakes
