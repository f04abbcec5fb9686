"""The terminal's database: opened for this process alone, and whole functions run on one thread, one transaction each."""

import asyncio
import contextlib
import errno
import fcntl
import os
import secrets
import sqlite3
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar

import aiosqlite
import structlog

from loyalty.ids import ENTROPY_BYTES, random_id
from posd.store import aside
from posd.store.condition import Condition
from posd.store.db import Db, in_snapshot
from posd.store.folder import Folder, RealFolder
from posd.store.opening import FILE, LOOKING, Step, schema_files, set_up, was_running
from posd.store.starting import Places, Started, begin_writing, start
from posd.store.writer import Writer, trouble
from runtime.errors import Misconfigured, Unavailable

P = ParamSpec("P")
T = TypeVar("T")

log = structlog.get_logger()


class Store:
    """One connection that writes, on a thread of its own, and one that only looks.

    `condition` says what the disk is fit for. Once `failed` is set nothing can be written any more, and `failure` says why: whoever
    runs on the store should end, and start anew.
    """

    def __init__(self, thread: aiosqlite.Connection, writer: Writer, looking: sqlite3.Connection, folder: Folder) -> None:
        """Use `open_store`."""
        self._thread = thread
        self._writer = writer
        self._looking = looking
        self._folder = folder
        self.failed = asyncio.Event()
        self.failure: Unavailable | None = None
        loop = asyncio.get_running_loop()
        writer.failed = lambda error: loop.call_soon_threadsafe(self.fail, error)

    @property
    def condition(self) -> Condition:
        """What the disk is fit for, as of now."""
        return self._writer.water.condition

    async def make_ballast(self) -> None:
        """Try again to keep room for a full disk, if it has been given up."""
        await _hop(self._thread, self._writer.ballast.make)

    def fail(self, error: Unavailable) -> None:
        """Nothing is written any more; a damaged database is set aside by the next start."""
        if self.failure is None:
            if error.code == "database_damaged":
                aside.note(self._folder, error.message)
            self._writer.broken = self.failure = error
            self.failed.set()

    async def run(self, fn: Callable[Concatenate[Db, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run `fn(db, ...)` in one transaction; when this returns, it is on the disk.

        A caller that is cancelled knows nothing: the function still runs and commits. Raises Unavailable as Writer.run does.
        """
        result: T = await _hop(self._thread, self._writer.run, fn, *args, **kwargs)
        return result

    async def look(self, fn: Callable[Concatenate[Db, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run `fn(db, ...)`, which only reads a few rows, on one state of the database and without waiting for a writer.

        It runs on the caller's own thread: a look-up of a few rows costs less than waking another thread. Raises Unavailable when
        the disk has failed.
        """
        try:
            return in_snapshot(self._looking, fn, *args, **kwargs)
        except sqlite3.DatabaseError as error:
            if (told := trouble(error)) is None or sqlite3.SQLITE_READONLY in (
                error.sqlite_errorcode,
                error.sqlite_errorcode & 0xFF,
            ):
                raise
            self.fail(told)
            raise told from error


async def _hop(thread: aiosqlite.Connection, fn: Callable[..., T], *args: Any, **kwargs: Any) -> T:
    """Run `fn` whole on the connection's thread.

    aiosqlite has no public way to do that, so this one place uses its private one; the lock file pins the version tried.
    """
    result: T = await thread._execute(fn, *args, **kwargs)  # type: ignore[no-untyped-call]  # noqa: SLF001
    return result


@contextlib.asynccontextmanager
async def open_store(
    state_dir: Path, steps: Sequence[Step] | None = None, *, water_dir: Path | None = None, ballast_bytes: int = 0
) -> AsyncIterator[Store]:
    """The database in `state_dir`, made or migrated by `steps` (those of this release) if need be, for this process alone.

    The high-water file is in `water_dir`, else beside it. Raises Misconfigured when a folder cannot be written, Unavailable while
    another posd has it, or when it is damaged: the next time it is set aside.
    """
    path, steps = state_dir / FILE, schema_files() if steps is None else steps
    with alone_in(state_dir):
        folder = RealFolder(state_dir)
        places = Places(folder, RealFolder(water_dir or state_dir), ballast_bytes)
        await asyncio.to_thread(_swap, folder, steps)
        async with aiosqlite.Connection(lambda: _open_to_write(path), iter_chunk_size=64) as thread:
            db: sqlite3.Connection = thread._conn  # noqa: SLF001
            started = await _hop(thread, _ready, path, db, places, steps)
            writer = Writer(db, lambda: db.total_changes, sqlite3.Error, started.water, started.ballast)
            await _hop(thread, begin_writing, writer)
            looking = _open_to_look(path)
            in_snapshot(looking, was_running)  # the first read: from then on its lock says that it is there
            try:
                yield Store(thread, writer, looking, folder)
            finally:
                await _hop(thread, writer.stop)
                if not writer.broken:  # else it stays open: the last connection to close would sync everything once more
                    looking.close()


@contextlib.contextmanager
def look_at(state_dir: Path) -> Iterator[Db]:
    """The database in `state_dir` for looking only, beside a posd that may run. Raises Misconfigured if there is none."""
    path = state_dir / FILE
    if not path.exists():
        raise Misconfigured("no_database", f"{path} does not exist", "Has posd run here yet? Check --config")
    with contextlib.closing(_open_to_look(path)) as db:
        yield db


@contextlib.contextmanager
def reading() -> Iterator[None]:
    """Around the reading of a database that may be damaged. Raises Unavailable for one that is."""
    try:
        yield
    except sqlite3.DatabaseError as error:
        if told := trouble(error):
            raise told from error
        raise


def _open_to_write(path: Path) -> sqlite3.Connection:
    for name in (path, path.with_name(f"{path.name}-wal")):  # what a failed sync left in memory only is not to be believed
        with contextlib.suppress(FileNotFoundError), name.open("rb") as file:
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
    return sqlite3.connect(path, isolation_level=None, check_same_thread=False)


def _ready(path: Path, db: sqlite3.Connection, places: Places, steps: Sequence[Step]) -> Started:
    try:
        with _telling(path):
            set_up(db)
            return start(db, places, steps, random_id(secrets.token_bytes(ENTROPY_BYTES)))
    except Unavailable as error:
        if error.code == "database_damaged":
            aside.note(places.state, error.message)
        raise


@contextlib.contextmanager
def _telling(path: Path) -> Iterator[None]:
    """Around a start. Raises Misconfigured for what a person must mend, Unavailable where the next start may do better."""
    try:
        yield
    except (sqlite3.DatabaseError, OSError) as error:
        code, number = getattr(error, "sqlite_errorcode", 0) & 0xFF, getattr(error, "errno", 0)
        if code in {sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN} or number in {errno.EACCES, errno.EPERM, errno.EROFS}:
            hint = "posd's user must be able to write there, on a disk that is not read-only"
            raise Misconfigured("state_dir_unusable", f"{path}: {error}", hint) from error
        if told := trouble(error):
            raise told from error
        raise


def _swap(folder: RealFolder, steps: Sequence[Step]) -> None:
    def connect(name: str) -> contextlib.closing[sqlite3.Connection]:
        mode = "rwc" if name == aside.NEXT else "ro"
        return contextlib.closing(sqlite3.connect(f"file:{folder.path / name}?mode={mode}", uri=True, isolation_level=None))

    with _telling(folder.path / FILE):
        done = aside.swap(folder, aside.Library(connect, sqlite3.DatabaseError), steps)
    if done:
        log.error("database set aside", file=str(folder.path / done.aside), why=done.why, lost=done.lost)


def _open_to_look(path: Path) -> sqlite3.Connection:
    db = sqlite3.connect(f"file:{path}?mode=ro", uri=True, isolation_level=None, check_same_thread=False)
    set_up(db, LOOKING)
    return db


@contextlib.contextmanager
def alone_in(state_dir: Path) -> Iterator[None]:
    """Nobody else's while we run: two writers would break SQLite's promises and ours. Raises Misconfigured, Unavailable."""
    try:
        state_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        file = (state_dir / "lock").open("a")
    except OSError as error:
        hint = "posd keeps its sales there: make it a folder that posd's user may write, on a disk that is not read-only"
        raise Misconfigured("state_dir_unusable", f"{state_dir}: {os.strerror(error.errno or 0)}", hint) from error
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            hint = "Use the one that runs (posd status), or stop it first (systemctl stop posd)"
            raise Unavailable("already_running", f"Another posd is using {state_dir}", hint) from error
        yield
