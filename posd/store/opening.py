"""Opening the terminal's database: plain functions over a connection, of sqlite3 or of apsw."""

import sqlite3
from collections.abc import Iterator, Sequence
from importlib import resources

from loyalty.journal import FIRST_PREV_HASH
from posd.store.db import Db, in_transaction
from posd.store.folder import Folder
from runtime.errors import Misconfigured

FILE = "posd.db"
SQLITE_MIN = (3, 40, 0)  # of Debian 12, on which all tests run
BUSY_MS = 5000
WAL_BYTES_MAX = 16 * 1024 * 1024  # what a quiet WAL is cut back to

Step = tuple[int, str]
"""A schema version and the SQL that leads to it from the one before."""

PRAGMAS = (
    "journal_mode=WAL",
    "synchronous=FULL",
    "foreign_keys=ON",
    "trusted_schema=OFF",
    "cell_size_check=ON",
    "mmap_size=0",
    "secure_delete=FAST",  # what is deleted is overwritten where its page is written anyhow: personal data leaves the file
    f"busy_timeout={BUSY_MS}",
    "wal_autocheckpoint=0",  # SQLite's own says nothing when its sync fails; posd/store/writer.py does it instead
    f"journal_size_limit={WAL_BYTES_MAX}",
)
"""What the promises rest on (docs/sync.md), on the connection that writes."""

LOOKING = ("query_only=ON", "trusted_schema=OFF", "mmap_size=0", f"busy_timeout={BUSY_MS}")
"""And on one that only looks."""


def set_up(db: Db, pragmas: Sequence[str] = PRAGMAS) -> None:
    """Make a fresh connection ours."""
    for pragma in pragmas:
        db.execute(f"PRAGMA {pragma}").fetchall()


def prepare(db: Db, folder: Folder, steps: Sequence[Step], chain: str) -> None:
    """Create or migrate the database of `db`, which is set up; a new one is born with the name `chain`.

    At each start, not only at the first: a crash may have come before the names of its files were on the disk. A rollback journal
    that comes back after a power cut would undo everything, a WAL that goes would take its sales along.
    Raises Misconfigured for the database of a newer posd, and for an SQLite that is too old for ours.
    """
    found: str = db.execute("SELECT sqlite_version()").fetchone()[0]
    if tuple(map(int, found.split("."))) < SQLITE_MIN:
        oldest = ".".join(map(str, SQLITE_MIN))
        raise Misconfigured("sqlite_old", f"SQLite {found} is older than {oldest}", "posd runs on Debian 12 or newer")
    version: int = db.execute("PRAGMA user_version").fetchone()[0]
    if version > steps[-1][0]:
        hint = "A newer posd has used it: install that version again"
        raise Misconfigured("database_newer", f"{FILE} has schema {version}, newer than this posd", hint)
    wanted = [step for step in steps if step[0] > version]
    if wanted and version:
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        folder.copy(FILE, f"{FILE}.before-{wanted[-1][0]}")
    if wanted:
        in_transaction(db, migrate, wanted)
    in_transaction(db, _name_chain, chain)
    folder.sync()


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


def _name_chain(db: Db, chain: str) -> None:
    """A database is born with a random name, so that a copy which goes its own way is recognized."""
    db.execute(
        "INSERT INTO terminal (one, chain, acked_hash) VALUES (1, ?, ?) ON CONFLICT (one) DO NOTHING", (chain, FIRST_PREV_HASH)
    )
    db.execute("INSERT INTO anchor (one, seq, hash) VALUES (1, 0, ?) ON CONFLICT (one) DO NOTHING", (FIRST_PREV_HASH,))


def create(db: Db, steps: Sequence[Step], chain: str) -> None:
    """An empty database of the newest schema, inside the transaction that is open."""
    migrate(db, steps)
    _name_chain(db, chain)


def was_running(db: Db) -> bool:
    """Whether the last stop was none of ours."""
    return bool(db.execute("SELECT running FROM terminal").fetchone()[0])


def begin(db: Db) -> None:
    """We run now."""
    db.execute("UPDATE terminal SET running = 1")


def end(db: Db) -> None:
    """We stop, and all is in order."""
    db.execute("UPDATE terminal SET running = 0")
