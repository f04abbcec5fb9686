"""What copies of a terminal's disk may spend beside it, and what a restored head office is told again: the bound has it all."""

import asyncio
from dataclasses import replace

import pytest

from central import leases, recovery
from central.clock import now_ms
from central.store import holds
from loyalty.agreement import Hold
from loyalty.ledger import held, leased
from loyalty.quote import Movement
from loyalty.sale import Promised
from sync import wire
from tests.central.test_leases import (
    HANDLE,
    SALE,
    book_late,
    books_are_right,
    earns,
    free,
    gives_back,
    inside,
    lease_of,
    some,
    terminal_in,
    told,
)


@pytest.fixture
async def here(office):
    """A terminal; the member has 1,000 points, of which 200 are leased to it."""
    terminal = await terminal_in(office)
    await earns(office, terminal, 1000)
    return terminal


async def holds_online(office, terminal, number, pieces, lease="", part=0):
    """A hold that is granted, so much of it out of the lease."""
    asked = wire.HoldRequest(some(number), HANDLE, "points", pieces, lease, part)
    assert (await office.hold(terminal, asked)).granted
    return Hold(asked.id, "points", pieces, lease, part)


def copied(terminal):
    """A machine with a copy of its disk."""
    return replace(terminal, records=list(terminal.records))


async def parts(office, copy):
    """The copy sells, and is found by it."""
    copy.sells(SALE)
    assert (await office.push(copy)).outcome == "fork"


async def bound(office):
    """What copies may have spent, as it is published."""
    return [one.cloned for one in await office.store.read(leases.bound)]


async def test_what_an_open_hold_has_taken_counts_as_leased(office, here):
    """A Void gives it back to the lease: filled up meanwhile, that would have more than its share."""
    lease = await lease_of(office, here)
    hold = await holds_online(office, here, 1, 200, lease.id, 200)
    await earns(office, here, 1)
    assert await inside(office, leased(lease.id)) == 0
    here.voids(HANDLE, hold)
    await office.deliver(here)
    assert (await inside(office, leased(lease.id)), await inside(office, held(hold.id))) == (200, 0)
    await earns(office, here, 1)
    assert await inside(office, leased(lease.id)) == 200
    await books_are_right(office)


async def test_a_page_says_how_much_of_the_journal_is_stored(office, here):
    """So that a copy of the disk, which has another one, finds out by reading alone."""
    page = await office.feed(here)
    assert (page.seq, page.hash) == (here.head.seq, here.head.hash)
    copy = copied(here)
    await earns(office, here, 1)
    page = await office.feed(copy)
    assert (page.seq, page.hash) == (here.head.seq, here.head.hash) != (copy.head.seq, copy.head.hash)


async def test_each_copy_that_is_seen_adds_a_lease_and_what_was_reserved(office, here):
    """What was reserved when the disk was copied, both have promised; what was over by then, or came later, only one."""
    over = await holds_online(office, here, 1, 30)
    here.voids(HANDLE, over)
    await office.deliver(here)
    open_then = await holds_online(office, here, 2, 70)
    lost = await office.hold(here, wire.HoldRequest(some(3), HANDLE, "points", 5000))
    assert not lost.granted
    copies = [copied(here), copied(here)]
    here.voids(HANDLE, open_then)
    await office.deliver(here)
    await asyncio.sleep(0.002)
    await holds_online(office, here, 4, 110)
    assert await bound(office) == []
    for copy, reserved in zip(copies, (70, 70 + 110), strict=True):  # of the second nobody knows whether it was copied later
        before = await bound(office) or [0]
        await parts(office, copy)
        assert (await office.push(copy)).outcome == "fork", "again"
        assert await bound(office) == [before[0] + 200 + reserved]
    await office.apply()
    await office.store.run(leases.expose, now_ms())
    assert await bound(office) == [200 + 70 + 200 + 180]


async def test_a_copy_of_a_copy_counts_too(office, here):
    """It leaves the line of the first copy, whose records head office has in quarantine."""
    first = copied(here)
    await earns(office, here, 1)
    await parts(office, first)
    second = copied(first)
    first.sells(SALE)
    assert (await office.push(first)).outcome == "fork"
    await parts(office, second)
    assert await bound(office) == [2 * 200]


async def test_what_a_copy_gives_up_is_exposed_of_its_lease(office, here):
    """Nothing is freed; but what either copy spends of the lease comes out of that first, and not out of what is available."""
    lease = await lease_of(office, here)
    hold = await holds_online(office, here, 1, 260, lease.id, 200)
    copy = copied(here)
    await earns(office, here, 1)
    await parts(office, copy)
    await office.apply()
    await office.store.run(leases.expose, now_ms())
    copy.voids(HANDLE, hold)
    spent = Hold(some(2), "points", 200, lease.id, 200)
    copy.sells(replace(SALE, holds=(spent,), redemptions=(Movement("ten_off", "points", 200, (200,)),)))
    available = await free(office)
    await book_late(office, copy, f"{here.code}.1+1")
    assert (await free(office), await inside(office, f"exposure/{hold.id}"), await inside(office, f"exposure/{lease.id}")) == (
        available,
        60,
        0,
    )
    row = await office.store.read(holds.get, hold.id)
    assert (row.state, row.pieces, row.leased) == ("exposed", 60, 0)
    copy.voids(HANDLE, hold)
    await book_late(office, copy, f"{here.code}.1+1")
    assert await inside(office, f"exposure/{hold.id}") == 60, "once"
    await office.store.run(leases.release, here.code, "person", "both disks are here", now_ms())
    assert await free(office) == available + 60
    await books_are_right(office)


async def test_a_returned_lease_is_not_told(office, here):
    """Its terminal may have forgotten it: it would take it up again."""
    lease = await lease_of(office, here)
    await gives_back(office, here, lease, spent=50)
    assert (await told(office, here))[0] == []
    await gives_back(office, here, lease)
    assert (await lease_of(office, here)).ended


async def test_a_restored_head_office_sets_aside_again_what_is_promised(office, here):
    """It knows neither the hold nor, perhaps, the lease; a refusal that was not heard counts as nothing."""
    lease = await lease_of(office, here)
    await office.store.run(recovery.begin, now_ms(), "person")
    refused = await office.hold(here, wire.HoldRequest(some(3), HANDLE, "points", 100, lease.id, 100))
    assert refused.refusal.code == "office_recovering"
    kept = (Hold(some(1), "points", 300), Hold(some(2), "points", 90, some(9), 90), Hold(some(3), "points", 100, lease.id, 100))
    for _ in range(2):
        here.record("promised", here.any_id(), Promised(kept, HANDLE))
    await office.deliver(here)
    assert [await inside(office, held(one.id)) for one in kept] == [300, 90, 100]
    assert (await inside(office, leased(lease.id)), await free(office)) == (100, 1000 - 200 - 390)
    page = await office.feed(here)
    included = {
        one for row in page.rows if row.kind == "member" for one in wire.decode(bytes(row.body), wire.MemberRow).includes
    }
    assert {one.id for one in kept} <= included, "the terminal has taken them off what it shows"
    here.sells(replace(SALE, holds=kept[:1], redemptions=(Movement("ten_off", "points", 300, (300,)),)))
    here.voids(HANDLE, *kept[1:])
    await office.deliver(here)
    assert (await inside(office, leased(lease.id)), await free(office)) == (200, 500)
    await books_are_right(office)


async def test_another_terminals_promise_is_a_dead_letter(office, here):
    """As any word on another's hold."""
    there = await terminal_in(office, "Dizengoff 50")
    await holds_online(office, here, 1, 100)
    there.record("promised", there.any_id(), Promised((Hold(some(1), "points", 100),), HANDLE))
    await office.deliver(there)
    assert (await inside(office, held(some(1))), await free(office)) == (100, 700)
