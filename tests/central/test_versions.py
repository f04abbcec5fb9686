"""Head office and terminals of other releases: what they sent before, what they will send, and a database that is ahead."""

import asyncio
import json
from contextlib import suppress
from dataclasses import replace

import pytest
import sqlalchemy as sa

from central import apply
from central.apply import APPLY, Applier
from central.clock import now_ms
from central.store import records
from central.store.opening import open_store
from loyalty.journal import canonical, chain_hash
from loyalty.sale import ReturnedLine
from runtime.errors import Misconfigured
from sync import wire
from tests.earlier import FIRST_SALES, GOLDEN, MESSAGES, RECORDS, body_of
from tests.samples import HANDLE, basket, cafe, member, sold

TODAY = sorted((GOLDEN / "records").glob("[!h]*.json"))
READABLE = [path for path in RECORDS if (path.parent.name, path.stem.split("_")[0]) != ("first_line", "sale")]
REQUESTS = {"feed_request": ("/v1/feed", wire.FeedPage), "hold_request": ("/v1/holds", wire.HoldAnswer)}


async def states(office):
    """Of each record after the Enrol, what became of it."""
    found = await office.store.read(records.newest, 100)
    return [(row.kind, row.state) for row in reversed(found) if row.kind != "enrol" or row.seq > 1]


async def test_a_terminal_of_an_earlier_release_is_answered(office):
    """Its requests, byte for byte: the feed comes, a hold is decided."""
    terminal = await office.terminal()
    asked = [path for path in MESSAGES if path.stem in REQUESTS]
    for path in asked:
        where, shape = REQUESTS[path.stem]
        body = path.read_bytes()
        assert isinstance(await office.post(where, body, terminal.signed(where, body), shape), shape), path
    assert len(asked) == 4


async def test_every_record_ever_written_is_booked(office):
    """By any terminal, whenever it comes back: of every kind and shape, none is a dead letter or unknown."""
    written = {}
    for number, path in enumerate([*TODAY, *READABLE], 1):
        terminal = await office.terminal()
        kind, body = body_of(path)
        if kind == "return":
            body["original"] = terminal.sells(sold(cafe(), member(250), basket(1290, 2300))).id
        for hold in body.get("holds", ()):  # each terminal's own
            hold["id"] = f"{number:031x}f"
        written[terminal.record(kind, f"{number:032x}", body).id] = path
    await office.deliver()
    found = {row.id: row.state for row in await office.store.read(records.newest, 100)}
    assert {path: found[name] for name, path in written.items() if found[name] not in {"applied", "waiting"}} == {}
    assert len(written) > 10


async def test_a_sale_of_an_older_version_is_booked_and_taken_back_as_one_of_today(office, monkeypatch):
    """The first line's sale, whose shape is another: its points come, and go again with a return that reads it once more."""
    monkeypatch.setattr(wire, "RECORDS", FIRST_SALES)
    terminal = await office.terminal()
    _, body = body_of(GOLDEN / "records" / "first_line" / "sale.json")
    body |= {"holds": [], "redemptions": [], "discounts": [], "choices": []}
    sale = terminal.record("sale", "d" * 32, body)
    await office.deliver(terminal)
    assert (await office.balances(HANDLE))["point"] == 23
    first = wire.read_body(wire.read_envelope(sale.bytes))
    terminal.takes_back(sale.id, ReturnedLine("1", 1000), ReturnedLine("2", 1000), sale=first)
    await office.deliver(terminal)
    assert [state for _, state in await states(office)] == ["applied", "applied"]
    assert (await office.balances(HANDLE))["point"] == 0


async def test_what_a_later_release_adds_to_a_record_is_kept_and_passed_by(office):
    """A field more, inside or outside: the sale counts, and its bytes are as they came."""
    terminal = await office.terminal()
    more = {"of_tomorrow": {"deep": [1, None]}}
    plain = json.loads(terminal.sells(sold(cafe(), member(), basket(1000))).bytes)["body"]
    terminal.records.pop()
    inside = terminal.record("sale", terminal.any_id(), {**plain, **more})
    sealed = terminal.sells(sold(cafe(), member(), basket(500)))
    data = canonical({**json.loads(sealed.bytes), **more})
    terminal.records[-1] = outside = replace(sealed, bytes=data, hash=chain_hash(inside.hash, data))
    await office.deliver(terminal)
    assert await states(office) == [("sale", "applied")] * 2
    assert (await office.balances(HANDLE))["point"] == 15
    assert {inside.bytes, outside.bytes} <= {link.bytes for link in await office.store.read(records.of_chain, 1, 0, 10)}


async def test_what_was_kept_is_taken_up_by_the_release_that_knows_it(office, monkeypatch):
    """By its start alone, without anybody's doing; what is still not known stays kept, and nothing has its effect twice."""
    terminal = await office.terminal()
    terminal.record("stocktake", terminal.any_id(), {"shelves": 3})
    terminal.record("horoscope", terminal.any_id(), {"sign": "crab"})
    await office.deliver(terminal)
    assert [state for _, state in await states(office)] == ["kept", "kept"]
    done = []
    monkeypatch.setattr(wire, "RECORDS", {**wire.RECORDS, ("stocktake", 1): dict})
    monkeypatch.setattr(apply, "APPLY", {**APPLY, "stocktake": lambda *given: done.append(given[2])})
    for _ in range(2):
        running = asyncio.create_task(Applier(office.store, now_ms, lambda: None).run())
        async with asyncio.timeout(30):
            while (await states(office))[0][1] != "applied":
                await asyncio.sleep(0.01)
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running
    assert (await states(office), done) == ([("stocktake", "applied"), ("horoscope", "kept")], [{"shelves": 3}])


async def test_a_version_that_is_not_known_is_kept_at_every_start(office):
    """Its kind is known: it is looked at again, kept again, and stands in nobody's way."""
    terminal = await office.terminal()
    applier = Applier(office.store, now_ms, lambda: None)
    tomorrow = json.loads(terminal.sells(sold(cafe(), member(), basket(1000))).bytes)["body"]
    terminal.records.pop()
    terminal.record("sale", terminal.any_id(), tomorrow, version=7)
    terminal.sells(sold(cafe(), member(), basket(2000)))
    await office.deliver(terminal)
    await applier._take_up_kept()
    await applier.apply_pending()
    assert await states(office) == [("sale", "kept"), ("sale", "applied")]
    assert (await office.balances(HANDLE))["point"] == 20


async def test_the_database_of_a_newer_release_is_left_alone(url):
    """It is said, with what to do; nothing is changed."""
    async with open_store(url) as store:
        await store.run(lambda db: db.execute(sa.text("UPDATE alembic_version SET version_num = '9999'")))
    with pytest.raises(Misconfigured, match="schema 9999, newer than this posd-central"):
        async with open_store(url):
            pass
