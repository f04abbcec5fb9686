"""The API on a real port: what only bytes on a socket can try, and the stream of events."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest

from posd.api.app import make_api
from posd.api.auth import Tokens
from posd.events import WAITING_MAX, Event, Events
from posd.store import tokens
from runtime.serve import listen, serving
from tests.till import RICH, Till, code_of

HANG_S = 20
SILENCE_S = 0.3  # a connection that is kept open for more


@asynccontextmanager
async def on_a_port(shop: Till) -> AsyncIterator[int]:
    """The same parts behind a real server."""
    with listen("127.0.0.1", 0) as listener:
        port = int(listener.getsockname()[1])
        known = Tokens(await shop.store.look(tokens.by_hash))
        api = make_api(shop.parts, known, frozenset({f"127.0.0.1:{port}"}))
        async with serving(api, listener.dup()):
            yield port
            shop.parts.events.close()


async def talk(port: int, raw: bytes) -> bytes:
    """Send bytes; everything that comes back until the other side hangs up or says nothing more."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(raw)
    answer = b""
    try:
        async with asyncio.timeout(SILENCE_S):
            while chunk := await reader.read(65536):
                answer += chunk
    except (TimeoutError, ConnectionError):
        pass
    writer.close()
    return answer


UPGRADE = "Connection: Upgrade\r\nUpgrade: {}\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
RAW = {
    "websocket of a stranger": "GET /v1/events HTTP/1.1\r\nHost: {host}\r\nOrigin: http://evil.test\r\n"
    + UPGRADE.format("websocket"),
    "websocket without a token": "GET /v1/events HTTP/1.1\r\nHost: {host}\r\n" + UPGRADE.format("websocket"),
    "HTTP/2 in the clear": "GET /v1/status HTTP/1.1\r\nHost: {host}\r\n" + UPGRADE.format("h2c"),
    "no Host": "GET /v1/status HTTP/1.0\r\n",
    "two Hosts": "GET /v1/status HTTP/1.1\r\nHost: {host}\r\nHost: evil.test\r\n",
    "a foreign absolute form": "GET http://evil.test/v1/status HTTP/1.1\r\nHost: {host}\r\n",
    "two lengths": "POST /v1/quote HTTP/1.1\r\nHost: {host}\r\nContent-Length: 2\r\nContent-Length: 50\r\n",
    "length and chunks": "POST /v1/quote HTTP/1.1\r\nHost: {host}\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n",
    "no HTTP": "HELLO posd\r\n",
    "a header without an end": "GET /v1/status HTTP/1.1\r\nHost: {host}\r\nX: " + "x" * 100_000 + "\r\n",
}


@pytest.mark.parametrize("raw", RAW.values(), ids=RAW.keys())
async def test_bytes_that_no_till_sends_open_nothing(shop: Till, raw: str) -> None:
    """Upgrades, smuggled lengths, missing and doubled names: no answer of ours to a question, and not a row changes."""
    before = shop.content()
    async with asyncio.timeout(HANG_S), on_a_port(shop) as port:
        answer = await talk(port, raw.replace("{host}", f"127.0.0.1:{port}").encode() + b"\r\n{}")
        assert not answer.startswith((b"HTTP/1.1 2", b"HTTP/1.0 2", b"HTTP/1.1 101")), answer
        assert await talk(port, f"GET /v1/status HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n".encode())
    assert shop.content() == before


async def events(client: httpx.AsyncClient, wanted: int) -> list[tuple[str, dict[str, object]]]:
    """The first `wanted` events of the stream."""
    found: list[tuple[str, dict[str, object]]] = []
    kind = ""
    async with client.stream("GET", "/v1/events", headers={"authorization": "Bearer display"}) as stream:
        async for line in stream.aiter_lines():
            name, _, value = line.partition(": ")
            kind = value if name == "event" else kind
            if name == "data":
                found.append((kind, json.loads(value)))
                if len(found) == wanted:
                    return found
    return found


async def test_every_page_hears_a_scan(shop: Till) -> None:
    """First how things stand, then the member, for each page that listens; refused codes too."""
    async with asyncio.timeout(HANG_S), on_a_port(shop) as port:
        headers = {"authorization": "Bearer till"}
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", headers=headers, timeout=HANG_S) as client:
            pages = [asyncio.create_task(events(client, 3)) for _ in range(2)]
            while len(shop.parts.events._pages) < 2:
                await asyncio.sleep(0.01)
            for code in (code_of(RICH), "nonsense"):
                assert (await client.post("/v1/scans", json={"code": code})).json() == {"told": True}
            heard = await asyncio.gather(*pages)
    for page in heard:
        assert [kind for kind, _ in page] == ["link", "scan", "scan"]
        assert page[0][1]["enrolled"] is True
        assert page[1][1]["member"]["handle"] == RICH  # type: ignore[index]
        assert page[2][1]["refusal"]["code"] == "not_a_member_code"  # type: ignore[index]


async def test_an_open_page_does_not_keep_us(shop: Till) -> None:
    """The stream ends with the daemon; so does one that is opened too late."""
    async with asyncio.timeout(HANG_S):
        async with httpx.AsyncClient() as client:
            async with on_a_port(shop) as port:
                client.base_url = httpx.URL(f"http://127.0.0.1:{port}")
                page = asyncio.create_task(events(client, 99))
                while not shop.parts.events._pages:
                    await asyncio.sleep(0.01)
            assert [kind for kind, _ in await page] == ["link"]
        assert [event async for event in shop.parts.events.stream()] == []


async def test_a_page_that_does_not_read_is_let_go() -> None:
    """The others go on; the slow one's stream ends."""
    told = Events()
    slow = told.stream()
    first = asyncio.create_task(anext(slow))
    await asyncio.sleep(0)
    for number in range(WAITING_MAX + 5):
        told.send(Event("scan", {"number": number}))
    heard = [(await first).body["number"], *[event.body["number"] async for event in slow]]
    assert heard == list(range(1, WAITING_MAX))
    assert told._pages == set()
