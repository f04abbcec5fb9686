"""Bringing the tables up to date. Alembic alone takes a second to import, so it is asked only when there is something to do."""

import secrets
from importlib import resources

import sqlalchemy as sa

from central.store.engine import Connection
from central.store.rows import alone
from central.store.tables import OFFICE
from runtime.errors import Misconfigured

HEAD = "0013"
"""The newest file in migrations/versions."""

MIGRATING = 0x706F7364  # "posd": two commands on a new PostgreSQL database must not both make the tables


def migrate(db: Connection) -> None:
    """Make or upgrade the tables, and give a new database its incarnation. Raises Misconfigured for that of a newer release."""
    alone(db, MIGRATING)
    version = _version(db) or ""
    if version == HEAD:
        return
    if version > HEAD:  # numbers of four digits
        hint = "A newer posd-central has used it: install that version again, or restore the backup from before the upgrade"
        raise Misconfigured("database_newer", f"the database has schema {version}, newer than this posd-central", hint)
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
