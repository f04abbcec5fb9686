"""The database file: made, locked, migrated, synced once for each commit, and full."""

import asyncio
import contextlib
import os
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from posd.store import database, journal, opening, tokens
from posd.store.database import look_at, open_store
from posd.store.db import Db, in_transaction
from posd.store.opening import FILE, schema_files, statements
from runtime.errors import Misconfigured, Unavailable

STEP_2 = (
    2,
    "-- More about tokens.\nALTER TABLE token ADD COLUMN note TEXT NOT NULL DEFAULT 'a; b';\n"
    "CREATE TRIGGER t AFTER DELETE ON token BEGIN SELECT 1; SELECT 2; END;\n",
)


def add(db: Db, name: str) -> None:
    tokens.add(db, name, "till", name, 0)


async def pragma(store: database.Store, name: str) -> Any:
    return (await store.run(lambda db: db.execute(f"PRAGMA {name}").fetchone()))[0]


async def test_it_is_durable_by_its_settings(tmp_path: Path) -> None:
    """WAL, FULL, foreign keys, no memory map: what the promises rest on (research/reliability.md 1.2)."""
    async with open_store(tmp_path) as store:
        found = [
            await pragma(store, name) for name in ("journal_mode", "synchronous", "foreign_keys", "trusted_schema", "mmap_size")
        ]
    assert found == ["wal", 2, 1, 0, 0]


async def test_a_database_keeps_the_name_it_was_born_with(tmp_path: Path) -> None:
    """Its chain is random, and the same after every start."""
    names = []
    for folder in ("a", "a", "b"):
        async with open_store(tmp_path / folder) as store:
            names.append((await store.look(journal.identity)).chain)
    assert names[0] == names[1] != names[2]
    assert (tmp_path / "a").stat().st_mode & 0o077 == 0


async def test_one_posd_has_it(tmp_path: Path) -> None:
    """A second one is told; when the first has gone it may."""
    async with open_store(tmp_path):
        with pytest.raises(Unavailable, match="Another posd") as told:
            async with open_store(tmp_path):
                pass
    assert told.value.code == "already_running"
    async with open_store(tmp_path):
        pass


async def test_whoever_looks_cannot_write(tmp_path: Path) -> None:
    """The second connection is for look-ups only, and so is that of the command line beside a running posd."""
    async with open_store(tmp_path) as store:
        with pytest.raises(sqlite3.OperationalError, match="readonly"):
            await store.look(add, "x")
        await store.run(add, "y")
        assert len(await store.look(tokens.listed)) == 1
        with look_at(tmp_path) as beside:
            assert len(tokens.listed(beside)) == 1
            with pytest.raises(sqlite3.OperationalError, match="readonly"):
                add(beside, "x")
    with look_at(tmp_path) as after:
        assert len(tokens.listed(after)) == 1
    with pytest.raises(Misconfigured, match="does not exist"), look_at(tmp_path / "nowhere"):
        pass


async def test_a_look_sees_one_state(tmp_path: Path) -> None:
    """Two reads of one look do not see a commit that came between them."""
    async with open_store(tmp_path) as store:

        def twice(db: Db) -> tuple[int, int]:
            first = len(tokens.listed(db))
            with contextlib.closing(sqlite3.connect(tmp_path / FILE, isolation_level=None)) as other:
                in_transaction(other, add, "between")
            return first, len(tokens.listed(db))

        assert await store.look(twice) == (0, 0)
        assert len(await store.look(tokens.listed)) == 1


async def test_a_cancelled_caller_has_committed_all_the_same(tmp_path: Path) -> None:
    """The function runs whole on its thread; whoever asks next sees it."""
    async with open_store(tmp_path) as store:
        request = asyncio.create_task(store.run(add, "x"))
        await asyncio.sleep(0)
        request.cancel()
        await asyncio.gather(request, return_exceptions=True)
        assert len(await store.run(tokens.listed)) == 1


async def test_a_newer_schema_is_reached_with_a_copy_of_the_older_file(tmp_path: Path) -> None:
    """The rows are kept, the new column is there, and the file as it was lies beside it."""
    async with open_store(tmp_path) as store:
        await store.run(add, "kept")
    async with open_store(tmp_path, [*schema_files(), STEP_2]) as store:
        assert await store.look(lambda db: db.execute("SELECT name, note FROM token").fetchall()) == [("kept", "a; b")]
    async with open_store(tmp_path, [*schema_files(), STEP_2]) as store:
        assert await pragma(store, "user_version") == 2
    with contextlib.closing(sqlite3.connect(tmp_path / f"{FILE}.before-2")) as copy:
        assert copy.execute("PRAGMA user_version").fetchone() == (1,)
        assert copy.execute("SELECT name FROM token").fetchall() == [("kept",)]
        assert copy.execute("PRAGMA integrity_check").fetchone() == ("ok",)


async def test_a_step_that_fails_changes_nothing(tmp_path: Path) -> None:
    """All of a migration or none: the older posd still runs on it."""
    async with open_store(tmp_path) as store:
        await store.run(add, "kept")
    broken = (2, STEP_2[1] + "CREATE TABLE token (x);")
    with pytest.raises(sqlite3.OperationalError):
        async with open_store(tmp_path, [*schema_files(), broken]):
            pass
    async with open_store(tmp_path) as store:
        assert await pragma(store, "user_version") == 1
        assert len(await store.look(tokens.listed)) == 1


async def test_a_database_of_a_newer_posd_is_left_alone(tmp_path: Path) -> None:
    """It says which is wanted, and not a byte changes."""
    async with open_store(tmp_path, [*schema_files(), STEP_2]):
        pass
    before = (tmp_path / FILE).read_bytes()
    with pytest.raises(Misconfigured, match="newer than this posd"):
        async with open_store(tmp_path):
            pass
    assert (tmp_path / FILE).read_bytes() == before


async def test_an_sqlite_that_is_too_old_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before anything is written: its tables would not be ours."""
    monkeypatch.setattr(opening, "SQLITE_MIN", (99, 1, 2))
    with pytest.raises(Misconfigured, match=r"is older than 99\.1\.2"):
        async with open_store(tmp_path):
            pass
    with contextlib.closing(sqlite3.connect(tmp_path / FILE)) as db:
        assert db.execute("SELECT count(*) FROM sqlite_master").fetchone() == (0,)


def test_statements_are_told_apart() -> None:
    """Semicolons in texts, comments and triggers do not end one."""
    assert len(list(statements(STEP_2[1]))) == 2
    assert [number for number, _ in schema_files()] == list(range(1, len(schema_files()) + 1))


@pytest.mark.parametrize("content", [b"", b"this is no database at all, but a text of some length" * 100])
async def test_what_is_no_database_is_not_taken_for_one(tmp_path: Path, content: bytes) -> None:
    """An empty file becomes one; anything else is told, and the next start sets it aside as it is."""
    (tmp_path / FILE).write_bytes(content)
    if content:
        with pytest.raises(Unavailable) as told:
            async with open_store(tmp_path):
                pass
        assert told.value.code == "database_damaged"
    async with open_store(tmp_path) as store:
        assert (await store.look(journal.identity)).chain
    if content:
        assert (tmp_path / f"{FILE}.aside-1").read_bytes() == content


async def test_a_folder_that_is_none_is_told(tmp_path: Path) -> None:
    """A file in its place, for root too."""
    (tmp_path / "file").touch()
    with pytest.raises(Misconfigured, match="file") as told:
        async with open_store(tmp_path / "file"):
            pass
    assert told.value.code == "state_dir_unusable"


SYNCS = """
import asyncio, os, sys
from pathlib import Path
from posd.store import tokens
from posd.store.database import open_store
async def main():
    async with open_store(Path(sys.argv[1])) as store:
        await store.run(tokens.add, "first", "till", "first", 0)
        os.path.exists("/begin-here")
        for n in range(20):
            await store.run(tokens.add, str(n), "till", str(n), 0)
            await store.run(tokens.listed)
            await store.look(tokens.listed)
        os.path.exists("/end-here")
asyncio.run(main())
"""


@pytest.mark.system
@pytest.mark.skipif(not shutil.which("strace"), reason="strace counts the syncs, and it is not installed")
def test_a_commit_is_one_sync(tmp_path: Path) -> None:
    """Twenty commits, twenty syncs: not one for reading, and none forgotten."""
    trace = tmp_path / "trace"
    command = ["strace", "-f", "-qq", "-e", "trace=fsync,fdatasync,stat,newfstatat", "-o", str(trace)]
    done = subprocess.run(
        [*command, sys.executable, "-c", SYNCS, str(tmp_path / "state")], capture_output=True, timeout=120, check=False
    )
    if done.returncode and b"ptrace" in done.stderr:
        pytest.skip("strace may not trace here")
    assert done.returncode == 0, done.stderr
    lines = trace.read_text().splitlines()
    begin = next(place for place, line in enumerate(lines) if "/begin-here" in line)
    end = next(place for place, line in enumerate(lines) if "/end-here" in line)
    assert len([line for line in lines[begin:end] if "sync(" in line]) == 20


FAILS = """
import asyncio, os, sys
from pathlib import Path
from posd.store import tokens
from posd.store.database import open_store
from runtime.errors import Unavailable
async def main():
    acknowledged = []
    async with open_store(Path(sys.argv[1])) as store:
        try:
            for n in range(100):
                await store.run(tokens.add, str(n), "till", str(n), 0)
                acknowledged.append(str(n))
        except Unavailable as error:
            assert error.code == "disk_failed", error
        os.path.exists("/it-has-failed")
        for n in range(3):
            try:
                await store.run(tokens.add, f"more {n}", "till", f"more {n}", 0)
                raise SystemExit("it went on")
            except Unavailable as error:
                assert error.code == "disk_failed", error
        await asyncio.wait_for(store.failed.wait(), 60)
    print(len(acknowledged))
asyncio.run(main())
"""


@pytest.mark.system
@pytest.mark.skipif(not shutil.which("strace"), reason="strace makes a sync fail, and it is not installed")
async def test_a_failed_sync_is_never_tried_again(tmp_path: Path) -> None:
    """The kernel answers one fdatasync with EIO: nothing is written or synced after it, and what was acknowledged is there."""
    trace, state = tmp_path / "trace", tmp_path / "state"
    command = ["strace", "-f", "-qq", "-e", "trace=fsync,fdatasync,pwrite64,stat,newfstatat", "-o", str(trace)]
    inject = ["-e", "inject=fdatasync:error=EIO:when=30"]
    done = subprocess.run(
        [*command, *inject, sys.executable, "-c", FAILS, str(state)], capture_output=True, text=True, timeout=120, check=False
    )
    if done.returncode and "ptrace" in done.stderr:
        pytest.skip("strace may not trace here")
    assert done.returncode == 0, done.stderr
    lines = trace.read_text().splitlines()
    failed = next(place for place, line in enumerate(lines) if "/it-has-failed" in line)
    assert "EIO" in next(line for line in reversed(lines[:failed]) if "sync(" in line)
    assert [line for line in lines[failed:] if "sync(" in line or "pwrite" in line] == []
    async with open_store(state) as store:
        there = {name for name, _, _ in await store.look(tokens.listed)}
        assert {str(n) for n in range(int(done.stdout))} <= there
        assert store.condition.unchecked


FILLS = """
import asyncio, sqlite3, sys
from pathlib import Path
from posd.store import tokens
from posd.store.database import open_store
from runtime.errors import Unavailable
async def main():
    folder = Path(sys.argv[1])
    acknowledged = 0
    async with open_store(folder) as store:
        try:
            while True:
                await store.run(tokens.add, f"{acknowledged:08}" + "x" * 2000, "till", str(acknowledged), 0)
                acknowledged += 1
        except Unavailable as error:
            assert error.code == "disk_full", error
        try:
            while True:
                await store.run(tokens.add, f"{acknowledged:08}" + "x" * 2000, "till", str(acknowledged), 0)
                acknowledged += 1
        except Unavailable as error:
            assert error.code == "disk_full", error
        assert len(await store.look(tokens.listed)) == acknowledged
    async with open_store(folder) as store:
        assert len(await store.look(tokens.listed)) == acknowledged > 50
        assert await store.look(lambda db: db.execute("PRAGMA integrity_check").fetchone()) == ("ok",)
    print("acknowledged", acknowledged)
asyncio.run(main())
"""


@pytest.mark.system
@pytest.mark.skipif(os.geteuid() != 0 or not shutil.which("unshare"), reason="a small disk needs root and unshare")
def test_a_full_disk_loses_nothing_that_was_acknowledged(tmp_path: Path) -> None:
    """On a disk of two megabytes: told as disk_full, and everything before it is there, now and after a start."""
    script = f'mount -t tmpfs -o size=2m none "$1" || exit 77; exec "{sys.executable}" -c "$2" "$1"'
    command = ["unshare", "-m", "sh", "-c", script, "sh", str(tmp_path), FILLS]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    if done.returncode == 77 or "unshare" in done.stderr:
        pytest.skip("no mount of one's own here")
    assert done.returncode == 0, done.stderr
    assert "acknowledged" in done.stdout


async def test_other_troubles_of_the_disk_are_not_taken_for_a_full_one(tmp_path: Path) -> None:
    """Only SQLITE_FULL is disk_full."""
    async with open_store(tmp_path) as store:
        with pytest.raises(sqlite3.OperationalError, match="no such table"):
            await store.run(lambda db: db.execute("SELECT * FROM nowhere"))
        await store.run(add, "goes on")
