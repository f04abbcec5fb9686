"""The feed: everything once more for whoever begins, nothing passed over for whoever goes on."""

import asyncio
import threading
import time
from collections import Counter

import pytest
import sqlalchemy as sa

from central import code_keys, feed, members, programs
from central.clock import now_ms
from central.store import feed as rows
from central.store import terminals
from central.store.opening import open_store
from central.store.tables import OFFICE
from loyalty.agreement import Hold
from loyalty.journal import canonical
from loyalty.sale import ReturnedLine
from sync import program_file, wire
from tests.central.conftest import PROGRAM_PATH
from tests.samples import HANDLE, basket, cafe, member, sold
from tests.terminals import entity


def entities(page):
    """What a page carries, by kind."""
    found = {}
    for row in page.rows:
        found.setdefault(row.kind, []).append(entity(row))
    return found


async def add(office, name="Alef", code=""):
    """A member of that name."""
    return await office.store.run(members.add, name, code, now_ms())


async def test_an_empty_cursor_reads_everything(office, tmp_path):
    """Programs, code keys and members, as they are now."""
    terminal = await office.terminal()
    signer = code_keys.load(tmp_path)
    await office.store.run(code_keys.publish, signer)
    made = await add(office, "חבר", "2900000000018")
    found = entities(await office.feed(terminal))
    assert found["code_key"] == [wire.CodeKeyRow(signer.key_id, signer.public_key)]
    assert found["member"] == [wire.MemberRow(made.handle, "חבר", "bronze", 0, {}, ("2900000000018",), joined=made.joined)]
    values = program_file.load(PROGRAM_PATH)[1]
    assert [(row.code, row.version, canonical(row.program)) for row in found["program"]] == [("cafe", 1, canonical(values))]


async def test_a_cursor_reads_only_what_has_changed(office):
    """Then nothing, until something does."""
    terminal = await office.terminal()
    await add(office)
    page = await office.feed(terminal)
    assert not page.more
    again = await office.feed(terminal, page.cursor)
    assert (again.rows, again.cursor, again.more) == ((), page.cursor, False)
    bet = await add(office, "Bet")
    assert [row.handle for row in entities(await office.feed(terminal, page.cursor))["member"]] == [bet.handle]


@pytest.mark.parametrize("cursor", ["x", "ffffffffffffffff.3.3", "9" * 200, "-1", "\0"])
async def test_an_unknown_cursor_starts_from_the_beginning(office, cursor):
    """Another life of the database, or nonsense, reads everything again."""
    terminal = await office.terminal()
    await add(office)
    assert len(entities(await office.feed(terminal, cursor))["member"]) == 1


async def test_a_cursor_from_the_future_starts_from_the_beginning(office):
    """A database that was set back without a new incarnation does not hide what came since."""
    terminal = await office.terminal()
    await add(office)
    page = await office.feed(terminal)
    incarnation = page.cursor.split(".")[0]
    assert len((await office.feed(terminal, f"{incarnation}.900.900")).rows) == len(page.rows)


async def read_on(office, terminal, cursor, rows_max):
    """One page of at most so many rows, through the database alone."""
    key = await office.store.read(terminals.key, terminal.code, terminal.epoch)
    request = wire.FeedRequest(cursor, 0.0, 0, 0, "0.1.0")
    return (await office.store.read(feed.answer, key.terminal, request, 0, rows_max)).page


async def test_pages_end_where_a_position_ends(office):
    """A position is never cut in two, not even one that is larger than a page; the pages together are everything."""
    terminal = await office.terminal()
    keys = [(await add(office, f"m{number}")).id for number in range(7)]
    await office.store.run(rows.publish, [("member", key) for key in keys[1:5]])
    sizes, cursor, more, seen = [], "", True, []
    while more:
        page = await read_on(office, terminal, cursor, 2)
        cursor, more = page.cursor, page.more
        sizes.append(len(page.rows))
        seen += [entity(row) for row in page.rows]
    assert sorted(row.first_name for row in seen if isinstance(row, wire.MemberRow)) == [f"m{number}" for number in range(7)]
    assert 4 in sizes
    assert (await read_on(office, terminal, cursor, 2)).rows == ()


async def test_a_terminal_s_own_records_are_told_once_with_their_balance(office):
    """Each record and hold of its own is named in the page whose balance holds it, and by no later page."""
    terminal, other = await office.terminal(), await office.terminal()
    first = terminal.sells(sold(cafe(), member(), basket(1000)))
    other.sells(sold(cafe(), member(), basket(500)))
    await office.deliver()
    page = await office.feed(terminal)
    [row] = entities(page)["member"]
    assert (row.balances, row.includes) == ({"point": {"": 15}, "standing": {"": 15}}, (first.id,))
    assert (await office.hold(terminal, wire.HoldRequest("a" * 32, HANDLE, "point", 5))).granted
    second = terminal.sells(sold(cafe(), member(), basket(700)))
    await office.deliver()
    then = await office.feed(terminal, page.cursor)
    [row] = entities(then)["member"]
    assert (row.balances["point"], set(row.includes)) == ({"": 17}, {"a" * 32, second.id})
    await add(office)
    other.sells(sold(cafe(), member(), basket(100)))
    await office.deliver()
    later = entities(await office.feed(terminal, then.cursor))["member"]
    assert [row.includes for row in later] == [(), ()]
    [row] = [row for row in entities(await office.feed(terminal))["member"] if row.handle == HANDLE]
    assert set(row.includes) == {first.id, "a" * 32, second.id}
    [row] = [row for row in entities(await office.feed(other))["member"] if row.handle == HANDLE]
    assert len(row.includes) == 2


async def test_a_member_that_changes_between_two_pages_keeps_what_it_includes(office):
    """Who is moved on to a later page by a new change still tells of the records that came in before."""
    terminal = await office.terminal()
    first = terminal.sells(sold(cafe(), member(), basket(1000)))
    await office.deliver()
    for number in range(4):
        await add(office, f"m{number}")
    start = (await read_on(office, terminal, "", 100)).cursor
    early = terminal.sells(sold(cafe(), member(), basket(200)))
    await add(office, "n1")
    late = terminal.sells(sold(cafe(), member(), basket(300)))
    alef = await add(office, "n2")
    assert alef
    # the sales come in around two new members; the first page ends before the member's row, which then moves on again
    await office.deliver()
    await office.store.run(rows.publish, [("member", alef.id)])
    page = await read_on(office, terminal, start, 1)
    assert page.more
    third = terminal.sells(sold(cafe(), member(), basket(400)))
    await office.deliver()
    told = []
    while True:
        told += [i for row in page.rows for i in entity(row).includes if entity(row).handle == HANDLE]
        if not page.more:
            break
        page = await read_on(office, terminal, page.cursor, 1)
    assert set(told) == {early.id, late.id, third.id}
    assert first.id not in told


async def test_a_long_poll_is_woken_by_news(office):
    """A terminal that waits has its answer when something changes, long before its time is up."""
    terminal = await office.terminal()
    cursor = (await office.feed(terminal)).cursor
    waiting = asyncio.create_task(office.feed(terminal, cursor, wait_s=wire.FEED_WAIT_S_MAX))
    await asyncio.sleep(0.1)
    assert not waiting.done()
    other = await office.terminal()
    other.sells(sold(cafe(), member(), basket(1000)))
    await office.deliver(other)
    async with asyncio.timeout(10):
        assert [row.kind for row in (await waiting).rows] == ["member"]


async def test_a_long_poll_without_news_ends_in_time(office):
    """The answer is an empty page with the same cursor."""
    terminal = await office.terminal()
    cursor = (await office.feed(terminal)).cursor
    async with asyncio.timeout(10):
        page = await office.feed(terminal, cursor, wait_s=0.2)
    assert (page.rows, page.cursor) == ((), cursor)


async def test_a_stopping_head_office_lets_go_of_those_who_wait(office):
    """Nobody keeps it from stopping."""
    terminal = await office.terminal()
    cursor = (await office.feed(terminal)).cursor
    waiting = asyncio.create_task(office.feed(terminal, cursor, wait_s=wire.FEED_WAIT_S_MAX))
    await asyncio.sleep(0.1)
    office.news.close()
    async with asyncio.timeout(10):
        assert (await waiting).rows == ()


async def test_positions_become_visible_in_their_order(postgres_url):
    """With two transactions at once on PostgreSQL the second waits for the first, so a reader never passes a row over."""
    async with open_store(postgres_url) as one, open_store(postgres_url) as two:
        inside, leave = threading.Event(), asyncio.Event()
        order: list[int] = []

        async def slow() -> None:
            async with one._writer.begin() as db:
                order.append(await db.run_sync(rows.publish, [("member", 1)]))
                inside.set()
                await leave.wait()

        async def fast() -> None:
            order.append(await two.run(rows.publish, [("member", 2)]))

        first = asyncio.create_task(slow())
        while not inside.is_set():
            await asyncio.sleep(0.01)
        second = asyncio.create_task(fast())
        await asyncio.sleep(0.3)
        assert not second.done()
        seen = await two.read(rows.office)
        assert (seen.position, await two.read(rows.changes_after, 1, 0, 10)) == (0, [])
        leave.set()
        await asyncio.gather(first, second)
        assert order == [1, 2]
        assert [change.key for change in await two.read(rows.changes_after, 1, seen.position, 10)] == [1, 2]


async def test_no_row_is_lost_while_many_write(url):
    """A reader that follows its cursor through concurrent commits ends up with every change that was made."""
    async with open_store(url) as one, open_store(url) as two:
        seen: Counter[int] = Counter()

        async def write(store, keys) -> None:
            for key in keys:
                await store.run(publish_slowly, key)

        def publish_slowly(db, key) -> None:
            rows.publish(db, [("member", key)])
            time.sleep(0.002)

        async def follow() -> None:
            position = 0
            while len(seen) < 60:
                found = await two.read(rows.changes_after, 1, position, 7)
                seen.update(change.key for change in found)
                position = found[-1].position if found else position
                await asyncio.sleep(0)

        async with asyncio.timeout(60):
            await asyncio.gather(write(one, range(30)), write(two, range(30, 60)), follow())
        assert seen == Counter(range(60))
        assert (await one.read(lambda db: db.execute(sa.select(OFFICE.c.feed_position)).scalar())) == 60


async def test_a_program_is_published_once_and_upwards(office):
    """The same file again changes nothing; another one needs a higher version."""
    program, values = program_file.load(PROGRAM_PATH)
    terminal = await office.terminal()
    cursor = (await office.feed(terminal)).cursor
    await office.store.run(programs.publish, program, values, now_ms(), 0)
    assert (await office.feed(terminal, cursor)).rows == ()
    newer, changed = program_file.parse({**values, "version": 2})[0], {**values, "version": 2}
    await office.store.run(programs.publish, newer, changed, 5000, 10_000)
    [row] = entities(await office.feed(terminal, cursor))["program"]
    assert (row.version, row.effective_ms) == (2, 10_000)


async def test_what_had_no_effect_is_told_too(office):
    """A terminal that has taken 10 points back, by a return that came too late, is told what there really is."""
    terminal, other = await office.terminal(), await office.terminal()
    sale = sold(cafe(), member(), basket(1000))
    record = terminal.sells(sale)
    await office.deliver()
    other.takes_back(record.id, ReturnedLine("1", 1000), sale=sale)
    await office.deliver()
    page = await office.feed(terminal)
    late = terminal.takes_back(record.id, ReturnedLine("1", 1000), sale=sale)
    await office.deliver()
    [row] = entities(await office.feed(terminal, page.cursor))["member"]
    assert (row.balances.get("point", {}).get("", 0), row.includes) == (0, (late.id,))


async def test_a_hold_of_another_life_is_told_with_what_ended_it(office):
    """Head office has forgotten the hold, in a restore; the terminal, which took it off what it shows, hears that it is over."""
    terminal = await office.terminal()
    hold = Hold("a" * 32, "point", 5)
    voided = terminal.voids(HANDLE, hold)
    await office.deliver()
    [row] = entities(await office.feed(terminal))["member"]
    assert set(row.includes) == {voided.id, hold.id}
    again = terminal.voids(HANDLE, hold)
    page = await office.feed(terminal)
    await office.deliver()
    [row] = entities(await office.feed(terminal, page.cursor))["member"]
    assert set(row.includes) == {again.id}
