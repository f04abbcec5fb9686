"""The codes that docs/offline.md says a cashier reads are said by the source; its promises are in test_promises.py."""

import re
from pathlib import Path

from runtime.words import LANGUAGES, knows

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "offline.md").read_text(encoding="utf-8")


def test_every_code_has_a_sentence() -> None:
    """What the table of steps says, a cashier can read."""
    rows = [line.split("|")[3] for line in PAGE.splitlines() if re.match(r"\| P\d ", line)]
    codes = [code for row in rows for code in re.findall(r"`(\w+)`", row)]
    assert len(codes) == 6
    assert all(knows(language, f"refusal.{code}") for code in codes for language in LANGUAGES)
