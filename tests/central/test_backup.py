"""Backups of both databases: made while head office works, read again, put back; and what terminals are told of them."""

import asyncio
import json
from pathlib import Path

import pytest

from central import audit, backup, code_keys, recovery
from central.clock import now_ms
from central.settings import Settings
from central.store import copies
from central.store.opening import open_store
from runtime.errors import Misconfigured, PosdError, Rejected, Unavailable
from tests.central.conftest import answering
from tests.postgres import run_sql
from tests.samples import HANDLE, basket, cafe, member, sold


@pytest.fixture
def settings(url, tmp_path):
    """Head office's, with its key."""
    code_keys.load(tmp_path)
    return Settings(state_dir=tmp_path, database=url)


def sells(terminal, *amounts):
    """Sales of a member, each of so many minor units."""
    for amount in amounts:
        terminal.sells(sold(cafe(), member(), basket(amount)))


@pytest.fixture
def elsewhere(settings, request, tmp_path):
    """Where a backup is put back: the same file of SQLite, an empty database of PostgreSQL."""
    if copies.file_of(settings.database_url):
        return settings
    socket, name = (
        request.getfixturevalue("postgres"),
        f"again_{tmp_path.parent.name}_{tmp_path.name}".replace("-", "_").lower(),
    )
    run_sql(socket, f"CREATE DATABASE {name}")
    return settings.model_copy(update={"database": f"postgresql://postgres@/{name}?host={socket}"})


async def test_a_backup_moves_what_terminals_may_delete(office, settings, tmp_path):
    """Before it nothing is durable; afterwards each journal as far as the backup has it, told with the next push."""
    terminal = await office.terminal()
    sells(terminal, 100, 200)
    assert (await office.push(terminal)).durable_seq == 0
    made = await backup.make(settings, tmp_path / "backups", now_ms())
    assert (made.journals, made.records) == (1, 3)
    sells(terminal, 300)
    answer = await office.push(terminal)
    assert (answer.seq, answer.durable_seq) == (4, 3)
    assert {path.name for path in made.folder.iterdir()} == {"database", "manifest.json", "code-signing.key"}
    assert {path.stat().st_mode & 0o777 for path in (made.folder / "database", made.folder / "code-signing.key")} == {0o600}
    last = await office.store.read(copies.last, "backup")
    assert (last.well, "3 records" in last.said) == (True, True)


async def test_what_a_restore_has_lost_comes_again(office, settings, elsewhere, tmp_path):
    """Records pushed after the backup are not in it: the terminal sends them again, once, and the books are right."""
    terminal = await office.terminal()
    sells(terminal, 1000)
    await office.deliver(terminal)
    made = await backup.make(settings, tmp_path / "backups", now_ms())
    sells(terminal, 2000, 3000)
    await office.deliver(terminal)
    assert (await office.balances(HANDLE))["point"] == 60
    before = (await office.feed(terminal)).incarnation
    await office.store._writer.dispose()
    life = await backup.restore(elsewhere, made.folder, now_ms(), "office")
    async with open_store(elsewhere.database_url) as store, answering(store, tmp_path) as again:
        assert (await again.balances(HANDLE))["point"] == 10
        assert (await store.read(recovery.state)).recovering
        page = await again.feed(terminal)
        assert (page.incarnation, life == before) == (life, False)
        gap = await again.push(terminal, 4)
        assert (gap.outcome, gap.seq, gap.hash, gap.incarnation) == ("gap", 2, terminal.records[1].hash, life)
        assert (await again.push(terminal, 3)).outcome == "stored"
        await again.apply()
        assert (await again.balances(HANDLE))["point"] == 60
        await again.feed(terminal, page.cursor)  # all that it has is booked by now: it is back
        assert not (await store.read(recovery.state)).recovering
        found = await store.read(audit.check)
        assert (found.balances, found.journals, found.records) == ([], [], 4)


async def test_a_restore_says_what_it_will_not_do(office, settings, tmp_path):
    """A folder that is no backup, one of the other database, one that was changed since, a database that is in use."""
    made = await backup.make(settings, tmp_path / "backups", now_ms())
    manifest = made.folder / "manifest.json"
    good = json.loads(manifest.read_text())

    async def why(folder=made.folder):
        with pytest.raises(PosdError) as refused:
            await backup.restore(settings, folder, now_ms(), "office")
        return refused.value.code

    assert await why(tmp_path) == "backup_damaged"
    for wrong in ({"kind": "another"}, {"form": 99}):
        manifest.write_text(json.dumps({**good, **wrong}))
        assert await why() == "backup_other"
    manifest.write_text(json.dumps(good))
    if copies.file_of(settings.database_url) is None:
        assert await why() == "database_not_empty"
    data = bytearray((made.folder / "database").read_bytes())
    data[len(data) // 2] ^= 1
    (made.folder / "database").write_bytes(data)
    assert await why() == "backup_damaged"


async def test_a_copy_that_is_not_whole_counts_for_nothing(office, settings, tmp_path, monkeypatch):
    """What was copied is read again: when that fails nothing is durable, and the page says so."""
    terminal = await office.terminal()
    sells(terminal, 100)
    await office.push(terminal)
    copy = copies.copy

    def cut(url, target):
        copy(url, target)
        with target.open("r+b") as file:
            file.truncate(target.stat().st_size // 2)

    monkeypatch.setattr(copies, "copy", cut)
    with pytest.raises((Rejected, Unavailable)):
        await backup.make(settings, tmp_path / "backups", now_ms())
    assert (await office.push(terminal)).durable_seq == 0
    assert not (await office.store.read(copies.last, "backup")).well
    assert [path.suffix for path in (tmp_path / "backups").iterdir()] == [".part"]
    assert len(backup.keep(tmp_path / "backups", 1)) == 1


async def test_only_the_newest_are_kept(office, settings, tmp_path):
    """As many as asked for; never what is no backup of ours."""
    into = tmp_path / "backups"
    made = [await backup.make(settings, into, now_ms() + 1000 * number) for number in range(4)]
    (into / "posd-central-notes").mkdir()
    assert backup.keep(into, 2) == [one.folder for one in made[:2]]
    assert sorted(path.name for path in into.iterdir()) == sorted(
        [made[2].folder.name, made[3].folder.name, "posd-central-notes"]
    )


async def test_a_backup_while_terminals_push(office, settings, tmp_path):
    """It is one state of the database, and nobody waits for it."""
    terminal = await office.terminal()
    making = asyncio.create_task(backup.make(settings, tmp_path / "backups", now_ms()))
    while not making.done():
        sells(terminal, 100)
        assert (await office.push(terminal, len(terminal.records))).outcome in {"stored", "gap"}
    made = await making
    await office.push(terminal)
    assert 0 <= (await office.push(terminal)).durable_seq == made.records


async def test_a_folder_that_cannot_be_written_is_said(settings):
    """Before anything is done."""
    with pytest.raises(Misconfigured, match="/proc"):
        await backup.make(settings, Path("/proc/nowhere"), now_ms())


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)  # PostgreSQL wants an empty database: nothing is replaced there
async def test_the_file_that_a_restore_replaces_is_kept(office, settings, tmp_path):
    """Nothing that might be wanted again is deleted; the key of member codes is not replaced by an older one."""
    made = await backup.make(settings, tmp_path / "backups", now_ms())
    (tmp_path / "code-signing.key").write_bytes(b"\1" * 32)
    await office.store._writer.dispose()
    await backup.restore(settings, made.folder, now_ms(), "office")
    assert len(list(tmp_path.glob("central.db.before-*"))) >= 1
    assert (tmp_path / "code-signing.key").read_bytes() == b"\1" * 32
    (tmp_path / "code-signing.key").unlink()
    await backup.restore(settings, made.folder, now_ms(), "office")
    assert (tmp_path / "code-signing.key").read_bytes() == (made.folder / "code-signing.key").read_bytes()
