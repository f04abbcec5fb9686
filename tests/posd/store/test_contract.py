"""The store's functions over sqlite3 and over apsw: the same functions, the same rows, on either library."""

import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import apsw
import pytest

from loyalty.agreement import Hold
from loyalty.journal import FIRST_PREV_HASH, Draft, Stamp, chain_hash
from loyalty.quote import Choice
from loyalty.sale import Enrol, Return, ReturnedLine, Reversal, Void
from posd.store import agreements, journal, members, pages, print_jobs, sales, tokens
from posd.store.db import Db, in_snapshot, in_transaction
from posd.store.opening import create, schema_files
from runtime.errors import Misconfigured, Rejected
from sync import wire
from sync.pull import PullState
from sync.push import PushState
from sync.wire import CodeKeyRow, EnrolAnswer, MemberRow, ProgramRow
from tests.samples import HANDLE, agreed, basket, cafe, member, sold, till

Run = Callable[..., Any]
DAY = "2026-11-18"
STAMP = Stamp(1_795_000_000_000, 120, "good")
LIBRARIES = {
    "sqlite3": lambda path: sqlite3.connect(path, isolation_level=None),
    "apsw": lambda path: apsw.Connection(str(path)),
}


@pytest.fixture(params=LIBRARIES)
def db(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Any]:
    """An empty database of the newest schema on a real disk."""
    connection: Any = LIBRARIES[request.param](tmp_path / "posd.db")
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}").fetchall()
    in_transaction(connection, create, schema_files(), "0f" * 16)
    yield connection
    connection.close()


@pytest.fixture
def run(db: Db) -> Run:
    """Each call in a transaction of its own, on an enrolled terminal."""

    def run(fn: Callable[..., Any], *args: Any) -> Any:
        return in_transaction(db, fn, *args)

    answer = EnrolAnswer("t7", "s", 2, "one", "Asia/Jerusalem", 0)
    run(journal.enrol, answer, STAMP, Draft("enrol", "e" * 32, Enrol("0.1", "s")))
    return run


def commit_of(place: int, receipt: bytes = b"receipt") -> sales.Commit:
    return sales.Commit(f"{place:032x}", STAMP, receipt, prints=True)


def row(points: int, *includes: str, **changes: Any) -> MemberRow:
    fields: dict[str, Any] = {"first_name": "חברה", "tier": "silver", "generation": 1, "codes": ("729",), **changes}
    return MemberRow(HANDLE, balances={"point": {"": points}}, includes=includes, **fields)


def points(run: Run) -> tuple[int, int]:
    """What is available, and what may be spent."""
    found = run(members.by_handle, HANDLE, DAY)
    return found.member.balances.get("point", 0), found.member.spendable.get("point", 0)


def test_an_enrolled_terminal_knows_who_it_is(run: Run) -> None:
    """Name, store, epoch and zone, and the chain it was born with; the first record says so."""
    assert run(journal.identity) == journal.Identity("0f" * 16, "t7", "s", 2, "Asia/Jerusalem", "")
    envelope = wire.read_envelope(run(journal.newest, 1)[0])
    assert (envelope.kind, envelope.seq, envelope.epoch, envelope.prev_hash) == ("enrol", 1, 2, FIRST_PREV_HASH)


def test_a_terminal_without_a_name_commits_nothing(db: Db) -> None:
    """Nothing of the sale is written."""
    with pytest.raises(Misconfigured, match="not enrolled"):
        in_transaction(db, sales.commit_sale, sold(cafe(), None, basket(100)), commit_of(1))
    assert journal.newest(db, 10) == []
    assert not db.in_transaction


def test_the_journal_is_one_chain_without_gaps(run: Run) -> None:
    """Each record names the hash of the one before; the head is the last."""
    for place in range(1, 6):
        run(sales.commit_sale, sold(cafe(), None, basket(100 * place)), commit_of(place))
    before = FIRST_PREV_HASH
    for seq, data in enumerate(run(journal.records_after, 0, 100, 10**9), 1):
        envelope = wire.read_envelope(data)
        assert (envelope.seq, envelope.prev_hash) == (seq, before)
        before = chain_hash(before, data)
        assert run(journal.hash_at, seq) == before
    assert run(journal.head).hash == before
    assert run(journal.hash_at, 7) is None


@pytest.mark.parametrize(
    "change", ["UPDATE journal SET kind = 'x'", "DELETE FROM journal", "DELETE FROM journal WHERE seq = 1"]
)
def test_the_journal_only_grows(run: Run, change: str) -> None:
    """No statement changes or removes a record."""
    with pytest.raises((sqlite3.Error, apsw.Error), match="append-only"):
        run(lambda db: db.execute(change))
    assert run(journal.head).seq == 1


def test_one_id_is_one_record(run: Run) -> None:
    """The same id cannot be written twice, and the attempt leaves nothing."""
    run(sales.commit_sale, sold(cafe(), None, basket(100)), commit_of(1))
    with pytest.raises((sqlite3.Error, apsw.Error), match="UNIQUE"):
        run(sales.commit_sale, sold(cafe(), None, basket(100)), commit_of(1))
    assert run(journal.head).seq == 2


def test_a_batch_keeps_to_both_bounds(run: Run) -> None:
    """So many records, so many bytes, but one at least, however large it is."""
    for place in range(1, 5):
        run(sales.commit_sale, sold(cafe(), None, basket(*[100] * 40)), commit_of(place))
    sizes = [len(data) for data in run(journal.records_after, 0, 100, 10**9)]
    assert len(run(journal.records_after, 0, 3, 10**9)) == 3
    assert len(run(journal.records_after, 1, 100, sizes[1] + sizes[2])) == 2
    assert len(run(journal.records_after, 1, 100, sizes[1] + sizes[2] - 1)) == 1
    assert len(run(journal.records_after, 1, 100, 1)) == 1
    assert run(journal.records_after, 5, 100, 10**9) == []


def test_what_waits_is_counted_from_what_is_acknowledged(run: Run) -> None:
    """The number, and since when by the oldest record's own time: a clock that stepped back changes nothing of the order."""
    run(sales.commit_sale, sold(cafe(), None, basket(100)), commit_of(1))
    run(sales.commit_sale, sold(cafe(), None, basket(100)), commit_of(2)._replace(stamp=Stamp(5, 0)))
    assert run(journal.queued) == (3, STAMP.wall_ms)
    run(journal.save_push_state, PushState(2, run(journal.hash_at, 2), "two", "forked", 1))
    assert run(journal.push_state) == PushState(2, run(journal.hash_at, 2), "two", "forked", 1)
    assert run(journal.queued) == (1, 5)
    run(journal.save_push_state, PushState(3, run(journal.hash_at, 3), "two"))
    assert run(journal.queued) == (0, 0)


def test_a_sale_is_written_with_all_that_belongs_to_it(run: Run) -> None:
    """Record, entries, receipt number and print job, in one transaction."""
    run(pages.save_page, [row(250)], PullState("1", "one", caught_up=True))
    seq = run(sales.commit_sale, sold(cafe(), member(250), basket(3000)), commit_of(1))
    assert run(journal.find, f"{1:032x}")[:2] == (seq, "sale")
    assert points(run) == (280, 250)
    assert [found[0] for found in run(journal.find_receipt, "1234", "")] == [seq]
    assert run(journal.find_receipt, "1234", "2020-01-01") == []
    assert run(print_jobs.next_queued) == (1, b"receipt")
    assert run(journal.made_ms, seq) == STAMP.wall_ms


def test_the_feeds_word_takes_the_place_of_our_own(run: Run) -> None:
    """A page that names our record holds it already; the same page twice changes nothing more."""
    run(pages.save_page, [row(250)], PullState("1", "one", caught_up=True))
    run(sales.commit_sale, sold(cafe(), member(250), basket(3000)), commit_of(1))
    run(sales.commit_sale, sold(cafe(), member(280), basket(1000)), commit_of(2))
    for _ in range(2):
        run(pages.save_page, [row(280, f"{1:032x}")], PullState("2", "one", caught_up=False))
        assert points(run) == (290, 280)
    assert run(journal.pull_state) == PullState("2", "one", caught_up=False)


def held(run: Run) -> tuple[Any, Hold]:
    """An agreement that spends a hundred points, its hold asked for and granted."""
    run(pages.save_page, [row(250)], PullState("1", "one", caught_up=True))
    agreement = agreed(cafe(), member(250), basket(3000), Choice("ten_off"))
    run(agreements.ask_holds, HANDLE, agreement.holds)
    assert points(run) == (250, 250)
    run(agreements.save, agreement)
    return agreement, agreement.holds[0]


def test_what_is_held_is_gone_until_it_is_given_back(run: Run) -> None:
    """Granted: no longer available. Cancelled: available again, confirmed only with head office's word; and only once."""
    agreement, hold = held(run)
    assert points(run) == (150, 150)
    assert [one.id for one in run(agreements.still_open)] == [agreement.id]
    assert run(agreements.cancel, agreement.id, STAMP, "a1" * 16).state == "open"
    assert run(agreements.cancel, agreement.id, STAMP, "a2" * 16).state == "cancelled"
    assert points(run) == (250, 150)
    run(pages.save_page, [row(250, hold.id, "a1" * 16)], PullState("2", "one", caught_up=True))
    assert points(run) == (250, 250)
    assert run(agreements.find, agreement.id) == ("cancelled", agreement)
    assert run(agreements.still_open) == []


def test_a_hold_that_the_feed_has_told_first_counts_once(run: Run) -> None:
    """Head office's balance is without the pieces before its answer has come."""
    run(pages.save_page, [row(250)], PullState("1", "one", caught_up=True))
    agreement = agreed(cafe(), member(250), basket(3000), Choice("ten_off"))
    run(agreements.ask_holds, HANDLE, agreement.holds)
    run(pages.save_page, [row(150, agreement.holds[0].id)], PullState("2", "one", caught_up=True))
    run(agreements.save, agreement)
    assert points(run) == (150, 150)


def test_unanswered_holds_are_voided_once(run: Run) -> None:
    """Each by a record; granted and refused ones are left."""
    held(run)
    ids = iter(f"{number:032x}" for number in range(100, 110))
    asked = (Hold("b1" * 16, "point", 5), Hold("b2" * 16, "point", 6))
    run(agreements.ask_holds, HANDLE, asked)
    run(agreements.give_up, asked[1:], Void("", (), HANDLE), STAMP, "")
    assert run(agreements.void_unanswered, STAMP, lambda: next(ids)) == 1
    assert run(agreements.void_unanswered, STAMP, lambda: next(ids)) == 0
    void = wire.read_body(wire.read_envelope(run(journal.newest, 1)[0]))
    assert void == Void("", asked[:1], HANDLE)
    assert points(run) == (150, 150)


def test_returns_are_remembered_by_line(run: Run) -> None:
    """In thousandths, summed over every return of that sale."""
    for place in (1, 2):
        lines = (ReturnedLine("a", 500), ReturnedLine("b", 1000))
        body = Return(till(), "f" * 64, "c" * 32, "", lines, Reversal({}, {}, 0), estimate=True)
        run(sales.commit_return, body, commit_of(place))
    assert run(sales.returned_before, "c" * 32) == {"a": 1000, "b": 2000}
    assert run(sales.returned_before, "d" * 32) == {}


def test_members_are_found_by_handle_and_by_the_codes_of_the_last_page(run: Run) -> None:
    """A code that the feed drops, or gives to somebody else, is no longer the old one's."""
    run(pages.save_page, [row(1), MemberRow("ab" * 10, "ב", "", 0, {}, ())], PullState())
    assert run(members.by_code, "729", DAY).member.handle == HANDLE
    assert run(members.by_handle, "cd" * 10, DAY) is None
    run(pages.save_page, [row(1, codes=()), MemberRow("ab" * 10, "ב", "", 0, {}, ("729",), blocked=True)], PullState())
    found = run(members.by_code, "729", DAY)
    assert (found.member.handle, found.blocked) == ("ab" * 10, True)
    assert run(members.count) == 2


def test_a_code_moves_between_members_in_whichever_order_the_page_has_them(run: Run) -> None:
    """The new owner may come before the old one."""
    run(pages.save_page, [row(1)], PullState())
    run(pages.save_page, [MemberRow("ab" * 10, "ב", "", 0, {}, ("729",)), row(1, codes=())], PullState())
    assert run(members.by_code, "729", DAY).member.handle == "ab" * 10


def test_programs_come_into_force_and_lower_ones_stay_behind(run: Run) -> None:
    """The highest version whose time has come; a republished version takes the place of itself."""
    programs = [ProgramRow("cafe", 1, 0, {"v": 1}), ProgramRow("cafe", 2, 500, {"v": 2}), ProgramRow("cafe", 3, 100, {"v": 3})]
    run(pages.save_page, programs, PullState())
    assert run(pages.newest_program, 50) == (1, '{"v": 1}')
    assert run(pages.newest_program, 600) == (3, '{"v": 3}')
    assert run(pages.newest_program, 600, 3) == (2, '{"v": 2}')
    run(pages.save_page, [ProgramRow("cafe", 3, 100, {"v": "three"})], PullState())
    assert run(pages.program_of, 3) == '{"v": "three"}'
    assert run(pages.program_of, 9) is None


def test_revoked_keys_are_not_given_out(run: Run) -> None:
    """And may come back."""
    run(pages.save_page, [CodeKeyRow("0a0b0c0d", "11" * 32), CodeKeyRow("ffffffff", "22" * 32)], PullState())
    run(pages.save_page, [CodeKeyRow("0a0b0c0d", "11" * 32, revoked=True)], PullState())
    assert run(pages.code_keys) == {"ffffffff": b"\x22" * 32}


def test_print_jobs_go_their_way(run: Run) -> None:
    """Oldest first; one that was being sent when we died is unknown and not sent again."""
    for place in (1, 2):
        run(sales.commit_sale, sold(cafe(), None, basket(100)), commit_of(place, f"r{place}".encode()))
    copy = run(print_jobs.add, 2, 7, b"copy")
    run(print_jobs.mark, 1, "sending")
    assert run(print_jobs.next_queued) == (2, b"r2")
    assert run(print_jobs.recover) == [1]
    assert run(print_jobs.recover) == []
    run(print_jobs.mark, 2, "confirmed")
    assert run(print_jobs.next_queued) == (copy, b"copy")
    assert run(print_jobs.counts) == {"waiting": 1, "waiting_since_ms": 7, "unknown": 1}
    assert run(print_jobs.receipt_of, 2) == b"r1"


def test_tokens_are_kept_as_hashes(run: Run, db: Db) -> None:
    """A name is somebody's once; the token itself is nowhere."""
    run(tokens.add, "till", "till", "the-secret", 5)
    with pytest.raises(Rejected, match="already"):
        run(tokens.add, "till", "admin", "another", 5)
    run(tokens.replace, "till", "admin", "the-second", 6)
    assert run(tokens.listed) == [("till", "admin", 6)]
    assert list(run(tokens.by_hash).values()) == [("till", "admin")]
    assert "the-second" not in str(db.execute("SELECT * FROM token").fetchall())
    assert run(tokens.revoke, "till")
    assert not run(tokens.revoke, "till")


def test_a_function_that_fails_leaves_nothing(run: Run, db: Db) -> None:
    """Whatever it raises rolls everything back; a StopIteration is turned, it would hang whoever waits."""

    def fails(db: Db, error: BaseException) -> None:
        tokens.add(db, "half", "till", "x", 0)
        raise error

    for error, seen in (
        (ValueError("no"), ValueError),
        (KeyboardInterrupt(), KeyboardInterrupt),
        (StopIteration(), RuntimeError),
    ):
        with pytest.raises(seen):
            run(fails, error)
        assert run(tokens.listed) == []
    with pytest.raises(RuntimeError, match="StopIteration"):
        in_snapshot(db, lambda _: next(iter(())))
    assert not db.in_transaction
