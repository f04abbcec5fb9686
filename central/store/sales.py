"""Sales and returns as people look for them, and how much of each line has come back."""

from typing import NamedTuple

import sqlalchemy as sa

from central.store.engine import Connection
from central.store.rows import upsert
from central.store.tables import RETURNED, TRANSACTIONS


class Transaction(NamedTuple):
    """One row of the page; `kind` is sale or return, and a return's amount is negative."""

    record_key: int
    id: str
    kind: str
    original: str
    terminal_id: int
    member_id: int | None
    wall_ms: int
    utc_offset: int
    business_date: str
    till: str
    receipt_number: str
    amount_minor: int
    currency: str
    flags: str
    differs: str = ""
    stale: str = ""


# Made once: making a statement takes as long as running it.
_ADD = TRANSACTIONS.insert()
_RETURNS_OF = sa.select(TRANSACTIONS.c.id).where(TRANSACTIONS.c.original == sa.bindparam("sale"))
_RETURNED_BEFORE = sa.select(RETURNED.c.line, RETURNED.c.quantity_milli).where(RETURNED.c.sale == sa.bindparam("of"))


def add(db: Connection, row: Transaction) -> None:
    """Keep what a person will look for."""
    db.execute(_ADD, row._asdict())


def returns_of(db: Connection, sale: str) -> list[str]:
    """The ids of the returns of a sale that are booked."""
    return list(db.execute(_RETURNS_OF, {"sale": sale}).scalars())


def returned_before(db: Connection, sale: str) -> dict[str, int]:
    """Thousandths already returned of a sale, by line."""
    return {row.line: row.quantity_milli for row in db.execute(_RETURNED_BEFORE, {"of": sale})}


def add_returned(db: Connection, sale: str, quantities: dict[str, int]) -> None:
    """These thousandths have come back too."""
    rows = [{"sale": sale, "line": line, "quantity_milli": quantity} for line, quantity in sorted(quantities.items())]
    upsert(db, RETURNED, rows, "quantity_milli", add=True)
