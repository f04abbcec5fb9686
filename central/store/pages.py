"""What the pages and lists show: reading only."""

from typing import NamedTuple

import sqlalchemy as sa

from central.store.engine import Connection
from central.store.tables import CHAIN, STORE, TERMINAL

SILENT_MS = 5 * 60_000  # ten missed long-polls
QUEUED_MS = 15 * 60_000  # a queue this old is not just a busy minute


class TerminalRow(NamedTuple):
    """How a terminal is; `trouble` is forked, never_enrolled, silent, queue or nothing."""

    store: str
    name: str
    code: str
    epoch: int
    posd_version: str
    contact_ms: int | None
    queued_records: int
    queued_since_ms: int
    forked: bool
    trouble: str = ""


TROUBLES = ("forked", "silent", "queue", "not_enrolled", "")
"""The worst first."""


def terminals(db: Connection, now_ms: int) -> list[TerminalRow]:
    """All terminals, those in trouble first, then by name."""
    columns = (STORE.c.name, TERMINAL.c.name, TERMINAL.c.code, TERMINAL.c.epoch, TERMINAL.c.posd_version)
    said = (TERMINAL.c.contact_ms, TERMINAL.c.queued_records, TERMINAL.c.queued_since_ms)
    forked = sa.exists().where(CHAIN.c.terminal_id == TERMINAL.c.id, CHAIN.c.epoch == TERMINAL.c.epoch, CHAIN.c.forked_ms > 0)
    wanted = sa.select(*columns, *said, forked).select_from(TERMINAL.join(STORE))
    rows = [TerminalRow(*row) for row in db.execute(wanted)]
    judged = [row._replace(trouble=_trouble(row, now_ms)) for row in rows]
    return sorted(judged, key=lambda row: (TROUBLES.index(row.trouble), row.store, row.name))


def _trouble(row: TerminalRow, now_ms: int) -> str:
    if row.forked:
        return "forked"
    if row.epoch == 0:
        return "not_enrolled"
    if row.contact_ms is None or now_ms - row.contact_ms > SILENT_MS:
        return "silent"
    return "queue" if row.queued_records and now_ms - row.queued_since_ms > QUEUED_MS else ""
