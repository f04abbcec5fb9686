"""What joining members gave: the only tables with personal data but for first names."""

from collections.abc import Sequence
from typing import NamedTuple

import sqlalchemy as sa

from central.store.counter import ATTACHMENT, PEOPLE_KEY
from central.store.engine import Connection
from central.store.rows import insert_new


class Attached(NamedTuple):
    """An attachment: its content as JSON once it has come (`stored_ms`), until somebody erases it (`erased_ms`)."""

    handle: str
    content: str
    stored_ms: int | None
    erased_ms: int | None


def people_key(db: Connection) -> bytes:
    """By what telephone numbers are hashed."""
    return bytes.fromhex(db.execute(sa.select(PEOPLE_KEY.c.key)).scalar_one())


def get(db: Connection, record: str) -> Attached | None:
    """What belongs to that record."""
    wanted = sa.select(*(ATTACHMENT.c[name] for name in Attached._fields)).where(ATTACHMENT.c.record == record)
    row = db.execute(wanted).one_or_none()
    return Attached(*row) if row else None


def expect(db: Connection, record: str, handle: str) -> None:
    """A record has had its effect, whose attachment is to come or is here."""
    insert_new(db, ATTACHMENT, {"record": record, "handle": handle})


def keep(db: Connection, record: str, handle: str, content: str, phone_hash: str) -> None:
    """It has come."""
    expect(db, record, handle)
    values = {"content": content, "phone_hash": phone_hash}
    db.execute(sa.update(ATTACHMENT).where(ATTACHMENT.c.record == record).values(**values))


def came(db: Connection, record: str, now_ms: int) -> None:
    """It came now, whether or not it was kept."""
    db.execute(sa.update(ATTACHMENT).where(ATTACHMENT.c.record == record).values(stored_ms=now_ms))


def erased(db: Connection, handle: str) -> bool:
    """Whether what that member gave was erased."""
    gone = (ATTACHMENT.c.handle == handle, ATTACHMENT.c.erased_ms.is_not(None))
    return db.execute(sa.select(ATTACHMENT.c.record).where(*gone).limit(1)).first() is not None


def erase(db: Connection, handle: str, now_ms: int) -> int:
    """Erase what that member gave, or will have given; how many attachments."""
    gone = {"content": "", "phone_hash": "", "erased_ms": now_ms}
    erasing = sa.update(ATTACHMENT).where(ATTACHMENT.c.handle == handle).values(**gone)
    return len(db.execute(erasing.returning(ATTACHMENT.c.record)).all())


def of_phone(db: Connection, phone_hash: str) -> Sequence[str]:
    """The handles of who gave that number."""
    wanted = sa.select(ATTACHMENT.c.handle).distinct().where(ATTACHMENT.c.phone_hash == phone_hash)
    return list(db.execute(wanted.order_by(ATTACHMENT.c.handle)).scalars())


def of_member(db: Connection, handle: str) -> list[str]:
    """The contents that are kept of a member."""
    wanted = sa.select(ATTACHMENT.c.content).where(ATTACHMENT.c.handle == handle, ATTACHMENT.c.content != "")
    return list(db.execute(wanted.order_by(ATTACHMENT.c.record)).scalars())
