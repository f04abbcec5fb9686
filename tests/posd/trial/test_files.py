"""The files of a trial: JSON or TOML, the mistakes of all of them at once, and no content that ends in a traceback."""

import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from posd import trial
from posd.trial import shape
from posd.trial.files import Asked, InvalidFiles, load
from runtime import toml_file
from runtime.errors import Misconfigured, Rejected
from tests.posd.trial.programs import PROGRAMS, built, cafe
from tests.posd.trial.sums import adds_up

CAFE = PROGRAMS / "cafe.toml"
BASKET = {"lines": [{"amount": "30.00"}]}


def written(folder: Path, name: str, values) -> Path:
    """A file in `folder`."""
    path = folder / name
    path.write_text(values if isinstance(values, str) else json.dumps(values, indent=1))
    return path


def told(*asked, **more) -> list[str]:
    """The lines of what is wrong."""
    with pytest.raises(InvalidFiles) as caught:
        load(Asked(*asked, **more), trial.Setting())
    return caught.value.lines


def test_files_are_json_or_toml(tmp_path):
    """The same basket, member and sequence in both, and a program as head office stores it."""
    program = written(tmp_path, "program.json", toml_file.read(CAFE).values)
    basket_toml = written(tmp_path, "b.toml", '[[lines]]\namount = "30.00"\n')
    member_toml = written(tmp_path, "m.toml", "joined = 2026-01-02\n[units]\npoints = 150\n")
    member_json = written(tmp_path, "m.json", {"joined": "2026-01-02", "units": {"points": 150}})
    steps_toml = written(tmp_path, "s.toml", '[[steps]]\nat = 2026-11-18T12:00:00\n[[steps.basket.lines]]\namount = "30.00"\n')
    steps_json = written(tmp_path, "s.json", [{"at": "2026-11-18T12:00", "basket": BASKET}])
    start = shape.moment("2026-11-18T12:00")
    answers = [
        load(Asked(one, basket, member, {"ten_off": 1} if not many else None, many), trial.Setting(start=start)).play()
        for one, basket, member, many in [
            (CAFE, basket_toml, member_json, False),
            (program, written(tmp_path, "b.json", BASKET), member_toml, False),
            (CAFE, steps_toml, member_toml, True),
            (program, steps_json, member_json, True),
            (program, written(tmp_path, "s2.json", {"steps": [{"basket": BASKET}]}), member_json, True),
        ]
    ]
    assert answers[0] == answers[1]
    assert answers[2] == answers[3] == answers[4]
    assert (answers[0][0]["off_minor"], answers[2][0]["off_minor"]) == (1000, 0)


def test_all_mistakes_of_all_files_are_told_at_once(tmp_path):
    """Each with its file, its line and its key."""
    basket = written(tmp_path, "b.json", '{"lines": [\n {"amount": 3},\n {"amount": "1", "tax": "x"}],\n "codess": []}')
    member = written(tmp_path, "m.toml", 'tier = "golden"\n\n[units]\npints = 1\n')
    assert told(CAFE, basket, member, {"ten_of": 1}) == [
        f"{basket}:1: --choose.ten_of: the program has no reward 'ten_of'; did you mean 'ten_off'?",
        f'{basket}:2: lines.0.amount: money is a text such as "12.50"; it says 3',
        f"{basket}:3: lines.1.tax: a share is a percentage: 15, or \"12.5\"; it says 'x'",
        f"{basket}:4: codess: there is no such key; did you mean 'codes'?",
        f"{member}:1: tier: the program has no tier 'golden'; did you mean 'gold'?",
        f"{member}:4: units.pints: the program has no unit 'pints'; did you mean 'points'?",
    ]
    fine = written(tmp_path, "fine.json", BASKET)
    assert told(CAFE, fine, None, {"ten_of": 1}) == [
        f"{fine}:1: --choose.ten_of: the program has no reward 'ten_of'; did you mean 'ten_off'?"
    ]


def test_a_program_that_cannot_be_meant_is_told_with_the_rest(tmp_path):
    """What needs no program is looked at all the same."""
    program = written(tmp_path, "p.toml", 'code = "x"\nversion = "1"\n')
    basket = written(tmp_path, "b.json", {"lines": 1})
    member = written(tmp_path, "m.json", {"visits": -1})
    lines = told(program, basket, member)
    assert [line.split(": ")[1] for line in lines] == ["name", "version", "lines", "visits"]
    broken = written(tmp_path, "s.json", '[{"basket": {}},\n')
    assert told(written(tmp_path, "p.json", {"code": 1}), broken, sequence=True)[-1].startswith(f"{broken}:2: Expecting value")


def test_what_is_on_its_way_to_a_screen_steers_no_screen(tmp_path):
    """Control characters and halves of surrogates in a key are shown as escapes."""
    basket = written(tmp_path, "b.json", '{"lines": [{"amount": "1", "\\u001b[2J\\ud800\\u202e": 1}]}')
    (line,) = told(CAFE, basket)
    assert "\\x1b[2J\\ud800\\u202e" in line
    line.encode()


def test_a_hundred_mistakes_are_shown(tmp_path):
    """Of any number."""
    basket = written(tmp_path, "b.json", {"lines": [{"amount": 1}] * 300})
    with pytest.raises(InvalidFiles) as caught:
        load(Asked(CAFE, basket), trial.Setting())
    assert (caught.value.message.count("\n"), caught.value.message[:13]) == (101, "300 mistakes:")


def test_a_file_that_is_not_there_is_told(tmp_path):
    """By its path."""
    for asked in (Asked(tmp_path / "p.toml", tmp_path), Asked(CAFE, tmp_path / "b.json"), Asked(CAFE, tmp_path / "b.toml")):
        with pytest.raises(Misconfigured) as caught:
            load(asked, trial.Setting())
        assert caught.value.code == "file_unreadable"


keys = st.sampled_from(
    [
        "lines",
        "amount",
        "quantity",
        "id",
        "steps",
        "basket",
        "return",
        "of",
        "at",
        "units",
        "points",
        "choose",
        "join",
        "void",
        "x",
    ]
)
words = st.sampled_from(["1", "1.00", "all", "max", "2026-11-21", "ten_off", "with_tax", "", "\ud800", "\0", "9" * 12])
arbitrary = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | words | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys | st.text(max_size=3), inner, max_size=4),
    max_leaves=20,
)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(arbitrary, arbitrary)
def test_no_values_end_in_a_traceback(steps, member):
    """They are played, or their mistakes are told."""
    played, wrong, wrong_member = trial.prepared(cafe(), steps, member, trial.Setting())
    if played is None:
        assert wrong or wrong_member
    else:
        played.play()


amounts = st.integers(0, 10**8).map(lambda minor: f"{minor // 100}.{minor % 100:02}")
line = st.fixed_dictionaries(
    {"amount": amounts},
    optional={
        "quantity": st.integers(1, 200) | st.just("0.750"), "tax": st.sampled_from([0, 17, "8.5"]),
        "prices": st.sampled_from(["with_tax", "without_tax"]), "discountable": st.booleans(), "reduced": st.booleans(),
    },
)  # fmt: skip
basket = st.fixed_dictionaries({"lines": st.lists(line, min_size=1, max_size=4)})
sale = st.fixed_dictionaries({"basket": basket}, optional={"choose": st.just({"ten_off": "max"})})
step = (
    sale
    | st.fixed_dictionaries({"advance_days": st.integers(0, 400)})
    | st.fixed_dictionaries({"return": st.fixed_dictionaries({"of": st.just(1)})})
    | st.fixed_dictionaries({"exchange": st.fixed_dictionaries({"of": st.just(1), "basket": basket})})
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(sale, st.lists(step, max_size=5), st.integers(0, 500), st.sampled_from(["within_balance", "pending_only", "allowed"]))
def test_any_sequence_is_played_and_every_row_adds_up(first, others, have, negative):
    """Whatever is bought and comes back; nothing is left of a sale that came back whole."""
    program = built(
        units={"points": {"name": {"en": "points"}, "pending_days": 3, "expire_days": 90}},
        policies={"negative_balance": negative},
    )
    for answer in trial.play(program, [first, *others], {"units": {"points": have}}):
        adds_up(answer)
        row = answer["units"]["points"]
        assert row["spendable"] <= row["after"] or row["after"] < 0


def test_lines_of_the_command_line_are_a_basket_too():
    """Without a file."""
    answer = load(Asked(CAFE, {"lines": [{"amount_minor": 1800}]}), trial.Setting()).play()[0]
    assert answer["to_pay_minor"] == 1800
    with pytest.raises(InvalidFiles) as caught:
        load(Asked(CAFE, {"lines": [{}]}), trial.Setting())
    assert caught.value.lines[0].startswith("--line:1: lines.0: ")


def test_it_is_all_rejected_by_play():
    """Which has no files to name."""
    with pytest.raises(Rejected):
        trial.play(cafe(), [{}, {"basket": []}])
