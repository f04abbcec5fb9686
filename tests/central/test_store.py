"""The database under head office: transactions, snapshots, and tables that are what the code says."""

import asyncio
import os
import signal
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from central.store import engine, migrate
from central.store.opening import open_store
from central.store.tables import META, OFFICE, USERS
from runtime.errors import Misconfigured, Unavailable
from tests.postgres import run_sql


async def test_the_migrations_make_the_tables_that_the_code_uses(store):
    """Nothing differs between tables.py and what the files in migrations/versions have made."""

    def differences(db):
        return compare_metadata(MigrationContext.configure(db), META)

    assert await store.run(differences) == []


def test_the_newest_migration_is_the_one_that_is_looked_for():
    """HEAD is written down so that Alembic need not be imported; it must be right."""
    config = Config()
    config.set_main_option("script_location", migrate.__file__.replace("migrate.py", "migrations"))
    assert ScriptDirectory.from_config(config).get_current_head() == migrate.HEAD


async def test_opening_again_changes_nothing(url):
    """The incarnation is the database's, not the process's."""
    seen = []
    for _ in range(2):
        async with open_store(url) as store:
            seen.append(await store.read(lambda db: db.execute(sa.select(OFFICE.c.incarnation)).scalar_one()))
    assert (seen[0], len(seen[0])) == (seen[1], 16)


async def test_two_first_starts_at_once_make_one_database(postgres):
    """Commands on a new PostgreSQL database do not trip over each other."""
    run_sql(postgres, "CREATE DATABASE posd_fresh")
    url = f"postgresql://postgres@/posd_fresh?host={postgres}"

    async def look():
        async with open_store(url) as store:
            return await store.read(lambda db: db.execute(sa.select(OFFICE.c.incarnation)).scalars().all())

    first, second = await asyncio.gather(look(), look())
    assert (first, len(first)) == (second, 1)


async def test_a_function_that_fails_leaves_nothing(store):
    """One transaction: all or nothing."""

    def half(db):
        db.execute(USERS.insert().values(name="x", password_hash="y"))
        raise KeyError

    with pytest.raises(KeyError):
        await store.run(half)
    assert await store.read(lambda db: db.execute(sa.select(USERS)).all()) == []


async def test_reading_sees_one_snapshot(url):
    """What another commits in the middle is not seen, so a balance and what it includes belong together."""
    async with open_store(url) as one, open_store(url) as two:
        seen = []

        def count(db):
            return db.execute(sa.select(sa.func.count()).select_from(USERS)).scalar_one()

        async def in_between():
            async with one._reader.begin() as db:
                seen.append(await db.run_sync(count))
                await two.run(lambda other: other.execute(USERS.insert().values(name="x", password_hash="y")))
                seen.append(await db.run_sync(count))

        await in_between()
        seen.append(await one.read(count))
        assert seen == [0, 0, 1]


async def test_what_the_database_refuses_is_a_bug_and_raised(store):
    """A broken constraint is not "try again later"."""
    with pytest.raises(sa.exc.IntegrityError):
        await store.run(lambda db: db.execute(USERS.insert().values(name=None, password_hash="y")))
    with pytest.raises(sa.exc.DBAPIError):
        await store.run(lambda db: db.execute(sa.text("SELECT no_such_column FROM users")).all())


@pytest.mark.parametrize("place", ["sqlite:////proc/nowhere/central.db", "postgresql://x@127.0.0.1:1/x"])
async def test_a_database_that_is_not_there_is_unavailable(place):
    """Try again later, or mend it: not a traceback."""
    with pytest.raises(Unavailable, match="does not answer"):
        async with open_store(place):
            pass


async def test_a_database_that_does_not_exist_is_unavailable(postgres):
    """So is a name that the server does not know."""
    with pytest.raises(Unavailable, match="does not exist"):
        async with open_store(f"postgresql://postgres@/no_such_database?host={postgres}"):
            pass


@pytest.mark.parametrize("place", ["mysql://x/y", "x"])
async def test_other_databases_are_misconfigured(place):
    """The message says what is wanted."""
    with pytest.raises(Misconfigured):
        async with open_store(place):
            pass


async def test_commits_wait_for_the_disk_whatever_the_server_says(postgres_url, postgres):
    """synchronous_commit is on in our connections, also where somebody has turned it off for the database."""
    name = postgres_url.split("/")[3].split("?")[0]
    run_sql(postgres, f"ALTER DATABASE {name} SET synchronous_commit = off")
    async with open_store(postgres_url) as store:
        shown = await store.run(lambda db: db.execute(sa.text("SHOW synchronous_commit")).scalar_one())
    assert shown == "on"


async def test_a_file_is_as_durable_as_a_terminals(tmp_path):
    """Every connection writes ahead and syncs each commit, the ones for reading too."""
    asked = ("journal_mode", "synchronous", "foreign_keys")

    def look(db):
        return [db.exec_driver_sql(f"PRAGMA {name}").scalar_one() for name in asked]

    async with open_store(f"sqlite:///{tmp_path / 'central.db'}") as store:
        assert [await store.run(look), await store.read(look)] == [["wal", 2, 1]] * 2


@pytest.mark.parametrize("rested_s", [0, 10])
async def test_a_database_that_went_away_is_found_again(postgres_url, postgres, monkeypatch, rested_s):
    """Connections that died while they rested are replaced unseen; those in use tell it once, and the next caller is served."""

    def alive(db):
        return db.execute(sa.text("SELECT 1")).scalar_one()

    async with open_store(postgres_url) as store:
        await asyncio.gather(*(store.read(alive) for _ in range(3)))
        name = postgres_url.split("/")[3].split("?")[0]
        run_sql(postgres, f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'")
        monkeypatch.setattr(engine, "IDLE_S_MAX", 0 if rested_s else 1000)
        troubles = 0
        for _ in range(5):
            try:
                assert await store.read(alive) == 1
            except Unavailable:
                troubles += 1
        assert troubles <= (0 if rested_s else 1)


async def test_more_at_once_than_connections_wait_their_turn(postgres_url):
    """The pool has a bound, and everybody is served."""
    async with open_store(postgres_url) as store:
        most, now = 0, 0

        async def one():
            nonlocal most, now

            def look(db):
                nonlocal most, now
                now += 1
                most = max(most, now)
                db.execute(sa.text("SELECT pg_sleep(0.01)"))
                now -= 1

            await store.read(look)

        await asyncio.gather(*(one() for _ in range(60)))
        assert 1 < most <= engine.CONNECTIONS_MAX


async def test_whoever_answers_terminals_gives_up_what_takes_too_long(postgres_url, monkeypatch):
    """Of a statement, and of a transaction that stands still with what it has locked; commands take the time that they need."""
    monkeypatch.setattr(engine, "STATEMENT_S_MAX", 0.2)
    shown = sa.text(
        "SELECT current_setting('statement_timeout') || ' ' || current_setting('idle_in_transaction_session_timeout')"
    )
    slow = sa.text("SELECT pg_sleep(0.5), 1")
    async with open_store(postgres_url, patient=False) as store:
        assert await store.read(lambda db: db.execute(shown).scalar_one()) == "200ms 1min"
        with pytest.raises(Unavailable, match="statement timeout"):
            await store.run(lambda db: db.execute(slow))
        assert await store.read(lambda db: db.execute(sa.text("SELECT 1")).scalar_one()) == 1
    async with open_store(postgres_url) as store:
        assert (await store.run(lambda db: db.execute(slow).one()))[1] == 1


async def test_a_server_that_stands_still_is_left(postgres_url, postgres, monkeypatch):
    """Its machine is frozen or gone: nobody waits for ever, neither for an answer nor to be rid of the connection."""
    monkeypatch.setattr(engine, "SILENCE_S_MAX", 0.5)
    postmaster = int(Path(postgres, "data", "postmaster.pid").read_text().splitlines()[0])
    frozen = [postmaster]

    def ask(db):
        return db.execute(sa.text("SELECT pg_backend_pid()")).scalar_one()

    def stops(db):
        frozen.append(ask(db))
        for process in frozen:
            os.kill(process, signal.SIGSTOP)
        return ask(db)

    async with open_store(postgres_url, patient=False) as store:
        try:
            with pytest.raises(Unavailable, match="does not answer"):
                async with asyncio.timeout(25):
                    await store.run(stops)
        finally:
            os.kill(postmaster, signal.SIGCONT)
        try:
            assert await store.read(ask) not in frozen
        finally:
            for process in frozen:
                os.kill(process, signal.SIGCONT)


async def test_tables_with_rows_are_rebuilt(url, monkeypatch):
    """An upgrade of a database that is in use keeps every row, and every reference still holds."""
    monkeypatch.setattr(migrate, "HEAD", "0005")
    upgrade = "alembic.command.upgrade"
    from alembic import command

    whole = command.upgrade
    monkeypatch.setattr(upgrade, lambda config, _: whole(config, "0005"))
    if url.startswith("sqlite"):
        Path(url.removeprefix("sqlite:///")).unlink()
    else:
        run_sql(
            url.rpartition("=")[2], "DROP SCHEMA public CASCADE; CREATE SCHEMA public", database=url.split("/")[3].split("?")[0]
        )
    rows = (
        "INSERT INTO store (id, name, time_zone) VALUES (1, 's', 'UTC')",
        "INSERT INTO terminal (id, store_id, name, code, epoch) VALUES (1, 1, 't', 'c', 1)",
        "INSERT INTO chain (id, terminal_id, epoch, name, public_key, seq, hash, enrolled_ms)"
        " VALUES (1, 1, 1, 'n', 'k', 1, 'h', 5)",
        "INSERT INTO enrol_code (terminal_id, code_hash, expires_ms, chain_id) VALUES (1, 'x', 5, 1)",
    )

    def fill(db):
        for row in rows:
            db.execute(sa.text(row))

    async with open_store(url) as store:
        await store.run(fill)
    monkeypatch.undo()
    async with open_store(url) as store:
        [row] = await store.read(lambda db: db.execute(sa.text("SELECT id, seq, branch, base_seq FROM chain")).all())
        assert tuple(row) == (1, 1, 0, 0)
        with pytest.raises(sa.exc.IntegrityError):
            await store.run(lambda db: db.execute(sa.text("DELETE FROM chain")))
