"""The audit log."""

from typing import NamedTuple

import sqlalchemy as sa

from central.store.engine import Connection
from central.store.tables import AUDIT


class Clerk(NamedTuple):
    """Who of head office does it, and why."""

    person: str
    reason: str


class Note(NamedTuple):
    """What `person` did to `subject`, when, and why."""

    made_ms: int
    person: str
    action: str
    subject: str
    reason: str


_NOTE = tuple(AUDIT.c[name] for name in Note._fields)


def add(db: Connection, note: Note) -> None:
    """Keep a note; none is ever changed."""
    db.execute(AUDIT.insert().values(**note._asdict()))


def notes(db: Connection, rows_max: int, subject: str = "") -> list[Note]:
    """The newest notes, the last one first; with `subject`, those on it."""
    wanted = sa.select(*_NOTE).order_by(AUDIT.c.id.desc()).limit(rows_max)
    return [Note(*row) for row in db.execute(wanted.where(AUDIT.c.subject == subject) if subject else wanted)]
