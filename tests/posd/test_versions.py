"""A terminal and a head office of another release: the real store and the real client, and what answers is of tomorrow."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from loyalty.journal import Draft, Stamp
from loyalty.refusal import Refusal
from loyalty.sale import Sale, Void
from posd.store import journal, pages
from posd.store.database import open_store
from posd.store.db import Db
from posd.storing import StoredCache, StoredJournal
from runtime.errors import Misconfigured, Unavailable
from sync import batch, wire
from sync.client import HeadOffice
from sync.loop import Link, Sync
from sync.pull import PullState
from sync.wire import HoldAnswer
from tests.earlier import FIRST_SALES, GOLDEN, body_of
from tests.sync.peer import answers, peer
from tests.sync.test_client import KEY
from tests.till import RICH, Till, code_of, lines, row

TOMORROW: dict[str, Any] = {"of_tomorrow": {"deep": [1, "x", None]}}


def later(message: object, **changes: Any) -> bytes:
    """What a later release says: the message with fields that are not known here."""
    return json.dumps({**json.loads(wire.encode(message)), **TOMORROW, **changes}).encode()


@asynccontextmanager
async def line(shop: Till, answer: bytes, status: str = "200 OK") -> AsyncIterator[Sync]:
    """The terminal's loops, and a head office that answers that to everything."""
    async with peer(answers(status, answer)) as url, aclosing(HeadOffice(url, "t7.1", KEY.sign)) as office:
        yield Sync(office, StoredJournal(shop.store), StoredCache(shop.store), Link(), lambda: 5, "0.1")


async def test_a_page_of_tomorrow_is_taken_over_as_far_as_it_is_known(shop: Till) -> None:
    """Fields and kinds that are not known here are passed by; the member, the cursor and the balance arrive."""
    known = json.loads(wire.encode(wire.feed_row(row(RICH, 777))))
    rows = [{"kind": "weather", "body": {"rain": True}}, {"kind": known["kind"], "body": {**known["body"], **TOMORROW}}]
    page = wire.FeedPage("c9", (), more=False, incarnation="one", server_ms=7)
    async with line(shop, later(page, rows=rows)) as sync:
        await sync.pull_page()
        assert sync.link.online
    assert await shop.balance(code_of(RICH)) == 777
    assert (await shop.store.look(journal.pull_state)).cursor == "c9"


async def test_an_answer_of_tomorrow_to_a_push_is_understood(shop: Till) -> None:
    """What is stored is acknowledged, whatever else is said of it."""
    _, digest = await pushed(shop)
    async with line(shop, later(wire.PushAnswer("stored", 1, digest, "one", 7))) as sync:
        await sync.push_all()
    assert (await shop.store.look(journal.push_state)).seq == 1


@pytest.mark.parametrize(
    ("answer", "status", "error"),
    [
        (later(wire.PushAnswer("stored", 1, "0" * 64, "one", 7), outcome="postponed"), "200 OK", Unavailable),
        (later(wire.Problem("gone_fishing", "x")), "418 I'm a teapot", Unavailable),
        (later(wire.Problem("fenced", "x")), "403 Forbidden", Misconfigured),
        (b'{"detail":"Not Found"}', "404 Not Found", Unavailable),
    ],
    ids=["another outcome", "another problem", "a known problem", "an address that it does not have"],
)
async def test_what_is_not_understood_moves_no_record(shop: Till, answer: bytes, status: str, error: type[Exception]) -> None:
    """It is tried again, and meanwhile the terminal sells."""
    async with line(shop, answer, status) as sync:
        with pytest.raises(error):
            await sync.push_all()
    assert (await shop.store.look(journal.push_state)).seq == 0
    await shop.sell(1000, "k", ask={"basket": lines(1000)})
    assert await shop.store.look(journal.queued) == (2, 0)


async def test_a_refusal_of_tomorrow_is_a_refusal(shop: Till) -> None:
    """The cashier reads that it cannot be had, nothing is spent, and the sale goes on."""
    shop.office.answer = lambda _: HoldAnswer(granted=False, refusal=Refusal("moon_not_full", {"days": 3}))
    agreed = await shop.agree(lines(5000), code_of(RICH), "ten_off")
    assert (agreed["agreement"], agreed["refusal"]["code"]) == (None, "moon_not_full")
    assert agreed["refusal"]["sentence"]
    assert await shop.balance(code_of(RICH)) == 250


async def pushed(shop: Till) -> tuple[int, str]:
    """Where the journal ends."""
    head = await shop.store.look(journal.head)
    return head.seq, head.hash


async def test_a_release_that_reads_more_begins_the_feed_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What an older one has passed by would never come again; the same release goes on where it was."""
    began = []
    for reading in ("a", "a", "b", "b", "a"):
        monkeypatch.setattr("posd.store.starting.READING", reading)
        async with open_store(tmp_path) as store:
            began.append(await store.look(journal.pull_state))
            await store.run(pages.save_page, (), PullState("far", "one", caught_up=True))
    assert [state.cursor for state in began] == ["", "far", "", "far", ""]
    assert [state.caught_up for state in began] == [False, True, False, True, False]


async def test_a_sale_in_the_journal_from_before_an_upgrade_is_answered_and_taken_back(
    shop: Till, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first line's sale, of another shape: a till that repeats its key is told what is booked, and its goods come back."""
    monkeypatch.setattr(wire, "RECORDS", FIRST_SALES)
    _, body = body_of(GOLDEN / "records" / "first_line" / "sale.json")
    await shop.store.run(journal.append, Stamp(1_795_000_000_000, 120), Draft("sale", "d" * 32, body))
    seq, _, data = await shop.store.look(journal.find, "d" * 32)
    assert seq == 2
    assert isinstance(wire.read_body(wire.read_envelope(data)), Sale)
    asked = {
        "sale": "d" * 32,
        "till": "1",
        "receipt_number": "9",
        "business_date": "2026-11-22",
        "lines": [{"line": "1", "quantity_milli": 1000}],
    }
    answer = await shop.ask("/v1/returns", asked, **{"Idempotency-Key": "back"})
    assert answer.status_code == 200, answer.text
    assert (answer.json()["estimate"], answer.json()["refund_minor"]) == (False, 571)


BEFORE_LEASES = ("lease", "leased")
BEFORE_LOTS = ("visits", "spent_minor", "joined", "last_visit", "segments", "occasions", "plans")


async def test_a_promise_from_before_an_upgrade_is_kept(shop: Till) -> None:
    """An agreement that an earlier release has stored, with a hold and a member as they were then, is paid after the upgrade."""
    agreed = await shop.agree(lines(3000), code_of(RICH), "ten_off")

    def as_it_was(db: Db) -> None:
        [data] = db.execute("SELECT bytes FROM agreement").fetchone()
        told = json.loads(data)
        told["member"] = {name: value for name, value in told["member"].items() if name not in BEFORE_LOTS}
        told["holds"] = [{name: value for name, value in hold.items() if name not in BEFORE_LEASES} for hold in told["holds"]]
        assert len(told["holds"]) == 1
        db.execute("UPDATE agreement SET bytes = ?", (json.dumps(told).encode(),))

    await shop.store.run(as_it_was)
    booked = await shop.sell(2000, "k", agreement=agreed["agreement"])
    assert (booked["spent"], booked["flags"]) == ({"points": 100}, [])
    assert await shop.balance(code_of(RICH)) == 170


async def test_an_older_release_sends_what_a_newer_one_wrote(shop: Till) -> None:
    """A terminal that was set back has records that it cannot read: they go to head office as they are."""
    await shop.store.run(journal.append, Stamp(0, 0), Draft("sale", "c" * 32, {"of": "tomorrow"}, version=9))
    await shop.store.run(journal.append, Stamp(0, 0), Draft("void", "e" * 32, Void("e" * 32, (), "")))
    sent: list[bytes] = []

    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        length = next(int(one[15:]) for one in head.lower().split(b"\r\n") if one.startswith(b"content-length:"))
        sent.extend(batch.unpack(await reader.readexactly(length)))
        seq, digest = await pushed(shop)
        told = wire.encode(wire.PushAnswer("stored", seq, digest, "one", 7))
        writer.write(b"HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: %d\r\n\r\n%b" % (len(told), told))
        await writer.drain()

    async with peer(script) as url, aclosing(HeadOffice(url, "t7.1", KEY.sign)) as office:
        await Sync(office, StoredJournal(shop.store), StoredCache(shop.store), Link(), lambda: 5, "0.1").push_all()
    assert [wire.read_envelope(data).version for data in sent] == [1, 9, 1]
    assert (await shop.store.look(journal.push_state)).seq == 3
