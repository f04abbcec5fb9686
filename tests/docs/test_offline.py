"""docs/offline.md names tests that there are, and the codes that a cashier reads are said by the source."""

import re
from pathlib import Path

from runtime.words import LANGUAGES, knows

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "offline.md").read_text(encoding="utf-8")


def test_every_test_that_holds_a_promise_is_there() -> None:
    """By its name, and by its file."""
    known = {name for path in (ROOT / "tests").rglob("test_*.py") for name in re.findall(r"def (test_\w+)", path.read_text())}
    named = set(re.findall(r"`(test_\w+)[\[`]", PAGE))
    assert len(named) > 10
    assert named - known == set()
    assert [path for path in re.findall(r"`(tests/[\w/]+\.py)`", PAGE) if not (ROOT / path).exists()] == []


def test_every_code_has_a_sentence() -> None:
    """What the table of steps says, a cashier can read."""
    rows = [line.split("|")[3] for line in PAGE.splitlines() if re.match(r"\| P\d ", line)]
    codes = [code for row in rows for code in re.findall(r"`(\w+)`", row)]
    assert len(codes) == 6
    assert all(knows(language, f"refusal.{code}") for code in codes for language in LANGUAGES)
