"""Copies of the database: SQLite by its online backup, PostgreSQL by its own programs; and what a copy has, read from the copy."""

import os
import shutil
import sqlite3
import subprocess
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

import sqlalchemy as sa

from central.store.engine import Connection
from central.store.tables import CHAIN, UPKEEP
from runtime.errors import Misconfigured, Rejected, Unavailable

PROGRAMS = Path("/usr/lib/postgresql")
"""Where Debian keeps the programs of each version of PostgreSQL."""

_HEADS = ("id", "seq", "hash")


class StoredHead(NamedTuple):
    """How far a copy has a line of a journal."""

    chain: int
    seq: int
    hash: str


class Upkeep(NamedTuple):
    """A check of the books, or a backup, and how it ended."""

    made_ms: int
    well: bool
    said: str


def file_of(url: str) -> Path | None:
    """The file of an SQLite database; None for PostgreSQL."""
    place = sa.make_url(url)
    return Path(place.database) if place.drivername == "sqlite" and place.database else None


def copy(url: str, target: Path) -> None:
    """One state of the database as a new file, while it is in use. Raises Unavailable."""
    source = file_of(url)
    if source is None:
        _program("pg_dump", "--format=custom", f"--file={target}", f"--dbname={_bare(url)}", url=url)
        return
    try:
        with closing(sqlite3.connect(f"file:{source}?mode=ro", uri=True)) as here, closing(sqlite3.connect(target)) as there:
            here.backup(there)
            there.execute("PRAGMA journal_mode=DELETE")  # a single file, whole without another beside it
    except sqlite3.Error as error:
        raise Unavailable("backup_failed", f"{source}: {error}", "Nothing was changed; try again") from error


def verified(url: str, file: Path) -> list[StoredHead]:
    """How far the copy in `file` has each line, read from the copy itself, all of which was read. Raises Rejected for a damaged
    one.

    `url` says which kind of database it is of.
    """
    if file_of(url) is None:
        _program("pg_restore", "--file=/dev/null", str(file), url=url)
        text = _program("pg_restore", "--data-only", "--table=chain", "--file=-", str(file), url=url)
        return _heads_in(text)
    try:
        with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as db:
            [[found]] = db.execute("PRAGMA integrity_check(1)").fetchall()
            if found != "ok" or db.execute("PRAGMA foreign_key_check").fetchone():
                raise _damaged(file, found)
            heads = db.execute("SELECT chain.id, chain.seq, chain.hash FROM chain ORDER BY chain.id").fetchall()
            missing = db.execute(
                "SELECT chain.id FROM chain WHERE seq > base_seq"
                " AND NOT EXISTS (SELECT 1 FROM record WHERE chain_id = chain.id AND seq = chain.seq AND hash = chain.hash)"
            ).fetchone()
    except sqlite3.Error as error:
        raise _damaged(file, str(error)) from error
    if missing:
        raise _damaged(file, f"the last record of journal {missing[0]} is not in it")
    return [StoredHead(*head) for head in heads]


def restore(url: str, file: Path, aside: str) -> None:
    """Put the copy in `file` where the database is. An SQLite file that was there is kept, its name ending with `aside`; a database
    of PostgreSQL must be empty. Raises Rejected, Unavailable.
    """
    target = file_of(url)
    if target is None:
        _must_be_empty(url)
        wanted = ("--single-transaction", "--exit-on-error", "--no-owner", "--no-privileges", f"--dbname={_bare(url)}")
        _program("pg_restore", *wanted, str(file), url=url)
        return
    for name in (target, *(target.with_name(target.name + end) for end in ("-wal", "-shm"))):
        if name.exists():
            name.rename(name.with_name(f"{name.name}.{aside}"))
    part = target.with_name(f"{target.name}.part")
    shutil.copyfile(file, part)
    part.chmod(0o600)
    sync(part)
    part.rename(target)
    sync(target.parent)


def sync(path: Path) -> None:
    """A file, or the names in a folder, are on the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def mark_durable(db: Connection, heads: Sequence[StoredHead]) -> None:
    """All that is in a backup that was read again."""
    for head in heads:
        here = (CHAIN.c.id == head.chain, CHAIN.c.durable_seq < head.seq, CHAIN.c.seq >= head.seq)
        db.execute(sa.update(CHAIN).where(*here).values(durable_seq=head.seq))


def note(db: Connection, kind: str, upkeep: Upkeep) -> None:
    """Keep how a `check` or a `backup` ended."""
    db.execute(UPKEEP.insert().values(kind=kind, **upkeep._asdict()))


def last(db: Connection, kind: str) -> Upkeep | None:
    """How the last one ended."""
    row = UPKEEP.c
    wanted = sa.select(row.made_ms, row.well, row.said).where(row.kind == kind).order_by(row.id.desc()).limit(1)
    found = db.execute(wanted).one_or_none()
    return Upkeep(*found) if found else None


def _heads_in(text: str) -> list[StoredHead]:
    """The rows of the table chain in what pg_restore writes: COPY public.chain (id, ...) FROM stdin; lines of tabs; and a `\\.`"""
    lines = iter(text.splitlines())
    for line in lines:
        if line.startswith("COPY ") and "chain (" in line:
            columns = [name.strip() for name in line.partition("(")[2].partition(")")[0].split(",")]
            places = [columns.index(name) for name in _HEADS]
            rows = [row.split("\t") for row in iter(lambda: next(lines), "\\.")]
            return [StoredHead(int(row[places[0]]), int(row[places[1]]), row[places[2]]) for row in rows]
    raise Rejected("backup_damaged", "the backup has no journals in it", "Make another: posd-central backup")


def _must_be_empty(url: str) -> None:
    found = _program("psql", "--no-psqlrc", "-Atc", "SELECT to_regclass('office') IS NULL", f"--dbname={_bare(url)}", url=url)
    if found.strip() != "t":
        hint = "Make an empty one (createdb), name it as `database` in central.toml, and restore into that"
        raise Rejected("database_not_empty", "there is a head office in this database already", hint)


def _bare(url: str) -> str:
    """What a program may be told on its command line, which anybody can read: everything but the password."""
    place = sa.make_url(url)
    return sa.URL.create(
        "postgresql", place.username, None, place.host, place.port, place.database, place.query
    ).render_as_string()


def _program(name: str, *words: str, url: str) -> str:
    """What a program of PostgreSQL prints. Raises Misconfigured where it is not installed, Unavailable where it fails."""
    newest = sorted(PROGRAMS.glob(f"*/bin/{name}"), key=lambda path: int(path.parent.parent.name))
    path = newest[-1] if newest else shutil.which(name)
    if path is None:
        raise Misconfigured("program_missing", f"{name} is not on this machine", "apt-get install postgresql-client")
    password = sa.make_url(url).password
    environment = {**os.environ, **({"PGPASSWORD": str(password)} if password else {})}
    done = subprocess.run(
        [path, *words], capture_output=True, text=True, check=False, env=environment, stdin=subprocess.DEVNULL
    )
    if done.returncode:
        said = done.stderr.strip().splitlines()
        raise Unavailable("backup_failed", f"{name}: {said[0] if said else done.returncode}", "Nothing was changed")
    return done.stdout


def _damaged(file: Path, why: str) -> Rejected:
    return Rejected("backup_damaged", f"{file} is damaged: {why}", "Take an older one")
