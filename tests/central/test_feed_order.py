"""The feed's order on PostgreSQL, under many writers and readers at once; and the same with a bare sequence, which loses rows."""

import asyncio
import random
from collections.abc import Callable, Sequence

import sqlalchemy as sa

from central.store import feed
from central.store.engine import Connection, Store
from central.store.opening import open_store
from central.store.rows import upsert
from central.store.tables import FEED

WRITERS = 6
EACH = 12
READERS = 3
ROWS_MAX = 1000  # all of it: no page ends inside a position
HANG_S = 120

Publish = Callable[[Connection, Sequence[tuple[str, int]]], int]


def by_bare_sequence(db: Connection, changed: Sequence[tuple[str, int]]) -> int:
    """As most do it: a number that nobody else gets, taken at once and seen after the commit."""
    position = int(db.execute(sa.text("SELECT nextval('bare')")).scalar_one())
    upsert(db, FEED, [{"kind": kind, "key": key, "position": position} for kind, key in changed], "position")
    return position


async def write(store: Store, publish: Publish, writer: int) -> None:
    """Transactions of two members each, of which some take longer than others between the change and the commit."""
    chance = random.Random(writer)

    def one(db: Connection, number: int) -> None:
        key = 2 * (writer * EACH + number)
        publish(db, [("member", key), ("member", key + 1)])
        db.execute(sa.select(sa.func.pg_sleep(chance.choice((0, 0, 0.002, 0.03)))))

    for number in range(EACH):
        await store.run(one, number)


async def follow(store: Store, seen: set[int], done: asyncio.Event) -> None:
    """Read as a terminal does, from cursor to cursor, and once more when nobody writes any more."""
    position, last = 0, False
    while not last:
        last = done.is_set()
        found = await store.read(feed.changes_after, 1, position, ROWS_MAX)
        seen.update(change.key for change in found)
        position = max((change.position for change in found), default=position)
        await asyncio.sleep(0)


async def lost(url: str, publish: Publish) -> list[set[int]]:
    """The keys that each reader has never seen."""
    done = asyncio.Event()
    async with open_store(url) as store, open_store(url) as other, asyncio.timeout(HANG_S):
        await store.run(lambda db: db.execute(sa.text("CREATE SEQUENCE bare")))
        seen: list[set[int]] = [set() for _ in range(READERS)]
        readers = [asyncio.create_task(follow(other, one, done)) for one in seen]
        await asyncio.gather(*(write(store, publish, writer) for writer in range(WRITERS)))
        done.set()
        await asyncio.gather(*readers)
    return [set(range(2 * WRITERS * EACH)) - one for one in seen]


async def test_no_reader_misses_a_row(postgres_url: str) -> None:
    """Whatever commits before what: who follows the cursor sees every change."""
    assert await lost(postgres_url, feed.publish) == [set()] * READERS


async def test_with_a_bare_sequence_rows_are_lost(postgres_url: str) -> None:
    """The same writers and readers find it out: what commits late lies behind the cursor for ever."""
    assert all(await lost(postgres_url, by_bare_sequence))
