"""The promises of the line, each paired with its peer in this one run: scan, commit, POST a sale, start, memory.

The quote has a bench of its own, quote.py.

python bench/line.py [--json] [--rounds N] [--each N] [--filling N]
"""

import argparse
import asyncio
import http.client
import json
import os
import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import aiosqlite

from bench import ground, rows
from bench.ground import Figure, median, percentile
from demo.scans import Listener
from demo.shop import Shop, free_port
from loyalty.agreement import agree
from loyalty.ids import record_id
from loyalty.moment import Moment
from loyalty.program import Program
from loyalty.sale import TillReference
from posd import booking, quoting
from posd.booking import Booking, Paid, Promise
from posd.checkout import Checkout
from posd.clock import clock_in
from posd.keys import TOKEN_FILE
from posd.quoting import Ask
from posd.sights import Sight
from posd.store import sales
from posd.store.database import open_store
from sync.loop import Link

EACH = 150  # commits, posts and scans a round
WARM = 20
FILLING = 450  # commits until the WAL has had its first checkpoint: afterwards its pages are written over, as in a shop


class Size(NamedTuple):
    """How much is measured."""

    rounds: int
    each: int
    filling: int

    @property
    def count(self) -> int:
        """Commits or posts in all; those of the filling are not measured."""
        return self.filling + self.rounds * self.each


def main() -> None:
    """Run all of it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--each", type=int, default=EACH, help="commits, posts and scans a round")
    parser.add_argument("--filling", type=int, default=FILLING, help="and before the first")
    given = parser.parse_args()
    size = Size(given.rounds, given.each, given.filling)
    figures = [*asyncio.run(commits(size)), *asyncio.run(checkouts(size)), *posts(size)]
    ground.show(figures, as_json=given.json)


async def commits(size: Size) -> list[Figure]:
    """A durable commit against the same bytes raw in the same kind of hop, and against awaiting each statement."""
    program = ground.cafe()
    ours, raw, each = [], [], []
    with tempfile.TemporaryDirectory(prefix="posd-bench-") as name:
        folder = Path(name)
        async with open_store(folder) as store:
            await ground.furnish(store)
            own, sale = ground.a_sale(program, 0)
            sample = _statements(
                folder, lambda db: sales.commit_sale(db, sale, sales.Commit(own, ground.STAMP, b"r" * 900, True))
            )
            wal_bytes = await _wal_bytes(store, folder, program)
            file = os.open(folder / "raw", os.O_RDWR | os.O_CREAT)
            os.pwrite(file, b"\0" * wal_bytes, 0)
            async with aiosqlite.connect(folder / "each.db", isolation_level=None) as db:
                await _same_schema(db, folder)

                async def commit(number: int) -> None:
                    own, sale = made[number]
                    await store.run(sales.commit_sale, sale, sales.Commit(own, ground.STAMP, b"r" * 900, True))

                async def write(_: int) -> None:
                    await db._execute(rows.write_raw, file, wal_bytes)  # noqa: SLF001

                async def await_each(number: int) -> None:
                    await rows.await_each(db, sample, number)

                made = [ground.a_sale(program, number) for number in range(1, size.count + 1)]
                ways = [(commit, ours), (write, raw), (await_each, each)]
                for number in range(size.count):
                    turn = number % len(ways)  # whoever comes first pays for what the machine left over
                    for way, took in ways[turn:] + ways[:turn]:
                        started = time.perf_counter()
                        await way(number)
                        if number >= size.filling:
                            took.append(time.perf_counter() - started)
            os.close(file)
    return [
        Figure("commit: bytes written", wal_bytes),
        Figure("commit: median ms", median(ours) * 1e3),
        Figure("commit: p99 ms", percentile(ours, 99) * 1e3),
        Figure("commit / the same bytes written and synced in the same hop", median(ours) / median(raw), 2.0),
        Figure("commit / aiosqlite awaited per statement", median(ours) / median(each), 0.5),
    ]


async def checkouts(size: Size) -> list[Figure]:
    """A sale from the code to the disk without HTTP around it: how much of a POST is ours."""
    took = []
    with tempfile.TemporaryDirectory(prefix="posd-bench-") as name:
        async with open_store(Path(name)) as store:
            members = await ground.furnish(store)
            checkout = Checkout(store, clock_in(""), Link(), "bench", None, prints=False)
            for number in range(size.count):
                till = TillReference("till-1", "", str(number), "2026-11-21")
                ask = Ask(ground.basket(3), members[number % len(members)])
                started = time.perf_counter()
                await checkout.commit(Paid(str(number), "f" * 64, till, (), ask=ask))
                if number >= size.filling:
                    took.append(time.perf_counter() - started)
    return [Figure("the same sale without HTTP: median ms", median(took) * 1e3)]


def posts(size: Size) -> list[Figure]:
    """POST a sale -> durable -> answer, against a bare handler; the scan; start and memory."""
    with tempfile.TemporaryDirectory(prefix="posd-bench-") as name:
        folder = Path(name)
        shop = Shop(folder / "shop")
        settings = shop.folder / "posd.toml"
        terminal, members = _terminal(shop)
        starts = []
        for _ in range(size.rounds):
            running = ground.Notified(ground.posd_command(settings), folder)
            starts.append(running.ready_s)
            running.stop()
        peer_port = free_port()
        peer = ground.Notified(_peer_command(folder, terminal, peer_port, members[0]), folder)
        ours = ground.Notified(ground.posd_command(settings), folder)
        try:
            idle_mb = ours.resident_mb()
            token = (terminal / TOKEN_FILE).read_text()
            took, statements, written = _post_all((shop.till_port, peer_port), token, members, size)
            scanned = _scans(shop, token, members[0], size.each)
            busy_mb = ours.resident_mb()
        finally:
            ours.stop()
            peer.stop()
    return [
        Figure("POST a sale -> durable -> answer: median ms", median(took) * 1e3),
        Figure("POST a sale / FastAPI that awaits aiosqlite for each row written", median(took) / median(written), 0.5),
        Figure("POST a sale / FastAPI that awaits aiosqlite for all the same statements", median(took) / median(statements)),
        Figure("scan in -> member at the page: p99 ms", percentile(scanned, 99) * 1e3, 50),
        Figure("start to ready: median s", median(starts), 1.5),
        Figure("resident memory, idle: MB", idle_mb, 120),
        Figure("resident memory, after sales and scans: MB", busy_mb, 120),
    ]


def _statements(folder: Path, run: Callable[[rows.Recorder], object]) -> rows.Rows:
    """What `run` runs on a copy of the terminal's database."""
    source, target = sqlite3.connect(folder / "posd.db"), sqlite3.connect(":memory:", isolation_level=None)
    source.backup(target)
    source.close()
    recorder = rows.Recorder(target)
    target.execute("BEGIN")
    run(recorder)
    target.close()
    return rows.Rows(recorder.statements)


def _one_post(code: str) -> Callable[[rows.Recorder], None]:
    """All that a posted sale reads and writes: what is booked already, program, keys, member, and the commit."""

    def run(db: rows.Recorder) -> None:
        ask, till = Ask(ground.basket(3), code), TillReference("till-1", "", "0", "2026-11-21")
        paid = Paid("0", "f" * 64, till, (), ask=ask)
        sight = Sight(time.time_ns() // 1_000_000)
        this = Booking(record_id("bench", "2026-11-21", "0"), ground.STAMP, sight, prints=False, online=False)
        booking.before(db, paid, this)
        found = quoting.answer(db, ask, Moment(sight.wall_ms, 120, "2026-11-21"), sight)
        booking.keep_on_the_spot(db, paid, this, Promise(agree(found.quote, "", found.strength, ())))

    return run


async def _wal_bytes(store: Any, folder: Path, program: Program) -> int:
    """How many bytes one commit writes: the growth of a fresh WAL over some commits."""
    own, sale = ground.a_sale(program, 10_000)
    await store.run(sales.commit_sale, sale, sales.Commit(own, ground.STAMP, b"r" * 900, True))
    wal = folder / "posd.db-wal"
    before = wal.stat().st_size
    for number in range(10_001, 10_001 + WARM):
        own, sale = ground.a_sale(program, number)
        await store.run(sales.commit_sale, sale, sales.Commit(own, ground.STAMP, b"r" * 900, True))
    return (wal.stat().st_size - before) // WARM


async def _same_schema(db: aiosqlite.Connection, folder: Path) -> None:
    """The terminal's own tables and rows for the peer."""
    source = sqlite3.connect(folder / "posd.db")
    await db.execute("PRAGMA journal_mode=WAL")
    for pragma in rows.PRAGMAS:
        await db.execute(f"PRAGMA {pragma}")
    target = sqlite3.connect(folder / "each.db")
    source.backup(target)
    target.close()
    source.close()


def _terminal(shop: Shop) -> tuple[Path, list[str]]:
    """An enrolled terminal in the shop's folder, without head office."""
    folder = shop.folder / "terminal"

    async def furnish() -> list[str]:
        async with open_store(folder) as store:
            return await ground.furnish(store)

    return folder, asyncio.run(furnish())


def _peer_command(folder: Path, terminal: Path, port: int, code: str) -> list[str]:
    _statements(terminal, _one_post(code)).save(folder / "rows")
    source, target = sqlite3.connect(terminal / "posd.db"), sqlite3.connect(folder / "peer.db")
    source.backup(target)
    target.close()
    source.close()
    told = json.dumps({"path": str(folder / "peer.db"), "rows": str(folder / "rows"), "port": port})
    return [sys.executable, "-m", "bench.peer", told]


def _post_all(
    ports: tuple[int, int], token: str, members: list[str], size: Size
) -> tuple[list[float], list[float], list[float]]:
    """The same number of posts to posd and to both peers, in turns."""
    lines = [{"id": str(n), "product": f"product-{n}", "amount_minor": 1800 + n} for n in range(1, 4)]
    total = sum(int(line["amount_minor"]) for line in lines)
    ours, peer = (http.client.HTTPConnection("127.0.0.1", port) for port in ports)
    times: tuple[list[float], list[float], list[float]] = ([], [], [])

    def sell(number: int) -> float:
        sale = {
            "till": "till-1",
            "receipt_number": str(number),
            "business_date": "2026-11-21",
            "tenders": [{"kind": "cash", "amount_minor": total}],
            "ask": {"basket": {"lines": lines}, "code": members[number % len(members)]},
        }
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json", "Idempotency-Key": str(number)}
        return _timed(ours, "/v1/sales", sale, headers)

    def all_statements(number: int) -> float:
        return _timed(peer, "/statements", {"number": 2 * number + 1, "lines": lines}, {"Content-Type": "application/json"})

    def same_rows(number: int) -> float:
        return _timed(peer, "/rows", {"number": 2 * number + 2, "lines": lines}, {"Content-Type": "application/json"})

    for first in range(0, size.count, WARM):
        for way, measured in zip((sell, all_statements, same_rows), times, strict=True):
            turn = [way(number) for number in range(first, first + WARM)]
            if first >= size.filling:
                measured.extend(turn[WARM // 4 :])  # the first of a turn wake a process that was idle
    return times


def _timed(connection: http.client.HTTPConnection, path: str, body: object, headers: dict[str, str]) -> float:
    data = json.dumps(body).encode()
    started = time.perf_counter()
    connection.request("POST", path, data, headers)
    response = connection.getresponse()
    answer = response.read()
    took = time.perf_counter() - started
    if response.status != http.client.OK:
        raise SystemExit(f"{path}: {response.status} {answer.decode()}")
    return took


def _scans(shop: Shop, token: str, code: str, count: int) -> list[float]:
    """A code passed in until its event is at a page that listens."""
    shop.token = token
    listener = Listener(shop)
    connection = http.client.HTTPConnection("127.0.0.1", shop.till_port)
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    took = []
    for _ in range(count):
        started = time.perf_counter()
        connection.request("POST", "/v1/scans", json.dumps({"code": code}), headers)
        body = listener.next("scan")
        took.append(time.perf_counter() - started)
        assert body["member"]["first_name"]
        connection.getresponse().read()
    return took


if __name__ == "__main__":
    main()
