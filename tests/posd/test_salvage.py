"""Old databases: what is sent of them, where that ends, and that nothing of it is changed."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from loyalty.journal import FIRST_PREV_HASH, Draft, Stamp, chain_hash
from loyalty.sale import Enrol
from posd.salvage import send
from posd.store import journal, sales
from posd.store.database import open_store
from posd.store.opening import FILE
from posd.store.salvaging import read
from runtime.errors import Misconfigured
from sync import wire
from sync.joining import AttachmentAnswer, AttachmentRequest
from sync.wire import EnrolAnswer, PushAnswer
from tests.samples import basket, cafe, sold

STAMP = Stamp(1_795_000_000_000, 120, "good")


class Office:
    """Head office with so much of the journal; it takes what follows, and says where it stands."""

    def __init__(self, *stored: bytes) -> None:
        self.stored = list(stored)
        self.asked = 0
        self.refuses = self.wrong = ""
        self.attached: list[str] = []

    async def push(self, records: list[bytes]) -> PushAnswer:
        """As central/ingest.py answers."""
        self.asked += 1
        first = wire.read_envelope(records[0]).seq
        outcome = "gap"
        if first <= len(self.stored) + 1:
            outcome = "stored"
            self.stored += records[len(self.stored) + 1 - first :]
        return PushAnswer(outcome, len(self.stored), self.head(), "one", 0)

    async def attach(self, request: AttachmentRequest) -> AttachmentAnswer:
        """As central/people.py answers; nobody sends what belongs to a record that is not here."""
        if self.refuses:
            raise Misconfigured(self.refuses, "no", "Look")
        assert wire.read_envelope(self.stored[request.seq - 1]).id == request.record
        self.attached.append(request.content)
        return AttachmentAnswer("wrong" if request.content == self.wrong else "stored")

    def head(self) -> str:
        """The hash of what is stored."""
        head = FIRST_PREV_HASH
        for data in self.stored:
            head = chain_hash(head, data)
        return head


async def old_database(folder: Path, records: int) -> Path:
    """The database of a terminal that has sold, and is no more."""
    async with open_store(folder) as store:
        answer = EnrolAnswer("t7", "s", 2, "one", "Asia/Jerusalem", 0)
        await store.run(journal.enrol, answer, STAMP, Draft("enrol", "e" * 32, Enrol("0.1", "s")))
        for number in range(records - 1):
            sale = sold(cafe(), None, basket(100, 200))
            await store.run(sales.commit_sale, sale, sales.Commit(f"{number:032x}", STAMP, b"", prints=False))
    return folder / FILE


async def test_everything_is_sent_in_order_and_verbatim(tmp_path: Path) -> None:
    """In as many batches as it takes, and again without harm."""
    file = await old_database(tmp_path, wire.BATCH_RECORDS_MAX + 20)
    before = file.read_bytes()
    found, office = read(file), Office()
    done = await send(found, office)
    assert (done.found, done.unreadable, done.seq, done.left) == (520, 0, 520, {})
    assert office.stored == list(found.records.values())
    again = await send(read(file), office)
    assert (again.seq, again.left, len(office.stored)) == (520, {}, 520)
    assert file.read_bytes() == before


async def test_head_office_knows_less_than_the_old_database_thought(tmp_path: Path) -> None:
    """It was restored since: it is gone back to where it stands, once."""
    file = await old_database(tmp_path, 30)
    with closing(sqlite3.connect(file)) as db:
        db.execute("UPDATE terminal SET acked_seq = 25")
        db.commit()
    records = list(read(file).records.values())
    office = Office(*records[:10])
    done = await send(read(file), office)
    assert (done.seq, office.stored, office.asked) == (30, records, 2)


async def test_what_follows_a_record_that_cannot_be_read_is_kept_for_a_person(tmp_path: Path) -> None:
    """The chain ends at the hole: head office cannot know what was there."""
    file = await old_database(tmp_path, 400)
    with closing(sqlite3.connect(file)) as db:
        pages = db.execute("SELECT pageno FROM dbstat WHERE name = 'journal' AND pagetype = 'leaf' ORDER BY path").fetchall()
        size = db.execute("PRAGMA page_size").fetchone()[0]
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    (page,) = pages[len(pages) // 2]
    with file.open("r+b") as out:
        out.seek((page - 1) * size)
        out.write(b"\xff" * size)
    found = read(file)
    assert 0 < found.unreadable < 50
    assert len(found.records) == 400 - found.unreadable
    office = Office()
    done = await send(found, office)
    first_gone = min(set(range(1, 401)) - set(found.records))
    assert done.seq == len(office.stored) == first_gone - 1
    assert min(done.left) == max(done.left) - len(done.left) + 1 == first_gone + found.unreadable


async def joined(folder: Path, *seqs: int) -> Path:
    """The database of a terminal with five records, and what belongs to some of them."""
    file = await old_database(folder, 5)
    with closing(sqlite3.connect(file)) as db:
        db.executemany("INSERT INTO attachment (seq, content) VALUES (?, ?)", [(seq, f"of {seq}") for seq in seqs])
        db.commit()
    return file


async def test_what_joining_members_gave_goes_behind_its_records(tmp_path: Path) -> None:
    """Of a record that is pruned or unreadable nobody knows whose it is: that is told."""
    file = await joined(tmp_path, 2, 5)
    found = read(file)
    office = Office()
    done = await send(found, office)
    assert (office.attached, done.attached, done.not_attached) == (["of 2", "of 5"], 2, 0)
    office = Office()
    office.wrong = "of 2"
    done = await send(found, office)
    assert (office.attached, done.attached, done.not_attached) == (["of 2", "of 5"], 1, 1)
    del found.records[4]
    office = Office()
    done = await send(found, office)
    assert (office.attached, done.attached, done.not_attached, done.seq) == (["of 2"], 1, 1, 3)


async def test_a_head_office_that_does_not_know_the_terminal_yet_has_the_records_all_the_same(tmp_path: Path) -> None:
    """It was restored from before the enrolment; what members gave goes once somebody has accepted the terminal."""
    office, found = Office(), read(await joined(tmp_path, 2))
    office.refuses = "not_signed"
    done = await send(found, office)
    assert (done.seq, done.left, done.attached, done.not_attached) == (5, {}, 0, 1)
    office.refuses = "not_supported"
    with pytest.raises(Misconfigured, match="no"):
        await send(found, office)


async def test_what_head_office_does_not_take_is_told(tmp_path: Path) -> None:
    """A word that moves nothing ends it at once: nobody asks for ever."""
    file = await old_database(tmp_path, 5)

    class Refusing(Office):
        async def push(self, records: list[bytes]) -> PushAnswer:
            self.asked += 1
            return PushAnswer("fork", 0, FIRST_PREV_HASH, "one", 0)

    office = Refusing()
    done = await send(read(file), office)
    assert (done.outcome, done.seq, len(done.left), office.asked) == ("fork", 0, 5, 1)


@pytest.mark.parametrize("content", [None, b"", b"a text of some length, and no database" * 100])
def test_what_is_no_database_of_posd_is_told(tmp_path: Path, content: bytes | None) -> None:
    """With what to give instead."""
    file = tmp_path / "file"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(Misconfigured, match=r"posd\.db") as told:
        read(file)
    assert told.value.code == "no_database"
