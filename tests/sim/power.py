"""Power cuts under the terminal's store: what was acknowledged is there afterwards, whenever the power went.

One seed is one terminal's bad day: some transactions, a cut in the middle of one, perhaps another while it starts again, and every
acknowledged row is looked for; and so on, up to six times. It runs on apsw's own SQLite, which is newer than Debian's.

`make power-cuts` plays as many seeds as there are cuts wanted (CUTS=50000) and exits with 1 where something was lost; FIRST=7
CUTS=1 plays the seed 7 alone.
"""

import dataclasses
import itertools
import multiprocessing
import os
import random
import sys
from dataclasses import dataclass, field
from functools import cache

import apsw

from loyalty.agreement import Agreement
from loyalty.journal import Draft, Stamp
from loyalty.quote import Choice
from loyalty.sale import Enrol, Sale
from posd.store import agreements, checking, journal, pages, sales
from posd.store.opening import PRAGMAS
from runtime.errors import Unavailable
from sync.pull import PullState
from sync.push import PushState
from sync.wire import EnrolAnswer, MemberRow
from tests.samples import agreed, basket, cafe, member, sold
from tests.sim.disk import Disk, Fault, PowerCut, Snapshot
from tests.sim.store import DiskStore, open_on

STAMP = Stamp(1_795_000_000_000, 120, "good")
OPS_MAX = 220  # of the disk, before the power goes: some fifteen transactions
OPS_OF_A_START = 25  # when it goes again while posd starts
CUTS_MAX = 6  # in one run
TOLD_EVERY_CUTS = 5000
CHAIN = "0f" * 16


@dataclass
class Acknowledged:
    """What the store said is on the disk; of what is overwritten the last of these, or what was tried since without an answer."""

    sales: list[str] = field(default_factory=list)
    promises: list[str] = field(default_factory=list)
    cursor: list[str] = field(default_factory=lambda: [""])
    pushed: list[int] = field(default_factory=lambda: [0])
    count: int = 0


@dataclass
class Run:
    """What a seed came to: how often the power went, how much was acknowledged, and what of that was gone."""

    cuts: int
    acknowledged: int
    lost: list[str]


def play(seed: int, pragmas: tuple[str, ...] = PRAGMAS, *, syncs_folder: bool = True) -> Run:
    """The day of that seed; with other `pragmas`, or with a store that never syncs its folder, to see what they are worth."""
    disk = Disk(random.Random(seed))
    if not syncs_folder:
        disk.sync = lambda: None  # type: ignore[method-assign]
    try:
        return _day(disk, pragmas)
    finally:
        disk.crash()


def _day(disk: Disk, pragmas: tuple[str, ...]) -> Run:
    rng = disk.rng
    if rng.random() < 0.8:
        disk.restore(_enrolled())
    told, cuts = Acknowledged(), 0
    for _ in range(rng.randrange(1, CUTS_MAX + 1)):
        disk.fail(Fault("cut", rng.randrange(1, rng.choice((OPS_MAX, OPS_MAX, OPS_OF_A_START)))))
        try:
            store = _started(disk, pragmas)
            store.writer.checkpoint_rows = rng.choice((8, 40, 2500))
            if lost := _lost(store, told):
                return Run(cuts, told.count, lost)
            _morning(store, rng, told)
        except PowerCut:
            cuts += 1
            disk.power_on()
        except apsw.Error as error:  # with other pragmas there may be no database left
            return Run(cuts, told.count, [f"everything: {error}"])
    return Run(cuts, told.count, _lost(_started(disk, pragmas), told))


def _started(disk: Disk, pragmas: tuple[str, ...]) -> DiskStore:
    """As systemd starts it: again, if what the first start finds is no database, and sets that aside.

    That happens when the power goes while the very first page is written: here a journal's name does not last by itself.
    """
    try:
        return open_on(disk, CHAIN, pragmas)
    except Unavailable:
        fault = disk.fault
        disk.crash()
        disk.fail(fault)
        return open_on(disk, CHAIN, pragmas)


def _morning(store: DiskStore, rng: random.Random, told: Acknowledged) -> None:
    """Transactions until the power goes; what is acknowledged is noted once the store has returned."""
    if not store.write(journal.identity).terminal:
        store.write(journal.enrol, *_enrolment())
    while True:
        own = f"{rng.getrandbits(128):032x}"
        match rng.choice(("sale", "sale", "promise", "page", "push")):
            case "sale":
                store.write(
                    sales.commit_sale, _sale(), sales.Commit(own, STAMP, b"receipt" * rng.randrange(1, 400), prints=True)
                )
                told.sales.append(own)
            case "promise":
                promise = dataclasses.replace(_promise(), id=own, holds=())
                store.write(agreements.save, promise)
                told.promises.append(own)
            case "page":
                rows = [MemberRow(f"{rng.getrandbits(80):020x}", "", "", 0, {}, ()) for _ in range(rng.randrange(20))]
                told.cursor.append(own)
                store.write(pages.save_page, rows, PullState(own))
                told.cursor = [own]
            case "push":
                head = journal.head(store.writer.db)
                told.pushed.append(head.seq)
                store.write(journal.save_push_state, PushState(head.seq, head.hash))
                told.pushed = [head.seq]
        told.count += 1


def _lost(store: DiskStore, told: Acknowledged) -> list[str]:
    """What was acknowledged and is not there, and what else is wrong with the database."""
    lost = [f"sale {own}" for own in told.sales if not store.write(journal.find, own)]
    lost += [f"promise {own}" for own in told.promises if not store.write(agreements.find, own)]
    if (cursor := store.write(journal.pull_state).cursor) not in told.cursor:
        lost.append(f"cursor {told.cursor}, {cursor} is there")
    if (pushed := store.write(journal.push_state).seq) not in told.pushed:
        lost.append(f"push state {told.pushed}, {pushed} is there")
    if flaw := store.write(checking.whole):
        lost.append(f"record {flaw.seq}: {flaw.why}")
    return lost


@cache
def _enrolled() -> Snapshot:
    """A disk with the database of a terminal that is enrolled and has sold nothing."""
    disk = Disk(random.Random(0))
    open_on(disk, CHAIN).write(journal.enrol, *_enrolment())
    return disk.snapshot()


def _enrolment() -> tuple[EnrolAnswer, Stamp, Draft]:
    return EnrolAnswer("t7", "s", 2, "one", "Asia/Jerusalem", 0), STAMP, Draft("enrol", "e" * 32, Enrol("0.1", "s"))


@cache
def _sale() -> Sale:
    return sold(cafe(), member(300), basket(2500, 700), Choice("ten_off"))


@cache
def _promise() -> Agreement:
    return agreed(cafe(), member(300), basket(2500))


def main(cuts_wanted: int, first: int) -> int:
    """Play seeds on all cores until there were so many cuts; say what was lost."""
    cuts = acknowledged = lost = 0
    with multiprocessing.Pool() as pool:
        for seed, run in enumerate(pool.imap(play, itertools.count(first), chunksize=20), first):
            cuts, acknowledged, lost = cuts + run.cuts, acknowledged + run.acknowledged, lost + len(run.lost)
            for what in run.lost:
                print(f"seed {seed}: {what}", flush=True)
            if cuts // TOLD_EVERY_CUTS > (cuts - run.cuts) // TOLD_EVERY_CUTS:
                print(f"{cuts} cuts, seed {seed}, lost {lost}", flush=True)
            if cuts >= cuts_wanted:
                break
    print(f"cuts {cuts} acknowledged {acknowledged} lost {lost} (apsw's own SQLite {apsw.sqlite_lib_version()})")
    return 1 if lost else 0


if __name__ == "__main__":
    sys.exit(main(int(os.environ.get("CUTS", "50000")), int(os.environ.get("FIRST", "0"))))
