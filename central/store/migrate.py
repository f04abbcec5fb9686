"""Bringing the tables up to date. Alembic alone takes a second to import, so it is asked only when there is something to do."""

import secrets
from importlib import resources

import sqlalchemy as sa

from central.store.engine import Connection
from central.store.rows import alone
from central.store.tables import OFFICE

HEAD = "0010"
"""The newest file in migrations/versions."""

MIGRATING = 0x706F7364  # "posd": two commands on a new PostgreSQL database must not both make the tables


def migrate(db: Connection) -> None:
    """Make or upgrade the tables, and give a new database its incarnation."""
    alone(db, MIGRATING)
    if _version(db) == HEAD:
        return
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(resources.files("central.store") / "migrations"))
    config.attributes["connection"] = db
    command.upgrade(config, "head")
    if db.dialect.name == "sqlite":
        broken = db.exec_driver_sql("PRAGMA foreign_key_check").all()
        assert not broken, broken
    if db.execute(sa.select(OFFICE.c.id)).first() is None:
        db.execute(OFFICE.insert().values(id=1, incarnation=secrets.token_hex(8), feed_position=0))


def _version(db: Connection) -> str | None:
    if not sa.inspect(db).has_table("alembic_version"):
        return None
    return db.execute(sa.text("SELECT version_num FROM alembic_version")).scalar()
