"""The loop that reads the feed, sent to a snapshot by a scripted head office."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec
import pytest

from sync import snapshot, timing, wire
from sync.pull import PullState
from sync.snapshot import Loading, SnapshotChunk
from sync.wire import CodeKeyRow, FeedPage, FeedRequest
from tests.sync.test_loop import Cache, Journal, Office, settled, sync_of, unreachable


@pytest.fixture(autouse=True)
def waits(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many failures in a row each wait came after; they are not waited for."""
    noted: list[int] = []

    def wait_s(failures: int, chance: float, retry_after_s: float | None = None) -> float:
        noted.append(failures)
        return 0

    monkeypatch.setattr(timing, "wait_s", wait_s)
    return noted


def chunks_of(*groups: Sequence[Any]) -> list[SnapshotChunk]:
    """A snapshot of so many chunks, as head office makes it."""
    before, made = Loading(), []
    kinds = {shape: kind for kind, shape in snapshot.ENTITIES.items()}
    for number, group in enumerate(groups, 1):
        data = msgspec.json.encode([wire.FeedRow(kinds[type(one)], msgspec.Raw(wire.encode(one))) for one in group])
        before = Loading(f"c{number}", "0", "two", before.members, snapshot.chained(before.hash, data))
        packed = snapshot.packed(data)
        made.append(SnapshotChunk(before.cursor, "0", "two", 0, before.hash, packed, 7, number == 1, number == len(groups)))
    return made


@dataclass
class Restored(Office):
    """A head office that knows no cursor but those it gives."""

    incarnation: str = "two"
    chunks: list[SnapshotChunk] = field(default_factory=list)
    wanted: list[str] = field(default_factory=list)

    async def feed(self, request: FeedRequest) -> FeedPage:
        if request.cursor == "lost" and request.snapshots:
            return FeedPage("", (), True, "two", 7, snapshot=True)
        return await super().feed(request)

    async def snapshot(self, request: snapshot.SnapshotRequest) -> SnapshotChunk:
        self.wanted.append(request.cursor)
        self.trouble("before")
        at = int(request.cursor[1:] or 0)
        return self.chunks[at]


KEYS = [CodeKeyRow(f"{number:08x}", "1" * 64) for number in range(4)]


async def test_who_knows_nothing_reads_a_snapshot_and_then_the_feed(waits: list[int]) -> None:
    """Chunk after chunk, each asked for by the cursor of the one before; the feed goes on where head office says."""
    office, journal, cache = Restored(chunks=chunks_of(KEYS[:2], KEYS[2:])), Journal(), Cache(PullState("lost", "one"))
    sync = sync_of(office, journal, cache)
    await settled(sync, lambda: (cache.state.cursor, cache.state.incarnation, cache.state.caught_up) == ("0", "two", True))
    assert (cache.saved, office.wanted) == (KEYS, ["", "c1"])
    assert waits == []


async def test_a_chunk_that_came_wrong_is_asked_for_again(waits: list[int]) -> None:
    """By the same cursor, after a pause; nothing of the wrong one is kept."""
    good = chunks_of(KEYS[:1], KEYS[1:2], KEYS[2:])
    office, cache = Restored(chunks=[good[0], good[2], good[2]]), Cache(PullState("lost", "one"))

    def mended(when: str) -> None:
        if len(office.wanted) > 3:
            office.chunks = good

    office.trouble = mended
    await settled(sync_of(office, Journal(), cache), lambda: cache.state.cursor == "0")
    assert cache.saved == KEYS
    assert office.wanted == ["", "c1", "c1", "c1", "c2"]
    assert waits == [1, 2]


async def test_a_snapshot_goes_on_where_it_was() -> None:
    """Posd was stopped in the middle, or the line was: what has come is not asked for again."""
    chunks = chunks_of(KEYS[:2], KEYS[2:])
    cache = Cache(PullState("lost", "two"), coming=snapshot.taken(Loading(), chunks[0]).loading)
    office, lost = Restored(chunks=chunks), iter([True, True])

    def reset(when: str) -> None:
        if when == "before" and office.wanted and next(lost, False):
            raise unreachable()

    office.trouble = reset
    await settled(sync_of(office, Journal(), cache), lambda: cache.state.cursor == "0")
    assert (cache.saved, office.wanted) == (KEYS[2:], ["c1", "c1", "c1"])


async def test_the_first_chunk_of_a_new_life_wakes_the_push() -> None:
    """What head office has forgotten is sent while the members still come in."""
    office, cache = Restored(chunks=chunks_of(KEYS[:2], KEYS[2:])), Cache(PullState("lost", "one"))
    sync = sync_of(office, Journal(), cache)
    await sync.pull_page()
    assert sync.link.wake.is_set()
    assert sync.link.online
