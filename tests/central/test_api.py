"""The edge of head office: what happens when it cannot, and what it will not read."""

import asyncio

import httpx
import pytest

from central import api
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


async def test_too_many_at_once_are_asked_to_come_back(office, monkeypatch):
    """Those that are at work finish; the others get 503 at once, and those that wait for news count for nothing."""
    monkeypatch.setattr(api, "REQUESTS_MAX", 2)
    terminal = await office.terminal()
    fresh = api.Api(office.store, office.applier, office.news)
    from fastapi import FastAPI

    app = FastAPI()
    app.include_router(fresh.router)
    gate = asyncio.Event()
    run = office.store.run

    async def slow(*args):
        await gate.wait()
        return await run(*args)

    monkeypatch.setattr(office.store, "run", slow)
    body = terminal.batch()
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://office.test") as http:

        async def push():
            return (await http.post("/v1/journal", content=body, headers=terminal.signed("/v1/journal", body))).status_code

        at_work = [asyncio.create_task(push()) for _ in range(2)]
        await asyncio.sleep(0.2)
        assert await push() == 503
        gate.set()
        assert await asyncio.gather(*at_work) == [200, 200]
        assert await push() == 200


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
