"""The two loops against a scripted head office: lost replies, gaps, repeats, stalls, restarts; nothing lost, nothing twice."""

import asyncio
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from loyalty.journal import FIRST_PREV_HASH, Chain, Draft, Head, Sealed, Stamp, seal
from loyalty.sale import Enrol
from runtime.errors import Misconfigured, Unavailable
from sync import timing, wire
from sync.client import Overloaded
from sync.joining import AttachmentRequest
from sync.loop import Link, Sync
from sync.pull import Health, PullState, Reading
from sync.push import FORKED, ROLLED_BACK, PushState
from sync.snapshot import Loading, Taken
from sync.wire import CodeKeyRow, FeedPage, FeedRequest, PushAnswer

HANG_S = 20


@dataclass
class Journal:
    """The records in memory; sync.ports.Journal."""

    records: list[Sealed] = field(default_factory=list)
    state: PushState = field(default_factory=PushState)
    batch_max: int = wire.BATCH_RECORDS_MAX
    attachments: list[AttachmentRequest] = field(default_factory=list)

    def add(self, count: int) -> None:
        for _ in range(count):
            head = Head(self.records[-1].seq, self.records[-1].hash) if self.records else Head()
            draft = Draft("enrol", f"{head.seq:032x}", Enrol("0.1", "s"))
            self.records.append(seal(Chain("t7", 1, "0f" * 16), head, Stamp(0, 0), draft))

    async def push_state(self) -> PushState:
        return self.state

    async def save_push_state(self, state: PushState) -> None:
        self.state = state

    async def records_after(self, seq: int, records_max: int, bytes_max: int) -> list[bytes]:
        return [record.bytes for record in self.records[seq : seq + min(records_max, self.batch_max)]]

    async def hash_at(self, seq: int) -> str | None:
        if seq == 0:
            return FIRST_PREV_HASH
        return self.records[seq - 1].hash if seq <= len(self.records) else None

    async def next_attachment(self) -> AttachmentRequest | None:
        ready = (one for one in self.attachments if one.seq <= self.state.seq)
        return next(ready, None)

    async def drop_attachment(self, seq: int) -> None:
        self.attachments = [one for one in self.attachments if one.seq != seq]


@dataclass
class Cache:
    """What was saved, page by page; sync.ports.Cache."""

    state: PullState = field(default_factory=PullState)
    saved: list[Any] = field(default_factory=list)
    health: Health = field(default_factory=lambda: Health(0, 0))
    coming: Loading | None = None

    async def pull_state(self) -> PullState:
        return self.state

    async def reading(self) -> Reading:
        return Reading(self.state, self.health, self.coming)

    async def save_chunk(self, taken: Taken) -> None:
        self.saved += taken.entities
        self.coming = None if taken.last else taken.loading
        if taken.last:
            self.state = PullState(taken.loading.feed_cursor, taken.loading.incarnation)

    async def save_page(self, entities: Sequence[Any], state: PullState) -> None:
        self.saved += entities
        self.state = state


@dataclass
class Office:
    """Stores what is pushed, exactly as head office does; `trouble` may break any call before or after it had its effect."""

    trouble: Callable[[str], None] = lambda when: None
    stored: list[bytes] = field(default_factory=list)
    hashes: list[str] = field(default_factory=list)
    calls: int = 0
    feed_rows: list[CodeKeyRow] = field(default_factory=list)
    asked: list[FeedRequest] = field(default_factory=list)
    incarnation: str = "one"
    outcome: str = ""

    async def push(self, records: list[bytes]) -> PushAnswer:
        self.calls += 1
        self.trouble("before")
        first = wire.read_envelope(records[0])
        outcome = "stored"
        if first.seq > len(self.stored) + 1:
            outcome = "gap"
        else:
            for data in records[len(self.stored) + 1 - first.seq :]:
                envelope = wire.read_envelope(data)
                assert envelope.prev_hash == (self.hashes[-1] if self.hashes else FIRST_PREV_HASH)
                self.stored.append(data)
                self.hashes.append(hash_of(data, envelope.prev_hash))
        self.trouble("after")
        return self.answer(self.outcome or outcome)

    def answer(self, outcome: str) -> PushAnswer:
        return PushAnswer(outcome, len(self.stored), self.hashes[-1] if self.hashes else FIRST_PREV_HASH, self.incarnation, 7)

    async def feed(self, request: FeedRequest) -> FeedPage:
        self.asked.append(request)
        self.trouble("before")
        at = int(request.cursor or 0)
        if at >= len(self.feed_rows):
            await asyncio.sleep(3600 if request.wait_s else 0)
        rows = tuple(wire.feed_row(row) for row in self.feed_rows[at : at + 2])
        self.trouble("after")
        return FeedPage(str(at + len(rows)), rows, at + len(rows) < len(self.feed_rows), self.incarnation, 7)


def hash_of(data: bytes, prev_hash: str) -> str:
    from loyalty.journal import chain_hash

    return chain_hash(prev_hash, data)


def sync_of(office: Office, journal: Journal, cache: Cache | None = None) -> Sync:
    return Sync(office, journal, cache or Cache(), Link(), lambda: 5, "0.1")  # type: ignore[arg-type]


def unreachable() -> Unavailable:
    return Unavailable("head_office_unreachable", "gone", "wait")


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, float | None]]:
    """Waits are noted and not waited for."""
    noted: list[tuple[int, float | None]] = []

    def wait_s(failures: int, chance: float, retry_after_s: float | None = None) -> float:
        noted.append((failures, retry_after_s))
        return 0

    monkeypatch.setattr(timing, "wait_s", wait_s)
    return noted


async def settled(sync: Sync, done: Callable[[], bool]) -> None:
    """Run both loops until `done`."""
    tasks = [asyncio.create_task(sync.push_for_ever()), asyncio.create_task(sync.pull_for_ever())]
    try:
        async with asyncio.timeout(HANG_S):
            while not done():
                for task in tasks:
                    if task.done():
                        task.result()
                await asyncio.sleep(0)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


@pytest.mark.parametrize("seed", range(25))
async def test_nothing_is_lost_or_doubled_whatever_breaks(seed: int) -> None:
    """Requests and replies are lost at random while sales go on: head office ends with every record once, in order."""
    chance = random.Random(seed)
    quiet = False

    def trouble(when: str) -> None:
        if not quiet and chance.random() < 0.4:
            raise chance.choice([unreachable(), Overloaded(3.0), Misconfigured("fenced", "no", "look")])

    journal, office = Journal(batch_max=7), Office(trouble)
    cache = Cache()
    office.feed_rows = [CodeKeyRow(f"{number:08x}", "0" * 64) for number in range(9)]
    journal.add(20)
    sync = sync_of(office, journal, cache)

    async def sales() -> None:
        nonlocal quiet
        for _ in range(30):
            journal.add(chance.randrange(3))
            sync.link.wake.set()
            await asyncio.sleep(0)
        quiet = True
        sync.link.wake.set()

    def done() -> bool:
        return quiet and len(office.stored) == len(journal.records) == journal.state.seq and cache.state.caught_up

    selling = asyncio.create_task(sales())
    await settled(sync, done)
    await selling
    assert office.stored == [record.bytes for record in journal.records]
    assert {row.key_id for row in cache.saved} == {row.key_id for row in office.feed_rows}
    assert sync.link.online


async def test_a_lost_reply_is_sent_again_and_changes_nothing() -> None:
    """Head office stored the batch, the answer was lost, the batch comes again: it has each record once."""
    lost = iter(["after"])

    def trouble(when: str) -> None:
        if when == "after" and next(lost, None):
            raise unreachable()

    journal, office = Journal(), Office(trouble)
    journal.add(5)
    await settled(sync_of(office, journal), lambda: journal.state.seq == 5)
    assert office.calls == 2
    assert len(office.stored) == 5


async def test_a_gap_sends_again_from_where_head_office_stands() -> None:
    """Head office came back from an older copy: we go back to what it has and send the rest again."""
    journal, office = Journal(batch_max=3), Office()
    journal.add(9)
    await sync_of(office, journal).push_all()
    office.stored, office.hashes, office.incarnation = office.stored[:4], office.hashes[:4], "two"
    journal.add(1)
    await settled(sync_of(office, journal), lambda: journal.state.seq == 10)
    assert office.stored == [record.bytes for record in journal.records]
    assert journal.state.incarnation == "two"


async def test_what_forked_is_told_and_goes_on_being_sent() -> None:
    """Head office stores the second history beside the first: it has every record, and a person is told."""
    journal, office = Journal(), Office(outcome="fork")
    journal.add(2)
    sync = sync_of(office, journal)
    await sync.push_all()
    journal.add(1)
    await sync.push_all()
    assert (journal.state.trouble, journal.state.seq, len(office.stored)) == (FORKED, 3, 3)


async def test_an_older_copy_of_this_database_is_told() -> None:
    """Head office has more of this chain than we do: what we sent is among it."""
    newer, office = Journal(), Office()
    newer.add(6)
    await sync_of(office, newer).push_all()
    older = Journal(records=newer.records[:3], state=PushState(2, newer.records[1].hash, "one"))
    await sync_of(office, older).push_all()
    assert (older.state.trouble, older.state.seq) == (ROLLED_BACK, 3)


async def test_another_history_is_shown_from_where_it_left() -> None:
    """Head office stands on another record than ours in that place: we go back to there, and send ours again."""
    journal, office = Journal(), Office()
    journal.add(9)
    await sync_of(office, journal).push_all()
    office.stored, office.hashes = office.stored[:4], [*office.hashes[:3], "e" * 64]
    journal.add(1)
    with pytest.raises(Unavailable, match="none of the records"):
        await sync_of(office, journal).push_all()
    assert (journal.state.seq, journal.state.trouble) == (4, FORKED)


async def test_a_new_life_of_head_office_is_asked_where_it_stands() -> None:
    """Nothing is queued and the feed names another incarnation: what head office has lost is sent again by itself."""
    journal, office, cache = Journal(), Office(), Cache()
    journal.add(9)
    sync = sync_of(office, journal, cache)
    await settled(sync, lambda: journal.state.seq == 9 and cache.state.caught_up)
    office.stored, office.hashes, office.incarnation = office.stored[:4], office.hashes[:4], "two"
    office.feed_rows = [CodeKeyRow("0" * 8, "0" * 64)]
    cache.state = PullState()
    await settled(sync, lambda: len(office.stored) == 9 and journal.state.incarnation == "two")
    assert (journal.state.seq, journal.state.trouble) == (9, "")


async def test_the_feed_is_told_how_the_terminal_is_doing() -> None:
    """What the store has at that moment, and beside it the version and the disk."""
    office, cache = Office(), Cache(health=Health(2, 17, given={"free_coffee": 3}, journal_seq=7))
    sync = replace(sync_of(office, Journal(), cache), disk=lambda: ["disk_full", "disk_slow"])
    await sync.pull_page()
    asked = office.asked[-1]
    assert (asked.queued_records, asked.queued_since_ms, asked.journal_seq) == (2, 17, 7)
    assert (asked.given, asked.posd_version, asked.disk) == ({"free_coffee": 3}, "0.1", "disk_full disk_slow")


async def test_a_head_office_that_takes_nothing_is_given_time(no_waiting: list[tuple[int, float | None]]) -> None:
    """An answer that moves nothing is followed by a wait, not by the same batch at once for ever."""
    journal, office = Journal(), Office()
    journal.add(3)
    stuck = 5

    async def push(records: list[bytes]) -> PushAnswer:
        nonlocal stuck
        stuck -= 1
        return office.answer("gap") if stuck > 0 else await Office.push(office, records)

    office.push = push  # type: ignore[method-assign]
    await settled(sync_of(office, journal), lambda: journal.state.seq == 3)
    assert [failures for failures, _ in no_waiting] == [1, 2, 3, 4]


async def test_overload_is_waited_for_as_head_office_said(no_waiting: list[tuple[int, float | None]]) -> None:
    """Retry-After reaches the timing."""
    once = iter([1])

    def trouble(when: str) -> None:
        if next(once, None):
            raise Overloaded(17.0)

    journal, office = Journal(), Office(trouble)
    journal.add(1)
    await sync_of(office, journal)._patiently(sync_of(office, journal).push_all)
    assert no_waiting == [(1, 17.0)]


async def test_a_bug_is_not_swallowed() -> None:
    """What is no trouble of the line ends the loop, and the supervisor tells it."""

    def trouble(when: str) -> None:
        raise AssertionError("a bug")

    journal, office = Journal(), Office(trouble)
    journal.add(1)
    with pytest.raises(AssertionError, match="a bug"):
        await sync_of(office, journal)._patiently(sync_of(office, journal).push_all)


async def test_the_feed_is_read_to_its_end_and_then_waited_for() -> None:
    """Pages follow each other without waiting while there is more; each saves its rows with its cursor."""
    office, cache = Office(), Cache()
    office.feed_rows = [CodeKeyRow(f"{number:08x}", "0" * 64) for number in range(5)]
    await settled(sync_of(office, Journal(), cache), lambda: len(office.asked) == 4)
    assert [request.cursor for request in office.asked] == ["", "2", "4", "5"]
    assert [request.wait_s > 0 for request in office.asked] == [False, False, False, True]
    assert cache.saved == office.feed_rows


async def test_the_first_sale_after_the_queue_was_empty_is_sent_at_once() -> None:
    """A commit wakes the push."""
    journal, office = Journal(), Office()
    sync = sync_of(office, journal)
    task = asyncio.create_task(sync.push_for_ever())
    await asyncio.sleep(0.01)
    journal.add(1)
    sync.link.wake.set()
    async with asyncio.timeout(HANG_S):
        while not office.stored:
            await asyncio.sleep(0)
    task.cancel()


def test_the_link_tells_changes_only() -> None:
    """Going and coming back are told once each; the clock's offset is kept."""
    told: list[bool] = []
    link = Link()
    link.changed = lambda: told.append(link.online)
    link.lost(unreachable())
    link.lost(unreachable())
    link.heard(server_ms=1000, wall_ms=400)
    link.heard(server_ms=1000, wall_ms=400)
    assert told == [False, True]
    assert (link.clock_offset_ms, link.last_contact_ms, link.trouble) == (600, 400, "")
    assert link.wake.is_set()


def test_a_clock_that_jumps_is_noticed_before_head_office_is_heard_again() -> None:
    """Monotonic time says where our clock should be; not of a head office that was never heard, or at no known moment."""
    link = Link()
    assert link.offset_ms(400, 7.0) is None
    link.heard(server_ms=10_000, wall_ms=9_400, elapsed_s=7.0)
    assert link.offset_ms(9_400, 7.0) == link.offset_ms(12_400, 10.0) == 600
    assert link.offset_ms(3_612_400, 10.0) == 600 - 3_600_000
    assert link.offset_ms(0, 10.0) == 13_000
    link.heard(server_ms=20_000, wall_ms=100)
    assert link.offset_ms(999, 10.0) == 19_900
