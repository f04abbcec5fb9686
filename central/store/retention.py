"""Deleting what nobody can need again. Records, entries, ids that had their effect and the audit log are kept for ever."""

from typing import NamedTuple

import sqlalchemy as sa

from central.store.engine import Connection
from central.store.spending import HOLD
from central.store.tables import ENROL_CODE, SESSION, STRANGER, STRANGER_RECORD, UPKEEP

DAY_MS = 86_400_000
HOLDS_DAYS = 90  # a refused hold is only kept so that its id gets the same answer: terminals ask once, within a second
UPKEEP_DAYS = 400  # checks and backups: a year, and its season before
STRANGERS_DAYS = 90  # rejected by a person


class Deleted(NamedTuple):
    """How many rows."""

    sessions: int
    codes: int
    holds: int
    upkeep: int
    strangers: int


def delete_old(db: Connection, now_ms: int) -> Deleted:
    """Sessions and one-time codes that are over; refused holds, notes of upkeep and rejected terminals that are old."""
    old = sa.select(STRANGER.c.id).where(STRANGER.c.rejected_ms < now_ms - STRANGERS_DAYS * DAY_MS)
    db.execute(sa.delete(STRANGER_RECORD).where(STRANGER_RECORD.c.stranger_id.in_(old)))
    unused = sa.and_(ENROL_CODE.c.chain_id.is_(None), ENROL_CODE.c.expires_ms < now_ms)
    refused = sa.and_(HOLD.c.state == "refused", HOLD.c.made_ms < now_ms - HOLDS_DAYS * DAY_MS)
    return Deleted(
        sessions=_delete(db, SESSION, SESSION.c.expires_ms < now_ms),
        codes=_delete(db, ENROL_CODE, unused),
        holds=_delete(db, HOLD, refused),
        upkeep=_delete(db, UPKEEP, UPKEEP.c.made_ms < now_ms - UPKEEP_DAYS * DAY_MS),
        strangers=_delete(db, STRANGER, STRANGER.c.id.in_(old)),
    )


def _delete(db: Connection, table: sa.Table, where: sa.ColumnElement[bool]) -> int:
    return len(db.execute(sa.delete(table).where(where).returning(sa.literal(1))).all())
