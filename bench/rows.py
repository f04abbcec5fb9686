"""The rows of one commit as plain statements, taken from what the store really runs; and two other ways to write them."""

import os
import pickle
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiosqlite

MEMBERS = 200  # as many as one morning brings; nobody buys a thousand times a day
PRAGMAS = ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "wal_autocheckpoint=4000")


@dataclass(frozen=True)
class Rows:
    """The statements of a commit, reads and writes, with the parameters of the sample; ids and numbers are made fresh."""

    statements: list[tuple[str, tuple[Any, ...]]]

    def save(self, path: Path) -> None:
        """For the peer's process."""
        path.write_bytes(pickle.dumps(self.statements))

    @classmethod
    def load(cls, path: Path) -> "Rows":
        """What `save` wrote."""
        return cls(pickle.loads(path.read_bytes()))


class Recorder:
    """A connection that notes what a store function runs."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        self.statements: list[tuple[str, tuple[Any, ...]]] = []

    @property
    def in_transaction(self) -> bool:
        """As sqlite3 has it."""
        return self._db.in_transaction

    def execute(self, sql: str, params: Sequence[Any] = (), /) -> sqlite3.Cursor:
        """Run and note."""
        self.statements.append((sql, tuple(params)))
        return self._db.execute(sql, params)

    def executemany(self, sql: str, params: Any, /) -> sqlite3.Cursor:
        """Run and note, row by row."""
        rows = [tuple(row) for row in params]
        self.statements += [(sql, row) for row in rows]
        return self._db.executemany(sql, rows)


def written(rows: Rows) -> Rows:
    """Only the statements that write."""
    return Rows([(sql, params) for sql, params in rows.statements if not sql.startswith("SELECT")])


def fresh(rows: Rows, number: int) -> list[tuple[str, tuple[Any, ...]]]:
    """The statements with an id and a seq of their own."""
    own = number.to_bytes(16, "big")
    changed = []
    for sql, params in rows.statements:
        if sql.startswith("INSERT INTO journal"):
            changed.append((sql, (1_000_000 + number, own, *params[2:])))
        elif sql.startswith("INSERT INTO print_job"):
            changed.append((sql, (1_000_000 + number, *params[1:])))
        elif sql.startswith("INSERT INTO entry"):
            changed.append((sql, (own, number % MEMBERS + 1, *params[2:])))
        else:
            changed.append((sql, params))
    return changed


async def await_each(db: aiosqlite.Connection, rows: Rows, number: int) -> None:
    """One commit, every statement awaited."""
    await db.execute("BEGIN IMMEDIATE")
    for sql, params in fresh(rows, number):
        cursor = await db.execute(sql, params)
        if sql.startswith("SELECT") or "RETURNING" in sql:
            await cursor.fetchone()
        await cursor.close()
    await db.execute("COMMIT")


def write_raw(file: int, size: int) -> None:
    """The floor: so many bytes over old ones, and one fdatasync."""
    os.pwrite(file, b"\x5a" * size, 0)
    os.fdatasync(file)
