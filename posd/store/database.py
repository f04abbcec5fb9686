"""The terminal's database: opened for this process alone, and whole functions run on one thread, one transaction each."""

import contextlib
import fcntl
import os
import secrets
import sqlite3
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar

import aiosqlite

from loyalty.ids import ENTROPY_BYTES, random_id
from posd.store.db import Db, in_snapshot
from posd.store.folder import RealFolder
from posd.store.opening import FILE, LOOKING, Step, prepare, schema_files, set_up
from posd.store.writer import Writer
from runtime.errors import Misconfigured, Unavailable

P = ParamSpec("P")
T = TypeVar("T")


class Store:
    """One connection that writes, on a thread of its own, and one that only looks."""

    def __init__(self, thread: aiosqlite.Connection, writer: Writer, looking: sqlite3.Connection) -> None:
        """Use `open_store`."""
        self._thread = thread
        self._writer = writer
        self._looking = looking

    async def run(self, fn: Callable[Concatenate[Db, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run `fn(db, ...)` in one transaction; when this returns, it is on the disk.

        A caller that is cancelled knows nothing: the function still runs and commits. Raises Unavailable as Writer.run does.
        """
        result: T = await _hop(self._thread, self._writer.run, fn, *args, **kwargs)
        return result

    async def look(self, fn: Callable[Concatenate[Db, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run `fn(db, ...)`, which only reads a few rows, on one state of the database and without waiting for a writer.

        It runs on the caller's own thread: a look-up of a few rows costs less than waking another thread.
        """
        return in_snapshot(self._looking, fn, *args, **kwargs)


async def _hop(thread: aiosqlite.Connection, fn: Callable[..., T], *args: Any, **kwargs: Any) -> T:
    """Run `fn` whole on the connection's thread.

    aiosqlite has no public way to do that, so this one place uses its private one; the lock file pins the version tried.
    """
    result: T = await thread._execute(fn, *args, **kwargs)  # type: ignore[no-untyped-call]  # noqa: SLF001
    return result


@contextlib.asynccontextmanager
async def open_store(state_dir: Path, steps: Sequence[Step] | None = None) -> AsyncIterator[Store]:
    """The database in `state_dir`, made or migrated by `steps` (those of this release) if need be, for this process alone.

    Raises Misconfigured when the folder cannot be written, Unavailable while another posd has it.
    """
    path = state_dir / FILE
    with _locked(state_dir):
        async with aiosqlite.Connection(lambda: _open_to_write(path), iter_chunk_size=64) as thread:
            db: sqlite3.Connection = thread._conn  # noqa: SLF001
            await _hop(thread, _ready, path, db, schema_files() if steps is None else steps)
            with contextlib.closing(_open_to_look(path)) as looking:
                yield Store(thread, Writer(db, lambda: db.total_changes, sqlite3.Error), looking)


@contextlib.contextmanager
def look_at(state_dir: Path) -> Iterator[Db]:
    """The database in `state_dir` for looking only, beside a posd that may run. Raises Misconfigured if there is none."""
    path = state_dir / FILE
    if not path.exists():
        raise Misconfigured("no_database", f"{path} does not exist", "Has posd run here yet? Check --config")
    with contextlib.closing(_open_to_look(path)) as db:
        yield db


def _open_to_write(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(path, isolation_level=None, check_same_thread=False)


def _ready(path: Path, db: sqlite3.Connection, steps: Sequence[Step]) -> None:
    try:
        set_up(db)
    except sqlite3.DatabaseError as error:
        hint = (
            "posd's user must be able to write there, on a disk neither full nor read-only, and it must be posd's own database"
        )
        raise Misconfigured("state_dir_unusable", f"{path}: {error}", hint) from error
    prepare(db, RealFolder(path.parent), steps, random_id(secrets.token_bytes(ENTROPY_BYTES)))


def _open_to_look(path: Path) -> sqlite3.Connection:
    db = sqlite3.connect(f"file:{path}?mode=ro", uri=True, isolation_level=None, check_same_thread=False)
    set_up(db, LOOKING)
    return db


@contextlib.contextmanager
def _locked(state_dir: Path) -> Iterator[None]:
    """Nobody else's while we run: two writers would break SQLite's promises and ours."""
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
