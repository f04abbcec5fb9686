"""docs/sync.md and docs/offline.md: each promise names what holds it, and every test that is named is there."""

import re
from itertools import takewhile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FILES = sorted((ROOT / "tests").rglob("test_*.py"))
TESTS = {name for path in FILES for name in re.findall(r"def (test_\w+)", path.read_text(encoding="utf-8"))}
TARGETS = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
HELD_BY = re.compile(r"\*(?:Held by|Tests?:)\*|\| Held by \|")  # or a table's last column


def promises(page: str) -> dict[str, str]:
    """What stands in bold at the beginning of a paragraph or an item, and all up to the next such or to a heading."""
    lines = (ROOT / "docs" / page).read_text(encoding="utf-8").splitlines()
    begins = [number for number, line in enumerate(lines) if re.match(r"(?:- )?\*\*", line)]
    found = {}
    for begin in begins:
        rest = takewhile(lambda line: not re.match(r"(?:- )?\*\*|#", line), lines[begin + 1 :])
        text = " ".join(" ".join([lines[begin], *rest]).split())
        found[text.split("**")[1]] = text
    return found


ALL = [(page, promise) for page in ("sync.md", "offline.md") for promise in promises(page)]


def missing(name: str) -> bool:
    """Whether what a promise names as its holder is not there."""
    if name.startswith("make "):
        return name.split()[1] not in TARGETS
    if name.endswith(".py"):
        found = [path for path in FILES if path.as_posix().endswith(f"/{name}")]
        return len(found) != 1  # a name that two files have says nothing
    return name.split("[", maxsplit=1)[0] not in TESTS


@pytest.mark.parametrize(("page", "promise"), ALL)
def test_each_promise_is_held_by_tests_that_there_are(page: str, promise: str) -> None:
    """Files, functions and targets of make, by the names that stand behind "Held by"."""
    _, *held_by = HELD_BY.split(promises(page)[promise])
    named = re.findall(r"`((?:tests/|test_|make )[^`]+)`", " ".join(held_by))
    assert named
    assert [name for name in named if missing(name)] == []


def test_both_pages_have_promises() -> None:
    """And the way to find them finds them."""
    assert min(len(promises(page)) for page in ("sync.md", "offline.md")) > 5
    assert missing("tests/no/such.py")
    assert missing("test_nothing_of_the_kind[x]")
    assert missing("make wishes")
