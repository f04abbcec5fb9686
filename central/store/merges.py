"""Members who are one: whose cards count for whom."""

from collections.abc import Iterable
from typing import NamedTuple

import sqlalchemy as sa

from central.store.counter import MERGED
from central.store.engine import Connection
from central.store.spending import HOLD, LEASE
from central.store.tables import BALANCE, MEMBER, STORE, TERMINAL
from loyalty.ledger import exposed, held, leased
from loyalty.posting import ASIDE


class Merge(NamedTuple):
    """One member is to be, or is, another."""

    member_id: int
    into_id: int
    done: bool


class Waiting(NamedTuple):
    """A merge that is not done, and one thing that it waits for: a lease, a hold or an exposure, and of which terminal; since when
    that is, and how many pieces are in it. Without one it is done at the next look.
    """

    handle: str
    into: str
    made_ms: int
    kind: str = ""
    store: str = ""
    terminal: str = ""
    code: str = ""
    since_ms: int = 0
    unit: str = ""
    pieces: int = 0


# Made once: making a statement takes as long as running it.
_FOUND = sa.select(MERGED.c.member_id, MERGED.c.into_id, MERGED.c.done)
_GET = _FOUND.where(MERGED.c.member_id == sa.bindparam("member"))
_ASIDE = sa.or_(*(BALANCE.c.account.startswith(one) for one in ASIDE))
_WAITS = sa.exists().where(BALANCE.c.member_id == MERGED.c.member_id, _ASIDE, BALANCE.c.pieces != 0)
_NEXT_TODO = _FOUND.where(sa.not_(MERGED.c.done), sa.not_(_WAITS)).order_by(MERGED.c.member_id).limit(1)
_INTO = (
    sa.select(MERGED.c.member_id, MERGED.c.into_id, MEMBER.c.handle)
    .join(MEMBER, MEMBER.c.id == MERGED.c.into_id)
    .where(MERGED.c.done, MERGED.c.member_id.in_(sa.bindparam("members", expanding=True)))
)


def get(db: Connection, member: int) -> Merge | None:
    """What `member` is merged into, or is to be."""
    row = db.execute(_GET, {"member": member}).one_or_none()
    return Merge(*row) if row else None


def survivor(db: Connection, member: int) -> int | None:
    """Whom `member` was merged into; None for who was not."""
    found = get(db, member)
    return found.into_id if found and found.done else None


def absorbed(db: Connection, member: int) -> list[int]:
    """Who was, or is to be, merged into `member`."""
    return list(
        db.execute(sa.select(MERGED.c.member_id).where(MERGED.c.into_id == member).order_by(MERGED.c.member_id)).scalars()
    )


def add(db: Connection, member: int, into: int, now_ms: int) -> None:
    """It is to be done."""
    db.execute(MERGED.insert().values(member_id=member, into_id=into, made_ms=now_ms))


def end(db: Connection, merge: Merge) -> None:
    """It is done; who was merged into the one that is gone now belongs to the other."""
    db.execute(sa.update(MERGED).where(MERGED.c.into_id == merge.member_id).values(into_id=merge.into_id))
    db.execute(sa.update(MERGED).where(MERGED.c.member_id == merge.member_id).values(done=True))


def next_todo(db: Connection) -> Merge | None:
    """The next merge that has nothing to wait for: nothing of the member is leased, held or exposed."""
    row = db.execute(_NEXT_TODO).one_or_none()
    return Merge(*row) if row else None


def waiting(db: Connection) -> list[Waiting]:
    """All that merges wait for, the oldest merge first."""
    stays, account = MEMBER.alias(), BALANCE.c.account
    who = (MEMBER.c.handle, stays.c.handle, MERGED.c.made_ms)
    merges = MERGED.join(MEMBER, MEMBER.c.id == MERGED.c.member_id).join(stays, stays.c.id == MERGED.c.into_id)
    found: list[Waiting] = []
    for table, own in ((LEASE, leased), (HOLD, held)):
        mine = sa.or_(*(account == sa.literal(of("")) + table.c.id for of in (own, exposed)))
        what = (STORE.c.name, TERMINAL.c.name, TERMINAL.c.code, table.c.made_ms, BALANCE.c.unit)
        tables = merges.join(table, table.c.member_id == MERGED.c.member_id).join(TERMINAL).join(STORE)
        tables = tables.join(BALANCE, sa.and_(BALANCE.c.member_id == MERGED.c.member_id, mine))
        wanted = sa.select(*who, account, *what, sa.cast(sa.func.sum(BALANCE.c.pieces), sa.BigInteger)).select_from(tables)
        wanted = wanted.where(sa.not_(MERGED.c.done), BALANCE.c.pieces != 0).group_by(*who, account, *what)
        found += [Waiting._make((*row[:3], row[3].partition("/")[0], *row[4:])) for row in db.execute(wanted)]
    named = {one.handle for one in found}
    rest = db.execute(sa.select(*who).select_from(merges).where(sa.not_(MERGED.c.done)))
    found += [Waiting(*row) for row in rest if row[0] not in named]
    return sorted(found, key=lambda one: (one.made_ms, one.handle, one.since_ms))


def into(db: Connection, members: Iterable[int]) -> dict[int, tuple[int, str]]:
    """Into whom those of `members` were merged that were, by key and handle."""
    rows = db.execute(_INTO, {"members": list(members)})
    return {row.member_id: (row.into_id, row.handle) for row in rows}
