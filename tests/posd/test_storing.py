"""The real store under the sync loop, while head office answers 500, HTML or nothing: sales go on, and nothing moves or is lost."""

import asyncio
from contextlib import aclosing
from typing import Any

import pytest

from loyalty.journal import chain_hash
from posd.store import journal
from posd.storing import StoredCache, StoredJournal
from runtime.errors import Misconfigured, Unavailable
from sync import batch, wire
from sync.client import HeadOffice
from sync.loop import Sync
from sync.wire import PushAnswer
from tests.sync.peer import answers, peer, request, sends
from tests.till import KEY, RICH, Till, code_of, lines

WORDS = [
    answers("500 Internal Server Error", b"oops"),
    answers("200 OK", b"<html>Sign in to the hotel's network</html>"),
    answers("404 Not Found", b""),
    answers("403 Forbidden", wire.encode(wire.Problem("fenced", "a newer enrolment", "look"))),
    answers("503 Service Unavailable", b"", "retry-after: 5"),
    sends(b""),
    sends(b"HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\n{"),
]


@pytest.mark.parametrize("script", WORDS, ids=["500", "HTML", "404", "fenced", "503", "nothing", "half"])
async def test_no_sale_is_lost_to_a_head_office_in_trouble(shop: Till, script: Any) -> None:
    """Everything is booked and waits; neither the acknowledged place nor the cursor moves."""
    before = (await shop.store.look(journal.push_state), await shop.store.look(journal.pull_state))
    async with peer(script) as url, aclosing(HeadOffice(url, "t7.1", KEY.sign)) as office:
        sync = Sync(office, StoredJournal(shop.store), StoredCache(shop.store), shop.checkout.link, lambda: 5, "0.1")
        for place in range(3):
            booked = await shop.sell(3000, f"k{place}", ask={"basket": lines(3000), "code": code_of(RICH)})
            assert booked["earned"]["points"] == 30
            for task in (sync.push_all, sync.pull_page):
                with pytest.raises((Unavailable, Misconfigured)):
                    await task()
    assert (await shop.store.look(journal.push_state), await shop.store.look(journal.pull_state)) == before
    assert (await shop.store.look(journal.queued))[0] == 4
    assert len(shop.records()) == 4


async def test_the_queue_goes_out_once_it_answers(shop: Till) -> None:
    """In order, in one batch, verbatim; then nothing waits, and the state is on the disk."""
    for place in range(3):
        await shop.sell(1000, f"k{place}", ask={"basket": lines(1000)})
    received: list[bytes] = []

    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        records = batch.unpack(await request(reader))
        received.extend(records)
        head = "0" * 64
        for data in received:
            head = chain_hash(head, data)
        body = wire.encode(PushAnswer("stored", len(received), head, "one", 5))
        writer.write(b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n" + body)

    async with peer(script) as url, aclosing(HeadOffice(url, "t7.1", KEY.sign)) as office:
        sync = Sync(office, StoredJournal(shop.store), StoredCache(shop.store), shop.checkout.link, lambda: 5, "0.1")
        await sync.push_all()
    assert received == [data for _, data in shop.records()]
    assert await shop.store.look(journal.queued) == (0, 0)
    assert shop.checkout.link.online
