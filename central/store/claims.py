"""Sales without a member that somebody claimed, and finding a sale by what stands on its receipt."""

from typing import NamedTuple

import sqlalchemy as sa

from central.store.counter import CLAIM
from central.store.engine import Connection
from central.store.tables import STORE, TERMINAL, TRANSACTIONS


class Claimed(NamedTuple):
    """Whose a sale is by a claim; `body` is the sale as it is theirs, as JSON, `cause` what its entries name."""

    sale: str
    cause: str
    member_id: int
    body: bytes


class Receipt(NamedTuple):
    """What stands on a till's receipt."""

    store: str
    business_date: str
    number: str


def get(db: Connection, sale: str) -> Claimed | None:
    """The claim of that sale."""
    row = db.execute(sa.select(*(CLAIM.c[name] for name in Claimed._fields)).where(CLAIM.c.sale == sale)).one_or_none()
    return Claimed(*row) if row else None


def add(db: Connection, claimed: Claimed, now_ms: int) -> None:
    """It is that member's sale now."""
    db.execute(CLAIM.insert().values(**claimed._asdict(), made_ms=now_ms))
    mine = sa.update(TRANSACTIONS).where(sa.or_(TRANSACTIONS.c.id == claimed.sale, TRANSACTIONS.c.original == claimed.sale))
    db.execute(mine.values(member_id=claimed.member_id))


def sales_of(db: Connection, receipt: Receipt) -> list[str]:
    """The ids of the sales with that receipt."""
    row = TRANSACTIONS.c
    wanted = sa.select(row.id).join(TERMINAL, TERMINAL.c.id == row.terminal_id).join(STORE)
    this = (row.business_date == receipt.business_date, row.receipt_number == receipt.number, STORE.c.name == receipt.store)
    return list(db.execute(wanted.where(*this, row.kind == "sale").order_by(row.record_key)).scalars())


def terminal_of(db: Connection, sale: str) -> int:
    """The key of the terminal that booked that sale."""
    found: int = db.execute(sa.select(TRANSACTIONS.c.terminal_id).where(TRANSACTIONS.c.id == sale)).scalar_one()
    return found
