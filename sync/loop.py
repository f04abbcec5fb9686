"""The two loops around the pure steps: one pushes whenever there is something, one reads the feed for ever."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace

import structlog
import tenacity

from loyalty.journal import Head
from runtime.errors import Misconfigured, Unavailable
from sync import pull, push, snapshot, timing, wire
from sync.client import HeadOffice, Overloaded
from sync.ports import Cache, Journal
from sync.push import PushState
from sync.snapshot import Loading, SnapshotRequest

log = structlog.get_logger()


@dataclass
class Link:
    """How it stands with head office, for the pages and the status. `changed` is called after each page that brought news.

    `heard_ms` is head office's own time when it was last heard, before a restart too; `clock_offset_ms` how far that was from ours
    then (None: not since the start).
    """

    online: bool = False
    last_contact_ms: int = 0
    heard_ms: int = 0
    clock_offset_ms: int | None = None
    heard_at_s: float | None = None
    trouble: str = ""
    wake: asyncio.Event = field(default_factory=asyncio.Event)
    changed: Callable[[], None] = lambda: None

    def heard(self, server_ms: int, wall_ms: int, elapsed_s: float | None = None) -> None:
        """Head office answered just now, which was `elapsed_s` by the monotonic clock."""
        before = self.online
        self.online, self.trouble = True, ""
        self.last_contact_ms, self.heard_ms, self.clock_offset_ms = wall_ms, server_ms, server_ms - wall_ms
        self.heard_at_s = elapsed_s
        if not before:
            self.wake.set()
            self.changed()

    def offset_ms(self, wall_ms: int, elapsed_s: float) -> int | None:
        """How far head office is from our clock now, at `wall_ms`: that may have jumped since, monotonic time does not."""
        if self.clock_offset_ms is None or self.heard_at_s is None:
            return self.clock_offset_ms
        return self.heard_ms + round((elapsed_s - self.heard_at_s) * 1000) - wall_ms

    def lost(self, error: Unavailable | Misconfigured) -> None:
        """It did not, or it does not want us."""
        before = (self.online, self.trouble)
        self.online, self.trouble = False, error.code
        if before != (self.online, self.trouble):
            log.warning("head office", code=error.code, message=error.message, hint=error.hint)
            self.changed()


@dataclass(frozen=True)
class Sync:
    """What both loops use. `wall_ms` is the terminal's clock, `disk` what is wrong with its disk."""

    office: HeadOffice
    journal: Journal
    cache: Cache
    link: Link
    wall_ms: Callable[[], int]
    posd_version: str
    disk: Callable[[], list[str]] = list

    async def push_for_ever(self) -> None:
        """Send what is queued; then wait until a commit or a return of the line wakes us."""
        while True:
            await self._patiently(self.push_all)
            self.link.changed()
            await self.link.wake.wait()
            self.link.wake.clear()

    async def pull_for_ever(self) -> None:
        """Read the feed page by page, each saved with its cursor in one transaction."""
        while True:
            await self._patiently(self.pull_page)

    async def push_all(self) -> None:
        """Send batches until nothing is queued. A trouble is told and stops nothing: records are safer there than here."""
        state = await self._pushed()
        while batch := await self.journal.records_after(state.seq, wire.BATCH_RECORDS_MAX, wire.BATCH_BYTES_MAX):
            answer = await self.office.push(batch)
            self.link.heard(answer.server_ms, self.wall_ms(), asyncio.get_running_loop().time())
            last = state.seq + len(batch)
            sent = Head(last, await self.journal.hash_at(last) or "")
            before, state = state, push.next_state(state, answer, await self.journal.hash_at(answer.seq), sent)
            await self.journal.save_push_state(state)
            if state.trouble and state.trouble != before.trouble:
                log.error("a person must look at this terminal's history", trouble=state.trouble, seq=answer.seq)
            if state.seq <= before.seq:  # a rewind too: whoever sends us back and forth gets a pause
                raise Unavailable("push_stalled", "Head office took none of the records", "It will be tried again by itself")
        await self._attach_all()

    async def _attach_all(self) -> None:
        """Send what joining members gave, each once its record is there, and delete what head office has."""
        while found := await self.journal.next_attachment():
            outcome = (await self.office.attach(found)).outcome
            if outcome == "unknown":
                return
            if outcome == "wrong":
                log.error("attachment lost", record=found.record)
            await self.journal.drop_attachment(found.seq)

    async def _pushed(self) -> PushState:
        """How far head office has us. In a new life of its database that is not sure: then the last record that it had is shown
        to it again, and its answer says where it stands now.
        """
        state = await self.journal.push_state()
        incarnation = (await self.cache.pull_state()).incarnation
        before = await self.journal.hash_at(state.seq - 1) if incarnation not in {"", state.incarnation} and state.seq else None
        return replace(state, seq=state.seq - 1, hash=before) if before else state

    async def pull_page(self) -> None:
        """One page of the feed; or one chunk of a snapshot, while one comes in."""
        reading = await self.cache.reading()
        if reading.loading:
            await self._pull_chunk(reading.loading)
            return
        state = reading.state
        if not self.link.online:  # only who has been heard may keep us waiting for news: a page says so as soon as it is known
            state = replace(state, caught_up=False)
        health = replace(reading.health, posd_version=self.posd_version, disk=" ".join(self.disk()))
        page = await self.office.feed(pull.request(state, health))
        if page.snapshot:
            await self._pull_chunk(Loading())
            return
        entities = wire.entities_of(page)
        await self.cache.save_page(entities, pull.next_state(state, page))
        self.link.heard(page.server_ms, self.wall_ms(), asyncio.get_running_loop().time())
        if page.incarnation != state.incarnation:
            self.link.wake.set()  # a new life of head office's database: see what it has of us
        if entities:
            self.link.changed()

    async def _pull_chunk(self, loading: Loading) -> None:
        """The next chunk of a snapshot. One that came wrong is asked for again, as after any failure."""
        before = (await self.cache.pull_state()).incarnation
        chunk = await self.office.snapshot(SnapshotRequest(loading.cursor))
        await self.cache.save_chunk(snapshot.taken(loading, chunk))
        self.link.heard(chunk.server_ms, self.wall_ms())
        if chunk.incarnation != before:
            self.link.wake.set()
        if chunk.first or chunk.last:
            self.link.changed()

    async def _patiently(self, task: Callable[[], Awaitable[None]]) -> None:
        """Run `task` until it succeeds, waiting as timing.py says after each failure."""

        def wait(retry: tenacity.RetryCallState) -> float:
            error = retry.outcome.exception() if retry.outcome else None
            after = error.retry_after_s if isinstance(error, Overloaded) else None
            return timing.wait_s(retry.attempt_number, random.random(), after)  # noqa: S311 (spreads load)

        def note(retry: tenacity.RetryCallState) -> None:
            error = retry.outcome.exception() if retry.outcome else None
            if isinstance(error, Unavailable | Misconfigured):
                self.link.lost(error)

        retrying = tenacity.AsyncRetrying(
            wait=wait, before_sleep=note, retry=tenacity.retry_if_exception_type((Unavailable, Misconfigured))
        )
        await retrying(task)
