"""The connection that writes: what a transaction's own failure is, and what is none."""

import pytest

from posd.store import journal, print_jobs, sales
from posd.store.ballast import BYTES
from runtime.errors import Unavailable
from tests.sim.disk import Fault
from tests.sim.enrolled import STAMP, enrolled, sell, shop
from tests.sim.store import DiskStore


def jobs(store: DiskStore) -> int:
    """How many receipts wait."""
    return print_jobs.counts(store.writer.db)["waiting"]


def print_again(store: DiskStore) -> None:
    """A transaction that would leave two rows if it ran twice."""
    store.write(print_jobs.add, 2, STAMP.wall_ms, b"receipt" * 900)


@pytest.mark.parametrize("at", range(1, 40))
def test_a_full_disk_is_met_once_and_nothing_happens_twice(at: int) -> None:
    """Wherever the disk is full first, in the transaction or in the checkpoint after it: the ballast goes, and there is one row."""
    disk, _, places = shop(ballast_bytes=BYTES)
    store = enrolled(disk, places)
    sell(store, 1)
    store.writer.checkpoint_rows = 1
    disk.fail(Fault("enospc", at))
    print_again(store)
    assert jobs(store) == 2
    assert store.condition.full == disk.tripped
    assert (disk.size("ballast") is None) == disk.tripped
    assert disk.tripped or at > 10


def test_a_checkpoint_that_fails_ends_the_writing_and_not_the_sale_before_it() -> None:
    """The sale is in the WAL and acknowledged; nothing comes after it."""
    for at in range(1, 40):
        disk, _, places = shop()
        store = enrolled(disk, places)
        store.writer.checkpoint_rows = 1
        told: list[Unavailable] = []
        store.writer.failed = told.append
        disk.fail(Fault("fsync", at))
        try:
            own = sell(store, 1)
        except Unavailable:
            continue
        if not disk.tripped:
            assert told == []
            return
        assert [error.code for error in told] == ["disk_failed"]
        assert journal.find(store.writer.db, own)
        with pytest.raises(Unavailable, match="failed"):
            sell(store, 2)
    raise AssertionError("it never ended")


def test_a_mistake_of_ours_is_no_fault_of_the_disk() -> None:
    """It is raised as it is, and the next transaction runs."""
    disk, _, places = shop()
    store = enrolled(disk, places)
    own = sell(store, 1)
    with pytest.raises(Exception, match="UNIQUE"):
        sell(store, 1)
    assert store.writer.broken is None
    assert journal.find(store.writer.db, own)
    sell(store, 2)
    assert store.write(sales.refusals_of, 2) == ()
