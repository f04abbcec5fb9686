"""The cases of other systems come out here as they do there, and the comparison would notice if they did not."""

import copy
from pathlib import Path

import pytest

from tests.conformance.__main__ import LEAST, main
from tests.conformance.cases import NOT_OURS, judge, read

CASES = Path(__file__).resolve().parents[1].parent / "shared" / "conformance" / "cases.json"
COUSINS = Path(__file__).parent / "conformance" / "cousins.json"  # of the same kind, from the same systems' public tests
absent = pytest.mark.skipif(not CASES.exists(), reason="the cases are not beside this checkout (../shared/conformance)")
cases = read(CASES) if CASES.exists() else []
named = [pytest.param(case, id=case["id"]) for case in (*read(COUSINS), *cases)]

SIMPLE = {
    "id": "simple",
    "source": {"repo": "somebody/something"},
    "program": [{"type": "order_fixed", "amount": "10"}],
    "basket": {"lines": [{"sku": "A", "qty": 1, "unit_price": "100"}]},
    "expected": {"total": "90.00"},
}


@pytest.mark.parametrize("case", named)
def test_a_case_comes_out_as_its_system_says(case):
    """Or is one that is decided otherwise here, with the reason beside it."""
    verdict = judge(case)
    assert verdict.id in NOT_OURS or not verdict.wrong


@pytest.mark.parametrize("case", named)
def test_each_expectation_is_really_compared(case):
    """Another value for any one of its keys is noticed, and for no other key."""
    for key, value in case["expected"].items():
        if key == "tolerance":  # it says how near is near enough
            continue
        other = copy.deepcopy(case)
        other["expected"][key] = another(value)
        wrong = judge(other).wrong
        assert len(wrong) == 1, (key, wrong)
        assert wrong[0].startswith(f"{key} is ")


def another(value):
    """Something else of the same kind."""
    if isinstance(value, dict):
        return {key: another(one) for key, one in value.items()} or {"other": 1}
    if isinstance(value, list):
        return [another(one) for one in value]
    if isinstance(value, int):
        return value + 1
    if value.replace(".", "").replace("-", "").isdigit() and len(value) != len("2026-01-01"):
        return str(int(value) + 1) if "." not in value else f"{float(value) + 1:.2f}"
    return "2021-09-30" if value[:2] == "20" else f"other {value}"


@pytest.mark.parametrize(
    ("part", "key", "value"),
    [
        ("program", "colour", "blue"),
        ("program", "trigger", "moonlight"),
        ("basket", "weather", "rain"),
        ("expected", "mood", "good"),
    ],
)
def test_what_nobody_has_words_for_does_not_pass(part, key, value):
    """A key of the program, the basket or the expectation that the translation does not know fails the case, and is named."""
    case = copy.deepcopy(SIMPLE)
    (case[part][0] if part == "program" else case[part])[key] = value
    assert judge(SIMPLE).wrong == []
    assert key in judge(case).wrong[0]


def test_a_line_that_says_more_than_we_read_does_not_pass():
    """Deep in the basket too."""
    case = copy.deepcopy(SIMPLE)
    case["basket"]["lines"][0]["gift_wrap"] = True
    assert "gift_wrap" in judge(case).wrong[0]


@absent
def test_there_are_enough_cases():
    """As many as must pass, at least."""
    assert len(cases) >= LEAST


@absent
def test_the_command_says_how_many_pass(capsys):
    """And ends well only where enough of them do."""
    assert main([str(CASES)]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == f"passed {len(cases) - len(NOT_OURS)} of {len(cases)}"


def test_the_command_fails_with_its_cases(tmp_path, capsys):
    """A case that comes out otherwise is named with what was found, and the status says so."""
    import json

    path = tmp_path / "cases.json"
    path.write_text(json.dumps([SIMPLE, {**SIMPLE, "id": "wrong", "expected": {"total": "89.99"}}]), encoding="utf-8")
    assert main([str(path)]) == 1
    assert capsys.readouterr().out == "wrong: total is 9000, and 8999 is expected\npassed 1 of 2\n"
