"""Reading what can be read of a database that nobody sells on any more: an old disk's, or one that was set aside."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any, NamedTuple

from posd.store import journal
from posd.store.db import Db
from posd.store.journal import Identity
from posd.store.opening import LOOKING, set_up
from runtime.errors import Misconfigured

BEYOND_MAX = 10_000  # records looked for behind the last that was acknowledged, where the journal does not say how long it is
SPAN = 512
_RECORDS = "SELECT seq, bytes FROM journal WHERE seq BETWEEN ? AND ?"
_ATTACHMENTS = "SELECT seq, content FROM attachment WHERE seq BETWEEN ? AND ?"


class Found(NamedTuple):
    """Whose it is, up to where head office had it, its records by seq, and how many others could not be read; and what joining
    members gave that is still there, by the seq of its record.
    """

    identity: Identity
    acked_seq: int
    records: dict[int, bytes]
    unreadable: int
    attachments: dict[int, str]


def read(path: Path) -> Found:
    """The records of the database at `path`, which is not changed. Raises Misconfigured when it is none of posd's."""
    hint = "Give the database itself: posd.db of the old disk, or posd.db.aside-1 of this one, with its -wal beside it"
    if not path.is_file():
        raise Misconfigured("no_database", f"{path} is no file", hint)
    try:
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, isolation_level=None)) as db:
            set_up(db, LOOKING)
            me, acked_seq = journal.identity(db), journal.push_state(db).seq
            first, last = journal.anchor(db).seq + 1, _last(db, acked_seq)
            records, unreadable = _table(db, _RECORDS, first, last)
            attachments, _ = _table(db, _ATTACHMENTS, first, last)
    except sqlite3.DatabaseError as error:
        raise Misconfigured("no_database", f"{path}: {error}", hint) from error
    return Found(me, acked_seq, records, unreadable, attachments)


def _last(db: Db, acked_seq: int) -> int:
    try:
        return journal.head(db).seq
    except sqlite3.DatabaseError:
        return acked_seq + BEYOND_MAX


def _table(db: Db, sql: str, first: int, last: int) -> tuple[dict[int, Any], int]:
    """The rows by seq, and how many could not be read."""
    found: dict[int, Any] = {}
    return found, sum(_span(db, sql, at, min(at + SPAN - 1, last), found) for at in range(first, last + 1, SPAN))


def _span(db: Db, sql: str, first: int, last: int, found: dict[int, Any]) -> int:
    """Read these; where that fails the halves, down to the single row. How many could not be read."""
    try:
        found.update(db.execute(sql, (first, last)).fetchall())
    except sqlite3.DatabaseError:
        if first == last:
            return 1
        middle = (first + last) // 2
        return _span(db, sql, first, middle, found) + _span(db, sql, middle + 1, last, found)
    return 0
