"""Program files that a stranger wrote: refused or bounded, with file:line and a sentence, and never a crash."""

import re
from pathlib import Path

import pytest

from loyalty import bounds
from runtime.toml_file import DOTS_MAX, MISTAKES_SHOWN_MAX, InvalidFile
from sync import program_file

CAFE = (Path(__file__).parents[2] / "config" / "programs" / "cafe.toml").read_text()


def told(folder: Path, text: str) -> list[str]:
    """What is told, without the folder; each begins with its line."""
    path = folder / "program.toml"
    path.write_text(text)
    with pytest.raises(InvalidFile) as refused:
        program_file.load(path)
    lines = [line.removeprefix(f"{path}:") for line in refused.value.lines]
    assert all(re.match(r"\d+: | and \d+ more", line) for line in lines)
    assert all(line.isprintable() for line in lines)
    return lines


def many(section: str, rule: str, rules: int) -> str:
    """The cafe with so many rules more."""
    return CAFE.replace("[policies]", "\n".join(f"[{section}.r{n}]\n{rule}" for n in range(rules)) + "\n[policies]")


REWARD = 'type = "amount_off"\nname = { he = "א" }\nunit = "points"\ncost = 1\namount = "1.00"'


def test_ten_thousand_rules_are_refused_in_one_sentence(tmp_path: Path) -> None:
    """Not one sentence for each; as many as the bound allows are read."""
    (line,) = told(tmp_path, many("rewards", REWARD, 10_000))
    assert "10003 rules in all; at most 2000" in line
    path = tmp_path / "most.toml"
    path.write_text(many("rewards", REWARD, bounds.RULES_MAX - 3))
    assert len(program_file.load(path)[0].rewards) == bounds.RULES_MAX - 2


def test_ten_thousand_mistakes_are_counted_and_not_all_shown(tmp_path: Path) -> None:
    """The first ones, in the order of the file."""
    lines = told(tmp_path, many("rewards", 'type = "amount_of"', 10_000))
    assert len(lines) == MISTAKES_SHOWN_MAX + 1
    assert lines[-1] == f" and {10_000 - MISTAKES_SHOWN_MAX} more; mend these first"


def test_five_megabytes_are_not_read(tmp_path: Path) -> None:
    """A person does not write so much."""
    (line,) = told(tmp_path, CAFE + "#" * 5_000_000)
    assert "larger than" in line


@pytest.mark.parametrize(
    "letter", ["\u202e", "\u202d", "\u2066", "\u2069", "\u061c", "\u200f", "\u200b", "\u2028", "\ufeff", "\x1b", "\t"]
)
@pytest.mark.parametrize(
    ("before", "after", "key"),
    [
        ('en = "Bronze"', 'en = "Bro{}nze"', "tiers.step.0.name.en"),
        ('code = "bronze"', 'code = "bro{}nze"', "tiers.step.0.code"),
        ('plain_prefixes = ["290"]', 'plain_prefixes = ["29{}0"]', "plain_prefixes.0"),
        ("cost = 100", 'cost = 100\nlines = {{ products = ["cof{}fee"] }}', "rewards.ten_off.lines.products.0"),
        ("cost = 100", 'cost = 100\nwhen = {{ segments = ["a{}b"] }}', "rewards.ten_off.when.segments.0"),
        ("tenders_without_accrual = []", 'tenders_without_accrual = ["gift{}"]', "policies.tenders_without_accrual.0"),
    ],
)  # fmt: skip
def test_letters_that_turn_a_line_around_or_hide_are_refused_everywhere(
    tmp_path: Path, letter: str, before: str, after: str, key: str
) -> None:
    """In every text of a program; the message shows them by their number and is itself not turned around."""
    assert before in CAFE
    escaped = f"\\u{ord(letter):04x}"
    (line,) = told(tmp_path, CAFE.replace(before, after.format(escaped), 1))
    number, found, _ = line.split(": ", 2)
    assert found == key
    assert f"U+{ord(letter):04X}" in line
    assert CAFE.splitlines()[int(number) - 1].startswith(before.partition(" = ")[0]) or int(number) > 1


def test_a_key_that_turns_a_line_around_is_shown_by_its_numbers(tmp_path: Path) -> None:
    """And a long one is cut."""
    (line,) = told(tmp_path, CAFE + '\n["x\u202ey"]\na = 1\n')
    assert "x\\u202ey: there is no such key" in line
    (line,) = told(tmp_path, CAFE + f'\n["{"y" * 100_000}"]\na = 1\n')
    assert len(line) < 700


@pytest.mark.parametrize(
    "text",
    [
        "a." * 300_000 + "a = 1",
        "[" + "a." * 300_000 + "a]",
        "x = { " + "b." * 200 + "c = 1 }",
        '"a" . "b" . ' * 100 + "c = 1",
        "x = " + "[" * 100_000 + "]" * 100_000,
        "x = " + "{ a = " * 2000 + "1" + " }" * 2000,
    ],
    ids=["dots", "header", "inline", "quoted", "lists", "tables"],
)
def test_tables_in_tables_without_end_are_refused_at_once(tmp_path: Path, text: str) -> None:
    """Before anything walks down into them."""
    (line,) = told(tmp_path, "# a comment\n" + text)
    assert line.startswith("2: ")
    assert "deeper" in line or "goes so deep" in line


def test_what_only_looks_deep_is_read(tmp_path: Path) -> None:
    """As many dots as the bound allows, sentences with full stops, and a very long word."""
    path = tmp_path / "program.toml"
    path.write_text(CAFE + "# " + "A sentence ends. " * 500 + "\n# " + "x" * 500_000 + "\n")
    program_file.load(path)
    assert "there is no such key" in told(tmp_path, CAFE + "\n[" + "a." * (DOTS_MAX - 1) + "a]\n")[0]


@pytest.mark.parametrize("number", ["0x" + "f" * 5000, "9" * 4000, "1e400", "nan", "-inf", "1.0", "true", '"1"', "1979-05-27"])
def test_numbers_that_are_none_are_told(tmp_path: Path, number: str) -> None:
    """However many digits they have."""
    lines = told(tmp_path, CAFE.replace("version = 1 ", f"version = {number} "))
    assert lines[0].startswith("5: version: it says ")


@pytest.mark.parametrize("money", ["1.0", "10", '"1.005"', '"-1.00"', '"1,00"', '"١.٠٠"', '"1e3"', '"999999999.00"'])
def test_money_is_never_a_float(tmp_path: Path, money: str) -> None:
    """Nor less than nothing, nor in another alphabet's digits."""
    (line,) = told(tmp_path, CAFE.replace('amount = "10.00"', f"amount = {money}"))
    assert "rewards.ten_off.amount: money is a text" in line


def test_an_empty_exception_is_told(tmp_path: Path) -> None:
    """It was meant to say something; an empty `when` is just none."""
    (line,) = told(tmp_path, CAFE.replace("cost = 100", "cost = 100\nunless = {}"))
    assert "rewards.ten_off.unless: it is empty" in line
    path = tmp_path / "program.toml"
    path.write_text(CAFE.replace("cost = 100", "cost = 100\nwhen = {}"))
    program_file.load(path)
