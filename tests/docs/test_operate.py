"""docs/operate.md names every event that posd writes to the journal."""

import ast
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ON_A_TERMINAL = ("runtime", "drivers", "sync", "posd")
LEVELS = {"info", "warning", "error", "exception", "critical"}


def events_in(source: str) -> set[str]:
    """The first argument of each log call above debug."""
    calls = (node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call))
    named = ((call, call.func) for call in calls if isinstance(call.func, ast.Attribute))
    logs = (call for call, func in named if func.attr in LEVELS and isinstance(func.value, ast.Name) and func.value.id == "log")
    return {str(ast.literal_eval(call.args[0])) for call in logs}


def told() -> set[str]:
    """The first cell of the journal's table; an event that ends in "..." stands for what begins so."""
    text = (ROOT / "docs" / "operate.md").read_text().split("## The journal")[1].split("\n## ")[0]
    cells = (line.split("|")[1] for line in text.splitlines() if line.startswith("| `"))
    return {event for cell in cells for event in re.findall(r"`([^`]+)`", cell)}


def test_every_event_is_told():
    """And none that is no longer written."""
    written = {
        event for folder in ON_A_TERMINAL for path in (ROOT / folder).rglob("*.py") for event in events_in(path.read_text())
    }
    short = {event.removesuffix(" ..."): event for event in told()}
    unmatched = {event for event in written if not any(event == word or event.startswith(f"{word} ") for word in short)}
    assert unmatched == set()
    assert {word for word in short if not any(event.startswith(word) for event in written)} == set()


def test_events_are_found():
    """In any level that the journal shows."""
    assert events_in('log.warning("paper", a=1)\nlog.debug("no")\nmath.log("no")\nlog.exception("broke")') == {"paper", "broke"}
