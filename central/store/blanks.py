"""Signed codes that are nobody's, and which journal they went to."""

from collections.abc import Sequence
from typing import NamedTuple

import sqlalchemy as sa

from central.store.counter import BLANK
from central.store.engine import Connection
from central.store.tables import CHAIN, STORE, TERMINAL
from central.store.terminals import CURRENT


class Pool(NamedTuple):
    """How many codes a journal that counts has left."""

    chain: int
    terminal: int
    store: str
    name: str
    left: int


# Made once: making a statement takes as long as running it.
_LEFT = sa.func.count(BLANK.c.handle)
_JOURNAL = (CHAIN.c.id, TERMINAL.c.id, STORE.c.name, TERMINAL.c.name)
_POOLS = (
    sa.select(*_JOURNAL, _LEFT)
    .select_from(
        CHAIN.join(TERMINAL).join(STORE).outerjoin(BLANK, sa.and_(BLANK.c.chain_id == CHAIN.c.id, sa.not_(BLANK.c.used)))
    )
    .where(CURRENT, CHAIN.c.branch == 0)
    .group_by(*_JOURNAL)
    .having(sa.bindparam("below") > _LEFT)
    .order_by(CHAIN.c.id)
    .limit(sa.bindparam("rows"))
)


def pools(db: Connection, below: int, rows_max: int) -> list[Pool]:
    """Journals that have fewer than `below` codes left."""
    return [Pool(*row) for row in db.execute(_POOLS, {"below": below, "rows": rows_max})]


def add(db: Connection, chain: int, codes: Sequence[tuple[str, str]]) -> None:
    """Give a journal codes, each with its handle."""
    db.execute(BLANK.insert(), [{"handle": handle, "chain_id": chain, "code": code} for handle, code in codes])


def codes(db: Connection, terminal: int) -> list[str]:
    """What is left of the pool of that terminal's journal."""
    wanted = sa.select(BLANK.c.code).join(CHAIN, CHAIN.c.id == BLANK.c.chain_id).join(TERMINAL)
    mine = (CHAIN.c.terminal_id == terminal, CURRENT, sa.not_(BLANK.c.used))
    return list(db.execute(wanted.where(*mine).order_by(BLANK.c.handle)).scalars())


def use(db: Connection, handle: str) -> None:
    """It is somebody's now."""
    db.execute(sa.update(BLANK).where(BLANK.c.handle == handle).values(used=True))
