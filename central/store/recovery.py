"""What a restore leaves in the database, and who has come back since."""

from typing import NamedTuple

import sqlalchemy as sa

from central.store.engine import Connection
from central.store.tables import CHAIN, OFFICE, RECORD, STORE, TERMINAL


class Absent(NamedTuple):
    """A terminal that has not shown yet that head office has all of its journal."""

    store: str
    name: str
    code: str


def begin(db: Connection, incarnation: str, floor: int, now_ms: int) -> None:
    """A new life. No epoch up to `floor`, nor any that was given before, is given again."""
    highest = sa.func.coalesce(sa.select(sa.func.max(TERMINAL.c.epoch)).scalar_subquery(), 0)
    known = max(db.execute(sa.select(OFFICE.c.epoch_floor, highest)).one())
    values = {"incarnation": incarnation, "epoch_floor": max(floor, known + 1), "restored_ms": now_ms, "recovering": True}
    db.execute(sa.update(OFFICE).values(**values))


def end(db: Connection) -> None:
    """Everybody is back."""
    db.execute(sa.update(OFFICE).values(recovering=False))


def newest_ms(db: Connection) -> int:
    """When the newest record was stored."""
    last = sa.select(sa.func.max(RECORD.c.key)).scalar_subquery()
    return int(db.execute(sa.select(RECORD.c.received_ms).where(RECORD.c.key == last)).scalar() or 0)


def mark_whole(db: Connection, chain: int, seq: int, incarnation: str) -> None:
    """The journal ends at `seq`: if all of that is stored and has had its effect, its terminal is back."""
    waits = (RECORD.c.chain_id == chain, RECORD.c.seq <= seq, RECORD.c.state == "pending")
    here = (CHAIN.c.id == chain, CHAIN.c.seq >= seq, ~sa.select(RECORD.c.key).where(*waits).exists())
    db.execute(sa.update(CHAIN).where(*here).values(whole_in=incarnation))


def absent(db: Connection) -> list[Absent]:
    """The terminals that are enrolled, not fenced, and not back yet."""
    incarnation = sa.select(OFFICE.c.incarnation).scalar_subquery()
    current = (CHAIN.c.epoch == TERMINAL.c.epoch, CHAIN.c.branch == 0, CHAIN.c.fenced_ms.is_(None))
    wanted = sa.select(STORE.c.name, TERMINAL.c.name, TERMINAL.c.code).select_from(CHAIN.join(TERMINAL).join(STORE))
    wanted = wanted.where(*current, CHAIN.c.whole_in != incarnation)
    return [Absent(*row) for row in db.execute(wanted.order_by(STORE.c.name, TERMINAL.c.name))]
