"""Pushing: what is stored, what is acknowledged, and what is refused."""

import asyncio

import pytest
import zstandard

from central import fence
from central.clock import now_ms
from central.store import records
from loyalty.journal import canonical
from sync import batch, wire
from tests.samples import basket, cafe, member, sold
from tests.terminals import FieldTerminal


async def a_day(office, sales=3):
    """A terminal with an Enrol record and so many sales that nobody has heard of yet."""
    terminal = await office.terminal()
    for amount in range(1, sales + 1):
        terminal.sells(sold(cafe(), member(), basket(amount * 100)))
    return terminal


async def stored(office):
    """Every stored record's bytes, in order, by chain."""

    def look(db):
        return [[link.bytes for link in records.of_chain(db, chain.id, 0, 1000)] for chain in records.chains(db)]

    return await office.store.read(look)


async def test_a_contiguous_batch_is_stored_and_acknowledged(office):
    """What was pushed is there, verbatim, when the answer comes."""
    terminal = await a_day(office)
    answer = await office.push(terminal)
    assert (answer.outcome, answer.seq, answer.hash) == ("stored", 4, terminal.head.hash)
    assert await stored(office) == [[record.bytes for record in terminal.records]]


async def test_a_lost_reply_repeated_has_no_effect(office):
    """The same batch again gets the same acknowledgment and stores nothing twice."""
    terminal = await a_day(office)
    first = await office.push(terminal)
    again = await office.push(terminal)
    assert (again.outcome, again.seq, again.hash) == ("stored", first.seq, first.hash)
    assert len((await stored(office))[0]) == 4


@pytest.mark.parametrize(("first", "last"), [(1, 2), (2, 3), (3, 4), (4, 4), (3, 5), (5, 5)])
async def test_a_batch_that_overlaps_stores_what_is_new(office, first, last):
    """A repeat in front of new records is acknowledged with them."""
    terminal = await a_day(office)
    await office.push(terminal, 1, 4)
    terminal.sells(sold(cafe(), None, basket(500)))
    answer = await office.push(terminal, first, last)
    assert (answer.outcome, answer.seq) == ("stored", max(4, last))
    assert (await stored(office))[0] == [record.bytes for record in terminal.records[: max(4, last)]]


async def test_a_gap_is_told_what_is_expected(office):
    """Nothing behind a missing record is stored; the answer names the last one that is."""
    terminal = await a_day(office)
    await office.push(terminal, 1, 1)
    answer = await office.push(terminal, 3)
    assert (answer.outcome, answer.seq, answer.hash) == ("gap", 1, terminal.records[0].hash)
    assert len((await stored(office))[0]) == 1


async def test_only_the_terminal_s_own_key_may_push(office):
    """A request signed by a stranger's key, or by nobody, is refused and stores nothing."""
    terminal = await a_day(office)
    body = terminal.batch()
    stranger = FieldTerminal(terminal.code, terminal.epoch)
    for headers in (stranger.signed("/v1/journal", body), {}):
        assert (await office.post("/v1/journal", body, headers, wire.PushAnswer)).code == "not_signed"
    assert await stored(office) == [[]]


async def test_an_altered_byte_breaks_the_signature(office):
    """A body that was changed on its way is not believed."""
    terminal = await a_day(office)
    body = terminal.batch()
    headers = terminal.signed("/v1/journal", body)
    altered = body[:-1] + bytes([body[-1] ^ 1])
    assert (await office.post("/v1/journal", altered, headers, wire.PushAnswer)).code == "not_signed"


async def test_an_altered_record_breaks_the_chain(office):
    """A record that was changed, in a request that is signed all the same, is refused with its place in the batch."""
    terminal = await a_day(office)
    changed = [record.bytes for record in terminal.records]
    changed[1] = changed[1].replace(b'"amount_minor":100', b'"amount_minor":200')
    answer = await office.push_bytes(terminal, batch.pack(changed))
    assert (answer.code, answer.message[:9]) == ("malformed", "record 3 ")
    changed[0] = changed[0].replace(b'"prev_hash":"0', b'"prev_hash":"1')
    answer = await office.push_bytes(terminal, batch.pack(changed[:1]))
    assert (answer.code, answer.message[:9]) == ("malformed", "record 1 ")
    assert await stored(office) == [[]]


@pytest.mark.parametrize("what", ["terminal", "epoch", "chain"])
async def test_somebody_else_s_records_are_not_stored(office, what):
    """A signed batch of records that belong elsewhere is malformed."""
    terminal = await a_day(office)
    other = {"terminal": terminal.code, "epoch": terminal.epoch, "chain": terminal.chain}
    other[what] = {"terminal": "another", "epoch": 7, "chain": "f" * 32}[what]
    twin = FieldTerminal(other["terminal"], other["epoch"], terminal.key, other["chain"])
    twin.sells(sold(cafe(), None, basket(100)))
    assert (await office.push_bytes(terminal, twin.batch())).code == "malformed"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"garbage",
        zstandard.compress(b""),
        zstandard.compress(b"garbage"),
        zstandard.compress(b"{}\n{}"),
        zstandard.compress(b"\n" * 1000),
        zstandard.compress(bytes(40 * 1024 * 1024)),
        zstandard.compress(b"x" * 1000)[:-3],
    ],
    ids=["empty", "garbage", "nothing", "not JSON", "not records", "too many", "bomb", "cut"],
)
async def test_what_is_no_batch_is_malformed(office, body):
    """Hostile bodies get a clear no, quickly, and store nothing."""
    terminal = await a_day(office)
    assert (await office.push_bytes(terminal, body)).code == "malformed"
    assert await stored(office) == [[]]


async def test_another_spelling_of_a_record_is_malformed(office):
    """Only the canonical bytes are a record: spaces, or a key that comes twice, are not stored."""
    terminal = await a_day(office)
    for spelled in (
        terminal.records[0].bytes.replace(b'"seq":1', b'"seq": 1'),
        terminal.records[0].bytes.replace(b'"seq":1', b'"seq":1,"seq":1'),
        canonical({"version": 1}),
    ):
        assert (await office.push_bytes(terminal, batch.pack([spelled]))).code == "malformed"


async def test_a_body_that_is_too_large_is_not_read(office):
    """A request beyond the bound is refused, whether it says its length or not."""
    terminal = await a_day(office)
    body = bytes(wire.INFLATED_BYTES_MAX + 1)
    assert (await office.push_bytes(terminal, body)).code == "too_large"

    async def pieces():
        for _ in range(33):
            yield bytes(64 * 1024)

    headers = terminal.signed("/v1/journal", bytes(33 * 64 * 1024))
    answer = await office.http.post("/v1/journal", content=pieces(), headers=headers)
    assert answer.status_code == 413


async def test_several_terminals_do_not_disturb_each_other(office):
    """Each has its own chain."""
    terminals = [await a_day(office, sales) for sales in (1, 2, 3)]
    for terminal in terminals:
        await office.push(terminal)
    assert [len(chain) for chain in await stored(office)] == [2, 3, 4]


async def test_a_push_twice_at_once_is_stored_once(office):
    """A terminal that gave up waiting sends the same again while the first is still at work; both are acknowledged."""
    terminal = await a_day(office, 30)
    answers = await asyncio.gather(*(office.push(terminal) for _ in range(6)))
    assert {(answer.outcome, answer.seq, answer.hash) for answer in answers} == {("stored", 31, terminal.head.hash)}
    assert len((await stored(office))[0]) == 31


async def test_two_copies_at_once_are_a_fork_whoever_is_faster(office):
    """Neither overwrites the other, and neither is lost."""
    terminal = await a_day(office)
    await office.push(terminal)
    twins = [
        FieldTerminal(terminal.code, terminal.epoch, terminal.key, terminal.chain, list(terminal.records)) for _ in range(3)
    ]
    for amount, twin in enumerate(twins, 900):
        twin.sells(sold(cafe(), None, basket(amount)))
    answers = await asyncio.gather(*(office.push(twin, 5) for twin in twins))
    assert sorted(answer.outcome for answer in answers) == ["fork", "fork", "stored"]
    assert sorted(map(len, await stored(office))) == [1, 1, 5]


async def test_a_push_and_a_fence_at_once(office):
    """Before the fence it counts, after it it waits; it is stored in either case, and never half."""
    for number in range(4):
        terminal = await a_day(office)
        fenced = office.store.run(fence.fence_by_code, terminal.code, now_ms(), "gone", "office")
        both = [office.push(terminal), fenced]
        answer = (await asyncio.gather(*(both if number % 2 else both[::-1])))[0 if number % 2 else 1]
        assert (answer.outcome in {"stored", "quarantined"}, answer.seq) == (True, 4)
        states = await office.store.read(lambda db: {row.state for row in records.newest(db, 4)})
        assert len(states) == 1


async def test_a_repeat_is_known_by_its_last_record(office, monkeypatch):
    """The same batch again is not read as a whole: one record's hash says that the others are there too."""
    terminal = await a_day(office, 30)
    await office.push(terminal)
    read = []
    whole = wire.read_outside
    monkeypatch.setattr(wire, "read_outside", lambda data: read.append(data) or whole(data))
    assert (await office.push(terminal)).outcome == "stored"
    assert read == [terminal.records[-1].bytes]
    terminal.sells(sold(cafe(), None, basket(500)))
    assert (await office.push(terminal)).seq == 32
    assert len((await stored(office))[0]) == 32
