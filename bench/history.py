"""What a checkout and a push cost at a terminal that has 1,000, 100,000 and 1,000,000 records behind it, in turns.

Each journal is a database of its own, filled with real records, their entries and receipts; all have one head office, PostgreSQL
with fsync on, which has the same records of each. A turn is some checkouts and one push of them, at each terminal, in changing
order; a push begins at the terminal's loop and ends when the answer is kept. HTTP and the signature are in neither.

python bench/history.py [--json] [--rounds N] [--lengths N N N]
"""

import argparse
import asyncio
import contextlib
import secrets
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench import ground
from bench.ground import Figure, median
from bench.ingest import DURABLE, fill
from central import ingest
from central.store import engine, terminals
from central.store.opening import open_store as open_office
from central.store.terminals import NewChain
from loyalty.journal import Chain, Draft, Head, Sealed, seal
from loyalty.program import Program
from posd.store import journal, sales
from posd.store.database import Store, open_store
from posd.store.db import Db
from posd.storing import StoredCache, StoredJournal
from sync import batch
from sync.loop import Link, Sync
from sync.push import PushState
from sync.wire import PushAnswer, canonical_fast
from tests.postgres import cluster

LENGTHS = (1_000, 100_000, 1_000_000)
SALES = 20
ROUNDS = 25
FLAT = 1.10
AT_ONCE = 5_000
RECEIPT = b"receipt" * 150  # as large as one of three lines


@dataclass
class Direct:
    """Head office without the line: sync.client.HeadOffice as far as a push needs it."""

    store: engine.Store
    code: str

    async def push(self, records: list[bytes]) -> PushAnswer:
        """Checked and stored."""
        key = await self.store.read(terminals.key, self.code, 1)
        assert key
        found = ingest.read_batch(batch.pack(records), key.journal.head)
        return await self.store.run(ingest.ingest, key, found, ground.NOW.wall_ms)


@dataclass
class Terminal:
    """A journal of some length, and the loop that sends it."""

    store: Store
    sync: Sync
    sold: int = 0

    async def sell(self, program: Program) -> float:
        """A checkout; its seconds."""
        self.sold += 1
        _, sale = ground.a_sale(program, self.sold)
        commit = sales.Commit(secrets.token_hex(16), ground.STAMP, RECEIPT, prints=True)
        started = time.perf_counter()
        await self.store.run(sales.commit_sale, sale, commit)
        return time.perf_counter() - started

    async def push(self) -> float:
        """All that waits; its seconds."""
        started = time.perf_counter()
        await self.sync.push_all()
        spent = time.perf_counter() - started
        assert (await self.store.look(journal.queued))[0] == 0
        return spent


def main() -> None:
    """Run all of it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--lengths", type=int, nargs="+", default=LENGTHS)
    given = parser.parse_args()
    ground.say_machine(f"{given.rounds} rounds", as_json=given.json)
    with tempfile.TemporaryDirectory(prefix="posd-bench-") as folder, cluster(DURABLE) as socket:
        url = f"postgresql://postgres@/postgres?host={socket}"
        ground.show(asyncio.run(measure(url, Path(folder), given.lengths, given.rounds)), as_json=given.json)


async def measure(url: str, folder: Path, lengths: Sequence[int], rounds: int) -> list[Figure]:
    """Every turn at each terminal; each length by the first."""
    program = ground.cafe()
    checkouts: dict[int, list[float]] = {length: [] for length in lengths}
    pushes: dict[int, list[float]] = {length: [] for length in lengths}
    async with contextlib.AsyncExitStack() as stack:
        office = await stack.enter_async_context(open_office(url))
        made = {}
        for length in lengths:
            store = await stack.enter_async_context(open_store(folder / str(length)))
            made[length] = await furnish(store, office, length)
        for number in range(rounds + 1):  # the first warms up
            turn = number % len(lengths)
            for length in (*lengths[turn:], *lengths[:turn]):
                spent = [await made[length].sell(program) for _ in range(SALES)]
                pushed = await made[length].push()
                if number:
                    checkouts[length].append(median(spent))
                    pushes[length].append(pushed)
    return [*figures("checkout", checkouts), *figures(f"push of {SALES}", pushes)]


def figures(name: str, spent: dict[int, list[float]]) -> list[Figure]:
    """The medians, and each length by the shortest, turn by turn."""
    first, *others = spent
    found = [Figure(f"{name} behind {length} records, p50 ms", 1000 * median(one)) for length, one in spent.items()]
    for length in others:
        share = median([one / other for one, other in zip(spent[length], spent[first], strict=True)])
        found.append(Figure(f"{name} behind {length} records / behind {first}", share, FLAT))
    return found


async def furnish(store: Store, office: engine.Store, length: int) -> Terminal:
    """A terminal with so many records, all of which head office has."""
    await ground.furnish(store)
    me = await store.look(journal.identity)
    code = f"bench-{length}"
    await store.run(rename, code)
    chain = await office.run(enrolled, code, me.chain)
    drafts = [Draft("sale", *ground.a_sale(ground.cafe(), number)) for number in range(ground.MEMBERS)]
    head = Head()
    await store.run(lambda db: db.execute("DROP TRIGGER journal_stays"))
    await store.run(lambda db: db.execute("DELETE FROM journal"))  # the enrolment was under another name
    for first in range(1, length + 1, AT_ONCE):
        some = []
        for seq in range(first, min(first + AT_ONCE, length + 1)):
            draft = Draft("sale", secrets.token_hex(16), drafts[seq % len(drafts)].body)
            some.append(seal(Chain(code, 1, me.chain), head, ground.STAMP, draft, canonical_fast))
            head = Head(seq, some[-1].hash)
        await store.run(keep, some)
        await office.run(fill, chain, some)
    await store.run(journal.save_push_state, PushState(head.seq, head.hash))
    await office.run(terminals.extend, chain, head)
    line: Any = Direct(office, code)
    return Terminal(store, Sync(line, StoredJournal(store), StoredCache(store), Link(), lambda: ground.NOW.wall_ms, "bench"))


def rename(db: Db, code: str) -> None:
    """Each is a terminal of its own."""
    db.execute("UPDATE terminal SET terminal = ?", (code,))


def enrolled(db: engine.Connection, code: str, chain: str) -> int:
    """The same at head office: its journal."""
    made = terminals.ensure(db, "Allenby 12", code, "Asia/Jerusalem", code)
    terminals.raise_epoch(db, made.id, 1)
    return terminals.add_chain(db, made.id, NewChain(1, chain, "0" * 64), 0)


def keep(db: Db, records: Sequence[Sealed]) -> None:
    """Records with what hangs on them, as they are some days after their sale."""
    wall_ms, receipt = ground.NOW.wall_ms, RECEIPT
    db.executemany(
        "INSERT INTO journal (seq, id, kind, hash, wall_ms, receipt_number, business_date, bytes) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        [
            (one.seq, bytes.fromhex(one.id), one.kind, bytes.fromhex(one.hash), wall_ms, str(one.seq), "2026-11-20", one.bytes)
            for one in records
        ],
    )
    db.execute("INSERT INTO member (handle) SELECT handle FROM told WHERE true ON CONFLICT (handle) DO NOTHING")
    members = db.execute("SELECT count(*) FROM member").fetchone()[0]
    db.executemany(
        "INSERT INTO entry (ref, member, unit, lot, pieces, included) VALUES (?, ?, ?, '', 7, 1)",
        [(bytes.fromhex(one.id), 1 + one.seq % members, unit) for one in records for unit in ("points", "visits/", "spent/")],
    )
    db.executemany(
        "INSERT INTO print_job (seq, state, made_ms, receipt) VALUES (?, 'confirmed', ?, ?)",
        [(one.seq, wall_ms, receipt) for one in records],
    )


if __name__ == "__main__":
    main()
