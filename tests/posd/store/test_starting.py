"""A start after whatever happened: what is checked, what is frozen, what is set aside, and that sales go on."""

import random
from dataclasses import replace

import pytest

from loyalty.journal import Head
from posd.store import checking, code_uses, highwater, journal, members, pages
from posd.store.ballast import BYTES
from posd.store.condition import ROLLED_BACK
from posd.store.opening import FILE
from runtime.errors import Unavailable
from sync.pull import PullState
from sync.push import FORKED, PushState
from sync.wire import LeaseRow, MemberRow
from tests.sim.disk import Disk, Fault, PowerCut
from tests.sim.enrolled import CHAIN, enrolled, sell, shop
from tests.sim.store import DiskStore, open_on

OTHER = "1e" * 16


def sold(store: DiskStore) -> int:
    """How many records there are."""
    return journal.head(store.writer.db).seq


def spends(store: DiskStore) -> str:
    """Why nothing may be spent; empty if it may."""
    stopped = store.condition.spending()
    return stopped.code if stopped else ""


def flip_where(disk: Disk, pattern: bytes) -> None:
    """One bit inside the first place of the database file that has `pattern`."""
    at = (disk.read(FILE) or b"").index(pattern)
    disk.flip(FILE, (at + len(pattern) // 2) * 8)


def test_after_an_orderly_stop_nothing_is_in_question() -> None:
    """It may spend at once."""
    disk, _, places = shop()
    store = enrolled(disk, places)
    assert spends(store) == ""
    store.writer.stop()
    assert spends(open_on(disk, OTHER, places=places)) == ""


def test_after_a_crash_it_sells_and_does_not_spend() -> None:
    """Until the whole check has been done, which is another step."""
    disk, _, places = shop()
    sell(enrolled(disk, places), 1)
    disk.crash()
    store = open_on(disk, OTHER, places=places)
    assert spends(store) == "spending_unchecked"
    assert store.condition.troubles() == ["unchecked"]
    sell(store, 2)
    assert sold(store) == 3
    assert store.write(checking.whole) is None


def test_a_crash_of_the_start_itself_is_one_too() -> None:
    """What was not checked stays so until it is."""
    disk, _, places = shop()
    enrolled(disk, places)
    for _ in range(3):
        disk.crash()
        store = open_on(disk, OTHER, places=places)
    assert spends(store) == "spending_unchecked"


def test_rot_in_what_head_office_has_not_heard_is_found_before_the_first_sale() -> None:
    """The database is set aside as it is, and nothing of it is sold on: a record that was changed is no record."""
    disk, _, places = shop()
    store = enrolled(disk, places)
    own = sell(store, 1)
    store.writer.db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    disk.crash()
    flip_where(disk, f'"id":"{own}"'.encode())
    with pytest.raises(Unavailable) as told:
        open_on(disk, OTHER, places=places)
    assert told.value.code == "database_damaged"
    disk.crash()
    fresh = open_on(disk, OTHER, places=places)
    assert journal.identity(fresh.writer.db).chain == OTHER, "a new journal, to be enrolled again"
    assert sold(fresh) == 0
    kept = disk.read(f"{FILE}.aside-1")
    assert kept
    assert own.encode() not in kept, "as it is, not mended"


def test_rot_in_what_head_office_tells_again_costs_nothing() -> None:
    """The members' pages are broken: journal and promises go on in a new file under the same name, and the feed is read anew."""
    disk, _, places = shop()
    store = enrolled(disk, places)
    own = sell(store, 1)
    rows = [MemberRow(f"{number:020x}", f"name-{number}", "", 0, {}, (f"code-{number}",)) for number in range(1000)]
    store.write(pages.save_page, rows, PullState("cursor"))
    store.writer.db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    root = store.writer.db.execute("SELECT rootpage FROM sqlite_master WHERE name = 'member_code'").fetchone()[0]
    disk.crash()
    for bit in range(64):
        disk.flip(FILE, (root - 1) * 4096 * 8 + bit)
    store = open_on(disk, OTHER, places=places)
    with pytest.raises(Unavailable, match="damaged"):
        store.write(members.by_code, "code-500", "2026-11-18")
    disk.crash()
    again = open_on(disk, OTHER, places=places)
    assert journal.identity(again.writer.db).chain == CHAIN
    assert journal.find(again.writer.db, own)
    assert journal.pull_state(again.writer.db).cursor == ""
    assert members.count(again.writer.db) == 1000
    assert spends(again) == "spending_unchecked"
    assert again.write(checking.whole) is None
    sell(again, 2)


def test_members_of_whom_we_have_something_go_on() -> None:
    """A page of the members cannot be read: whose lease is here, and whose code was used here, is on another one."""
    disk, _, places = shop()
    store = enrolled(disk, places)
    mine = [f"{number:020x}" for number in range(1000)]
    rows: list[object] = [MemberRow(handle, f"name-{handle}", "", 0, {}, ()) for handle in mine]
    store.write(pages.save_page, [*rows, LeaseRow("0e" * 16, mine[1], {"points": 100})], PullState("cursor"))
    store.write(code_uses.use, mine[2], 7, "")
    store.writer.db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    page = (disk.read(FILE) or b"").index(f"name-{mine[900]}".encode()) // 4096
    disk.crash()
    for bit in range(64):
        disk.flip(FILE, page * 4096 * 8 + bit)
    with pytest.raises(Unavailable, match="damaged"):
        open_on(disk, OTHER, places=places).write(members.by_handle, mine[900], "2026-11-18")
    disk.crash()
    again = open_on(disk, OTHER, places=places).writer.db
    assert again.execute("SELECT member FROM lease UNION ALL SELECT member FROM code_use").fetchall() == [
        (members.row_of(again, mine[1]),),
        (members.row_of(again, mine[2]),),
    ]


@pytest.mark.parametrize("at", range(1, 60, 2))
def test_a_power_cut_while_it_is_set_aside(at: int) -> None:
    """Wherever it comes, the next start finishes it: the sale is there, and the old file lies beside it once."""
    disk = Disk(random.Random(at))
    store = enrolled(disk)
    own = sell(store, 1)
    store.write(pages.save_page, [], PullState("cursor"))
    store.writer.failed(Unavailable("database_damaged", "as if"))
    disk.crash()
    disk.sync()
    disk.fail(Fault("cut", at))
    try:
        open_on(disk, OTHER)
    except PowerCut:
        disk.power_on()
    else:
        disk.crash()
    again = open_on(disk, OTHER)
    assert journal.find(again.writer.db, own)
    assert journal.identity(again.writer.db).chain == CHAIN
    assert (disk.size(f"{FILE}.aside-1"), disk.size(f"{FILE}.aside-2")) != (None, None)
    assert disk.size(f"{FILE}.aside-2") is None


def test_an_older_copy_is_recognized_without_head_office() -> None:
    """The database of yesterday under today's high-water file: it sells and accrues, it spends nothing, for good."""
    disk, _, places = shop()
    store = enrolled(disk, places)
    sell(store, 1)
    store.writer.stop()
    disk.crash()
    yesterday = disk.snapshot()
    store = open_on(disk, OTHER, places=places)
    sell(store, 2)
    store.writer.stop()
    disk.restore(yesterday)
    for number in range(3):
        store = open_on(disk, OTHER, places=places)
        assert (store.condition.frozen, spends(store)) == (ROLLED_BACK, "spending_frozen")
        for place in range(60):
            sell(store, 100 * number + place + 10)
        store.writer.stop()
        disk.crash()
    assert sold(open_on(disk, OTHER, places=places)) > 180


def test_after_a_crash_a_copy_older_than_a_step_is_recognized() -> None:
    """And the crash itself is not taken for one, however far between two marks it came."""
    for sales in range(0, 2 * highwater.STEP, 7):
        disk, _, places = shop()
        store = enrolled(disk, places)
        then = disk.snapshot()
        for number in range(sales):
            sell(store, number)
        disk.crash()
        assert open_on(disk, OTHER, places=places).condition.frozen == ""
        disk.restore(then)
        frozen = open_on(disk, OTHER, places=places).condition.frozen
        assert frozen == (ROLLED_BACK if sales > highwater.STEP else frozen)


def test_a_terminal_enrolled_anew_is_no_older_copy_and_the_one_before_it_is() -> None:
    """A higher epoch with a new journal takes the file over; the old database beside it is recognized."""
    disk, water, places = shop()
    store = enrolled(disk, places)
    for number in range(100):
        sell(store, number)
    store.writer.stop()
    disk.crash()
    old = disk.snapshot()
    disk.restore(replace(old, names={name: data for name, data in old.names.items() if not name.startswith(FILE)}))
    new = enrolled(disk, places, chain=OTHER, epoch=3)
    assert new.condition.frozen == ""
    sell(new, 1)
    new.writer.stop()
    assert open_on(disk, CHAIN, places=places).condition.frozen == ""
    disk.restore(old)
    assert open_on(disk, CHAIN, places=places).condition.frozen == ROLLED_BACK
    assert b"t7" in (water.read(highwater.FILE) or b"")


def test_a_high_water_file_that_cannot_be_written_stops_no_sale() -> None:
    """It is told, and once it can be written again it is not told any more."""
    disk, water, places = shop()
    store = enrolled(disk, places)
    water.fail(Fault("eio", 1, persistent=True))
    for number in range(highwater.STEP):
        sell(store, number)
    assert store.condition.troubles() == ["unguarded"]
    assert spends(store) == ""
    water.fail(None)
    for number in range(highwater.STEP):
        sell(store, 1000 + number)
    assert store.condition.troubles() == []


def test_a_high_water_file_of_nonsense_is_told_and_written_anew() -> None:
    """It is a help, not a condition."""
    disk, water, places = shop()
    enrolled(disk, places).writer.stop()
    water.write(highwater.FILE, b"nonsense")
    store = open_on(disk, OTHER, places=places)
    assert store.condition.frozen == ""
    store.writer.stop()
    assert open_on(disk, OTHER, places=places).condition.troubles() == []


def test_head_offices_word_freezes_too() -> None:
    """A fork, or more records there than here, stays frozen when the push goes well again: only an enrolment ends it."""
    disk, _, places = shop()
    store = enrolled(disk, places)
    head = journal.head(store.writer.db)
    store.write(journal.save_push_state, PushState(1, head.hash, "one", FORKED))
    store.write(journal.save_push_state, PushState(1, head.hash, "one", ""))
    store.writer.stop()
    assert open_on(disk, OTHER, places=places).condition.frozen == FORKED


def test_a_full_disk_gives_up_its_ballast_and_sells_on() -> None:
    """Nothing fails, nothing is spent, it is told; when there is room again the ballast is there again."""
    disk, _, places = shop(bytes_max=3 * BYTES, ballast_bytes=BYTES)
    store = enrolled(disk, places)
    assert disk.size("ballast") == BYTES
    disk.reserve("somebody's film", disk.bytes_max - disk.used_bytes)
    for number in range(20):
        sell(store, number)
    assert (spends(store), store.condition.troubles()) == ("spending_disk_full", ["disk_full"])
    assert disk.size("ballast") is None
    assert sold(store) == 21
    store.writer.ballast.make()
    assert spends(store) == "spending_disk_full", "there is no room for twice the ballast"
    disk.remove("somebody's film")
    store.writer.ballast.make()
    assert (spends(store), disk.size("ballast")) == ("", BYTES)


def test_a_disk_that_is_full_to_the_last_byte_still_starts() -> None:
    """Without a ballast to give up: it reads, what was acknowledged is there, and a sale is told that there is no room."""
    disk, _, places = shop(bytes_max=1_000_000)
    store = enrolled(disk, places)
    own = sell(store, 1)
    store.writer.stop()
    disk.reserve("film", disk.bytes_max - disk.used_bytes)
    store = open_on(disk, OTHER, places=places)
    assert journal.find(store.writer.db, own)
    with pytest.raises(Unavailable, match="full"):
        sell_until_full(store)
    assert sold(store) >= 2


def sell_until_full(store: DiskStore) -> None:
    """A disk of a megabyte does not take a thousand sales."""
    for number in range(1000):
        sell(store, number + 10)


def test_the_check_goes_on_in_slices_from_what_is_known() -> None:
    """Each slice begins with the hash that the one before ended with, and the last says that it is the last."""
    disk, _, places = shop()
    store = enrolled(disk, places)
    for number in range(2 * checking.SLICE_RECORDS):
        sell(store, number)
    checked, turns = checking.Checked(Head(), more=True), 0
    while checked.more:
        checked, turns = checking.some(store.writer.db, checked.head), turns + 1
    assert (checked.head, checked.flaw, turns) == (journal.head(store.writer.db), None, 3)
