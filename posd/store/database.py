"""The terminal's database: opening, migrating, and running whole functions on one thread, one transaction each."""

import asyncio
import contextlib
import fcntl
import os
import secrets
import shutil
import sqlite3
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from importlib import resources
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar

import aiosqlite

from loyalty.ids import ENTROPY_BYTES, random_id
from loyalty.journal import FIRST_PREV_HASH
from posd.store.db import Db, in_snapshot, in_transaction
from runtime.errors import Misconfigured, Unavailable

FILE = "posd.db"
BUSY_MS = 5000
CHECKPOINT_PAGES = 4000  # 16 MB: a checkpoint every few hundred sales, so that few of them wait for one
WAL_BYTES_MAX = 16 * 1024 * 1024  # what a quiet WAL is cut back to

Step = tuple[int, str]
"""A schema version and the SQL that leads to it from the one before."""

P = ParamSpec("P")
T = TypeVar("T")

_PRAGMAS = (
    "journal_mode=WAL",
    "synchronous=FULL",
    "foreign_keys=ON",
    "trusted_schema=OFF",
    "cell_size_check=ON",
    "mmap_size=0",
    f"busy_timeout={BUSY_MS}",
    f"wal_autocheckpoint={CHECKPOINT_PAGES}",
    f"journal_size_limit={WAL_BYTES_MAX}",
)


class Store:
    """One connection that writes, on a thread of its own, and one that only looks."""

    def __init__(self, writing: aiosqlite.Connection, looking: sqlite3.Connection) -> None:
        """Use `open_store`."""
        self._writing = writing
        self._looking = looking

    async def run(self, fn: Callable[Concatenate[Db, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run `fn(db, ...)` in one transaction; when this returns, it is on the disk.

        A caller that is cancelled knows nothing: the function still runs and commits. Raises Unavailable when the disk is full.
        """
        try:
            return await _hop(self._writing, in_transaction, fn, *args, **kwargs)
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode == sqlite3.SQLITE_FULL:
                hint = "Free some space on the disk of the state directory; nothing that was acknowledged is lost"
                raise Unavailable("disk_full", "The terminal's disk is full", hint) from error
            raise

    async def look(self, fn: Callable[Concatenate[Db, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run `fn(db, ...)`, which only reads a few rows, on one state of the database and without waiting for a writer.

        It runs on the caller's own thread: a look-up of a few rows costs less than waking another thread.
        """
        return in_snapshot(self._looking, fn, *args, **kwargs)


async def _hop(connection: aiosqlite.Connection, fn: Callable[Concatenate[Any, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Run `fn` whole on the connection's thread.

    aiosqlite has no public way to do that, so this one place uses its private one; the lock file pins the version tried.
    """
    result: T = await connection._execute(fn, connection._conn, *args, **kwargs)  # type: ignore[no-untyped-call]  # noqa: SLF001
    return result


@contextlib.asynccontextmanager
async def open_store(state_dir: Path, steps: Sequence[Step] | None = None) -> AsyncIterator[Store]:
    """The database in `state_dir`, made or migrated by `steps` (those of this release) if need be, for this process alone.

    Raises Misconfigured when the folder cannot be written, Unavailable while another posd has it.
    """
    path = state_dir / FILE
    with _locked(state_dir):
        await asyncio.to_thread(_prepare, path, schema_files() if steps is None else steps)
        async with aiosqlite.Connection(lambda: _open_to_write(path), iter_chunk_size=64) as writing:
            with contextlib.closing(_open_to_look(path)) as looking:
                yield Store(writing, looking)


@contextlib.contextmanager
def look_at(state_dir: Path) -> Iterator[Db]:
    """The database in `state_dir` for looking only, beside a posd that may run. Raises Misconfigured if there is none."""
    path = state_dir / FILE
    if not path.exists():
        raise Misconfigured("no_database", f"{path} does not exist", "Has posd run here yet? Check --config")
    with contextlib.closing(_open_to_look(path)) as db:
        yield db


def _open_to_write(path: Path) -> sqlite3.Connection:
    db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    for pragma in _PRAGMAS:
        db.execute(f"PRAGMA {pragma}")
    return db


def _open_to_look(path: Path) -> sqlite3.Connection:
    db = sqlite3.connect(f"file:{path}?mode=ro", uri=True, isolation_level=None, check_same_thread=False)
    for pragma in ("query_only=ON", "trusted_schema=OFF", "mmap_size=0", f"busy_timeout={BUSY_MS}"):
        db.execute(f"PRAGMA {pragma}")
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


def schema_files() -> list[Step]:
    """Every schema step with its number, in order."""
    folder = resources.files("posd.store") / "schema"
    files = sorted((file for file in folder.iterdir() if file.name.endswith(".sql")), key=lambda file: file.name)
    return [(int(file.name[:4]), file.read_text()) for file in files]


def statements(script: str) -> Iterator[str]:
    """The statements of `script`, one by one."""
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""


def migrate(db: Db, steps: Sequence[Step]) -> None:
    """Run the `steps` inside the transaction that is open."""
    for number, script in steps:
        for statement in statements(script):
            db.execute(statement)
        db.execute(f"PRAGMA user_version={number}")


def _prepare(path: Path, schema: Sequence[Step]) -> None:
    """Create or migrate the file; then make sure that its directory entry is on the disk too."""
    made = not path.exists()
    try:
        db = _open_to_write(path)
    except sqlite3.DatabaseError as error:
        hint = (
            "posd's user must be able to write there, on a disk neither full nor read-only, and it must be posd's own database"
        )
        raise Misconfigured("state_dir_unusable", f"{path}: {error}", hint) from error
    with contextlib.closing(db):
        version: int = db.execute("PRAGMA user_version").fetchone()[0]
        steps = [step for step in schema if step[0] > version]
        if version > schema[-1][0]:
            hint = "A newer posd has used it: install that version again"
            raise Misconfigured("database_newer", f"{path} has schema {version}, newer than this posd", hint)
        if steps and version:
            db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            shutil.copy2(path, path.with_name(f"{path.name}.before-{steps[-1][0]}"))
        if steps:
            in_transaction(db, migrate, steps)
        in_transaction(db, _name_chain)
    if made:  # a rollback journal that comes back after a power cut would undo everything (research/reliability.md 1.2)
        for_directory = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
        os.fsync(for_directory)
        os.close(for_directory)


def _name_chain(db: Db) -> None:
    """A database is born with a random name, so that a copy which goes its own way is recognized."""
    chain = random_id(secrets.token_bytes(ENTROPY_BYTES))
    db.execute(
        "INSERT INTO terminal (one, chain, acked_hash) VALUES (1, ?, ?) ON CONFLICT (one) DO NOTHING", (chain, FIRST_PREV_HASH)
    )
