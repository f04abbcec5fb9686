"""The database: SQLite by default, PostgreSQL by setting; whole functions run in one transaction each.

Store functions are plain and synchronous: they take a Connection and neither begin nor commit. What must be true together is
written by one function.
"""

import asyncio
import contextlib
import time
from collections.abc import Callable
from typing import Any, Concatenate, ParamSpec, TypeVar

import sqlalchemy as sa
from sqlalchemy import Connection, event
from sqlalchemy.exc import ArgumentError, DBAPIError, DisconnectionError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.util import greenlet_spawn

from runtime.errors import Misconfigured, Unavailable

__all__ = ["Connection", "Store", "make_engine"]

CONNECTIONS_MAX = 20  # more requests at once wait their turn; PostgreSQL allows 100 by default
CONNECT_S_MAX = 10.0
WAIT_S_MAX = 5.0  # for a connection of the pool, and then for a lock: a terminal is told to come back long before it gives up
IDLE_S_MAX = 2.0  # a connection that has rested for longer is asked whether it lives
STATEMENT_S_MAX = 30.0  # of one statement while head office runs: who asked has given up long before
SILENCE_S_MAX = 40.0  # then the server itself is silent: its machine is gone, or stands still
HELD_S_MAX = 60.0  # a transaction that nobody goes on with: what it has locked is free again
BUSY_MS_MAX = 5000  # how long a command waits for head office's own write, and the other way round

STATES_OF_TROUBLE = ("08", "25", "28", "3D", "40", "53", "55", "57", "58")
"""Classes of PostgreSQL's SQLSTATE: connection, read-only, login, no database, rollback, resources, locks, an operator, I/O."""
CODES_OF_TROUBLE = (5, 6, 8, 10, 11, 13, 14, 15, 26)
"""SQLite's result codes: busy, locked, read-only, I/O, corrupt, full, cannot open, locking protocol, not a database."""

P = ParamSpec("P")
T = TypeVar("T")


class Store:
    """Runs store functions. `read` sees one snapshot of the database, `run` writes and commits."""

    def __init__(self, engine: AsyncEngine) -> None:
        """Take a prepared engine; see opening.py."""
        self._writer = engine
        snapshot: dict[str, Any] = {"posd_reads": True}
        if engine.dialect.name == "postgresql":
            snapshot |= {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
        self._reader = engine.execution_options(**snapshot)
        # SQLite has one writer at a time: ours wait in line here instead of asking it again and again
        self._turn = asyncio.Lock() if engine.dialect.name == "sqlite" else contextlib.nullcontext()

    async def run(self, function: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """The result of `function` in one transaction that is committed. Raises Unavailable, and then nothing was written
        or the outcome is unknown: every caller of ours may repeat.
        """
        async with self._turn:
            return await _transaction(self._writer, function, *args, **kwargs)

    async def rebuild(self, function: Callable[[Connection], T]) -> T:
        """The result of `function`, which may rebuild tables. SQLite must not look at foreign keys meanwhile; `function` sees
        to them at its end. Raises Unavailable.
        """
        rebuilder = self._writer.execution_options(posd_rebuilds=True)
        async with self._turn:
            result = await _transaction(rebuilder, function)
            await self._writer.dispose()  # every connection from here on looks at them again
        return result

    async def read(self, function: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """The result of `function`, which only reads, from one snapshot. Raises Unavailable."""
        return await _transaction(self._reader, function, *args, **kwargs)


def make_engine(url: str, *, patient: bool = True) -> AsyncEngine:
    """An engine for `url`, with the settings that durability needs; one that is not `patient` gives up what takes longer than
    anybody waits. Raises Misconfigured for a URL that is none of ours.
    """
    try:
        place = sa.make_url(url)
    except ArgumentError as error:
        raise Misconfigured("database_url", f"{url!r} is no database URL", "See `database` in central.toml") from error
    if place.drivername == "sqlite":
        engine = create_async_engine(place.set(drivername="sqlite+aiosqlite"), **_POOL)
        event.listen(engine.sync_engine, "connect", _on_sqlite_connect)
        event.listen(engine.sync_engine, "begin", _on_sqlite_begin)
        return engine
    if place.drivername in ("postgresql", "postgres"):
        limits = {} if patient else {"statement_timeout": STATEMENT_S_MAX, "idle_in_transaction_session_timeout": HELD_S_MAX}
        limits |= {"lock_timeout": WAIT_S_MAX}
        server = {"synchronous_commit": "on", **{name: f"{round(limit_s * 1000)}ms" for name, limit_s in limits.items()}}
        silence_s = None if patient else SILENCE_S_MAX
        options = {"timeout": CONNECT_S_MAX, "command_timeout": silence_s, "server_settings": server}
        engine = create_async_engine(place.set(drivername="postgresql+asyncpg"), connect_args=options, **_POOL)
        event.listen(engine.sync_engine, "checkin", _on_checkin)
        event.listen(engine.sync_engine, "checkout", _on_checkout)
        return engine
    raise Misconfigured("database_url", f"{place.drivername!r} is no database of ours", "sqlite:///PATH or postgresql://...")


_POOL: dict[str, Any] = {"pool_size": 5, "max_overflow": CONNECTIONS_MAX - 5, "pool_timeout": WAIT_S_MAX}


def _on_checkin(_: object, record: Any) -> None:
    record.info["idle_since"] = time.monotonic()


def _on_checkout(connection: Any, record: Any, _: object) -> None:
    """A connection that has rested for a while may have died meanwhile: ask it. Asking each time costs a tenth of a push."""
    since = record.info.get("idle_since")
    if since is None or time.monotonic() - since < IDLE_S_MAX:
        return
    try:
        connection.ping()
    except (OSError, connection.dbapi.Error) as error:
        raise DisconnectionError from error


def _on_sqlite_connect(connection: Any, _: object) -> None:
    connection.isolation_level = None  # we say BEGIN ourselves
    cursor = connection.cursor()
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
        "trusted_schema=OFF",
        f"busy_timeout={BUSY_MS_MAX}",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _on_sqlite_begin(connection: Connection) -> None:
    options = connection.get_execution_options()
    if options.get("posd_rebuilds"):
        connection.exec_driver_sql("PRAGMA foreign_keys=OFF")  # a transaction that has begun ignores it
    connection.exec_driver_sql("BEGIN" if options.get("posd_reads") else "BEGIN IMMEDIATE")


async def _transaction(
    engine: AsyncEngine, function: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs
) -> T:
    try:
        return await greenlet_spawn(_begun, engine.sync_engine, lambda connection: function(connection, *args, **kwargs))
    except (OSError, PoolTimeoutError, DBAPIError, engine.dialect.loaded_dbapi.Error) as error:
        cause = error.orig if isinstance(error, DBAPIError) else error
        if not isinstance(error, OSError | PoolTimeoutError) and not _is_trouble(cause):
            raise
        place = engine.url.render_as_string(hide_password=True)
        reason = str(cause).splitlines()
        message = f"the database {place} does not answer: {reason[0] if reason else type(cause).__name__}"
        raise Unavailable("database_unavailable", message, "Check that it runs and that `database` is right") from error


def _begun(engine: sa.Engine, function: Callable[[Connection], T]) -> T:
    """All of it in one greenlet: the engine's own `begin` takes one for each step, and a push has little else to do."""
    with engine.begin() as connection:
        return function(connection)


def _is_trouble(cause: object) -> bool:
    """Whether the database could not, rather than would not: what it refuses to do is a bug of ours."""
    state, number = getattr(cause, "sqlstate", None), getattr(cause, "sqlite_errorcode", None)
    if state:
        return str(state)[:2] in STATES_OF_TROUBLE
    return number is None or number & 0xFF in CODES_OF_TROUBLE
