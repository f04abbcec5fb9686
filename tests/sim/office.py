"""Head office as a process: the real answers (central/api.py), the real applier and the real days, on a database in memory."""

import asyncio
import contextlib
import random
import sqlite3
import traceback
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.pool import NullPool

from central import blanks, daily, leases, merging, programs, recovery
from central.api import Api
from central.apply import Applier
from central.auth import Signed
from central.feed import News
from central.store import copies
from central.store.copies import StoredHead
from runtime.errors import Rejected, Unavailable
from runtime.supervise import supervise
from sync import wire
from tests.sim.network import Answered
from tests.sim.process import Process
from tests.sim.rules import parsed, program
from tests.sim.sql import QuickConnection

RESTART_S_MAX = 20 * 60.0
POOL_CODES = 6
CHAINS = (
    "SELECT code, c.epoch, seq FROM chain c JOIN terminal t ON t.id = c.terminal_id"
    " WHERE branch = 0 AND c.epoch = t.epoch AND fenced_ms IS NULL"
)
"""Every journal that counts, and how far it is known."""


class OfficeStore:
    """As central.store.engine.Store, for one life of the process, on a connection that is not asynchronous."""

    def __init__(self, process: Process, db: sa.Connection, world: Any) -> None:
        """Each call is one whole function in one transaction; the process may die before, inside or after it."""
        self._process = process
        self._db = db
        self._world = world
        self._chance: random.Random = world.stream("office store")

    async def run(self, fn: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """Write. A process that dies here hears nothing any more."""
        await asyncio.sleep(0)
        if not self._process.alive:
            await self._process.dies()
        dies = self._world.faults.office_dies
        when = self._chance.random() / dies if dies else 1.0
        if when < 1 / 3:
            await self._process.dies("before")
        with self._db.begin() as transaction:
            result = fn(self._db, *args, **kwargs)
            if when < 2 / 3:
                transaction.rollback()
        if when < 2 / 3:
            await self._process.dies("inside a transaction")
        if when < 1:
            await self._process.dies("after commit")
        return result

    async def read(self, fn: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """Read, on one state of the database."""
        if not self._process.alive:
            await self._process.dies()
        with self._db.begin():
            return fn(self._db, *args, **kwargs)


class LateNews(News):
    """Tells those who wait a while after it happened, once for all that has happened since: a day has many sales."""

    def __init__(self, lag_s: Callable[[], float]) -> None:
        """`lag_s` is how late."""
        super().__init__()
        self._lag_s = lag_s
        self._coming = False

    def tell(self) -> None:
        """Soon."""
        if not self._coming:
            self._coming = True
            asyncio.get_running_loop().call_later(self._lag_s(), self.now)

    def now(self) -> None:
        """At once."""
        self._coming = False
        super().tell()


class Office:
    """Head office; `db` survives its crashes. `known` is how far each journal was when it was restored, by terminal and epoch."""

    def __init__(self, world: Any, db: sa.Connection) -> None:
        """It does not run yet."""
        self.db = db
        self.raw: Any = db.connection.dbapi_connection
        self._world = world
        self._chance: random.Random = world.stream("office")
        self.backups: list[bytes] = []
        self.known: dict[tuple[str, int], int] = {}
        self.process = Process(lambda how: None)
        self.process.alive = False
        self._due: asyncio.TimerHandle

    def start(self) -> None:
        """A new life."""
        world = self._world
        self.process = Process(self._ended)
        self.store = OfficeStore(self.process, self.db, world)
        self.news = LateNews(lambda: world.lag_s)
        self.applier: Any = Applier(self.store, world.now_ms, self.news.tell)  # type: ignore[arg-type]
        api: Any = Api(self.store, self.applier, self.news)  # type: ignore[arg-type]
        self._answers = {
            "/v1/enrol": api._enrol,
            "/v1/journal": api._journal,
            "/v1/attachments": api._attachments,
            "/v1/holds": api._holds,
            "/v1/feed": api._feed,
            "/v1/snapshot": api._snapshot,
        }
        self.process.spawn(supervise("apply", self.applier.run))
        self.process.spawn(supervise("leases", lambda: leases.expose_all(self.store, world.now_ms, self.news.tell)))
        self.process.spawn(supervise("day", lambda: daily.bring_days(self.store, world.now_ms, self.news.tell)))
        self.process.spawn(supervise("merges", lambda: merging.finish_all(self.store, world.now_ms, self.news.tell)))  # type: ignore[arg-type]
        self.process.spawn(supervise("pools", self._fill_pools))
        world.note("office", "starts")

    async def _fill_pools(self) -> None:
        await blanks.fill_all(self.store, self._world.town.signer, POOL_CODES, self._world.now_ms, self.news.tell)  # type: ignore[arg-type]

    def crash(self) -> None:
        """The plug."""
        self.process.kill("crash")

    def back_up(self) -> None:
        """As central.backup.make: a copy, read again; from then on terminals may delete what is in it."""
        heads = [StoredHead(*row) for row in self.look("SELECT id, seq, hash FROM chain")]
        self.backups.append(image_of(self.db))
        self.write(copies.mark_durable, heads)

    def restore(self, image: bytes) -> None:
        """As central.backup.restore, while it does not run; then a person publishes again what the backup does not have."""
        world = self._world
        self.process.kill("restore")
        before = self.look("SELECT count(*) FROM record")[0][0]
        for code, epoch, seq in self.look(CHAINS):
            self.known[code, epoch] = max(seq, self.known.get((code, epoch), 0))
        self.db.close()
        self.db = database(image)
        self.raw = self.db.connection.dbapi_connection
        self.write(recovery.begin, world.now_ms(), "person")
        newest = self.look("SELECT max(version) FROM program")[0][0]
        for version in range(newest + 1, world.town.version + 1):
            self.write(programs.publish, parsed(version), program(version), world.now_ms(), 0)
        after = self.look("SELECT count(*) FROM record")[0][0]
        world.marks.sometimes("head office restored from a backup")
        world.marks.sometimes("records lost at head office pushed again", when=after < before)

    def _ended(self, how: str) -> None:
        world = self._world
        if how in ("inside a transaction", "after commit"):
            world.marks.sometimes(f"office died {how}")
        pending = self.look("SELECT 1 FROM record WHERE state = 'pending' LIMIT 1")
        world.marks.sometimes("office died before apply", when=bool(pending))
        world.note("office", f"dies {how}")
        down_s = self._chance.random() ** 3 * RESTART_S_MAX if not world.healed else 0.1
        self._due = asyncio.get_running_loop().call_later(down_s, self.start)

    def start_now(self) -> None:
        """Whoever waits to start it waits no longer."""
        if not self.process.alive:
            self._due.cancel()
            self.start()

    def look(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        """Rows, read past the process, as the invariants do. Between two transactions only."""
        return list(self.raw.execute(sql, values).fetchall())

    def write(self, fn: Callable[..., Any], *args: Any) -> Any:
        """A command that a person runs beside the process: one transaction."""
        with self.db.begin():
            return fn(self.db, *args)

    async def serve(self, key: str, path: str, body: bytes) -> bytes:
        """The answer to a request, by the real answers. Raises Answered for a Problem, ConnectionError when it does not run."""
        if not self.process.alive:
            raise ConnectionError
        task = self.process.spawn(self._answered(key, path, body))
        await asyncio.wait({task})
        if task.cancelled():
            raise ConnectionError
        return task.result()

    async def _answered(self, key: str, path: str, body: bytes) -> bytes:
        before = self._before(path, body)
        try:
            later = await self._answers[path](Signed(None, {"key": key}), body)  # type: ignore[arg-type]
            found = await later() if callable(later) else later
        except Rejected as error:
            raise Answered(wire.Problem(error.code, error.message, error.hint)) from error
        except Unavailable as error:
            raise Answered(wire.Problem("overload", error.message)) from error
        except Exception as error:  # a bug of head office: a 500, which no terminal takes at its word
            self._world.oracle.broken("".join(traceback.format_exception(error)))
            raise ConnectionError from error
        if isinstance(found, wire.HoldAnswer):
            self._held(before, (key, wire.decode(body, wire.HoldRequest)), found)
        if isinstance(found, wire.PushAnswer):
            self._world.note(key, f"{found.outcome} {found.seq}")
            self._world.marks.sometimes("fork", when=found.outcome == "fork")
            new = self.look("SELECT max(key) FROM record")
            self._world.marks.sometimes("batch repeated", when=found.outcome == "stored" and new == before)
        return wire.encode(found)

    def _before(self, path: str, body: bytes) -> list[tuple[Any, ...]]:
        """What marks are told by: whether a hold is known already, and how many records there are."""
        if path == "/v1/holds":
            with contextlib.suppress(ValueError):
                return self.look("SELECT state, made_ms FROM hold WHERE id = ?", wire.decode(body, wire.HoldRequest).id)
        return self.look("SELECT max(key) FROM record") if path == "/v1/journal" else []

    def _held(self, before: list[tuple[Any, ...]], asked: tuple[str, wire.HoldRequest], answer: wire.HoldAnswer) -> None:
        marks, (key, request) = self._world.marks, asked
        self._world.oracle.held(key, request, answer)
        marks.sometimes(
            "hold refused while recovering", when=answer.refusal is not None and answer.refusal.code == "office_recovering"
        )
        self._world.note("hold", f"{request.id} {answer.granted}")
        if answer.granted and not before:
            for why in self._world.invariants.granted(self._world, request.member):
                self._world.oracle.broken(why)
        marks.sometimes("hold request repeated", when=bool(before) and before[0][0] in ("open", "refused"))
        marks.sometimes("hold came after its void", when=bool(before) and before[0][0] == "ended" and not answer.granted)


def unsigned(_: Any, headers: Mapping[str, str], verify: Callable[[str, bytes, bytes], bool]) -> str | None:
    """In place of sync.signing.check: signatures have tests of their own, and are half of a day's time here. Whose key it is, and
    whether its epoch still counts, is asked all the same.
    """
    return headers["key"] if verify(headers["key"], b"", b"") else None


def database(image: bytes | None = None) -> sa.Connection:
    """A connection to a database in memory of its own, with the content of `image`."""
    db = _engine().connect()
    raw: Any = db.connection.dbapi_connection
    if image is not None:
        raw.deserialize(image)
    raw.execute("PRAGMA foreign_keys=ON")
    return db


@cache
def _engine() -> sa.Engine:
    """One for all seeds of a process: it keeps what it has compiled."""
    engine = sa.create_engine("sqlite://", creator=_connect, poolclass=NullPool)
    engine._connection_cls = QuickConnection  # type: ignore[attr-defined]
    return engine


def _connect() -> sqlite3.Connection:
    return sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)


def image_of(db: sa.Connection) -> bytes:
    """The whole database, as a backup has it."""
    raw: Any = db.connection.dbapi_connection
    image: bytes = raw.serialize()
    return image
