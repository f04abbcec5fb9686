"""The lines of a journal: one, unless it has forked; and which of them still count."""

from collections.abc import Mapping
from typing import NamedTuple

import sqlalchemy as sa

from central.store import records
from central.store.engine import Connection
from central.store.tables import CHAIN, TERMINAL
from central.store.terminals import ChainRow
from loyalty.journal import Head


class Line(NamedTuple):
    """One history of a journal: what it shares with another ends at `base`, where the first begins from nothing."""

    id: int
    branch: int
    base: Head
    head: Head
    durable_seq: int


class Branch(NamedTuple):
    """A line that begins: its number, where it leaves the others, and what it may have spent beside them, by unit."""

    number: int
    base: Head
    copied: Mapping[str, int]


def first(chain: ChainRow) -> Line:
    """The line that was there first."""
    return Line(chain.id, 0, Head(), chain.head, chain.durable_seq)


def branches(db: Connection, chain: ChainRow) -> list[Line]:
    """The other lines of a locked journal."""
    row = CHAIN.c
    columns = (row.id, row.branch, row.base_seq, row.base_hash, row.seq, row.hash, row.durable_seq)
    same = (row.terminal_id == chain.terminal_id, row.epoch == chain.epoch, row.branch > 0)
    found = db.execute(sa.select(*columns).where(*same).order_by(row.branch))
    return [Line(one[0], one[1], Head(one[2], one[3]), Head(one[4], one[5]), one[6]) for one in found]


def hash_at(db: Connection, line: Line, seq: int) -> str:
    """The hash of a record of `line`, from its base to its head."""
    known = {line.base.seq: line.base.hash, line.head.seq: line.head.hash}
    return known.get(seq) or records.hash_at(db, line.id, seq)


def branch_off(db: Connection, chain: ChainRow, new: Branch, now_ms: int) -> Line:
    """A new line of a locked journal, of which nothing beyond its base is stored yet. It has forked: somebody must look."""
    number, base, copied = new
    forked = sa.update(CHAIN).where(CHAIN.c.id == chain.id, CHAIN.c.forked_ms.is_(None)).values(forked_ms=now_ms)
    db.execute(forked)
    row = CHAIN.insert().values(
        terminal_id=chain.terminal_id,
        epoch=chain.epoch,
        branch=number,
        name=chain.name,
        public_key=chain.public_key,
        base_seq=base.seq,
        base_hash=base.hash,
        seq=base.seq,
        hash=base.hash,
        enrolled_ms=now_ms,
        forked_ms=now_ms,
        fenced_ms=now_ms,
        copied=copied,
    )
    return Line(db.execute(row.returning(CHAIN.c.id)).scalar_one(), number, base, base, 0)


def fence(db: Connection, terminal: int, now_ms: int) -> bool:
    """The epoch that a terminal has now is over; False if it was over before, or there is none."""
    epoch = sa.select(TERMINAL.c.epoch).where(TERMINAL.c.id == terminal).scalar_subquery()
    now = (CHAIN.c.terminal_id == terminal, CHAIN.c.epoch == epoch, CHAIN.c.branch == 0, CHAIN.c.fenced_ms.is_(None))
    return db.execute(sa.update(CHAIN).where(*now).values(fenced_ms=now_ms).returning(CHAIN.c.id)).first() is not None
