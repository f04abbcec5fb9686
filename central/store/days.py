"""Which tills have closed which days, and what is booked on them."""

from collections.abc import Mapping
from typing import NamedTuple

import sqlalchemy as sa

from central.store.counter import DAY_CLOSE
from central.store.engine import Connection
from central.store.tables import STORE, TERMINAL, TRANSACTIONS


class Till(NamedTuple):
    """A till on a day, by the key of the terminal beside it."""

    terminal: int
    till: str


class Told(NamedTuple):
    """A till's last word on a day; `place` is the record that said it, as (epoch, seq)."""

    place: tuple[int, int]
    closed_ms: int
    receipts: Mapping[str, int]


class Booked(NamedTuple):
    """A sale or a return under its receipt number; a return's amount is negative."""

    receipt_number: str
    amount_minor: int


def told_by(db: Connection, business_date: str, till: Till) -> Told | None:
    """What that till said last of that day."""
    return told(db, business_date, till).get(till)


def told(db: Connection, business_date: str, only: Till | None = None) -> dict[Till, Told]:
    """What every till has said of that day."""
    row = DAY_CLOSE.c
    wanted = sa.select(row.terminal_id, row.till, row.epoch, row.seq, row.closed_ms, row.receipts)
    wanted = wanted.where(row.business_date == business_date)
    if only:
        wanted = wanted.where(row.terminal_id == only.terminal, row.till == only.till)
    return {Till(at, till): Told((epoch, seq), ms, said) for at, till, epoch, seq, ms, said in db.execute(wanted)}


def save(db: Connection, business_date: str, till: Till, told: Told) -> None:
    """Keep its word, in place of the one before."""
    row = DAY_CLOSE.c
    db.execute(
        sa.delete(DAY_CLOSE).where(row.business_date == business_date, row.terminal_id == till.terminal, row.till == till.till)
    )
    (epoch, seq), said = told.place, {"closed_ms": told.closed_ms, "receipts": dict(told.receipts)}
    at = {"business_date": business_date, "terminal_id": till.terminal, "till": till.till, "epoch": epoch, "seq": seq}
    db.execute(DAY_CLOSE.insert().values(**at, **said))


def booked(db: Connection, business_date: str) -> dict[Till, list[Booked]]:
    """What is booked of that day, by till."""
    row = TRANSACTIONS.c
    wanted = sa.select(row.terminal_id, row.till, row.receipt_number, row.amount_minor).where(
        row.business_date == business_date
    )
    found: dict[Till, list[Booked]] = {}
    for terminal, till, number, amount in db.execute(wanted.order_by(row.record_key)):
        found.setdefault(Till(terminal, till), []).append(Booked(number, amount))
    return found


def days(db: Connection, first: str, last: str) -> list[str]:
    """The business dates from `first` to `last` on which something is booked or closed."""
    columns = (TRANSACTIONS.c.business_date, DAY_CLOSE.c.business_date)
    wanted = sa.union(*(sa.select(one).where(one.between(first, last)) for one in columns))
    return sorted(db.execute(wanted).scalars())


def names(db: Connection) -> dict[int, tuple[str, str]]:
    """Store and name of each terminal."""
    wanted = sa.select(TERMINAL.c.id, STORE.c.name, TERMINAL.c.name).select_from(TERMINAL.join(STORE))
    return {terminal: (store, name) for terminal, store, name in db.execute(wanted)}
