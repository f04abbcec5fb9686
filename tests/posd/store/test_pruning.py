"""Old records go once head office has them in a backup, never before, and the chain and the ids are as good as they were."""

import sqlite3

import apsw
import pytest

from loyalty.journal import Stamp
from posd.store import checking, journal, print_jobs, pruning
from sync.push import PRUNED_HASH, PushState
from tests.sim.enrolled import STAMP, enrolled, sell, shop
from tests.sim.store import DiskStore, open_on

DAY_MS = 86_400_000
LATER_MS = STAMP.wall_ms + pruning.KEPT_MS + 1


def terminal(records: int) -> DiskStore:
    """One with so many records, all printed."""
    disk, _, places = shop()
    store = enrolled(disk, places)
    for number in range(records - 1):
        sell(store, number)
    store.write(lambda db: db.execute("UPDATE print_job SET state = 'confirmed'"))
    return store


def acknowledged(store: DiskStore, seq: int, durable: int, trouble: str = "") -> None:
    """Head office has so many, and so many in a backup."""
    hashed = journal.hash_at(store.writer.db, seq)
    assert hashed
    store.write(journal.save_push_state, PushState(seq, hashed, "one", trouble, durable))


def prune(store: DiskStore, now_ms: int = LATER_MS) -> int:
    """All that may go; how many records are left."""
    while store.write(pruning.prune, now_ms):
        pass
    return int(store.writer.db.execute("SELECT count(*) FROM journal").fetchone()[0])


def test_what_is_old_and_in_a_backup_goes() -> None:
    """The chain begins at the anchor now, and verifies; sales go on from the same head."""
    store = terminal(500)
    acknowledged(store, 450, 400)
    head = journal.head(store.writer.db)
    assert prune(store) == 100
    assert journal.anchor(store.writer.db).seq == 400
    assert journal.head(store.writer.db) == head
    assert checking.whole(store.writer.db) is None
    assert checking.tail(store.writer.db) is None
    sell(store, 1000)
    assert journal.head(store.writer.db).seq == 501
    assert checking.whole(store.writer.db) is None


def test_nothing_goes_before_head_office_has_it_in_a_backup() -> None:
    """However old: stored is not enough, and in trouble nothing goes at all."""
    store = terminal(50)
    acknowledged(store, 40, 0)
    assert prune(store) == 50
    acknowledged(store, 40, 30, "forked")
    assert prune(store) == 50
    acknowledged(store, 40, 30)
    assert prune(store) == 20


def test_nothing_goes_before_its_time() -> None:
    """Ninety days by the record's own clock; one that is younger keeps all after it."""
    store = terminal(10)
    sell(store, 100, Stamp(STAMP.wall_ms + 5 * DAY_MS, 120))
    for number in range(200, 205):
        sell(store, number)
    store.write(lambda db: db.execute("UPDATE print_job SET state = 'confirmed'"))
    acknowledged(store, 16, 16)
    assert prune(store, STAMP.wall_ms + pruning.KEPT_MS - 1) == 16
    assert prune(store) == 6
    assert prune(store, LATER_MS + 5 * DAY_MS) == 1, "the last one stays: the next is chained to it"


def test_what_waits_for_paper_stays() -> None:
    """A receipt that nobody has printed is not deleted with its sale."""
    store = terminal(20)
    acknowledged(store, 20, 20)
    job = store.write(print_jobs.add, 7, STAMP.wall_ms, b"receipt")
    assert prune(store) == 14
    store.write(print_jobs.mark, job, "confirmed")
    assert prune(store) == 1


def test_a_deleted_record_is_known_by_its_id_and_its_receipt() -> None:
    """So that its key is not booked again, and a return finds the sale."""
    store = terminal(20)
    own = f"{1003:032x}"
    acknowledged(store, 20, 20)
    assert not journal.was_pruned(store.writer.db, own)
    prune(store)
    db = store.writer.db
    assert (journal.find(db, own), journal.was_pruned(db, own)) == (None, True)
    assert not journal.was_pruned(db, f"{9999:032x}")
    assert own in journal.pruned_receipt(db, "1234", "2026-11-18")
    assert journal.pruned_receipt(db, "1234", "2026-11-19") == []
    assert db.execute("SELECT count(*) FROM print_job").fetchone() == (1,)


def test_what_head_office_asks_for_below_the_anchor_is_told_as_deleted() -> None:
    """At the anchor itself the hash is known."""
    store = terminal(20)
    acknowledged(store, 20, 10)
    at_ten = journal.hash_at(store.writer.db, 10)
    prune(store)
    assert journal.hash_at(store.writer.db, 10) == at_ten
    assert journal.hash_at(store.writer.db, 9) == journal.hash_at(store.writer.db, 0) == PRUNED_HASH
    assert journal.hash_at(store.writer.db, 21) is None


@pytest.mark.parametrize(
    "change",
    [
        "DELETE FROM journal WHERE seq = 9",
        "DELETE FROM journal",
        "DELETE FROM anchor",
        "UPDATE anchor SET seq = 4",
        "UPDATE anchor SET seq = seq, hash = hash",
        "UPDATE anchor SET seq = 9, hash = (SELECT lower(hex(hash)) FROM journal WHERE seq = 9)",
        "UPDATE anchor SET seq = 20, hash = (SELECT lower(hex(hash)) FROM journal WHERE seq = 20)",
        "UPDATE anchor SET seq = 8, hash = (SELECT lower(hex(hash)) FROM journal WHERE seq = 7)",
    ],
)
def test_the_database_itself_allows_nothing_else(change: str) -> None:
    """Whoever writes SQL by hand cannot delete above the anchor, nor move it down, beyond a backup, or to another hash."""
    store = terminal(20)
    acknowledged(store, 15, 8)
    store.write(lambda db: db.execute("UPDATE anchor SET seq = 5, hash = ?", (journal.hash_at(db, 5),)))
    with pytest.raises((apsw.Error, sqlite3.Error), match="anchor"):
        store.write(lambda db: db.execute(change))
    store.write(lambda db: db.execute("DELETE FROM print_job"))
    store.write(lambda db: db.execute("DELETE FROM journal WHERE seq <= 5"))
    assert checking.whole(store.writer.db) is None


def test_many_days_go_in_small_steps() -> None:
    """No transaction deletes more than a slice, so that a sale in between does not wait."""
    store = terminal(2 * pruning.SLICE_RECORDS + 50)
    acknowledged(store, 2 * pruning.SLICE_RECORDS + 50, 2 * pruning.SLICE_RECORDS + 50)
    steps = []
    while step := store.write(pruning.prune, LATER_MS):
        steps.append(step)
    assert steps == [pruning.SLICE_RECORDS, pruning.SLICE_RECORDS, 49]


def test_it_is_the_same_after_a_crash() -> None:
    """The anchor and the deletion are one transaction."""
    store = terminal(100)
    acknowledged(store, 100, 90)
    prune(store)
    store.disk.cut()
    store.disk.power_on()
    again = open_on(store.disk, "1e" * 16)
    assert journal.anchor(again.writer.db).seq == 90
    assert checking.whole(again.writer.db) is None
