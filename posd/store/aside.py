"""A database that cannot go on is set aside, never overwritten, and what can be read of it goes on in a new file.

What is to happen is noted first and done at the next start, before anything is opened: a crash in the middle only means that it
is done again.
"""

import contextlib
import json
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import Any, NamedTuple

from posd.store import checking
from posd.store.db import Db, in_transaction
from posd.store.folder import Folder
from posd.store.opening import FILE, Step, migrate, set_up
from posd.store.writer import damaged
from runtime.errors import Unavailable

NOTE = "swap.json"
NEXT = f"{FILE}.next"
BESIDE = ("-wal", "-journal", "-shm")
CACHE = ("told", "member_code", "program", "layout", "code_key")
"""What head office tells again: of these some may be missing."""

LEFT = ("token", "loading", "arrived")
"""What is not copied with the others: tokens come last, and a snapshot that was coming in begins anew."""

SLICE_ROWS = 1000  # in memory at once: there may be a million members


class Library(NamedTuple):
    """sqlite3 or apsw: how it opens the database of a name in the folder, and what it raises."""

    connect: Callable[[str], contextlib.AbstractContextManager[Any]]
    errors: type[Exception]


class Swapped(NamedTuple):
    """What was done: the name under which the old database lies, why it does, and why nothing of it could go on ("" if it does)."""

    aside: str
    why: str
    lost: str


def note(folder: Folder, why: str, *, rebuild: bool = True) -> None:
    """Let the next start set the database aside: for one that is made out of it, or for the one that is ready under NEXT."""
    number = 1
    while folder.size(f"{FILE}.aside-{number}") is not None:
        number += 1
    folder.write(NOTE, json.dumps([f"{FILE}.aside-{number}", why, rebuild]).encode())


def swap(folder: Folder, library: Library, steps: Sequence[Step]) -> Swapped | None:
    """Do what is noted, if anything is."""
    noted = folder.read(NOTE)
    if noted is None:
        return None
    aside, why, rebuilds = json.loads(noted)
    if folder.size(aside) is None:
        _move(folder, aside)
    lost = ""
    if folder.size(FILE) is None:
        if rebuilds:
            lost = _make_next(folder, library, aside, steps)
        with library.connect(NEXT) as new, library.connect(aside) as old, contextlib.suppress(library.errors):
            in_transaction(new, _copy, old.execute("SELECT * FROM token").fetchall(), "token")
        folder.rename(NEXT, FILE)
        folder.sync()
    folder.remove(NOTE)
    folder.sync()
    return Swapped(aside, why, lost)


def _move(folder: Folder, aside: str) -> None:
    for suffix in (*BESIDE, ""):  # the database last: where it lies, the others do
        if folder.size(FILE + suffix) is not None:
            folder.rename(FILE + suffix, aside + suffix)
    folder.sync()


def _make_next(folder: Folder, library: Library, aside: str, steps: Sequence[Step]) -> str:
    """Make NEXT out of `aside`, or an empty one; why nothing could go on then."""
    try:
        with _next(folder, library) as new, library.connect(aside) as old:
            in_transaction(new, _rebuild, old, steps, library.errors)
    except (library.errors, Unavailable) as error:
        with _next(folder, library) as new:
            in_transaction(new, migrate, steps)
        return str(error)
    return ""


@contextlib.contextmanager
def _next(folder: Folder, library: Library) -> Any:
    for suffix in ("", *BESIDE):
        folder.remove(NEXT + suffix)
    with library.connect(NEXT) as new:
        set_up(new)
        yield new


def _rebuild(new: Db, old: Db, steps: Sequence[Step], errors: type[Exception]) -> None:
    """Copy what is ours into the empty database `new`: journal, promises, what waits for paper; and what head office tells again as
    far as it can be read. That comes anew, by a snapshot. Raises Unavailable where the journal is not whole.
    """
    version = old.execute("PRAGMA user_version").fetchone()[0]
    migrate(new, [step for step in steps if step[0] <= version])
    triggers = new.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
    for name, _ in triggers:
        new.execute(f"DROP TRIGGER {name}")
    tables = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%' ORDER BY rowid"
    for (table,) in new.execute(tables).fetchall():
        rows = _rows(old, table)
        while some := [] if table in LEFT else _some(rows, table, errors):
            _copy(new, some, table)
    new.execute("UPDATE terminal SET cursor = '', caught_up = 0, running = 1")
    new.execute("UPDATE terminal SET members = (SELECT count(*) FROM told)")
    for _, sql in triggers:
        new.execute(sql)
    if flaw := checking.whole(new):
        raise damaged(f"record {flaw.seq}: {flaw.why}")


def _rows(old: Db, table: str) -> Iterator[tuple[Any, ...]]:
    """All rows of a table; of head office's word on members the edition in use."""
    in_use = " WHERE edition = (SELECT edition FROM terminal)" if table in ("told", "member_code") else ""
    yield from old.execute(f"SELECT * FROM {table}{in_use}")  # noqa: S608 (a name of our own schema)


def _some(rows: Iterator[tuple[Any, ...]], table: str, errors: type[Exception]) -> list[tuple[Any, ...]]:
    """The next rows; none where a table that may be missing cannot be read on."""
    try:
        return list(islice(rows, SLICE_ROWS))
    except errors:
        if table not in CACHE:
            raise
        return []


def _copy(new: Db, rows: Sequence[tuple[Any, ...]], table: str) -> None:
    if rows:
        marks = ", ".join("?" * len(rows[0]))
        new.executemany(f"INSERT INTO {table} VALUES ({marks}) ON CONFLICT DO NOTHING", rows)  # noqa: S608
