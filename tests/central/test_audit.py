"""The books, checked at once and a little at a time; at night by head office itself."""

import asyncio

import pytest
import sqlalchemy as sa

from central import audit
from central.store import copies, pages, records
from central.store.tables import BALANCE, CHAIN, RECORD
from tests.samples import basket, cafe, member, sold

NOON_MS = 1_795_341_600_000  # of a day in Jerusalem
HOUR_MS = 3_600_000


@pytest.fixture
async def busy(office, monkeypatch):
    """Three journals of which each takes several looks."""
    monkeypatch.setattr(audit, "RECORDS_PER_LOOK", 3)
    monkeypatch.setattr(audit, "MEMBERS_PER_LOOK", 1)
    for sales in (2, 3, 8):
        terminal = await office.terminal()
        for amount in range(1, sales + 1):
            terminal.sells(sold(cafe(), member(), basket(amount * 100)))
    await office.deliver()
    return office


async def both(office):
    """What the two ways find; they must find the same."""
    at_once, beside = await office.store.read(audit.check), await audit.check_beside(office.store)
    assert at_once == beside
    return at_once


async def test_sound_books_are_read_to_their_end(busy):
    """Every record and every entry."""
    found = await both(busy)
    assert (found.wrong, found.records, found.entries > 0) == ([], 16, True)


@pytest.mark.parametrize("seq", [1, 3, 4, 9])
async def test_a_changed_record_is_found_wherever_it_is(busy, seq):
    """In the first look at a journal, at the edge of one, and as the last record."""
    chain = (await busy.store.read(records.chains))[2].id
    at = (RECORD.c.chain_id == chain, RECORD.c.seq == seq)
    await busy.store.run(lambda db: db.execute(sa.update(RECORD).where(*at).values(bytes=b"{}")))
    assert len((await both(busy)).journals) == 1


async def test_a_head_that_is_not_the_last_record_is_found(busy):
    """Noted too far, or not far enough."""
    for change in (1, -2):
        await busy.store.run(
            lambda db, by=change: db.execute(sa.update(CHAIN).where(CHAIN.c.id == 1).values(seq=CHAIN.c.seq + by))
        )
        [said] = (await both(busy)).journals
        assert "should end at" in said


async def test_a_wrong_balance_is_found(busy):
    """A piece too many."""
    await busy.store.run(lambda db: db.execute(sa.update(BALANCE).values(pieces=BALANCE.c.pieces + 1)))
    assert len((await both(busy)).balances) >= 2


async def nightly(office, at_ms):
    """Head office runs for a moment at that time; how its last check ended."""
    running = asyncio.create_task(audit.check_nightly(office.store, lambda: at_ms))
    await asyncio.sleep(0)
    for _ in range(200):
        await asyncio.sleep(0.01)
        found = await office.store.read(copies.last, "check")
        if found and found.made_ms == at_ms:
            break
    running.cancel()
    return await office.store.read(copies.last, "check")


async def test_once_a_night_and_never_by_day(busy, monkeypatch):
    """Before the first night nothing is checked; in a night once; a head office that is off at night checks by day after two."""
    monkeypatch.setattr(audit, "LOOK_AGAIN_S", 0.01)
    due = [busy.store.read(audit._is_due, NOON_MS + hours * HOUR_MS) for hours in (0, 15, 24)]
    assert [await one for one in due] == [False, True, False]
    night_ms = NOON_MS + 15 * HOUR_MS
    assert (await nightly(busy, night_ms)) == (night_ms, True, f"16 records, {(await both(busy)).entries} entries")
    due = [busy.store.read(audit._is_due, night_ms + hours * HOUR_MS) for hours in (1, 12, 24, 49, 57)]
    assert [await one for one in due] == [False, False, True, True, True]


async def test_what_is_wrong_is_kept_for_the_page(busy):
    """As sentences."""
    await busy.store.run(lambda db: db.execute(sa.update(BALANCE).values(pieces=BALANCE.c.pieces + 1)))
    found = await nightly(busy, NOON_MS + 15 * HOUR_MS)
    assert (found.well, "the balance says" in found.said) == (False, True)
    assert (await busy.store.read(pages.waiting)).alarms == 1
