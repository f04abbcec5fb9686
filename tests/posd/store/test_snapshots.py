"""A snapshot as it comes in, over sqlite3 and over apsw: nothing changes before its end, then everything at once."""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from loyalty.agreement import Hold
from loyalty.journal import Draft
from loyalty.quote import Choice
from loyalty.sale import Enrol
from posd.store import agreements, journal, leases, members, pages, sales, snapshots
from posd.store.db import in_transaction
from posd.store.opening import create, schema_files
from sync.pull import PullState
from sync.snapshot import CodeRow, Loading, Taken
from sync.wire import CodeKeyRow, EnrolAnswer, LeaseRow, MemberRow
from tests.posd.store.test_contract import DAY, LIBRARIES, STAMP, commit_of
from tests.samples import HANDLE, agreed, basket, cafe, member, sold

Run = Callable[..., Any]
CODE = "2900000000018"


@pytest.fixture(params=LIBRARIES)
def db(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Any]:
    """An enrolled terminal that knows one member, with 100 points, by the feed of a head office that is called "one"."""
    connection: Any = LIBRARIES[request.param](tmp_path / "posd.db")
    connection.execute("PRAGMA foreign_keys=ON").fetchall()
    in_transaction(connection, create, schema_files(), "0f" * 16)
    answer = EnrolAnswer("t7", "s", 2, "one", "Asia/Jerusalem", 0)
    in_transaction(connection, journal.enrol, answer, STAMP, Draft("enrol", "e" * 32, Enrol("0.1", "s")))
    in_transaction(connection, pages.save_page, [told(100, codes=(CODE,))], PullState("one.5.5", "one", caught_up=True))
    yield connection
    connection.close()


@pytest.fixture
def run(db: Any) -> Run:
    """Each call in a transaction of its own."""
    return lambda fn, *args: in_transaction(db, fn, *args)


def told(points: int, *includes: str, handle: str = HANDLE, codes: tuple[str, ...] = ()) -> MemberRow:
    return MemberRow(handle, "חברה", "silver", 1, {"point": {"": points}}, codes, includes=includes)


def other(number: int) -> str:
    return f"{number:020x}"


def chunk(entities: Sequence[Any], *, members: int = 0, first: bool = False, last: bool = False, life: str = "two") -> Taken:
    """As sync.snapshot.taken gives it."""
    return Taken(entities, Loading(f"{life}-next", f"{life}.9.9", life, members, "a" * 64), 7, first, last)


def points(run: Run, handle: str = HANDLE) -> int | None:
    """What the till would show; None for somebody whom nobody has told of."""
    found = run(members.by_handle, handle, DAY)
    return found.member.balances.get("point", 0) if found else None


def changes_of(db: Any) -> int:
    """How many rows the connection has changed, on either library."""
    count = db.total_changes
    return int(count() if callable(count) else count)


def test_the_till_sells_on_with_the_old_members_until_the_last_chunk(run: Run) -> None:
    """New members, new balances, plain codes and who is gone: all of it is there at once, and not before."""
    run(snapshots.save_chunk, chunk([CodeKeyRow("deadbeef", "1" * 64)], first=True))
    assert run(pages.code_keys) == {"deadbeef": bytes.fromhex("1" * 64)}, "what is no member's is good at once"
    run(snapshots.save_chunk, chunk([told(7, handle=other(1)), told(8, handle=other(2), codes=("1234",))], members=2))
    assert (points(run), points(run, other(1)), run(members.count)) == (100, None, 1)
    assert run(members.by_code, CODE, DAY).member.handle == HANDLE
    assert run(journal.pull_state) == PullState("one.5.5", "two")
    run(snapshots.save_chunk, chunk([CodeRow("1234", other(2))], members=2, last=True))
    assert (points(run), points(run, other(1)), points(run, other(2)), run(members.count)) == (None, 7, 8, 2)
    assert run(members.by_code, CODE, DAY) is None
    assert run(members.by_code, "1234", DAY).member.handle == other(2)
    assert run(journal.pull_state) == PullState("two.9.9", "two", heard_ms=7)
    assert run(snapshots.loading) is None


def test_how_far_it_has_come_is_kept_with_the_rows(run: Run) -> None:
    """Whoever goes on after a crash asks for the chunk behind the last that was kept."""
    assert run(snapshots.loading) is None
    run(snapshots.save_chunk, chunk([], first=True))
    run(snapshots.save_chunk, chunk([told(7)], members=1))
    assert run(snapshots.loading) == Loading("two-next", "two.9.9", "two", 1, "a" * 64)


def test_own_records_are_on_top_of_whatever_is_in_use(run: Run) -> None:
    """What the snapshot includes goes into its balances, and stays on top of the old ones until then; what it does not, stays."""
    sale = sold(cafe(), member(100, tier="silver"), basket(1000))
    early, late = commit_of(1), commit_of(2)
    run(sales.commit_sale, sale, early)
    assert points(run) == 115
    run(snapshots.save_chunk, chunk([], first=True))
    run(snapshots.save_chunk, chunk([told(115, early.id, late.id)], members=1))
    assert points(run) == 115, "not twice: the old balance does not have it"
    run(sales.commit_sale, sale, late)
    assert points(run) == 130
    run(snapshots.save_chunk, chunk([], members=1, last=True))
    assert points(run) == 130, "the later one was not there when head office was asked"
    run(pages.save_page, [told(130, late.id)], PullState("two.10.10", "two"))
    assert points(run) == 130


def test_a_hold_that_was_granted_while_it_came_in(run: Run) -> None:
    """The snapshot has it already, the old balance has not: it is taken off once, before and after."""
    promise = agreed(cafe(), member(100, tier="silver"), basket(5000), Choice("ten_off"))
    hold = promise.holds[0]
    assert hold.pieces == 100
    run(agreements.ask_holds, HANDLE, promise.holds)
    run(snapshots.save_chunk, chunk([], first=True))
    run(snapshots.save_chunk, chunk([told(0, hold.id)], members=1))
    assert points(run) == 100
    run(agreements.save, promise)
    assert points(run) == 0
    run(snapshots.save_chunk, chunk([], members=1, last=True))
    assert points(run) == 0


def test_what_our_lease_covered_is_included_by_the_record_that_ended_it(run: Run) -> None:
    """Head office knows the hold by no other name."""
    run(pages.save_page, [LeaseRow("b" * 32, HANDLE, {"point": 100})], PullState("one.5.5", "one"))
    promise = agreed(cafe(), member(100, tier="silver"), basket(5000), Choice("ten_off"))
    [drawn] = run(agreements.ask_holds, HANDLE, promise.holds)
    assert (drawn.lease, drawn.leased) == ("b" * 32, 100)
    run(agreements.save, promise)
    run(agreements.end, promise.id, agreements.COMMITTED, "c" * 32)
    assert points(run) == 0
    run(snapshots.save_chunk, chunk([], first=True, life="one"))
    run(snapshots.save_chunk, chunk([told(0, "c" * 32)], members=1, last=True, life="one"))
    assert points(run) == 0
    assert run(leases.told).left == {}, "and what was spent of the lease is remembered"


def test_leases_are_told_beside_the_members_and_count_at_once(run: Run) -> None:
    """A lease is what this terminal may spend, whatever balances are in use."""
    run(snapshots.save_chunk, chunk([], first=True, life="one"))
    run(snapshots.save_chunk, chunk([told(100), LeaseRow("b" * 32, HANDLE, {"point": 50})], members=1, life="one"))
    assert run(leases.told).left == {"point": 50}


def test_a_new_life_of_head_office_is_believed_from_the_first_chunk_on(run: Run) -> None:
    """Every lease goes back; one that the new life grants while the snapshot comes in does not."""
    run(pages.save_page, [LeaseRow("b" * 32, HANDLE, {"point": 50})], PullState("one.5.5", "one"))
    assert not run(leases.due)
    run(snapshots.save_chunk, chunk([], first=True))
    assert run(leases.due)
    assert run(partial(leases.return_due, online=True), 0, STAMP) == 1
    run(snapshots.save_chunk, chunk([told(9, handle=other(1)), LeaseRow("d" * 32, other(1), {"point": 5})], members=1))
    run(snapshots.save_chunk, chunk([], members=1, last=True))
    assert not run(leases.due)
    assert run(leases.told).left == {"point": 5}


def test_one_that_begins_anew_leaves_nothing_of_the_one_before(run: Run) -> None:
    """Head office was restored in the middle: no member of the life that is gone comes into use."""
    run(snapshots.save_chunk, chunk([], first=True, life="two"))
    run(snapshots.save_chunk, chunk([told(1, handle=other(1)), CodeRow("1", other(1))], members=1, life="two"))
    run(snapshots.save_chunk, chunk([], first=True, life="six"))
    run(snapshots.save_chunk, chunk([told(2, handle=other(2))], members=1, last=True, life="six"))
    assert (points(run, other(1)), points(run, other(2)), run(members.count)) == (None, 2, 1)
    assert run(members.by_code, "1", DAY) is None
    assert run(journal.pull_state).incarnation == "six"


@pytest.mark.parametrize("count", [10, 400])
def test_the_end_costs_the_same_however_many_members_there_are(db: Any, run: Run, count: int) -> None:
    """A checkout that comes then waits for a handful of rows."""
    run(sales.commit_sale, sold(cafe(), member(100), basket(1000)), commit_of(1))
    run(snapshots.save_chunk, chunk([], first=True))
    run(
        snapshots.save_chunk,
        chunk([told(7, commit_of(1).id), *(told(1, handle=other(n)) for n in range(count))], members=count),
    )
    before = changes_of(db)
    run(snapshots.save_chunk, chunk([], members=count + 1, last=True))
    assert changes_of(db) - before == 9
    assert points(run) == 7


def test_what_is_not_in_use_any_more_goes_in_slices(db: Any, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither the members in use nor those that are coming in are touched; when nothing is left there is nothing to do."""
    monkeypatch.setattr(snapshots, "SLICE_ROWS", 3)
    for life in ("two", "three"):  # the first is given up, the second is put into use
        run(snapshots.save_chunk, chunk([], first=True, life=life))
        some = [told(1, handle=other(n)) for n in range(4)]
        run(snapshots.save_chunk, chunk([*some, CodeRow("1", other(1))], members=4, life=life))
    assert run(snapshots.sweep) == 3 + 1
    assert (points(run), points(run, other(1))) == (100, None)
    run(snapshots.save_chunk, chunk([], members=4, last=True, life="three"))
    run(snapshots.save_chunk, chunk([told(1, handle=other(9))], members=1, first=True, life="four"))
    sizes = []
    while swept := run(snapshots.sweep):
        sizes.append(swept)
    assert max(sizes) <= 4 * 3
    assert run(members.count) == 4
    assert [points(run, other(n)) for n in (0, 3, 9)] == [1, 1, None]
    assert db.execute("SELECT edition, count(*) FROM told GROUP BY edition").fetchall() == [(2, 4), (3, 1)]
    assert run(snapshots.sweep) == 0


def test_a_plain_code_that_changes_hands_is_its_new_owners(run: Run) -> None:
    """Also when the old owner is told of later: what is not theirs any more is not taken from the other."""
    run(pages.save_page, [told(1, handle=other(1), codes=(CODE,))], PullState("one.6.6", "one"))
    run(pages.save_page, [told(100)], PullState("one.7.7", "one"))
    assert run(members.by_code, CODE, DAY).member.handle == other(1)
    run(pages.save_page, [told(1, handle=other(1))], PullState("one.8.8", "one"))
    assert run(members.by_code, CODE, DAY) is None
    assert run(members.count) == 2


def test_a_hold_of_a_member_whom_nobody_told_of(run: Run) -> None:
    """A provisional member has what our own records did, and no more."""
    run(agreements.ask_holds, other(5), (Hold("d" * 32, "point", 1),))
    found = run(members.by_handle, other(5), DAY)
    assert (found.member.provisional, found.member.balances) == (True, {})
    assert run(members.count) == 1


def test_a_release_that_reads_more_begins_the_snapshot_anew(run: Run) -> None:
    """What the one before had of it was read with other eyes, and does not come into use."""
    run(snapshots.save_chunk, chunk([], first=True))
    run(snapshots.save_chunk, chunk([told(1, handle=other(1))], members=1))
    run(journal.read_as, "a release")
    assert run(snapshots.loading).cursor == ""
    run(snapshots.save_chunk, chunk([], first=True))
    run(snapshots.save_chunk, chunk([told(2, handle=other(2))], members=1, last=True))
    assert (points(run, other(1)), points(run, other(2))) == (None, 2)
    run(snapshots.save_chunk, chunk([], first=True))
    run(journal.read_as, "a release")
    assert run(snapshots.loading).cursor == "two-next", "the same release goes on"
