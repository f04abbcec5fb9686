"""The edge of head office: what happens when it cannot, and what it will not read."""

import asyncio

import httpx
import pytest
from fastapi import FastAPI

from central import api
from central.lanes import LANES, Lane, Lanes
from runtime.errors import Unavailable
from sync import wire


async def test_a_database_that_does_not_answer_means_later(office, monkeypatch):
    """503 with Retry-After, in head office's own words and without the database's address: the terminal keeps its records."""
    terminal = await office.terminal()

    async def broken(*_):
        raise Unavailable("database_unavailable", "the database postgresql://secret does not answer")

    monkeypatch.setattr(office.store, "read", broken)
    body = terminal.batch()
    answer = await office.http.post("/v1/journal", content=body, headers=terminal.signed("/v1/journal", body))
    problem = wire.decode(answer.content, wire.Problem)
    assert (answer.status_code, problem.code, answer.headers["retry-after"]) == (503, "overload", "5")
    assert "secret" not in answer.text


@pytest.fixture
def narrow(office, monkeypatch):
    """An office with two places, one of them for pushes, that does nothing until `open` is set; its `http` and `open`."""
    lanes = {**LANES, "push": Lane(1, 1, 20.0, 5), "hold": Lane(2, 1, 20.0, 1)}
    monkeypatch.setattr("central.lanes.LANES", lanes)
    monkeypatch.setattr("central.lanes.PLACES", 2)
    monkeypatch.setattr(api, "Lanes", lambda: Lanes(2))
    app = FastAPI()
    app.include_router(api.Api(office.store, office.applier, office.news).router)
    gate, run = asyncio.Event(), office.store.run

    async def slow(*args):
        await gate.wait()
        return await run(*args)

    monkeypatch.setattr(office.store, "run", slow)
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://office.test"), gate


def sent(http, terminal, path, message):
    """A signed request on its way."""
    body = message if isinstance(message, bytes) else wire.encode(message)
    return asyncio.create_task(http.post(path, content=body, headers=terminal.signed(path, body)))


async def test_too_many_at_once_are_asked_to_come_back(office, narrow):
    """Those at work and those in the queue are answered; the others get 503 at once, and when to come back, by lane."""
    terminal = await office_terminal(office, narrow)
    http, gate = narrow
    pushes = [sent(http, terminal, "/v1/journal", terminal.batch()) for _ in range(2)]
    await asyncio.sleep(0.2)
    refused = await sent(http, terminal, "/v1/journal", terminal.batch())
    assert (refused.status_code, refused.headers["retry-after"]) == (503, "5")
    assert wire.decode(refused.content, wire.Problem).code == "overload"
    gate.set()
    assert [(await push).status_code for push in pushes] == [200, 200]
    assert (await sent(http, terminal, "/v1/journal", terminal.batch())).status_code == 200


async def test_a_hold_does_not_wait_behind_pushes(office, narrow):
    """Pushes have one of the two places and a queue; the hold is served beside them."""
    terminal = await office_terminal(office, narrow)
    http, gate = narrow
    pushes = [sent(http, terminal, "/v1/journal", terminal.batch()) for _ in range(2)]
    await asyncio.sleep(0.2)
    hold = sent(http, terminal, "/v1/holds", wire.HoldRequest("1" * 32, "f" * 20, "point", 1))
    await asyncio.sleep(0.2)
    assert not hold.done()
    gate.set()
    assert (await hold).status_code == 200
    await asyncio.gather(*pushes)


async def office_terminal(office, narrow):
    """A terminal, enrolled while the office is open."""
    _, gate = narrow
    gate.set()
    terminal = await office.terminal()
    gate.clear()
    return terminal


async def test_a_terminal_waits_for_news_a_few_times_at_once(office):
    """One that forgets its own requests holds up nobody but itself: 429, and when to come back."""
    terminal = await office.terminal()
    cursor = (await office.feed(terminal)).cursor
    request = wire.FeedRequest(cursor, 20.0, 0, 0, "0.1.0")
    waiting = [sent(office.http, terminal, "/v1/feed", request) for _ in range(api.FEEDS_MAX)]
    await asyncio.sleep(0.5)
    refused = await sent(office.http, terminal, "/v1/feed", request)
    assert (refused.status_code, refused.headers["retry-after"]) == (429, "5")
    office.news.close()
    assert [(await one).status_code for one in waiting] == [200] * api.FEEDS_MAX
    assert (await sent(office.http, terminal, "/v1/feed", request)).status_code == 200


async def test_bodies_that_are_being_read_have_a_bound(office, monkeypatch):
    """A body that drips in keeps its memory for so long and no longer, and there are only so many."""
    terminal = await office.terminal()
    monkeypatch.setattr(api, "BODY_S_MAX", 0.2)

    async def drips():
        yield b"x"
        await asyncio.sleep(20)

    headers = terminal.signed("/v1/journal", b"x")
    assert (await office.http.post("/v1/journal", content=drips(), headers=headers)).status_code == 503
    monkeypatch.setattr(api, "BODIES_MAX", 0)
    assert (await sent(office.http, terminal, "/v1/journal", terminal.batch())).status_code == 503


@pytest.mark.parametrize("path", ["/v1/journal", "/v1/feed", "/v1/holds"])
async def test_every_request_must_be_signed(office, path):
    """Without a signature, with another path's signature, or with half of one, nothing is answered."""
    terminal = await office.terminal()
    good = terminal.signed(path, b"{}")
    for headers in (
        {},
        terminal.signed("/v1/other", b"{}"),
        {**good, "signature": good["signature"][:-9]},
        {**good, "signature-input": good["signature-input"].replace("ed25519", "none")},
        terminal.signed(path, b"{}", authority="another.test") | {"host": "office.test"},
        terminal.signed(path, b"{}", key_id=f"{terminal.code}.2"),
        terminal.signed(path, b"{}", key_id=f"{terminal.code}.99999999999999999999"),
        terminal.signed(path, b"{}", key_id="nobody.1"),
    ):
        answer = await office.post(path, b"{}", headers, wire.Problem)
        assert answer.code == "not_signed"


@pytest.mark.parametrize("message", [b"", b"[]", b"{}", b"\xff", b'{"cursor":1}', b'{"cursor":"","wait_s":"x"}'])
async def test_a_feed_request_that_makes_no_sense_is_malformed(office, message):
    """A clear no."""
    terminal = await office.terminal()
    assert (await office.post("/v1/feed", message, terminal.signed("/v1/feed", message), wire.FeedPage)).code == "malformed"


async def test_absurd_figures_about_a_terminal_do_no_harm(office):
    """What a terminal says of itself is kept within bounds, and a negative wait is none."""
    terminal = await office.terminal()
    request = wire.FeedRequest("", -1e300, -(10**30), 10**30, "v" * 10_000)
    page = await office.ask(terminal, "/v1/feed", request, wire.FeedPage)
    assert page.cursor
    request = wire.FeedRequest("\0" * 50, 0.0, 10**15, -5, "0.1\0")
    assert (await office.ask(terminal, "/v1/feed", request, wire.FeedPage)).cursor == page.cursor
