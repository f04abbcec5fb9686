"""What the two databases say differently: inserting what may be there already, and many rows at once."""

from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from central.store.engine import Connection


def insert_new(db: Connection, table: sa.Table, values: dict[str, Any]) -> None:
    """Insert a row unless one with its key is there."""
    db.execute(_insert_new(db.dialect.name, table), values)


def upsert(db: Connection, table: sa.Table, rows: Sequence[dict[str, Any]], column: str, *, add: bool = False) -> None:
    """Insert `rows`; where a key is there already set `column` to the new value, or add the new value to it."""
    if rows:
        db.execute(_upsert(db.dialect.name, table, column, add=add), list(rows))


def append(db: Connection, table: sa.Table, columns: Sequence[str], rows: Iterable[tuple[Any, ...]]) -> None:
    """Insert many new rows; by COPY on PostgreSQL, so the transaction must have run a statement before (else it is outside)."""
    if db.dialect.name == "postgresql":
        driver: Any = db.connection.dbapi_connection
        driver.run_async(lambda raw: raw.copy_records_to_table(table.name, columns=columns, records=rows))
    elif told := [dict(zip(columns, row, strict=True)) for row in rows]:
        db.execute(_insert_all(table), told)


def alone(db: Connection, what: int) -> None:
    """Wait until no other transaction does `what`; SQLite has one writer anyhow."""
    if db.dialect.name == "postgresql":
        db.execute(sa.select(sa.func.pg_advisory_xact_lock(what)))


# Made once, as all statements that a record or a request needs: making one takes as long as running it.


@cache
def _insert_all(table: sa.Table) -> Any:
    return table.insert()


@cache
def _insert_new(dialect: str, table: sa.Table) -> Any:
    return _insert(dialect, table).on_conflict_do_nothing()


@cache
def _upsert(dialect: str, table: sa.Table, column: str, *, add: bool) -> Any:
    insert = _insert(dialect, table)
    value = table.c[column] + insert.excluded[column] if add else insert.excluded[column]
    return insert.on_conflict_do_update(index_elements=list(table.primary_key.columns), set_={column: value})


def _insert(dialect: str, table: sa.Table) -> Any:
    return postgresql.insert(table) if dialect == "postgresql" else sqlite.insert(table)
