"""Entries and the balances that are always their sum."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import sqlalchemy as sa

from central.store import feed
from central.store.engine import Connection
from central.store.rows import upsert
from central.store.tables import BALANCE, ENTRY, INCLUDED
from loyalty.ledger import Entry, balances


class Cause(NamedTuple):
    """What makes entries: the id of a record or a hold, of which terminal, and when it was booked."""

    id: str
    terminal: int
    now_ms: int


class Difference(NamedTuple):
    """A balance that is not the sum of its entries."""

    member: int
    account: str
    unit: str
    balance: int
    entries: int


def post(db: Connection, member: int, cause: Cause, entries: Sequence[Entry]) -> None:
    """Book `entries` of one locked member, and tell the terminals: the feed's position is taken here, so call it last."""
    position = feed.publish(db, [("member", member)])
    db.execute(INCLUDED.insert().values(member_id=member, terminal_id=cause.terminal, position=position, id=cause.id))
    if not entries:
        return
    db.execute(
        ENTRY.insert(),
        [
            {
                "member_id": member,
                "cause": cause.id,
                "place": place,
                "source": entry.source,
                "target": entry.target,
                "unit": entry.unit,
                "pieces": entry.pieces,
                "position": position,
                "made_ms": cause.now_ms,
            }
            for place, entry in enumerate(entries)
        ],
    )
    moved = [
        {"member_id": member, "account": account, "unit": unit, "pieces": pieces}
        for (account, unit), pieces in sorted(balances(entries).items())
    ]
    upsert(db, BALANCE, moved, "pieces", add=True)


def balance(db: Connection, member: int, account: str, unit: str) -> int:
    """How many pieces of `unit` are in an account."""
    at = (BALANCE.c.member_id == member, BALANCE.c.account == account, BALANCE.c.unit == unit)
    return db.execute(sa.select(BALANCE.c.pieces).where(*at)).scalar_one_or_none() or 0


def check_balances(db: Connection) -> Iterator[Difference]:
    """Every balance that is not the sum of its entries. Reads the whole ledger."""
    out = sa.select(ENTRY.c.member_id, ENTRY.c.source.label("account"), ENTRY.c.unit, (-ENTRY.c.pieces).label("pieces"))
    into = sa.select(ENTRY.c.member_id, ENTRY.c.target, ENTRY.c.unit, ENTRY.c.pieces)
    moved = sa.union_all(out, into).subquery()
    place = (moved.c.member_id, moved.c.account, moved.c.unit)
    total = sa.cast(sa.func.sum(moved.c.pieces), sa.BigInteger)
    sums = {(m, a, u): int(n) for m, a, u, n in db.execute(sa.select(*place, total).group_by(*place))}
    for member, account, unit, pieces in db.execute(sa.select(BALANCE)):
        entries = sums.pop((member, account, unit), 0)
        if pieces != entries:
            yield Difference(member, account, unit, pieces, entries)
    for (member, account, unit), entries in sums.items():
        yield Difference(member, account, unit, 0, entries)


def entries(db: Connection) -> int:
    """How many entries there are."""
    return db.execute(sa.select(sa.func.count()).select_from(ENTRY)).scalar_one()
