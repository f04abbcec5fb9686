"""A million members: a snapshot read at head office and loaded at a terminal that goes on selling; then look-ups; then another one.

Head office is PostgreSQL with fsync on; each end is a process of its own, so that its memory can be seen. Between them the chunks
lie in a file: the line is not measured. Every member has a plain code and balances of two units.

python bench/cache.py [--json] [--members N]
"""

import argparse
import asyncio
import json
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import sqlalchemy as sa

from bench import ground
from bench.ground import Figure, median, percentile
from central.snapshot import read_chunk
from central.store import rows, tables
from central.store.engine import Connection
from central.store.opening import open_store as open_office
from loyalty.ledger import available
from posd.store import members, sales, snapshots
from posd.store.database import Store, open_store
from posd.store.db import Db
from sync import snapshot, wire
from sync.snapshot import Loading, SnapshotChunk
from tests.postgres import cluster

MEMBERS = 1_000_000
LOOKUPS = 20_000
SALE_EVERY_S = 0.02  # fifty checkouts a second: a hundred tills' worth at one terminal
QUIET_SALES = 300
AT_ONCE = 10_000
LENGTH_BYTES = 4
DURABLE = "-c synchronous_commit=on -c shared_buffers=128MB -c max_wal_size=4GB"


def handle(number: int) -> str:
    """The handle of a member: they lie in no order."""
    return f"{random.Random(number).getrandbits(80):020x}"


def code(number: int) -> str:
    """A plain code: they were given out one after another."""
    return f"29{number:011d}"


def main() -> None:
    """Both ends, one after the other."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--members", type=int, default=MEMBERS)
    parser.add_argument("--part", nargs=3, metavar=("END", "PLACE", "CHUNKS"), help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.part:
        end, place, chunks = given.part
        part = give(place, Path(chunks)) if end == "give" else take(Path(place), Path(chunks), given.members)
        print(json.dumps(asyncio.run(part)))
        return
    ground.say_machine(f"{given.members} members", as_json=given.json)
    with tempfile.TemporaryDirectory(prefix="posd-bench-") as folder, cluster(DURABLE) as socket:
        url, chunks = f"postgresql://postgres@/postgres?host={socket}", f"{folder}/chunks"
        asyncio.run(furnish(url, given.members))
        found = in_process("give", url, chunks, given.members) + in_process("take", folder, chunks, given.members)
    ground.show(found, as_json=given.json)


def in_process(end: str, place: str, chunks: str, count: int) -> list[Figure]:
    """The figures of one end, measured in a process of its own."""
    command = [sys.executable, __file__, "--members", str(count), "--part", end, place, chunks]
    done = subprocess.run(command, stdout=subprocess.PIPE, check=True, cwd=ground.ROOT)
    return [Figure(*one) for one in json.loads(done.stdout.splitlines()[-1])]


def memory_mb() -> float:
    """The most that this process has ever had resident."""
    status = Path("/proc/self/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) / 1024


async def furnish(url: str, count: int) -> None:
    """Head office with so many members."""
    async with open_office(url) as store:
        for first in range(1, count + 1, AT_ONCE):
            await store.run(add, range(first, min(first + AT_ONCE, count + 1)))
        await store.run(lambda db: db.execute(sa.update(tables.OFFICE).values(feed_position=count)))
    async with open_office(url) as store:
        await store.run(lambda db: db.execute(sa.text("ANALYZE")))


def add(db: Connection, numbers: range) -> None:
    """Some of them."""
    db.execute(sa.select(1))
    found = [(number, handle(number)) for number in numbers]
    columns = ("id", "handle", "first_name", "tier", "made_ms", "visits", "spent_minor", "joined", "last_visit")
    told = [(n, own, "חברה", "silver", 0, n % 90, 100 * n, "2025-03-01", "2026-11-01") for n, own in found]
    rows.append(db, tables.MEMBER, columns, told)
    rows.append(db, tables.MEMBER_CODE, ("member_id", "code"), [(n, code(n)) for n, _ in found])
    units = [(n, available(own), unit, "", n % 1000) for n, own in found for unit in ("points", "status")]
    rows.append(db, tables.BALANCE, ("member_id", "account", "unit", "lot", "pieces"), units)
    rows.append(db, tables.FEED, ("kind", "key", "position"), [("member", n, n) for n, _ in found])


async def give(url: str, path: Path) -> list[tuple[str, float, float | None]]:
    """Head office's end: every chunk as it travels, into a file."""
    spent: list[float] = []
    async with open_office(url) as store:
        cursor, last = "", False
        before_mb = memory_mb()
        with path.open("wb") as file:
            while not last:
                started = time.perf_counter()
                chunk = await store.read(read_chunk, 1, cursor, ground.NOW.wall_ms)
                body = wire.encode(chunk)
                spent.append(time.perf_counter() - started)
                file.write(len(body).to_bytes(LENGTH_BYTES) + body)
                cursor, last = chunk.cursor, chunk.last
    size_mb = path.stat().st_size / 1e6
    return [
        ("head office: members told per second", chunk.members / sum(spent), None),
        ("head office: a chunk, p50 ms", 1000 * median(spent), None),
        ("head office: a chunk, p99 ms", 1000 * percentile(spent, 99), None),
        ("head office: memory of it all, MB", memory_mb() - before_mb, None),
        ("on the line, MB", size_mb, None),
    ]


def chunks_in(path: Path) -> Iterator[bytes]:
    """Every chunk as it came."""
    with path.open("rb") as file:
        while head := file.read(LENGTH_BYTES):
            yield file.read(int.from_bytes(head))


async def take(folder: Path, path: Path, count: int) -> list[tuple[str, float, float | None]]:
    """The terminal's end."""
    async with open_store(folder) as store:
        await ground.furnish(store)
        till = Till(store)
        found: list[tuple[str, float, float | None]] = []
        quiet = [await till.sell() for _ in range(QUIET_SALES)]
        found.append(("checkout, nothing else going on, p50 ms", 1000 * median(quiet), None))
        found.append(("checkout, nothing else going on, longest ms", 1000 * max(quiet), None))
        before_mb = memory_mb()
        found += await till.beside("first snapshot", load(store, path), count)
        found.append(("first snapshot: memory of it all, MB", memory_mb() - before_mb, None))
        found += await look_ups(store, count)
        size_mb = await store.look(room) / 1e6
        found.append(("room of the cache in the file, MB", size_mb, 150.0 if count == MEMBERS else None))
        found += await till.beside("another over it", load(store, path), count)
        found += await till.beside("the old ones deleted", sweep(store), count)
        return found


class Till:
    """Checkouts at that terminal."""

    def __init__(self, store: Store) -> None:
        """None yet."""
        self._store = store
        self._program = ground.cafe()
        self._number = 0

    async def sell(self) -> float:
        """One; how long it took in seconds."""
        self._number += 1
        own, sale = ground.a_sale(self._program, self._number)
        commit = sales.Commit(own, ground.STAMP, b"receipt" * 100, prints=True)
        started = time.perf_counter()
        await self._store.run(sales.commit_sale, sale, commit)
        return time.perf_counter() - started

    async def beside(self, name: str, task: Any, count: int) -> list[tuple[str, float, float | None]]:
        """Checkouts while `task` runs, and how long that took; its second quarter by its first, as its steps say, too."""
        spent: list[float] = []

        async def sell_on() -> None:
            while True:
                spent.append(await self.sell())
                await asyncio.sleep(SALE_EVERY_S)

        selling = asyncio.create_task(sell_on())
        at: list[float] = await task
        selling.cancel()
        seconds, quarter = at[-1] - at[0], max(1, (len(at) - 1) // 4)  # the codes are the second half, and quicker
        return [
            (f"{name}: seconds", seconds, None),
            (f"{name}: members per second", count / seconds, None),
            (f"{name}: second quarter / first quarter", (at[2 * quarter] - at[quarter]) / (at[quarter] - at[0]), None),
            (f"{name}: checkout beside it, p50 ms", 1000 * median(spent), None),
            (f"{name}: checkout beside it, longest ms", 1000 * max(spent), None),
        ]


async def load(store: Store, path: Path) -> list[float]:
    """Take every chunk; the seconds after each."""
    loading, at = Loading(), [time.perf_counter()]
    for body in chunks_in(path):
        taken = snapshot.taken(loading, wire.decode(body, SnapshotChunk))
        await store.run(snapshots.save_chunk, taken)
        loading = taken.loading
        at.append(time.perf_counter())
    return at


def room(db: Db) -> int:
    """The bytes of the pages that the members take: the sales of this bench lie in the same file."""
    return int(db.execute("SELECT sum(pgsize) FROM dbstat WHERE name IN ('told', 'member_code')").fetchone()[0])


async def sweep(store: Store) -> list[float]:
    """Delete what is not in use any more; the seconds after each slice."""
    at = [time.perf_counter()]
    while await store.run(snapshots.sweep):
        at.append(time.perf_counter())
    return at


async def look_ups(store: Store, count: int) -> list[tuple[str, float, float | None]]:
    """Members by their handle and by their plain code, in no order."""
    chance, found = random.Random(1), []
    for name, fn, key in (("handle", members.by_handle, handle), ("plain code", members.by_code, code)):
        spent = []
        for _ in range(LOOKUPS):
            wanted = key(chance.randint(1, count))
            started = time.perf_counter()
            seen = await store.look(fn, wanted, ground.NOW.local_date)
            spent.append(time.perf_counter() - started)
            assert seen
            assert seen.member.first_name == "חברה"
        found.append((f"look-up by {name}, p50 ms", 1000 * median(spent), None))
        found.append((f"look-up by {name}, p99 ms", 1000 * percentile(spent, 99), 1.0))
    return found


if __name__ == "__main__":
    main()
