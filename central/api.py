"""What terminals ask: the signed requests of sync/wire.py. Bodies are bounded before they are read, and read once."""

import asyncio
import contextlib
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from typing import TypeVar

import structlog
from fastapi import APIRouter, Request, Response

from central import auth, budgets, enrol, feed, holds, ingest, people, recovery, snapshot, strangers
from central.apply import Applier
from central.auth import Signed
from central.clock import now_ms
from central.feed import News
from central.lanes import Lanes, Overloaded
from central.store import terminals
from central.store.engine import Connection, Store
from central.store.quarantine import Stranger
from central.store.terminals import Key
from loyalty import bounds
from runtime.errors import Rejected, Unavailable
from sync import signing, wire
from sync.joining import AttachmentRequest
from sync.keys import KeyRequest
from sync.snapshot import SnapshotRequest

SMALL_BYTES_MAX = 16 * 1024  # every other request is a few hundred bytes
BODIES_MAX = 500  # being read at once: a gigabyte at the most
BODY_S_MAX = 30.0  # for one; a shop's line sends a batch in seconds
FEEDS_MAX = 4  # of one terminal at once: it needs one, and one that it has given up may not be gone yet
RETRY_AFTER_S = 5

log = structlog.get_logger()

Shape = TypeVar("Shape")
Answer = Callable[[Signed, bytes], Awaitable[object]]


class Api:
    """The answers. What they stand on is given at the start."""

    def __init__(self, store: Store, applier: Applier, news: News) -> None:
        """`applier` is woken when there is something to apply, `news` when the feed has moved."""
        self._store = store
        self._applier = applier
        self._news = news
        self._lanes = Lanes()
        self._bodies = 0
        self._feeds: Counter[int] = Counter()
        self.router = APIRouter(prefix="/v1")
        for path, lane, bytes_max, answer in (
            ("/enrol", "push", SMALL_BYTES_MAX, self._enrol),
            ("/key", "push", SMALL_BYTES_MAX, self._key),
            ("/journal", "push", wire.INFLATED_BYTES_MAX, self._journal),
            ("/feed", "pull", wire.FEED_BYTES_MAX, self._feed),
            ("/snapshot", "snapshot", SMALL_BYTES_MAX, self._snapshot),
            ("/holds", "hold", SMALL_BYTES_MAX, self._holds),
            ("/attachments", "push", SMALL_BYTES_MAX, self._attachments),
        ):
            endpoint = self._endpoint(lane, bytes_max, answer)
            self.router.add_api_route(path, endpoint, methods=["POST"], response_class=Response)

    def _endpoint(self, lane: str, bytes_max: int, answer: Answer) -> Callable[[Request], Awaitable[Response]]:
        async def endpoint(request: Request) -> Response:
            try:
                body = await self._body(request, lane, bytes_max)
                async with self._lanes.turn(lane):
                    later = await answer(_signed(request, body), body)
                # whoever waits for news holds no place
                found = await later() if callable(later) else later
            except Rejected as error:
                return _problem(error.code, error.message, error.hint)
            except Unavailable as error:
                log.warning("not answered", code=error.code, message=error.message)
                message = error.message if error.code == "overload" else "the database does not answer"
                after_s = error.retry_after_s if isinstance(error, Overloaded) else RETRY_AFTER_S
                return _problem("overload", message, retry_after_s=after_s)
            return Response(wire.encode(found), media_type="application/json")

        return endpoint

    async def _body(self, request: Request, lane: str, bytes_max: int) -> bytes:
        """The body, while there is room for one more. Raises Rejected, Overloaded."""
        if self._bodies >= BODIES_MAX:
            raise Overloaded(lane)
        self._bodies += 1
        try:
            async with asyncio.timeout(BODY_S_MAX):
                return await _body(request, bytes_max)
        except TimeoutError as error:
            raise Overloaded(lane) from error
        finally:
            self._bodies -= 1

    async def _enrol(self, signed: Signed, body: bytes) -> object:
        request = _message(body, wire.EnrolRequest)
        auth.check_enrol(signed, request)
        return await self._store.run(enrol.enrol, request, now_ms())

    async def _key(self, signed: Signed, body: bytes) -> object:
        key = await self._terminal(signed)
        return await self._store.run(enrol.new_key, key, _message(body, KeyRequest), now_ms())

    async def _journal(self, signed: Signed, body: bytes) -> object:
        who = await self._store.read(auth.pusher_of, signed)
        if isinstance(who, Stranger):
            return await self._store.run(strangers.take, who, ingest.read_batch(body), now_ms())
        await self._notice(who)
        answer = await self._store.run(ingest.ingest, who, ingest.read_batch(body, who.journal.head), now_ms())
        self._applier.wake()
        return answer

    async def _holds(self, signed: Signed, body: bytes) -> object:
        key = await self._terminal(signed)
        request = _message(body, wire.HoldRequest)
        answer = await self._store.run(holds.hold, key.terminal, request, now_ms())
        self._news.tell()
        return answer

    async def _attachments(self, signed: Signed, body: bytes) -> object:
        key = await self._store.read(auth.key_of, signed)
        answer = await self._store.run(people.attach, key, _message(body, AttachmentRequest), now_ms())
        self._news.tell()
        return answer

    async def _feed(self, signed: Signed, body: bytes) -> object:
        key = await self._terminal(signed)
        request = _message(body, wire.FeedRequest)
        said: terminals.Said = {
            "queued_records": min(max(request.queued_records, 0), bounds.PIECES_MAX),
            "queued_since_ms": min(max(request.queued_since_ms, 0), 1 << 62),
            "posd_version": request.posd_version,
            "disk": request.disk,
        }
        if await self._store.run(_heard, key, request, said):
            self._news.tell()
        return lambda: self._news_for(key, request)

    async def _snapshot(self, signed: Signed, body: bytes) -> object:
        key = await self._terminal(signed)
        request = _message(body, SnapshotRequest)
        return await self._store.read(snapshot.read_chunk, key.terminal, request.cursor, now_ms())

    async def _news_for(self, key: Key, request: wire.FeedRequest) -> wire.FeedPage:
        """The next page; an empty one when nothing happens for as long as the terminal is ready to wait."""
        loop = asyncio.get_running_loop()
        until = loop.time() + min(request.wait_s, wire.FEED_WAIT_S_MAX)
        lane = "pull" if request.cursor or request.snapshots else "snapshot"
        with self._feed_of(key.terminal):
            while True:
                ticket = self._news.ticket()
                async with self._lanes.turn(lane, admitted=True):
                    found = await self._store.read(feed.answer, key.terminal, request, now_ms())
                if found.news or not await self._news.wait(ticket, until - loop.time()):
                    return found.page

    @contextlib.contextmanager
    def _feed_of(self, terminal: int) -> Iterator[None]:
        """One of the few feeds that a terminal may read at once. Raises Rejected."""
        if self._feeds[terminal] >= FEEDS_MAX:
            raise Rejected("too_many", f"this terminal waits for news {FEEDS_MAX} times already")
        self._feeds[terminal] += 1
        try:
            yield
        finally:
            self._feeds[terminal] -= 1

    async def _terminal(self, signed: Signed) -> Key:
        key = await self._store.read(auth.terminal_of, signed)
        await self._notice(key)
        return key

    async def _notice(self, key: Key) -> None:
        """A new key has signed for the first time."""
        if key.public_key == key.next_key:
            await self._store.run(terminals.take_next_key, key)


def _heard(db: Connection, key: Key, request: wire.FeedRequest, said: terminals.Said) -> bool:
    """The terminal was here; whether what it says is news for others."""
    freed = budgets.heard(db, key, request.given, lambda: feed.read_to(db, request.cursor))
    terminals.heard_from(db, key.terminal, now_ms(), said)
    return (key.recovering and recovery.heard(db, key, request, now_ms())) or freed


def _signed(request: Request, body: bytes) -> Signed:
    message = signing.Message(
        method=request.method,
        authority=request.headers.get("host", "").lower(),
        path=request.url.path,
        query=request.url.query,
        body=body,
    )
    return Signed(message, request.headers)


async def _body(request: Request, bytes_max: int) -> bytes:
    """The body, of which no more than `bytes_max` bytes are ever taken in. Raises Rejected."""
    body = bytearray()
    told = request.headers.get("content-length", "0")
    async for chunk in request.stream():
        if len(body) + len(chunk) > bytes_max or not told.isdigit() or int(told[:12]) > bytes_max:
            raise Rejected("too_large", f"at most {bytes_max} bytes are wanted here")
        body += chunk
    return bytes(body)


def _message(body: bytes, shape: type[Shape]) -> Shape:
    try:
        return wire.decode(body, shape)
    except ValueError as error:
        raise Rejected("malformed", str(error)) from error


def _problem(code: str, message: str, hint: str = "", retry_after_s: int = RETRY_AFTER_S) -> Response:
    status = wire.PROBLEMS[code]
    headers = {"retry-after": str(retry_after_s)} if status in {429, 503} else {}
    problem = wire.encode(wire.Problem(code, message, hint))
    return Response(problem, status, headers, "application/problem+json")
