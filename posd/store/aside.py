"""A database that cannot go on is set aside, never overwritten, and what can be read of it goes on in a new file.

What is to happen is noted first and done at the next start, before anything is opened: a crash in the middle only means that it
is done again.
"""

import contextlib
import json
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from posd.store import checking, journal
from posd.store.db import Db, in_transaction
from posd.store.folder import Folder
from posd.store.opening import FILE, Step, migrate, set_up

NOTE = "swap.json"
NEXT = f"{FILE}.next"
CACHE = ("member_code", "program", "layout", "code_key")
"""What head office tells again: rows of these may be missing, and of members without anything of ours."""

_OURS = "SELECT * FROM member WHERE id IN (SELECT member FROM entry UNION SELECT member FROM hold)"

Connect = Callable[[str], contextlib.closing[Any]]
"""A connection to the database of that name in the folder."""


class Swapped(NamedTuple):
    """What was done: the name under which the old database lies, why it does, and why nothing of it could go on ("" if it does)."""

    aside: str
    why: str
    lost: str


def note(folder: Folder, why: str, *, rebuild: bool = True) -> None:
    """Let the next start set the database aside: for one that is rebuilt from it, or for the one that is ready under NEXT."""
    number = 1
    while folder.size(f"{FILE}.aside-{number}") is not None:
        number += 1
    folder.write(NOTE, json.dumps([f"{FILE}.aside-{number}", why, rebuild]).encode())


def swap(folder: Folder, connect: Connect, steps: Sequence[Step], errors: type[Exception]) -> Swapped | None:
    """Do what is noted, if anything is."""
    noted = folder.read(NOTE)
    if noted is None:
        return None
    aside, why, rebuilds = json.loads(noted)
    if folder.size(aside) is None:
        for suffix in ("-wal", "-journal", ""):  # the database last: where it lies, the others do
            if folder.size(FILE + suffix) is not None:
                folder.rename(FILE + suffix, aside + suffix)
        folder.remove(f"{FILE}-shm")
        folder.sync()
    lost = ""
    if folder.size(FILE) is None:
        if rebuilds:
            lost = _rebuilt(folder, connect, aside, steps, errors)
        if not lost:
            folder.rename(NEXT, FILE)
            folder.sync()
    folder.remove(NOTE)
    folder.sync()
    return Swapped(aside, why, lost)


def _rebuilt(folder: Folder, connect: Connect, aside: str, steps: Sequence[Step], errors: type[Exception]) -> str:
    for suffix in ("", "-wal", "-journal", "-shm"):
        folder.remove(NEXT + suffix)
    try:
        with connect(NEXT) as new, connect(aside) as old:
            set_up(new)
            lost = in_transaction(new, rebuild, old, steps, errors)
    except errors as error:
        lost = str(error)
    if lost:
        for suffix in ("", "-wal", "-journal", "-shm"):
            folder.remove(NEXT + suffix)
    return lost


def rebuild(new: Db, old: Db, steps: Sequence[Step], errors: type[Exception]) -> str:
    """Copy what is ours from `old` into the empty database `new`: journal, promises, what waits for paper; and of what head office
    tells again whatever can be read. It is read anew from the start of the feed. Returns why not, where the journal is not whole.
    """
    version = old.execute("PRAGMA user_version").fetchone()[0]
    migrate(new, [step for step in steps if step[0] <= version])
    triggers = new.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
    for name, _ in triggers:
        new.execute(f"DROP TRIGGER {name}")
    tables = new.execute(
        "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%' ORDER BY rowid"
    ).fetchall()
    for (table,) in tables:
        _copy(new, old, table, errors)
    new.execute("UPDATE terminal SET cursor = '', caught_up = 0, running = 1")
    for _, sql in triggers:
        new.execute(sql)
    broken = new.execute("PRAGMA foreign_key_check").fetchall()
    flaw = checking.whole(new)
    if not journal.identity(new).chain or broken:
        return f"rows that others name are missing: {broken[:3]}"
    return f"record {flaw.seq}: {flaw.why}" if flaw else ""


def _copy(new: Db, old: Db, table: str, errors: type[Exception]) -> None:
    queries = [f"SELECT * FROM {table}"] + ([_OURS] if table == "member" else [])  # noqa: S608 (a name of our own schema)
    for place, query in enumerate(queries, 1):
        rows: list[tuple[Any, ...]] = []
        try:
            rows.extend(old.execute(query))
        except errors:
            if table not in CACHE and place == len(queries):
                raise
        else:
            break
    if rows:
        marks = ", ".join("?" * len(rows[0]))
        new.executemany(f"INSERT INTO {table} VALUES ({marks})", rows)  # noqa: S608
