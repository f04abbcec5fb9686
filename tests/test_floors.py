"""The house's floors: import-linter's contracts break when they should, and what it cannot say is said here."""

import ast
import re
import shutil
import statistics
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("loyalty", "runtime", "drivers", "sync", "posd", "central")
PURE = {"base64", "binascii", "collections", "dataclasses", "datetime", "enum", "fractions", "functools", "hashlib", "hmac",
        "itertools", "json", "math", "operator", "re", "typing", "unicodedata", "loyalty"}  # fmt: skip
CLOCKS = {"now", "today", "utcnow", "fromtimestamp", "utcfromtimestamp"}
STORES = ("posd/store/", "central/store/")
BROAD = {"runtime/supervise.py", "drivers/scanners/decode/reader.py"}
LINES_MAX, LINES_MEDIAN_MAX, FUNCTION_LINES_MAX = 400, 150, 60
SQL = re.compile(
    r"^\s*(SELECT\s.+\sFROM\s|INSERT\s+(OR\s+\w+\s+)?INTO\s|UPDATE\s+\w+\s+SET\s|DELETE\s+FROM\s|WITH\s+\w+.*\sAS\s*\(|PRAGMA\s+\w"
    r"|(CREATE|DROP|ALTER)\s+(TEMP\w*\s+|UNIQUE\s+)*(TABLE|INDEX|TRIGGER|VIEW)\s|BEGIN\s+(IMMEDIATE|EXCLUSIVE)|VACUUM\b|COPY\s+\w+.*\sFROM\s)",
    re.IGNORECASE | re.DOTALL,
)


def sources(*folders: str) -> list[Path]:
    """Every Python file of these folders."""
    return sorted(path for folder in folders for path in (ROOT / folder).rglob("*.py"))


def name(path: Path) -> str:
    """A file as it is called from the root."""
    return path.relative_to(ROOT).as_posix()


def trees(*folders: str) -> Iterator[tuple[str, ast.Module]]:
    """The name and the syntax tree of every Python file of these folders."""
    for path in sources(*folders):
        yield name(path), tree(path)


@cache
def tree(path: Path) -> ast.Module:
    """Its syntax tree, made once for all that look at it."""
    return ast.parse(path.read_text(encoding="utf-8"))


def imported(tree: ast.AST) -> Iterator[tuple[str, int]]:
    """The first word of everything that is imported, and the line."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name.split(".")[0], node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield "a relative import" if node.level else str(node.module).split(".")[0], node.lineno


def sql_in(tree: ast.AST) -> list[int]:
    """The lines of texts that read like SQL."""
    texts = (node for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str))
    return [node.lineno for node in texts if SQL.match(str(node.value))]


def broad_in(tree: ast.AST) -> list[int]:
    """The lines that catch everything: bare, Exception or BaseException, alone or among others."""
    handlers = (node for node in ast.walk(tree) if isinstance(node, ast.ExceptHandler))
    return [node.lineno for node in handlers if node.type is None or catches_all(node.type)]


def catches_all(caught: ast.expr) -> bool:
    """Whether `Exception` or `BaseException` stands in what is caught."""
    return any(isinstance(part, ast.Name) and part.id in {"Exception", "BaseException"} for part in ast.walk(caught))


def prints_in(tree: ast.AST) -> list[int]:
    """The lines that call print()."""
    calls = (node for node in ast.walk(tree) if isinstance(node, ast.Call))
    return [call.lineno for call in calls if isinstance(call.func, ast.Name) and call.func.id == "print"]


def clocks_in(tree: ast.AST) -> list[int]:
    """The lines that reach for what datetime knows of the machine: its clock and its time zone."""
    reached = (node for node in ast.walk(tree) if isinstance(node, ast.Attribute))
    return [node.lineno for node in reached if node.attr in CLOCKS]


def functions(tree: ast.AST) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Every function, methods and inner ones too."""
    return (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


def test_the_domain_imports_only_what_is_listed():
    """loyalty/ imports itself and the part of the standard library that has no clock, no files and no entropy."""
    wrong = [f"{file}:{line}: {word}" for file, tree in trees("loyalty") for word, line in imported(tree) if word not in PURE]
    assert wrong == []


def test_the_domain_asks_no_clock():
    """It may reckon with dates; which day it is it is told."""
    wrong = [f"{file}:{line}" for file, tree in trees("loyalty") for line in clocks_in(tree)]
    assert wrong == []


def test_only_the_stores_hold_sql():
    """Everybody else calls their functions."""
    everywhere = trees(*PACKAGES, "demo")
    wrong = [f"{file}:{line}" for file, tree in everywhere if not file.startswith(STORES) for line in sql_in(tree)]
    assert wrong == []


def test_only_the_supervisor_and_the_decoders_catch_everything():
    """Elsewhere it would hide a bug."""
    wrong = [f"{file}:{line}" for file, tree in trees(*PACKAGES, "demo") if file not in BROAD for line in broad_in(tree)]
    assert wrong == []


def test_only_commands_print():
    """A daemon logs; command lines, the demo and the bench speak to a person."""
    wrong = [
        f"{file}:{line}"
        for file, tree in trees(*PACKAGES)
        if "/cli/" not in file and not file.endswith("/cli.py")
        for line in prints_in(tree)
    ]
    assert wrong == []


def test_files_are_short():
    """None above 400 lines, and half of those that hold anything at 150 or less; tests count for the first."""
    lengths = {name(path): len(path.read_text(encoding="utf-8").splitlines()) for path in sources(*PACKAGES, "demo")}
    tests = {name(path): len(path.read_text(encoding="utf-8").splitlines()) for path in sources("tests", "bench")}
    assert {file: lines for file, lines in {**lengths, **tests}.items() if lines > LINES_MAX} == {}
    assert statistics.median(lines for lines in lengths.values() if lines) <= LINES_MEDIAN_MAX


def test_functions_are_short():
    """None above 60 lines, its docstring counted."""
    wrong = [
        f"{file}:{node.lineno}: {node.name} has {node.end_lineno - node.lineno + 1} lines"
        for file, tree in trees(*PACKAGES, "demo", "tests", "bench")
        for node in functions(tree)
        if node.end_lineno - node.lineno + 1 > FUNCTION_LINES_MAX
    ]
    assert wrong == []


@pytest.mark.parametrize(
    ("search", "source"),
    [
        (sql_in, 'db.execute("SELECT a FROM b")'),
        (sql_in, 'q = "\\n  insert into sale values (?)"'),
        (sql_in, 'q = "INSERT OR IGNORE INTO sale VALUES (?)"'),
        (sql_in, 'q = f"UPDATE sale SET a = {a}"'),
        (sql_in, 'q = "PRAGMA user_version"'),
        (sql_in, 'q = "CREATE UNIQUE INDEX i ON t(a)"'),
        (sql_in, 'q = "WITH a AS (SELECT 1) SELECT 2"'),
        (broad_in, "try: f()\nexcept Exception: pass"),
        (broad_in, "try: f()\nexcept: pass"),
        (broad_in, "try: f()\nexcept (OSError, BaseException): pass"),
        (prints_in, "if a: print(1)"),
        (clocks_in, "from datetime import date\nd = date.today()"),
        (clocks_in, "import datetime\nd = datetime.datetime.now(datetime.UTC)"),
        (clocks_in, "ask = datetime.utcnow"),
        (clocks_in, "d = datetime.fromtimestamp(0)"),
        (imported, "def f():\n    import os.path"),
        (imported, "from . import a"),
    ],
)
def test_what_is_forbidden_is_found(search, source):
    """The searches above are not blind."""
    assert list(search(ast.parse(source)))


@pytest.mark.parametrize(
    "text", ["Select a reward", "Update the settings", "delete the file", "with a reward as a gift", "from here"]
)
def test_words_are_not_sql(text):
    """A sentence may begin with a word of SQL."""
    assert sql_in(ast.parse(repr(text))) == []


PLANTS = [
    ("drivers/virtual.py", "import posd.store", "A floor imports only floors below it"),
    ("drivers/printers/planted.py", "import sync.wire", "A floor imports only floors below it"),
    ("runtime/planted.py", "from drivers import ports", "A floor imports only floors below it"),
    ("loyalty/ids.py", "import sqlite3", "loyalty is pure"),
    ("loyalty/planted.py", "def f():\n    import time", "loyalty is pure"),
    ("posd/checkout.py", "import sqlite3", "only a store imports its database"),
    ("sync/loop.py", "import sqlite3", "only a store imports its database"),
    ("posd/planted.py", "import cv2", "Only a driver imports its hardware library"),
    ("central/ingest.py", "import sync.client", "Head office stands beside posd"),
    ("central/planted.py", "import posd.settings", "Head office stands beside posd"),
    ("posd/planted.py", "import central.app", "Nothing imports head office"),
    ("posd/planted.py", "import httpx", "Only sync.client imports httpx"),
    ("sync/push.py", "import httpx", "Only sync.client imports httpx"),
    ("posd/planted.py", "import posd.app", "Nothing imports an app or a cli"),
]
NEEDED = ("sync/wire.py", "sync/client.py", "sync/push.py", "sync/pull.py", "sync/timing.py", "sync/loop.py", "sync/ports.py",
          "posd/app.py", "posd/settings.py", "central/app.py", "central/cli.py")  # fmt: skip


def copied(folder: Path) -> Path:
    """The packages and the contracts, copied; modules that a contract or a plant names and that are not there yet, empty."""
    for package in PACKAGES:
        shutil.copytree(ROOT / package, folder / package, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", folder)
    for module in NEEDED:
        path = folder / module
        if not path.exists() and not path.with_suffix("").is_dir():
            path.write_text("")
    return folder


def lint_imports(folder: Path) -> tuple[int, str]:
    """Exit status and the report."""
    tool = Path(sys.executable).parent / "lint-imports"
    run = subprocess.run([tool, "--no-cache"], cwd=folder, capture_output=True, text=True, timeout=60, check=False)
    assert "Contracts: " in run.stdout, run.stdout + run.stderr
    return run.returncode, run.stdout


def test_the_floors_hold(tmp_path):
    """As it stands, every contract is kept: what the plants below break is broken by them alone."""
    status, report = lint_imports(copied(tmp_path))
    assert (status, " 0 broken" in report) == (0, True), report


@pytest.fixture(scope="module")
def planted(tmp_path_factory):
    """All plants at once: of each, the module and the line where it stands; and the report by contract."""
    folder, places = copied(tmp_path_factory.mktemp("planted")), []
    for file, line, _ in PLANTS:
        path = folder / file
        path.write_text((path.read_text() if path.exists() else "") + f"\n{line}\n")
        places.append((file.removesuffix(".py").replace("/", "."), len(path.read_text().splitlines())))
    status, report = lint_imports(folder)
    assert status != 0
    _, *sections = re.split(r"^(.+)\n-{3,}$", report.partition("Broken contracts")[2], flags=re.MULTILINE)
    return places, dict(zip(sections[::2], sections[1::2], strict=True))


@pytest.mark.parametrize(
    ("number", "contract"),
    [*enumerate(contract for _, _, contract in PLANTS)],
    ids=[f"{file}: {line}" for file, line, _ in PLANTS],
)
def test_a_planted_import_breaks_its_contract(planted, number, contract):
    """One line in the wrong place, and `make check` names it under the floor it went through."""
    places, told = planted
    module, line = places[number]
    [found] = [text for name, text in told.items() if contract in name]
    assert re.search(rf"^- +{module} -> \S+ \(l\.{line}\)$", found, re.MULTILINE), found
