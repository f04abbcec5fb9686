"""What is stored and has no effect until a person has looked: records of fenced journals, and those of terminals nobody knows."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import sqlalchemy as sa

from central.store.engine import Connection
from central.store.rows import append, insert_new
from central.store.tables import CHAIN, RECORD, STORE, STRANGER, STRANGER_RECORD, TERMINAL
from loyalty.journal import FIRST_PREV_HASH, Head, Sealed


class Waiting(NamedTuple):
    """A line of a journal with records in quarantine."""

    chain: int
    terminal: str
    epoch: int
    branch: int
    store: str
    name: str
    forked: bool
    records: int
    since_ms: int


class Stranger(NamedTuple):
    """A terminal that this database does not know, by what it says of itself and the key with which it signs."""

    code: str
    epoch: int
    public_key: str


class StrangerRow(NamedTuple):
    """What is kept of one; `seq` and `hash` are the end of it."""

    id: int
    who: Stranger
    name: str
    head: Head
    since_ms: int
    rejected: bool


def waiting(db: Connection) -> list[Waiting]:
    """Every line that has something in quarantine, the oldest first."""
    found = sa.select(RECORD.c.chain_id, sa.func.count().label("records"), sa.func.min(RECORD.c.received_ms).label("since_ms"))
    held = found.where(RECORD.c.state == "quarantined").group_by(RECORD.c.chain_id).subquery()
    row = CHAIN.c
    first = CHAIN.alias()  # a fork is noted on the line that was there first
    same = sa.and_(first.c.terminal_id == row.terminal_id, first.c.epoch == row.epoch, first.c.branch == 0)
    columns = (row.id, TERMINAL.c.code, row.epoch, row.branch, STORE.c.name, TERMINAL.c.name, first.c.forked_ms.is_not(None))
    tables = held.join(CHAIN, row.id == held.c.chain_id).join(first, same).join(TERMINAL, TERMINAL.c.id == row.terminal_id)
    wanted = sa.select(*columns, held.c.records, held.c.since_ms).select_from(tables.join(STORE))
    return [Waiting(*one) for one in db.execute(wanted.order_by(held.c.since_ms, row.id))]


def decide(db: Connection, chain: int, state: str) -> int:
    """Let what a line has in quarantine be `pending` or `rejected`; how many records."""
    held = sa.update(RECORD).where(RECORD.c.chain_id == chain, RECORD.c.state == "quarantined").values(state=state)
    return len(db.execute(held.returning(RECORD.c.key)).all())


_STRANGER = (STRANGER.c.id, STRANGER.c.code, STRANGER.c.epoch, STRANGER.c.public_key, STRANGER.c.name)
_KEPT = (STRANGER.c.seq, STRANGER.c.hash, STRANGER.c.made_ms, STRANGER.c.rejected_ms.is_not(None))


def strangers(db: Connection) -> list[StrangerRow]:
    """Those of whom anything is kept, the oldest first."""
    wanted = sa.select(*_STRANGER, *_KEPT).where(STRANGER.c.seq > 0)
    return [_stranger(row) for row in db.execute(wanted.order_by(STRANGER.c.made_ms, STRANGER.c.id))]


def count_strangers(db: Connection) -> int:
    """How many there are."""
    return db.execute(sa.select(sa.func.count()).select_from(STRANGER)).scalar_one()


def lock_stranger(db: Connection, who: Stranger) -> StrangerRow | None:
    """The row of one; None for one that was not here before."""
    at = [STRANGER.c[name] == value for name, value in who._asdict().items()]
    row = db.execute(sa.select(*_STRANGER, *_KEPT).where(*at).with_for_update()).one_or_none()
    return _stranger(row) if row else None


def add_stranger(db: Connection, who: Stranger, name: str, now_ms: int) -> None:
    """One that was not here before, with a journal of that name."""
    kept = {"name": name, "seq": 0, "hash": FIRST_PREV_HASH, "made_ms": now_ms, "heard_ms": now_ms}
    insert_new(db, STRANGER, {**who._asdict(), **kept})


def stranger_hash_at(db: Connection, stranger: StrangerRow, seq: int) -> str:
    """The hash of a record that is kept of a stranger."""
    at = (STRANGER_RECORD.c.stranger_id == stranger.id, STRANGER_RECORD.c.seq == seq)
    return str(db.execute(sa.select(STRANGER_RECORD.c.hash).where(*at)).scalar_one()) if seq else FIRST_PREV_HASH


def keep_of_stranger(db: Connection, stranger: int, records: Sequence[Sealed], now_ms: int) -> None:
    """Append records to what is kept of a locked stranger."""
    append(db, STRANGER_RECORD, ("stranger_id", "seq", "hash", "bytes"), [(stranger, r.seq, r.hash, r.bytes) for r in records])
    end = {"seq": records[-1].seq, "hash": records[-1].hash, "heard_ms": now_ms}
    db.execute(sa.update(STRANGER).where(STRANGER.c.id == stranger).values(**end))


def kept_of_stranger(db: Connection, stranger: int, after: int, rows_max: int) -> list[bytes]:
    """The next records that are kept of a stranger."""
    row = STRANGER_RECORD.c
    wanted = sa.select(row.bytes).where(row.stranger_id == stranger, row.seq > after).order_by(row.seq).limit(rows_max)
    return list(db.execute(wanted).scalars())


def forget_stranger(db: Connection, stranger: int) -> None:
    """It has become a terminal: what was kept of it is a journal now."""
    db.execute(sa.delete(STRANGER_RECORD).where(STRANGER_RECORD.c.stranger_id == stranger))
    db.execute(sa.delete(STRANGER).where(STRANGER.c.id == stranger))


def reject_stranger(db: Connection, stranger: int, now_ms: int) -> None:
    """A person does not want it. What was kept of it stays."""
    db.execute(sa.update(STRANGER).where(STRANGER.c.id == stranger).values(rejected_ms=now_ms))


def _stranger(row: Sequence[Any]) -> StrangerRow:
    id_, code, epoch, public_key, name, seq, head_hash, made_ms, rejected = row
    return StrangerRow(id_, Stranger(code, epoch, public_key), name, Head(seq, head_hash), made_ms, bool(rejected))
