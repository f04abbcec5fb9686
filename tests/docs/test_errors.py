"""docs/errors.md names every error code that the source raises, under its kind, and none that is gone."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from drivers.opening import KINDS as KINDS_OF_LINES
from drivers.ports import Signal
from drivers.printers.owned import STOPS

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("loyalty", "runtime", "drivers", "sync", "posd", "central")
KINDS = ("Rejected", "Unavailable", "Misconfigured")
ROW = re.compile(r"^\| `([a-z_]+)` \| [^|]+ \| [^|]+ \|$")

Pair = tuple[str, str]

COMPUTED: dict[str, set[Pair]] = {
    "drivers/opening.py": {("Unavailable", f"{kind}_{why}") for kind in KINDS_OF_LINES for why in ("gone", "taken")},
    "drivers/printers/owned.py": {("Unavailable", f"printer_{stop}") for stop in STOPS},
    "drivers/printers/signals.py": {("Rejected", f"no_{signal}") for signal in Signal},
    "posd/api/problems.py": {("Rejected", code) for code in ("no_such_page", "wrong_method", "malformed")},
    "posd/booking.py": set(),  # the code of a Refusal
    "central/effects.py": set(),  # the code of a Refusal
    "sync/client.py": set(),  # head office's own code, which is Rejected there
}
"""Files in which a code is not written out where it is raised, and which ones that can be."""


def kinds_of(tree: ast.AST) -> dict[str, str]:
    """The names that make an error in this file: the three kinds, and its own subclasses of them."""
    classes = (node for node in ast.walk(tree) if isinstance(node, ast.ClassDef))
    own = {one.name: base.id for one in classes for base in one.bases if isinstance(base, ast.Name) and base.id in KINDS}
    return {kind: kind for kind in KINDS} | own


def calls(tree: ast.AST) -> Iterator[tuple[str, ast.expr]]:
    """The kind of each error that is made, and its first argument; a subclass's own `super().__init__` counts for it."""
    kinds = kinds_of(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in KINDS and node.args:
            yield node.func.id, node.args[0]
        elif isinstance(node, ast.ClassDef) and node.name in kinds:
            inits = (one for one in ast.walk(node) if isinstance(one, ast.Call) and ast.unparse(one.func) == "super().__init__")
            yield from ((kinds[node.name], one.args[0]) for one in inits)


def raised_in(source: str) -> tuple[set[Pair], bool]:
    """The kinds and codes in a file, and whether some code is computed."""
    found = list(calls(ast.parse(source)))
    codes = {(kind, str(code.value)) for kind, code in found if isinstance(code, ast.Constant)}
    return codes, any(not isinstance(code, ast.Constant) for _, code in found)


def raised() -> set[Pair]:
    """All of the source; a file that computes a code must be listed."""
    pairs: set[Pair] = set()
    for path in (path for package in PACKAGES for path in (ROOT / package).rglob("*.py")):
        name = path.relative_to(ROOT).as_posix()
        codes, computed = raised_in(path.read_text())
        assert not computed or name in COMPUTED, f"{name} computes an error's code: say which ones in COMPUTED"
        pairs |= codes | COMPUTED.get(name, set())
    return pairs


def documented() -> list[Pair]:
    """The rows of the tables, by the heading that they stand under."""
    rows, heading = [], ""
    for line in (ROOT / "docs" / "errors.md").read_text().splitlines():
        if line.startswith("## "):
            heading = line.removeprefix("## ")
        elif heading and (row := ROW.match(line)):
            rows.append((heading, row[1]))
    return rows


def test_every_code_has_its_row():
    """Whoever meets a code finds what to do."""
    assert sorted(raised() - set(documented())) == []


def test_no_row_is_stale():
    """A code that is gone is gone from the table; none has two rows; they stand in order."""
    rows = documented()
    assert sorted(set(rows) - raised()) == []
    assert rows == sorted(set(rows), key=lambda row: (KINDS.index(row[0]), row[1]))


def test_codes_are_found_wherever_they_hide():
    """Raised, returned, passed on, or in a subclass; a computed one is noticed."""
    source = """
class Busy(Unavailable):
    def __init__(self):
        super().__init__("busy", "It is busy")
def f(kind):
    g(Rejected("passed", ""))
    raise Misconfigured("raised", "") from None
"""
    assert raised_in(source) == ({("Unavailable", "busy"), ("Rejected", "passed"), ("Misconfigured", "raised")}, False)
    assert raised_in("raise Rejected(code, '')") == (set(), True)


def test_the_kinds_say_the_exit_status():
    """The first table says what the code does."""
    import runtime.errors

    text = (ROOT / "docs" / "errors.md").read_text()
    for kind in KINDS:
        status = getattr(runtime.errors, kind).exit_status
        assert re.search(rf"^\| {kind} \| [^|]+ \| {status} \| ", text, re.MULTILINE)
