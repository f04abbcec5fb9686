"""The feed's order. Each transaction that changes an entity takes the next position, and holds the counter until it commits.

So positions become visible in their own order: whoever has read up to one will never see a lower one appear, as would happen
with a bare sequence. The counter is taken last, after every other lock, so nobody waits for it in a circle.
"""

from collections.abc import Sequence
from typing import NamedTuple

import sqlalchemy as sa

from central.store.engine import Connection
from central.store.rows import upsert
from central.store.tables import CHAIN, FEED, OFFICE, TERMINAL
from loyalty.journal import Head


class Office(NamedTuple):
    """The name of this database's life, the last position of the feed, and what a restore has left (central/recovery.py)."""

    incarnation: str
    position: int
    restored_ms: int | None = None
    recovering: bool = False


class Here(NamedTuple):
    """Where the feed is, and where the journal ends in which a terminal writes now, as far as it is stored."""

    office: Office
    head: Head


class Change(NamedTuple):
    """An entity and where it last changed; `key` is its integer key."""

    position: int
    kind: str
    key: int


# Made once: making a statement takes as long as running it.
_BUMP = sa.update(OFFICE).values(feed_position=OFFICE.c.feed_position + 1).returning(OFFICE.c.feed_position)
_OFFICE = sa.select(OFFICE.c.incarnation, OFFICE.c.feed_position, OFFICE.c.restored_ms, OFFICE.c.recovering)
_EPOCH = sa.select(TERMINAL.c.epoch).where(TERMINAL.c.id == CHAIN.c.terminal_id).scalar_subquery()
_WRITES_NOW = sa.and_(CHAIN.c.terminal_id == sa.bindparam("terminal"), CHAIN.c.branch == 0, CHAIN.c.epoch == _EPOCH)
_HERE = _OFFICE.add_columns(CHAIN.c.seq, CHAIN.c.hash).select_from(OFFICE.outerjoin(CHAIN, _WRITES_NOW))
_OWN = ("share", "pool")  # those of others are for others
_ABOUT = sa.or_(FEED.c.kind.not_in(_OWN), FEED.c.key == sa.bindparam("terminal"))
_CHANGES = sa.select(FEED.c.position, FEED.c.kind, FEED.c.key).where(_ABOUT)
_CHANGES_AFTER = (
    _CHANGES.where(FEED.c.position > sa.bindparam("position"))
    .order_by(FEED.c.position, FEED.c.kind, FEED.c.key)
    .limit(sa.bindparam("rows"))
)
_CHANGES_AT = _CHANGES.where(FEED.c.position == sa.bindparam("position")).order_by(FEED.c.kind, FEED.c.key)


def publish(db: Connection, changed: Sequence[tuple[str, int]]) -> int:
    """Say that these entities, as (kind, key), change in this transaction; all of them share the position that is returned."""
    position: int = db.execute(_BUMP).scalar_one()
    upsert(db, FEED, [{"kind": kind, "key": key, "position": position} for kind, key in changed], "position")
    return position


def office(db: Connection) -> Office:
    """Where the feed is now."""
    return Office(*db.execute(_OFFICE).one())


def here(db: Connection, terminal: int) -> Here:
    """Both of that terminal, at once: nothing is asked as often."""
    *office, seq, last = db.execute(_HERE, {"terminal": terminal}).one()
    return Here(Office(*office), Head(seq, last) if seq is not None else Head())


def changes_after(db: Connection, terminal: int, position: int, rows_max: int) -> list[Change]:
    """The first changes after `position` for that terminal, in order; at most `rows_max`."""
    given = {"position": position, "terminal": terminal, "rows": rows_max}
    return [Change(*row) for row in db.execute(_CHANGES_AFTER, given)]


def changes_at(db: Connection, terminal: int, position: int) -> list[Change]:
    """All the changes of one position for that terminal."""
    return [Change(*row) for row in db.execute(_CHANGES_AT, {"position": position, "terminal": terminal})]


def others_after(db: Connection, terminal: int, kinds: Sequence[str], last: tuple[str, int], rows_max: int) -> list[Change]:
    """The entities of those kinds for that terminal, in the order of kind and key, that come after `last`."""
    wanted = _CHANGES.where(FEED.c.kind.in_(kinds), sa.tuple_(FEED.c.kind, FEED.c.key) > last)
    wanted = wanted.order_by(FEED.c.kind, FEED.c.key).limit(rows_max)
    return [Change(*row) for row in db.execute(wanted, {"terminal": terminal})]
