"""Published receipt layouts."""

from typing import NamedTuple

import sqlalchemy as sa

from central.store.engine import Connection
from central.store.tables import LAYOUT


class Published(NamedTuple):
    """One layout, as JSON."""

    name: str
    version: int
    json: bytes
    made_ms: int


_LAYOUT = tuple(LAYOUT.c[name] for name in Published._fields)


def add(db: Connection, layout: Published) -> None:
    """Keep a layout that was checked; it is the last one now."""
    db.execute(LAYOUT.insert().values(**layout._asdict()))


def newest(db: Connection, rows_max: int) -> list[Published]:
    """What was published, the last one first."""
    return [Published(*row) for row in db.execute(sa.select(*_LAYOUT).order_by(LAYOUT.c.id.desc()).limit(rows_max))]
