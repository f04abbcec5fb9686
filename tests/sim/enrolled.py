"""An enrolled terminal on a disk that fails: what the tests of its store begin with."""

import random

from loyalty.journal import Draft, Stamp
from loyalty.quote import Choice
from loyalty.sale import Enrol
from posd.store import journal, sales
from posd.store.starting import Places
from sync.wire import EnrolAnswer
from tests.samples import basket, cafe, member, sold
from tests.sim.disk import Disk
from tests.sim.store import DiskStore, open_on

CHAIN = "0f" * 16
STAMP = Stamp(1_795_000_000_000, 120, "good")
SALE = sold(cafe(), member(300), basket(2500, 700), Choice("ten_off"))
RECEIPT = b"receipt" * 100


def enrolled(disk: Disk, places: Places | None = None, *, chain: str = CHAIN, epoch: int = 2) -> DiskStore:
    """A terminal that has just been enrolled: its journal has one record."""
    store = open_on(disk, chain, places=places)
    answer = EnrolAnswer("t7", "s", epoch, "one", "Asia/Jerusalem", 0)
    store.write(journal.enrol, answer, STAMP, Draft("enrol", f"{epoch:032x}", Enrol("0.1", "s")))
    return store


def sell(store: DiskStore, number: int, stamp: Stamp = STAMP) -> str:
    """One more sale, with a receipt to print; its id."""
    own = f"{number + 1000:032x}"
    store.write(sales.commit_sale, SALE, sales.Commit(own, stamp, RECEIPT, prints=True))
    return own


def shop(seed: int = 0, *, bytes_max: int = 1 << 40, ballast_bytes: int = 0) -> tuple[Disk, Disk, Places]:
    """A terminal's disk, another one for its high-water file, and the two as places."""
    disk, water = Disk(random.Random(seed), bytes_max), Disk(random.Random(seed + 1))
    return disk, water, Places(disk, water, ballast_bytes)
