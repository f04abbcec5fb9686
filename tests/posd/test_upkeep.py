"""The upkeep of the disk, on a real one: what it checks, what it ends, what it deletes."""

import asyncio
import contextlib
from pathlib import Path

import pytest

from loyalty.journal import Draft, Stamp
from loyalty.sale import Enrol
from posd import upkeep
from posd.store import aside, journal, pruning, sales
from posd.store.database import Store, open_store
from posd.store.opening import FILE
from posd.upkeep import Upkeep
from runtime.errors import Unavailable
from sync.push import PushState
from sync.wire import EnrolAnswer
from tests.samples import basket, cafe, sold

OLD = Stamp(1_700_000_000_000, 120, "good")  # 2023: older than what is kept


async def shop(store: Store, records: int) -> None:
    """Enrolled, with so many records."""
    answer = EnrolAnswer("t7", "s", 2, "one", "Asia/Jerusalem", 0)
    await store.run(journal.enrol, answer, OLD, Draft("enrol", "e" * 32, Enrol("0.1", "s")))
    sale = sold(cafe(), None, basket(100, 200))
    for number in range(records - 1):
        await store.run(sales.commit_sale, sale, sales.Commit(f"{number:032x}", OLD, b"x" * 900, prints=False))


async def crashed(folder: Path, records: int = 0) -> None:
    """A terminal that ended without a word: as the database remembers it."""
    async with open_store(folder) as store:
        if records:
            await shop(store, records)
        store._writer.stop = lambda: None  # type: ignore[method-assign]


async def running(kept: Upkeep) -> None:
    """As the daemon runs it, until what it does first is done."""
    task = asyncio.create_task(kept.run())
    await asyncio.wait_for(kept.checked.wait(), 60)
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task


async def test_after_a_crash_everything_is_checked_and_then_it_may_spend(tmp_path: Path) -> None:
    """Whoever shows the condition is told."""
    await crashed(tmp_path, 250)
    told = []
    async with open_store(tmp_path) as store:
        assert store.condition.spending()
        await running(Upkeep(store, tmp_path, lambda: told.append(store.condition.spending())))
        assert store.condition.spending() is None
        assert store.failure is None
    assert told == [None]
    async with open_store(tmp_path) as store:
        assert store.condition.spending() is None, "the stop in between was an orderly one"


async def test_rot_that_the_check_finds_ends_the_store(tmp_path: Path) -> None:
    """In what head office has already, so that the start does not look at it: nothing more is written, and the next start acts."""
    async with open_store(tmp_path) as store:
        await shop(store, 60)
        hashed = await store.look(journal.hash_at, 60)
        assert hashed
        await store.run(journal.save_push_state, PushState(60, hashed))
    await crashed(tmp_path)
    file = tmp_path / FILE
    content = bytearray(file.read_bytes())
    place = content.index(f'"id":"{30:032x}"'.encode()) + 20
    content[place] ^= 1
    file.write_bytes(content)
    async with open_store(tmp_path) as store:
        kept = Upkeep(store, tmp_path)
        await kept.check()
        assert store.failed.is_set()
        assert store.failure
        assert (store.failure.code, "record 32" in store.failure.message) == ("database_damaged", True)
        with pytest.raises(Unavailable, match="damaged"):
            await store.run(journal.freeze, "x")
    assert (tmp_path / aside.NOTE).exists()
    async with open_store(tmp_path) as store:
        assert (await store.look(journal.identity)).terminal == "", "a record was changed: this journal cannot go on"
    assert (tmp_path / f"{FILE}.aside-1").stat().st_size >= len(content)


async def test_old_records_go_while_sales_go_on(tmp_path: Path) -> None:
    """In a backup, and old: all but the last; a sale in between is not lost."""
    async with open_store(tmp_path) as store:
        await shop(store, 2 * pruning.SLICE_RECORDS)
        seq = 2 * pruning.SLICE_RECORDS
        hashed = await store.look(journal.hash_at, seq)
        assert hashed
        await store.run(journal.save_push_state, PushState(seq, hashed, durable_seq=seq - 5))
        pruning_now = asyncio.create_task(Upkeep(store, tmp_path).prune())
        await asyncio.sleep(0)
        sale = sold(cafe(), None, basket(100))
        await store.run(sales.commit_sale, sale, sales.Commit("f" * 32, OLD, b"", prints=False))
        assert await pruning_now == seq - 5
        assert await store.look(journal.find, "f" * 32)
        await Upkeep(store, tmp_path).check()
        assert store.failure is None


async def test_once_a_minute_it_looks_for_room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A ballast that was given up is there again, and the page hears of it."""
    monkeypatch.setattr(upkeep, "ROUND_S", 0.01)
    told = asyncio.Event()
    async with open_store(tmp_path, ballast_bytes=4096) as store:
        assert store._writer.ballast.release()
        assert store.condition.full
        task = asyncio.create_task(Upkeep(store, tmp_path, told.set).run())
        await asyncio.wait_for(told.wait(), 60)
        task.cancel()
        assert not store.condition.full
        assert (tmp_path / "ballast").stat().st_size == 4096


async def test_every_day_the_pages_are_looked_at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And a file that is damaged ends the store without a crash before."""
    monkeypatch.setattr(upkeep, "ROUND_S", 0.01)
    monkeypatch.setattr(upkeep, "ROUNDS_A_DAY", 1)
    async with open_store(tmp_path) as store:
        await shop(store, 60)
    file = tmp_path / FILE
    async with open_store(tmp_path) as store:
        with file.open("r+b") as out:
            out.seek(2 * 4096)
            out.write(b"\xff" * 8192)
        task = asyncio.create_task(Upkeep(store, tmp_path).run())
        await asyncio.wait_for(store.failed.wait(), 60)
        task.cancel()
        assert store.failure
        assert store.failure.code == "database_damaged"
