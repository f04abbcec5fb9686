"""Online reservations."""

from typing import NamedTuple

import sqlalchemy as sa

from central.store.engine import Connection
from central.store.spending import HOLD


class HoldRow(NamedTuple):
    """A reservation: `state` as in tables.py; `refusal` is JSON; `leased` of its pieces came out of the terminal's own `lease`."""

    member_id: int
    id: str
    terminal_id: int
    unit: str
    pieces: int
    state: str
    refusal: bytes | None = None
    chain_id: int | None = None
    lease: str = ""
    leased: int = 0


# Made once: making a statement takes as long as running it.
_GET = sa.select(*(HOLD.c[name] for name in HoldRow._fields)).where(HOLD.c.id == sa.bindparam("hold"))
_ADD = HOLD.insert()
_END = (
    sa.update(HOLD).where(HOLD.c.member_id == sa.bindparam("member"), HOLD.c.id == sa.bindparam("hold")).values(state="ended")
)


def get(db: Connection, hold: str) -> HoldRow | None:
    """The hold of that id."""
    row = db.execute(_GET, {"hold": hold}).one_or_none()
    return HoldRow(*row) if row else None


def add(db: Connection, hold: HoldRow, now_ms: int) -> None:
    """Keep a hold, or the tombstone of one that has not come yet."""
    db.execute(_ADD, {**hold._asdict(), "made_ms": now_ms})


def save(db: Connection, hold: HoldRow) -> None:
    """Keep what has become of a hold."""
    at = (HOLD.c.member_id == hold.member_id, HOLD.c.id == hold.id)
    db.execute(sa.update(HOLD).where(*at).values(**hold._asdict()))


def end(db: Connection, hold: HoldRow) -> None:
    """It is spent or given back."""
    db.execute(_END, {"member": hold.member_id, "hold": hold.id})
