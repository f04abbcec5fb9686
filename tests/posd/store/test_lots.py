"""The cache by lot: what waits and what has ended is respected while head office is out of reach, and our own sales count."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from loyalty.agreement import Hold
from loyalty.journal import Draft, Stamp
from loyalty.ledger import ISSUED, REDEEMED, Entry, available
from loyalty.quote import Choice
from loyalty.sale import Enrol, Return, ReturnedLine, Reversal, Void
from posd.store import agreements, journal, members, pages, sales
from posd.store.database import open_store
from posd.store.db import Db
from sync.pull import PullState
from sync.wire import EnrolAnswer, MemberRow
from tests.samples import HANDLE, agreed, basket, cafe, member, sold, till

STAMP = Stamp(1_795_000_000_000, 120, "good")
DAY = "2026-11-18"
SOON, LATER = "/2026-11-20", "2026-12-01/2027-06-01"
LOTS = {"": 40, SOON: 60, LATER: 500}

Run = Callable[..., Any]


@pytest.fixture
async def run(tmp_path: Path) -> Any:
    """Runs store functions on an enrolled terminal that knows the member."""
    async with open_store(tmp_path) as store:
        answer = EnrolAnswer("t7", "s", 2, "one", "Asia/Jerusalem", 0)
        await store.run(journal.enrol, answer, STAMP, Draft("enrol", "e" * 32, Enrol("0.1", "s")))
        await store.run(pages.save_page, [told()], PullState())
        yield store.run


def told(balances: dict[str, int] = LOTS, **facts: Any) -> MemberRow:
    """Head office's word."""
    known: dict[str, Any] = {"visits": 4, "spent_minor": 9000, "last_visit": "2026-11-01", "joined": "2025-01-01", **facts}
    return MemberRow(HANDLE, "חבר", "silver", 0, {"point": balances, "plan/year": {"2026-01-01/2026-12-31": 1}}, (), **known)


def commit_of(place: int) -> sales.Commit:
    return sales.Commit(f"{place:032x}", STAMP, b"", prints=False)


async def points(run: Run, day: str = DAY) -> tuple[int, int]:
    """What there is on `day`, and what of it may be spent."""
    found = (await run(members.by_handle, HANDLE, day)).member
    return found.balances["point"], found.spendable["point"]


async def lots_of(run: Run) -> dict[str, int]:
    """The points by lot, our own records among them."""

    def look(db: Db) -> dict[str, int]:
        return dict(members._lots(db, bytes.fromhex(HANDLE))["point"])

    return {lot: pieces for lot, pieces in (await run(look)).items() if pieces}


async def test_what_expires_next_is_known_for_the_receipt(run: Run) -> None:
    """How many, and the last day; what never expires is not among it."""

    def look(db: Db, day: str) -> dict[str, tuple[int, str]]:
        return members.expiring(db, HANDLE, day)

    assert await run(look, DAY) == {"point": (60, "2026-11-20"), "plan/year": (1, "2026-12-31")}
    assert (await run(look, "2026-11-21"))["point"] == (500, "2027-06-01")
    assert await run(look, "2027-06-02") == {}


async def test_each_day_has_its_own_points(run: Run) -> None:
    """What waits is there and cannot be spent, what has ended is gone: by the day alone, without a word from head office."""
    assert await points(run) == (600, 100)
    assert await points(run, "2026-11-21") == (540, 40)
    assert await points(run, "2026-12-01") == (540, 540)
    assert await points(run, "2027-06-02") == (40, 40)


async def test_every_fact_reaches_the_rules(run: Run) -> None:
    """Visits, money, days, segments, windows and plans."""
    windows = {"birthday": ("2026-11-18", "2026-11-20")}
    await run(pages.save_page, [told(segments=("vip",), occasions=windows)], PullState())
    found = (await run(members.by_handle, HANDLE, DAY)).member
    assert (found.visits, found.spent_minor, found.last_visit, found.joined) == (4, 9000, "2026-11-01", "2025-01-01")
    assert (found.segments, found.occasions, found.plans) == (("vip",), windows, {"year": "2026-12-31"})
    assert (found.tier, found.first_name, found.provisional) == ("silver", "חבר", False)


async def test_our_own_sale_is_a_visit_until_head_office_counts_it(run: Run) -> None:
    """Once, however the news arrive; what it earned waits with its lot."""
    sale = sold(cafe(), member(), basket(3000))
    waiting = tuple(replace(one, lot="2026-12-02/2027-12-31") for one in sale.accruals)
    await run(sales.commit_sale, replace(sale, accruals=waiting), commit_of(1))
    found = (await run(members.by_handle, HANDLE, DAY)).member
    assert (found.visits, found.spent_minor, found.last_visit) == (5, 12000, DAY)
    assert (await lots_of(run))["2026-12-02/2027-12-31"] == 30
    assert await points(run) == (630, 100)
    assert await points(run, "2026-12-02") == (570, 540)
    balances = {**LOTS, "2026-12-02/2027-12-31": 30}
    counted = told(balances, visits=5, spent_minor=12000, last_visit=DAY, includes=(f"{1:032x}",))
    await run(pages.save_page, [counted], PullState())
    found = (await run(members.by_handle, HANDLE, DAY)).member
    assert (found.visits, found.spent_minor, found.last_visit) == (5, 12000, DAY)
    assert await points(run, "2026-12-02") == (570, 570)


async def test_a_return_takes_its_visit_back(run: Run) -> None:
    """Earned points leave the lot they went into; the visit goes with the last of the sale."""
    back = Reversal({"point": 20}, {"point": 10}, 3000, lots={"point": LATER}, whole=True)
    returned = Return(till(), "f" * 64, "", HANDLE, (ReturnedLine("1", 1000),), back, estimate=False)
    await run(sales.commit_return, returned, commit_of(1))
    found = (await run(members.by_handle, HANDLE, DAY)).member
    assert (found.visits, found.spent_minor, found.last_visit) == (3, 6000, "2026-11-01")
    assert await lots_of(run) == {"": 50, SOON: 60, LATER: 480}


async def test_what_expires_first_is_held_first_and_goes_back_there(run: Run) -> None:
    """A hold takes of the lots in force, the first to end first; cancelled, each lot has its own again."""
    hold = Hold("a" * 32, "point", 100)
    agreement = replace(agreed(cafe(), member(100), basket(3000), Choice("ten_off")), holds=(hold,))
    await run(agreements.ask_holds, HANDLE, agreement.holds)
    await run(agreements.save, agreement)
    assert await lots_of(run) == {LATER: 500}
    assert await points(run) == (500, 0)
    await run(agreements.cancel, agreement.id, STAMP, "b" * 32)
    assert await lots_of(run) == LOTS
    assert await points(run) == (600, 0)  # given back by us, and not confirmed yet


async def test_a_hold_that_head_office_has_counted_goes_back_as_a_whole(run: Run) -> None:
    """Its lots are head office's to know: until it says so the pieces are simply there."""
    hold = Hold("a" * 32, "point", 100)
    await run(agreements.ask_holds, HANDLE, (hold,))
    await run(pages.save_page, [told({LATER: 500}, includes=(hold.id,))], PullState())
    agreement = replace(agreed(cafe(), member(100), basket(3000), Choice("ten_off")), holds=(hold,))
    await run(agreements.save, agreement)
    assert await points(run) == (500, 0)
    await run(agreements.void_holds, Void(agreement.id, (hold,), HANDLE), STAMP, "b" * 32)
    assert await lots_of(run) == {LATER: 500, "": 100}


async def test_more_than_there_is_becomes_an_overdraft(run: Run) -> None:
    """What left the shop is booked, and what comes in next repays it first."""

    def spend(db: Db) -> None:
        mine = available(HANDLE)
        row = members.row_of(db, HANDLE)
        gone = [Entry(mine, REDEEMED, "point", 130), Entry(ISSUED, mine, "point", 10, LATER)]
        members.move(db, "c" * 32, row, members.moves_of(db, HANDLE, gone, DAY))

    await run(spend)
    assert await lots_of(run) == {"": -20, LATER: 500}
    assert await points(run) == (480, -20)


async def test_a_common_sale_reads_no_lots(run: Run) -> None:
    """Where nothing is spent a commit asks no more than who the member is."""
    asked = []

    class Counting:
        def __init__(self, db: Any) -> None:
            self.db = db

        def __getattr__(self, name: str) -> Any:
            return getattr(self.db, name)

        def execute(self, sql: str, params: Any = ()) -> Any:
            asked.append(sql.split(maxsplit=1)[0])
            return self.db.execute(sql, params)

    await run(lambda db: sales.commit_sale(Counting(db), sold(cafe(), member(), basket(3000)), commit_of(1)))
    assert asked.count("SELECT") == 4  # who we are, where the journal ends, whose the card is now, which row that member has
