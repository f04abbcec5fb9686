"""Published programs and the keys that sign member codes."""

from typing import NamedTuple

import sqlalchemy as sa

from central.store.engine import Connection
from central.store.tables import CODE_KEY, PROGRAM

NO_END_MS = (1 << 63) - 1


class Published(NamedTuple):
    """One version of the program, as canonical JSON."""

    version: int
    code: str
    hash: str
    json: bytes
    effective_ms: int


class CodeKey(NamedTuple):
    """A public key of member codes, in hex."""

    id: int
    key_id: str
    public_key: str
    revoked: bool


_PROGRAM = tuple(PROGRAM.c[name] for name in Published._fields)
_CODE_KEY = tuple(CODE_KEY.c[name] for name in CodeKey._fields)

# Made once: making a statement takes as long as running it.
_VERSIONS = PROGRAM.c.version.in_(sa.bindparam("versions", expanding=True))
_POOL_KEYS = sa.select(PROGRAM.c.version, PROGRAM.c.pool_key).where(_VERSIONS)
_BY_VERSIONS = sa.select(*_PROGRAM).where(_VERSIONS)
_LATEST = sa.select(*_PROGRAM).where(PROGRAM.c.effective_ms <= sa.bindparam("by")).order_by(PROGRAM.c.version.desc()).limit(1)


def add(db: Connection, program: Published, pool_key: str = "") -> None:
    """Keep a program that was checked, and what draws the prizes of its pools."""
    db.execute(PROGRAM.insert().values(**program._asdict(), pool_key=pool_key))


def pool_keys(db: Connection, versions: list[int]) -> dict[int, str]:
    """What draws the prizes of those versions, in hex; empty for one without pools. Nobody is to be shown it."""
    return dict(db.execute(_POOL_KEYS, {"versions": versions}).all())


def every(db: Connection) -> list[Published]:
    """All versions, the first one first."""
    return [Published(*row) for row in db.execute(sa.select(*_PROGRAM).order_by(PROGRAM.c.version))]


def latest(db: Connection, now_ms: int | None = None) -> Published | None:
    """The highest version; with `now_ms`, of those in effect by then."""
    row = db.execute(_LATEST, {"by": now_ms if now_ms is not None else NO_END_MS}).one_or_none()
    return Published(*row) if row else None


def by_versions(db: Connection, versions: list[int]) -> list[Published]:
    """Those versions."""
    return [Published(*row) for row in db.execute(_BY_VERSIONS, {"versions": versions})]


def add_code_key(db: Connection, key_id: str, public_key: str) -> int | None:
    """Keep a public key; its own key here, or None if it was here already."""
    if db.execute(sa.select(CODE_KEY.c.id).where(CODE_KEY.c.key_id == key_id)).first():
        return None
    key: int = db.execute(CODE_KEY.insert().values(key_id=key_id, public_key=public_key).returning(CODE_KEY.c.id)).scalar_one()
    return key


def code_keys(db: Connection, ids: list[int]) -> list[CodeKey]:
    """Those public keys."""
    return [CodeKey(*row) for row in db.execute(sa.select(*_CODE_KEY).where(CODE_KEY.c.id.in_(ids)))]


def before(db: Connection, version: int) -> Published | None:
    """The highest version below `version`."""
    row = db.execute(
        sa.select(*_PROGRAM).where(PROGRAM.c.version < version).order_by(PROGRAM.c.version.desc()).limit(1)
    ).first()
    return Published(*row) if row else None


def newest(db: Connection, rows_max: int) -> list[Published]:
    """The highest versions, the last one first."""
    return [Published(*row) for row in db.execute(sa.select(*_PROGRAM).order_by(PROGRAM.c.version.desc()).limit(rows_max))]
