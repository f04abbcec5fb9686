"""Terminals that were cut off for a day come back in one second: how long until head office has all they have, and what it answers.

Head office is the real service, a process of its own on PostgreSQL with fsync on, spoken to over HTTP. The terminals are simulated:
each has a day's journal of real records, packed and signed beforehand, one connection for its push and one for its feed, as
sync/client.py has, and waits by sync/timing.py. One terminal more asks for holds all the time, as a till at work does.

python bench/herd.py [--json] [--terminals N] [--records N] [--watch S]
"""

import argparse
import asyncio
import random
import secrets
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import sqlalchemy as sa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bench import ground
from bench.ground import Figure, median, percentile
from bench.ingest import DURABLE
from central.store import terminals
from central.store.engine import Connection
from central.store.opening import open_store
from central.store.tables import RECORD
from central.store.terminals import NewChain
from loyalty.ids import record_id
from loyalty.journal import Chain, Draft, Head, Stamp, seal
from sync import batch, signing, timing, wire
from sync.signing import key_id
from tests.central.running import HeadOffice
from tests.postgres import cluster

WHOLE = 5_000  # terminals
DAY = 200  # records of one terminal
TERMINALS = 500
RECORDS_PER_BATCH = 200  # of three lines each: within 1 MiB
BACK_S = 1.0
DRAINED_S_MAX = 600.0
WATCH_S = 10.0  # how long it is watched giving records their effect once nobody pushes any more
HOLD_EVERY_S = 0.2
HOLD_S_MAX = 0.8  # what its till waits for; sync/client.py
ALLOWED = {200, 429, 503}

Request = bytes


@dataclass
class Seen:
    """What the terminals were answered, and when."""

    answers: Counter[int] = field(default_factory=Counter)
    broken: int = 0
    drained_s: list[float] = field(default_factory=list)
    holds_s: list[float] = field(default_factory=list)


@dataclass(frozen=True)
class Terminal:
    """What it will ask: its batches one after another, and the feed."""

    code: str
    pushes: Sequence[Request]
    feed: Request


def main() -> None:
    """Run all of it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--terminals", type=int, default=TERMINALS)
    parser.add_argument("--records", type=int, default=DAY)
    parser.add_argument("--watch", type=float, default=WATCH_S)
    given = parser.parse_args()
    scale = f"{given.terminals} terminals with {given.records} records each: one {WHOLE / given.terminals:g}th of {WHOLE}"
    ground.say_machine(scale, as_json=given.json)
    with tempfile.TemporaryDirectory(prefix="posd-bench-") as folder, cluster(DURABLE) as socket:
        url = f"postgresql://postgres@/postgres?host={socket}"
        with HeadOffice(Path(folder), database=url).configure().start() as office:
            found = asyncio.run(measure(url, office.address, given))
    ground.show(found, as_json=given.json)


async def measure(url: str, address: str, given: argparse.Namespace) -> list[Figure]:
    """The herd, and what head office has of it afterwards."""
    count, records = given.terminals, given.records
    authority, seen = address.removeprefix("http://"), Seen()
    async with open_store(url) as store:
        herd = [prepared(authority, *(await store.run(enrolled, number)), records) for number in range(count)]
        *till, _ = await store.run(enrolled, count)
        working = asyncio.create_task(keep_asking(authority, till[0], till[1], seen))
        started = time.perf_counter()
        await asyncio.gather(
            *(one for terminal in herd for one in (drain(terminal, authority, seen, started), pull(terminal, authority, seen)))
        )
        drained = time.perf_counter() - started
        pending = await store.read(_count, RECORD.c.state == "pending")
        working.cancel()
        await asyncio.sleep(given.watch)
        then = await store.read(_count, RECORD.c.state == "pending")
        stored = await store.read(_count, sa.true())
        ids = await store.read(lambda db: db.execute(sa.select(sa.func.count(RECORD.c.id.distinct()))).scalar_one())
    wrong = sum(number for status, number in seen.answers.items() if status not in ALLOWED)
    return [
        Figure("drained after, s", drained, DRAINED_S_MAX),
        Figure("half of the terminals drained after, s", median(seen.drained_s)),
        Figure("records stored per second", count * records / drained),
        Figure("records lost", count * records - ids, 0),
        Figure("records stored twice", stored - ids, 0),
        Figure("answers but 200, 429, 503", wrong, 0),
        Figure("requests that broke off", seen.broken),
        *(Figure(f"answers {status}", number) for status, number in sorted(seen.answers.items())),
        Figure("records applied by then, of a hundred", 100 * (1 - pending / stored)),
        Figure("records applied per second afterwards", (pending - then) / given.watch),
        Figure("holds meanwhile, p50 ms", 1000 * median(seen.holds_s)),
        Figure("holds meanwhile, p99 ms", 1000 * percentile(seen.holds_s, 99)),
        Figure(
            "holds answered within 0.8 s, of a hundred",
            100 * sum(one <= HOLD_S_MAX for one in seen.holds_s) / len(seen.holds_s),
        ),
    ]


def _count(db: Connection, where: sa.ColumnElement[bool]) -> int:
    return int(db.execute(sa.select(sa.func.count()).select_from(RECORD).where(where)).scalar_one())


def enrolled(db: Connection, number: int) -> tuple[str, Ed25519PrivateKey, str]:
    """A terminal that head office knows, its key, and its journal's name."""
    key, name = Ed25519PrivateKey.generate(), secrets.token_hex(16)
    made = terminals.ensure(db, f"Store {number}", "Till", "Asia/Jerusalem", secrets.token_hex(8))
    terminals.raise_epoch(db, made.id, 1)
    terminals.add_chain(db, made.id, NewChain(1, name, key.public_key().public_bytes_raw().hex()), 0)
    return made.code, key, name


SAMPLES = [Draft("sale", *ground.a_sale(ground.cafe(), number)) for number in range(ground.MEMBERS)]


def prepared(authority: str, code: str, key: Ed25519PrivateKey, chain: str, records: int) -> Terminal:
    """A day of it, sealed, packed and signed."""
    head, made = Head(), []
    for seq in range(1, records + 1):
        sample = SAMPLES[(seq * 31) % len(SAMPLES)]
        draft = Draft("sale", record_id(code, "2026-11-21", str(seq)), sample.body)
        sealed = seal(Chain(code, 1, chain), head, Stamp(ground.NOW.wall_ms + seq, 120, "good"), draft, wire.canonical_fast)
        head = Head(sealed.seq, sealed.hash)
        made.append(sealed.bytes)
    bodies = [batch.pack(made[first : first + RECORDS_PER_BATCH]) for first in range(0, records, RECORDS_PER_BATCH)]
    asked = wire.FeedRequest("", 0.0, records, ground.NOW.wall_ms, "bench", snapshots=True)
    feed = request(authority, "/v1/feed", wire.encode(asked), code, key)
    return Terminal(code, [request(authority, "/v1/journal", body, code, key) for body in bodies], feed)


def request(authority: str, path: str, body: bytes, code: str, key: Ed25519PrivateKey) -> Request:
    """A signed request as its bytes."""
    signed = signing.headers(signing.Message("POST", authority, path, "", body), key_id(code, 1), key.sign)
    head = {"host": authority, "content-length": str(len(body)), **signed}
    return f"POST {path} HTTP/1.1\r\n".encode() + "".join(f"{k}: {v}\r\n" for k, v in head.items()).encode() + b"\r\n" + body


async def drain(terminal: Terminal, authority: str, seen: Seen, started: float) -> None:
    """Send all of its batches, as sync/loop.py does."""
    await asyncio.sleep(random.uniform(0, BACK_S))
    for body in await answers(terminal.pushes, authority, seen):
        answer = wire.decode(body, wire.PushAnswer)
        assert answer.outcome == "stored", answer
    seen.drained_s.append(time.perf_counter() - started)


async def pull(terminal: Terminal, authority: str, seen: Seen) -> None:
    """Read what has changed, on a line of its own."""
    await asyncio.sleep(random.uniform(0, BACK_S))
    [page] = await answers([terminal.feed], authority, seen)
    assert wire.decode(page, wire.FeedPage).snapshot


async def answers(requests: Sequence[Request], authority: str, seen: Seen) -> list[bytes]:
    """The good answer to each, one after another, each asked for until it comes."""
    found: list[bytes] = []
    failures = 0
    line: Line | None = None
    while len(found) < len(requests):
        after_s: float | None = None
        try:
            if line is None or line.over:  # head office closes what is silent for a while, as httpx finds out too
                line = await Line.open(authority)
            status, after_s, body = await line.ask(requests[len(found)])
        except (OSError, EOFError):
            seen.broken += 1
            line = None
        else:
            seen.answers[status] += 1
            if status == 200:
                found.append(body)
                failures = 0
                continue
        failures += 1
        await asyncio.sleep(timing.wait_s(failures, random.random(), after_s))
    if line:
        line.close()
    return found


class Line:
    """A connection that is kept, and one request after another on it."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Use `open`."""
        self._reader = reader
        self._writer = writer

    @classmethod
    async def open(cls, authority: str) -> "Line":
        """To head office."""
        host, _, port = authority.rpartition(":")
        return cls(*await asyncio.open_connection(host, int(port)))

    async def ask(self, asked: Request) -> tuple[int, float | None, bytes]:
        """The status, how long to wait if it says so, and the body."""
        self._writer.write(asked)
        head = (await self._reader.readuntil(b"\r\n\r\n")).decode().lower().split("\r\n")
        told = dict(line.split(": ", 1) for line in head[1:] if line)
        body = await self._reader.readexactly(int(told["content-length"]))
        return int(head[0].split()[1]), float(told["retry-after"]) if "retry-after" in told else None, body

    @property
    def over(self) -> bool:
        """Whether it was closed at the other end."""
        return self._reader.at_eof()

    def close(self) -> None:
        """No more."""
        self._writer.close()


async def keep_asking(authority: str, code: str, key: Ed25519PrivateKey, seen: Seen) -> None:
    """A till at work wants to spend a member's points, again and again."""
    line = await Line.open(authority)
    while True:
        hold = wire.HoldRequest(secrets.token_hex(16), ground.HANDLE, "points", 1)
        asked = request(authority, "/v1/holds", wire.encode(hold), code, key)
        started = time.perf_counter()
        status, _, _ = await line.ask(asked)
        seen.answers[status] += 1
        seen.holds_s.append(time.perf_counter() - started)
        await asyncio.sleep(HOLD_EVERY_S)


if __name__ == "__main__":
    main()
