"""The disk in memory: what a real one keeps it keeps, what a real one loses it loses, and a seed is a whole story."""

import errno
import itertools
import random
from typing import Any
from unittest.mock import patch

import apsw
import pytest

from posd.store import tokens
from posd.store.opening import FILE
from runtime.errors import Unavailable
from tests.sim.disk import Disk, Fault, PowerCut
from tests.sim.store import DiskStore, open_on

CHAIN = "0f" * 16


def disk(seed: int = 0, bytes_max: int = 1 << 40) -> Disk:
    return Disk(random.Random(seed), bytes_max)


def add(store: DiskStore, name: str) -> None:
    store.write(tokens.add, name, "till", name, 0)


def fill(store: DiskStore) -> None:
    for place in itertools.count():
        add(store, f"{place:05}" + "x" * 500)


def names(store: DiskStore) -> list[str]:
    return [name for name, _, _ in store.write(tokens.listed)]


def test_what_was_synced_is_there_after_a_cut_and_the_rest_may_be() -> None:
    """A file that was written and synced keeps its bytes; one that was not has lost some or none, as the seed has it."""
    found = set()
    for seed in range(60):
        one = disk(seed)
        one.write("kept", b"synced")
        one._grow(one._create("loose"), 0, b"x" * 2000)
        one.cut()
        one.power_on()
        assert one.read("kept") == b"synced"
        found.add(one.read("loose"))
    assert {None, b"", b"x" * 2000} < found, "torn ones too"


def test_a_cut_leaves_the_old_file_or_the_new_one() -> None:
    """At each step of writing a file anew."""
    seen = set()
    for seed in range(200):
        one = disk(seed)
        one.write("name", b"old")
        one.fail(Fault("cut", 1 + seed % 5))
        with pytest.raises(PowerCut):
            one.write("name", b"new")
        one.power_on()
        seen.add(one.read("name"))
    assert seen == {b"old", b"new"}


def test_a_database_lives_on_it_with_the_pragmas_of_posd() -> None:
    """WAL and FULL; what was committed is there after a cut, under the same chain."""
    one = disk()
    store = open_on(one, CHAIN)
    pragmas = [store.writer.db.execute(f"PRAGMA {name}").fetchone()[0] for name in ("journal_mode", "synchronous")]
    assert pragmas == ["wal", 2]
    add(store, "a")
    one.cut()
    with pytest.raises(PowerCut):
        add(store, "b")
    one.power_on()
    again = open_on(one, "1f" * 16)
    assert names(again) == ["a"]
    assert again.writer.db.execute("SELECT chain FROM terminal").fetchone() == (CHAIN,)


@pytest.mark.parametrize(("kind", "code"), [("eio", "disk_failed"), ("fsync", "disk_failed"), ("enospc", "disk_full")])
def test_errors_of_the_disk_are_told_as_posd_tells_them(kind: Any, code: str) -> None:
    """The same codes as of a real disk; a full one may be tried again, a failed one writes no more."""
    one = disk()
    store = open_on(one, CHAIN)
    add(store, "a")
    one.fail(Fault(kind, 1))
    with pytest.raises(Unavailable) as told:
        add(store, "b")
    assert told.value.code == code
    if code == "disk_full":
        add(store, "c")
        assert names(store) == ["a", "c"]
    else:
        with pytest.raises(Unavailable, match="failed"):
            add(store, "c")
        one.restore(one.snapshot())
        assert names(open_on(one, CHAIN)) in (["a"], ["a", "b"])


def test_a_disk_has_an_end() -> None:
    """Beyond its bytes it is full; a file that is removed makes room."""
    one = disk(bytes_max=700_000)
    one.reserve("other", 200_000)
    store = open_on(one, CHAIN)
    with pytest.raises(Unavailable, match="full"):
        fill(store)
    before = len(names(store))
    one.remove("other")
    add(store, "more")
    assert len(names(store)) == before + 1
    with pytest.raises(OSError, match="room") as told:
        one.write("big", bytes(700_000))
    assert told.value.errno == errno.ENOSPC


def test_a_failed_sync_is_not_made_good_by_the_next() -> None:
    """As on Linux the pages count as clean, and nobody writes them any more; programs see them until the cache goes."""
    lost = 0
    for seed in range(20):
        one = disk(seed)
        inode = one._create("f")
        one.sync()
        one._grow(inode, 0, b"x" * 4000)
        db_file = one._vfs.xOpen("f", [apsw.SQLITE_OPEN_READWRITE, 0])
        one.fail(Fault("fsync", 1))
        with pytest.raises(apsw.IOError):
            db_file.xSync(0)
        db_file.xSync(0)
        assert one.read("f") == b"x" * 4000
        one.forget_cache()
        lost += one.read("f") != b"x" * 4000
    assert 0 < lost < 20


def test_a_killed_process_leaves_what_was_not_synced_to_the_kernel() -> None:
    """The next one sees all of it, and only a power cut may take some of it away."""
    kept = set()
    for seed in range(40):
        one = disk(seed)
        one.write("kept", b"synced")
        one._grow(one._create("loose"), 0, b"x" * 2000)
        one.crash()
        assert one.read("loose") == b"x" * 2000
        one.cut()
        one.power_on()
        assert one.read("kept") == b"synced"
        kept.add(one.read("loose") == b"x" * 2000)
    assert kept == {True, False}


def test_a_database_that_was_closed_has_no_wal() -> None:
    """So the name of the next one must be made to last: posd's start sees to it, and a disk that does not loses what was sold."""
    lost = {True: 0, False: 0}
    for synced in lost:
        for seed in range(12):
            one = disk(seed)
            open_on(one, CHAIN).writer.stop()
            one.close()
            assert one.size(f"{FILE}-wal") is None
            one.restore(one.snapshot())
            with patch.object(Disk, "sync", Disk.sync if synced else lambda _: None):
                add(open_on(one, CHAIN), "a")
            one.cut()
            one.power_on()
            lost[synced] += names(open_on(one, CHAIN)) != ["a"]
    assert lost[True] == 0 < lost[False]


def test_a_snapshot_brings_everything_back() -> None:
    """A rollback and a clone: the disk, and another one, are what the first one was."""
    one, clone = disk(1), disk(2)
    store = open_on(one, CHAIN)
    add(store, "a")
    then = one.snapshot()
    add(store, "b")
    one.restore(then)
    clone.restore(then)
    assert names(open_on(one, CHAIN)) == names(open_on(clone, CHAIN)) == ["a"]


def test_the_same_seed_is_the_same_story() -> None:
    """Twice the same cuts leave twice the same files."""

    def story(seed: int) -> list[object]:
        one = disk(seed)
        told: list[object] = []
        for turn in range(10):
            one.fail(Fault("cut", 3 + turn * 7))
            try:
                store = open_on(one, CHAIN)
                for place in range(20):
                    add(store, f"{turn}-{place}")
            except PowerCut:
                told.append(one.tripped)
            one.power_on()
            told.append((names(open_on(one, CHAIN)), one.size(FILE)))
        return told

    assert story(5) == story(5) != story(6)
