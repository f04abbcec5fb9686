"""Head office's ingest against bare COPY of the same rows into the same table of the same PostgreSQL, in turns, in this one run.

Both are given rows that are ready and end with COMMIT. Ours checks that they belong to the journal and go on from its head, moves
the head if it is still there, and copies them; the peer copies them. "Read and stored" begins with the body of a request as a
terminal packs it: it is unpacked, each record's outside is decoded and compared with its spelling, and its hash is worked out,
which COPY has no word for. HTTP and the signature are in none.

python bench/ingest.py [--json] [--rounds N] [--rows N] [--batches N N] [--each N]
"""

import argparse
import asyncio
import itertools
import json
import platform
import secrets
import statistics
import sys
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import asyncpg
import sqlalchemy as sa

from bench import ground
from central import ingest
from central.store import records, terminals
from central.store.engine import Connection, Store
from central.store.opening import open_store
from central.store.terminals import Key, NewChain
from loyalty.journal import Chain, Draft, Head, Sealed, Stamp, seal
from sync.batch import pack
from sync.wire import BATCH_BYTES_MAX, Envelope, canonical_fast
from tests.postgres import cluster

DURABLE = "-c synchronous_commit=on -c shared_buffers=128MB -c max_wal_size=4GB"
"""As Debian sets a server up, but for memory; fsync is on."""
BATCHES = (20, 120, 480)  # the last is what 1 MiB holds of sales of three lines
CONNECTIONS = (1, 2)
WAITING = 4  # more terminals than connections: while the database works for one, what the next has sent is read
RECORDS_PER_TURN = 960  # of each terminal
ROWS = 300_000
COLUMNS = ("chain_id", "seq", "id", "kind", "hash", "bytes", "received_ms", "state")
LEAST = {1: 0.75, 2: 0.9}
REPEAT_MOST = 1 / 3

Row = tuple[Any, ...]


class Plan(NamedTuple):
    """How much of everything."""

    rounds: int
    rows: int
    batches: Sequence[int]
    each: int


class Rounds(NamedTuple):
    """The seconds of each round: stored, copied, read and stored."""

    plan: Plan
    spent: Sequence[Sequence[float]]


class Batch(NamedTuple):
    """Some records of one till: as they travel, as they are read, and as rows for the peer."""

    body: bytes
    read: list[tuple[Envelope, Sealed]]
    rows: list[Row]


Turn = Sequence[Batch]


@dataclass
class Till:
    """One terminal's journal, going on and on; and the chain into which the peer copies the same rows."""

    key: Key
    chain: Chain
    peer: int
    head: Head
    drafts: "itertools.cycle[Draft]"

    def next_batch(self, count: int) -> Batch:
        """The next records."""
        made: list[Sealed] = []
        for draft, _ in zip(self.drafts, range(count), strict=False):
            stamp = Stamp(ground.NOW.wall_ms + self.head.seq, 120, "good")
            fresh = Draft(draft.kind, secrets.token_hex(16), draft.body)
            made.append(seal(self.chain, self.head, stamp, fresh, canonical_fast))
            self.head = Head(made[-1].seq, made[-1].hash)
        assert sum(len(one.bytes) for one in made) <= BATCH_BYTES_MAX
        rows = [(self.peer, one.seq, one.id, one.kind, one.hash, one.bytes, 0, "pending") for one in made]
        body = pack(one.bytes for one in made)
        return Batch(body, ingest.read_batch(body), rows)


def main() -> None:
    """Run all of it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--rows", type=int, default=ROWS)
    parser.add_argument("--batches", type=int, nargs="+", default=BATCHES, help="records to a batch; each divides --each")
    parser.add_argument("--each", type=int, default=RECORDS_PER_TURN, help="records that a terminal pushes in a turn")
    given = parser.parse_args()
    plan = Plan(given.rounds, given.rows, given.batches, given.each)
    with cluster(DURABLE) as socket:
        found = asyncio.run(measure(f"postgresql://postgres@/postgres?host={socket}", plan))
    if given.json:
        print(json.dumps(found))
        return
    print(
        f"{platform.machine()}, {platform.system()} {platform.release()}, {datetime.now(UTC):%Y-%m-%d}, {plan.rows} rows there"
    )
    for name, one in found.items():
        met = "" if one["target"] is None else "ok" if met_by(name, one) else "MISSED"
        target = "" if one["target"] is None else f"{'<=' if 'repeat' in name else '>='} {one['target']:.2f}"
        print(f"{name:<58}{one['value']:>10.2f}  {target:>8}  {met}")


def met_by(name: str, one: dict[str, float | None]) -> bool:
    """Whether a figure keeps its target."""
    assert one["value"] is not None
    assert one["target"] is not None
    return one["value"] <= one["target"] if "repeat" in name else one["value"] >= one["target"]


async def measure(url: str, plan: Plan) -> dict[str, dict[str, float | None]]:
    """Every figure by its name."""
    found: dict[str, dict[str, float | None]] = {}
    async with open_store(url) as store:
        tills = await furnish(store, max(CONNECTIONS) + WAITING, plan.rows)
        peers = [await asyncpg.connect(url) for _ in range(max(CONNECTIONS))]
        for connections, size in itertools.product(CONNECTIONS, plan.batches):
            spent: list[list[float]] = []
            at_work = tills[: connections + WAITING]
            for number in range(plan.rounds + 1):  # the first warms up
                line = asyncio.Semaphore(connections)
                stored, read = (drawn(at_work, size, plan.each) for _ in range(2))
                runners = [pushing(store, line, at_work, stored), copying(peers[:connections], stored)]
                runners.append(pushing(store, line, at_work, read, read=True))
                spent.append([0.0] * 3)
                for place in ((0, 1, 2), (1, 0, 2))[number % 2]:  # `read` goes on where `stored` ended
                    spent[-1][place] = await timed(runners[place])
            figures(found, connections, size, Rounds(plan, spent[1:]))
            found[f"batches of {size}: KB on the line"] = {"value": len(stored[0][0].body) / 1000, "target": None}
        for size in plan.batches:
            share = statistics.median([await repeated(store, tills[0], size, plan.each) for _ in range(plan.rounds + 1)][1:])
            found[f"batches of {size}: repeat / first"] = {
                "value": share,
                "target": REPEAT_MOST if size == plan.batches[-1] else None,
            }
        for peer in peers:
            await peer.close()
    return found


async def repeated(store: Store, till: Till, size: int, each: int) -> float:
    """What it costs to push a batch again whose answer was lost, by what it cost to push it."""
    spent = [0.0, 0.0]
    for _ in range(each // size):
        turn = [till.next_batch(size)]
        for time_of in (0, 1):
            spent[time_of] += await timed(pushing(store, asyncio.Semaphore(1), [till], [turn], read=True))
    return spent[1] / spent[0]


def drawn(tills: Sequence[Till], size: int, each: int) -> list[Turn]:
    """The next batches of each."""
    return [[till.next_batch(size) for _ in range(each // size)] for till in tills]


def figures(found: dict[str, dict[str, float | None]], connections: int, size: int, rounds: Rounds) -> None:
    """Records per second of each, and what share of bare COPY ours have."""
    name = f"{connections} connection{'s' if connections > 1 else ''}, batches of {size}"
    count = (connections + WAITING) * (rounds.plan.each // size) * size
    spent = rounds.spent
    for place, what in enumerate(("stored", "bare COPY", "read and stored")):
        found[f"{name}: {what}, records per second"] = {
            "value": count / statistics.median(one[place] for one in spent),
            "target": None,
        }
    target = LEAST[connections] if size == rounds.plan.batches[-1] else None
    found[f"{name}: share of bare COPY"] = {"value": statistics.median(one[1] / one[0] for one in spent), "target": target}
    found[f"{name}: share, read and stored"] = {"value": statistics.median(one[1] / one[2] for one in spent), "target": None}


def pushing(
    store: Store, line: asyncio.Semaphore, tills: Sequence[Till], turns: Sequence[Turn], *, read: bool = False
) -> Callable[[], Awaitable[None]]:
    """Every till's batches, one after another; the tills side by side, as many in the database at once as `line` has places.
    With `read` each begins as it travels.
    """

    async def push(till: Till, turn: Turn) -> None:
        for batch in turn:
            found = ingest.read_batch(batch.body, till.key.journal.head) if read else batch.read
            async with line:
                answer = await store.run(ingest.ingest, till.key, found, ground.NOW.wall_ms)
            assert answer.outcome == "stored"
            now = till.key.journal._replace(seq=answer.seq, hash=answer.hash, contact_ms=ground.NOW.wall_ms)
            till.key = till.key._replace(journal=now)  # as the signature's check reads it
            await asyncio.sleep(0)  # the next request comes from elsewhere

    async def run() -> None:
        await asyncio.gather(*(push(till, turn) for till, turn in zip(tills, turns, strict=True)))

    return run


def copying(peers: Sequence[Any], turns: Sequence[Turn]) -> Callable[[], Awaitable[None]]:
    """The same rows, copied and committed batch by batch by as many connections."""
    left = [batch.rows for turn in turns for batch in turn]
    shares = [left[number :: len(peers)] for number in range(len(peers))]

    async def copy(peer: Any, share: Sequence[list[Row]]) -> None:
        for rows in share:
            async with peer.transaction():
                await peer.copy_records_to_table("record", columns=COLUMNS, records=rows)

    async def run() -> None:
        await asyncio.gather(*(copy(peer, share) for peer, share in zip(peers, shares, strict=True)))

    return run


async def timed(task: Callable[[], Awaitable[None]]) -> float:
    """Seconds."""
    started = time.perf_counter()
    await task()
    return time.perf_counter() - started


async def furnish(store: Store, count: int, rows: int) -> list[Till]:
    """Terminals with a key and a chain each, and so many records in the table."""
    program = ground.cafe()
    drafts = [Draft("sale", *ground.a_sale(program, number)) for number in range(ground.MEMBERS)]

    def enrolled(db: Connection, number: int) -> tuple[int, int, str]:
        terminal = terminals.ensure(db, "Allenby 12", f"Till {number}", "Asia/Jerusalem", secrets.token_hex(8))
        terminals.raise_epoch(db, terminal.id, 1)
        return terminal.id, terminals.add_chain(db, terminal.id, NewChain(1, f"{number:032x}", "0" * 64), 0), terminal.code

    tills = []
    for number in range(count):
        _, _, code = await store.run(enrolled, 2 * number)
        _, peer, _ = await store.run(enrolled, 2 * number + 1)
        key = await store.read(terminals.key, code, 1)
        assert key is not None
        tills.append(Till(key, Chain(code, 1, f"{2 * number:032x}"), peer, Head(), itertools.cycle(drafts)))
    _, full, _ = await store.run(enrolled, 2 * count)
    sample = [
        seal(Chain("full", 1, "f" * 32), Head(number), Stamp(0, 0), one, canonical_fast) for number, one in enumerate(drafts)
    ]
    at_once = 5000
    for first in range(0, rows, at_once):
        filling = [
            Sealed(seq, secrets.token_hex(16), "sale", sample[seq % len(sample)].bytes, secrets.token_hex(32))
            for seq in range(first + 1, min(first + at_once, rows) + 1)
        ]
        await store.run(fill, full, filling)
    return tills


def fill(db: Connection, chain: int, filling: Sequence[Sealed]) -> None:
    """Rows that were there before, which have had their effect."""
    db.execute(sa.select(1))
    records.store(db, chain, filling, 0, "applied")


if __name__ == "__main__":
    main()
