"""Each operation of each key transaction fails, once or from then on: what was acknowledged is there, and nothing by half."""

import dataclasses
import random
from collections.abc import Callable
from typing import Any

import pytest

from loyalty.journal import Draft, Stamp
from loyalty.quote import Choice
from loyalty.sale import Enrol
from posd.store import agreements, checking, journal, pages, sales
from runtime.errors import Unavailable
from sync.pull import PullState
from sync.push import PushState
from sync.wire import EnrolAnswer, MemberRow
from tests.samples import HANDLE, agreed, basket, cafe, member, sold
from tests.sim.disk import Disk, Fault
from tests.sim.store import DiskStore, open_on

CHAIN = "0f" * 16
STAMP = Stamp(1_795_000_000_000, 120, "good")
SALE = sold(cafe(), member(300), basket(2500, 700), Choice("ten_off"))
PROMISE = agreed(cafe(), member(300), basket(2500, 700), Choice("ten_off"))
ROWS = [MemberRow(f"{number:020x}", "x" * 40, "", 0, {"point": {"": number}}, (f"7290{number}",)) for number in range(60)]
KINDS = ("eio", "enospc", "fsync")


def commit_sale(store: DiskStore, own: str) -> None:
    """A sale with a receipt of some pages."""
    store.write(sales.commit_sale, SALE, sales.Commit(own, STAMP, b"receipt" * 900, prints=True))


def promise(store: DiskStore, own: str) -> None:
    """The holds are asked for, then the promise is kept; the unanswered ones are voided first, as a checkout does."""
    holds = tuple(dataclasses.replace(hold, id=own[:-1] + str(place)) for place, hold in enumerate(PROMISE.holds))
    store.write(agreements.void_unanswered, STAMP, lambda: "f" + own[1:])
    store.write(agreements.ask_holds, HANDLE, holds)
    store.write(agreements.save, dataclasses.replace(PROMISE, id=own, holds=holds))


def cancel(store: DiskStore, own: str) -> None:
    """The promise of the start is taken back: a record, and the pieces are there again."""
    store.write(agreements.cancel, PROMISE.id, STAMP, own)


def save_page(store: DiskStore, own: str) -> None:
    """Sixty members and a cursor."""
    store.write(pages.save_page, ROWS, PullState(own))


def push_state(store: DiskStore, own: str) -> None:
    """Head office has all that is there."""
    head = journal.head(store.writer.db)
    store.write(journal.save_push_state, PushState(head.seq, head.hash, own))


TRANSACTIONS: dict[str, Callable[[DiskStore, str], None]] = {
    one.__name__: one for one in (commit_sale, promise, cancel, save_page, push_state)
}


def before() -> Disk:
    """An enrolled terminal with a sale and a promise."""
    disk = Disk(random.Random(0))
    store = open_on(disk, CHAIN)
    answer = EnrolAnswer("t7", "s", 2, "one", "Asia/Jerusalem", 0)
    store.write(journal.enrol, answer, STAMP, Draft("enrol", "e" * 32, Enrol("0.1", "s")))
    commit_sale(store, "1" * 32)
    store.write(agreements.ask_holds, HANDLE, PROMISE.holds)
    store.write(agreements.save, PROMISE)
    store.writer.stop()
    return disk


def content(store: DiskStore) -> dict[str, list[Any]]:
    """Every row that a transaction leaves behind; not how the terminal runs."""
    db = store.writer.db
    found = db.execute("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%'").fetchall()
    rows = {name: db.execute(f"SELECT * FROM {name} ORDER BY 1, 2").fetchall() for (name,) in found}
    columns = "acked_seq, acked_hash, trouble, push_incarnation, cursor, pull_incarnation, caught_up"
    return rows | {"terminal": db.execute(f"SELECT {columns} FROM terminal").fetchall()}


def steps_of(transaction: Callable[[DiskStore, str], None]) -> list[dict[str, list[Any]]]:
    """What is there before, and after each commit of it."""
    disk = before()
    store = open_on(disk, CHAIN)
    seen = [content(store)]
    write = store.writer.run

    def noted(*args: Any, **kwargs: Any) -> Any:
        result = write(*args, **kwargs)
        seen.append(content(store))
        return result

    store.writer.run = noted  # type: ignore[method-assign]
    transaction(store, "c" * 32)
    return seen


@pytest.mark.parametrize("persistent", [False, True], ids=["once", "for ever"])
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", TRANSACTIONS)
def test_every_operation_may_fail(name: str, kind: Any, persistent: bool) -> None:
    """Fail the first, the second ... to the last: after a new start there is what was acknowledged, of what failed all or nothing.

    After a failed write or sync nothing more is written, and the next start knows that it must check.
    """
    transaction, seen = TRANSACTIONS[name], steps_of(TRANSACTIONS[name])
    start = before().snapshot()
    for at in range(1, 400):
        disk = Disk(random.Random(at))
        disk.restore(start)
        store = open_on(disk, CHAIN)
        store.writer.checkpoint_rows = 1  # a checkpoint after each transaction: its operations are swept too
        disk.fail(Fault(kind, at, persistent))
        codes = []
        try:
            transaction(store, "c" * 32)
        except Unavailable as error:
            codes.append(error.code)
        tripped = disk.tripped
        if codes == ["disk_failed"]:
            with pytest.raises(Unavailable, match="failed"):
                commit_sale(store, "b" * 32)
        disk.crash()
        disk.forget_cache()
        again = open_on(disk, CHAIN)
        assert content(again) in seen, f"{name} {kind} at {at}"
        if not codes:
            assert content(again) == seen[-1]
        assert again.condition.unchecked
        assert again.write(checking.whole) is None
        if not tripped:
            assert at > 3
            return
    raise AssertionError("it never ended")
