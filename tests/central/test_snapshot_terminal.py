"""A real terminal and a real head office: the store, the loop and the answers as they are, joined in this process."""

import contextlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from central import enrol, members
from central.clock import now_ms
from loyalty.journal import Draft, Stamp
from loyalty.sale import Enrol
from posd.store import journal, sales, snapshots
from posd.store import members as cache
from posd.store.database import Store, open_store
from posd.storing import StoredCache, StoredJournal
from runtime.errors import Unavailable
from sync import snapshot
from sync.client import HeadOffice
from sync.loop import Link, Sync
from sync.pull import PullState
from sync.signing import key_id
from sync.wire import MemberRow
from tests.samples import HANDLE, basket, cafe, member, sold
from tests.terminals import FieldTerminal

DAY = "2026-11-18"
STAMP = Stamp(1_795_000_000_000, 120, "good")
COUNT = 25
PACKED = snapshot.packed


@pytest.fixture
async def terminal(office: Any, tmp_path: Path) -> FieldTerminal:
    """Enrolled, with a journal on the disk; head office has so many members, and one who has bought at another terminal."""
    other = await office.terminal()
    for number in range(COUNT):
        await office.store.run(members.add, f"m{number}", "", now_ms())
    other.sells(sold(cafe(), member(), basket(20_000)))
    await office.deliver()
    async with open_store(tmp_path / "till") as store:
        made = FieldTerminal(chain=(await store.look(journal.identity)).chain)
        code = (await office.store.run(enrol.new_code, ("Allenby 12", "till"), "Asia/Jerusalem", now_ms())).code
        answer = await office.enrol(made, code)
        made.code, made.epoch = answer.terminal, answer.epoch
        await store.run(journal.enrol, answer, STAMP, Draft("enrol", "e" * 32, Enrol("0.1", answer.store)))
    return made


@contextlib.asynccontextmanager
async def running(office: Any, terminal: FieldTerminal, folder: Path) -> AsyncIterator[tuple[Store, Sync]]:
    """One life of its posd."""
    async with open_store(folder / "till") as store:
        transport: httpx.AsyncBaseTransport = office.http._transport
        line = HeadOffice("http://127.0.0.1:1", key_id(terminal.code, terminal.epoch), terminal.key.sign, transport)
        async with contextlib.aclosing(line):
            yield store, Sync(line, StoredJournal(store), StoredCache(store), Link(), lambda: 5, "0.1")


async def sell(store: Store, number: int) -> str:
    """A sale of 10 points at this terminal."""
    commit = sales.Commit(f"{number:032x}", STAMP, b"", prints=False)
    await store.run(sales.commit_sale, sold(cafe(), member(), basket(1000)), commit)
    return commit.id


async def points(store: Store) -> int:
    """What the till shows."""
    found = await store.look(cache.by_handle, HANDLE, DAY)
    return found.member.balances.get("point", 0) if found else 0


async def standing(office: Any) -> int:
    """What head office has."""
    return int((await office.balances(HANDLE)).get("point", 0))


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Chunks of about ten members."""
    monkeypatch.setattr(snapshot, "CHUNK_BYTES_MAX", 2000)


@pytest.mark.usefixtures("small")
async def test_killed_in_the_middle_it_goes_on_where_it_was_and_sells_all_the_time(
    office: Any, terminal: FieldTerminal, tmp_path: Path
) -> None:
    """Sales before, between and after the chunks are on top of what was in use, then of the snapshot; none counts twice."""
    asked = 0
    for life in range(30):
        async with running(office, terminal, tmp_path) as (store, sync):
            if life % 3 == 0:
                await sell(store, life)
            if life % 3 == 1:
                await sync.push_all()
                await office.apply()
            before = await store.look(snapshots.loading)
            await sync.pull_page()
            asked += 1
            after = await store.look(snapshots.loading)
            if before and after:
                assert after.members >= before.members
                assert after.cursor != before.cursor
            if after is None:
                break
    async with running(office, terminal, tmp_path) as (store, sync):
        await sync.push_all()
        await office.apply()
        while not (await store.look(journal.pull_state)).caught_up:
            await sync.pull_page()
        assert await store.look(cache.count) == COUNT + 1
        assert await points(store) == await standing(office)
    assert asked >= 4, "it came in several chunks"


@pytest.mark.usefixtures("small")
async def test_a_wrong_chunk_is_no_step(office: Any, terminal: FieldTerminal, tmp_path: Path, monkeypatch: Any) -> None:
    """The hash that comes with it is another: nothing of it is kept, and the next try brings it right."""
    async with running(office, terminal, tmp_path) as (store, sync):
        await sync.pull_page()
        before = await store.look(snapshots.loading)
        with monkeypatch.context() as broken:
            broken.setattr(snapshot, "packed", lambda data: PACKED(data.replace(b"m1", b"m2")))
            with pytest.raises(Unavailable, match="hash"):
                await sync.pull_page()
        assert await store.look(snapshots.loading) == before
        while await store.look(snapshots.loading):
            await sync.pull_page()
        assert await store.look(cache.count) == COUNT + 1


async def test_a_restored_head_office_brings_a_snapshot(office: Any, terminal: FieldTerminal, tmp_path: Path) -> None:
    """A cursor of the life that is gone: the members come anew, and those that are gone with it are unknown."""
    async with running(office, terminal, tmp_path) as (store, sync):
        gone = "aa" * 10
        await store.run(cache.save, MemberRow(gone, "x", "", 0, {}, ()))
        await store.run(journal.save_pull_state, PullState(f"{'f' * 16}.3.3", "f" * 16, caught_up=True))
        await sync.pull_page()
        while await store.look(snapshots.loading):
            await sync.pull_page()
        assert await store.look(cache.by_handle, gone, DAY) is None
        assert await store.look(cache.count) == COUNT + 1
