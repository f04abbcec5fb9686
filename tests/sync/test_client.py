"""Talking to head office over a real socket that answers 500, HTML, half a body, nothing, or far too much."""

import asyncio
import gzip
import json
import socket
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from runtime.errors import Misconfigured, Unavailable
from sync import batch, client, signing, wire
from sync.client import HeadOffice, Overloaded
from sync.wire import HoldAnswer, HoldRequest, PushAnswer
from tests.sync.peer import Script, answers, peer, sends

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
STORED = PushAnswer("stored", 1, "0" * 64, "inc", 7)
ASKED = HoldRequest("0f" * 16, "00112233445566778899", "point", 100)
HANG_S = 10  # a hang guard: ten times the promise


@asynccontextmanager
async def office(script: Script) -> AsyncIterator[HeadOffice]:
    async with peer(script) as url, aclosing(HeadOffice(url, "t7.1", KEY.sign)) as made:
        yield made


def problem(code: str) -> bytes:
    return wire.encode(wire.Problem(code, "told", "do this"))


async def test_a_good_answer_is_taken() -> None:
    """Status 200 and one of our messages is head office's word."""
    async with office(answers("200 OK", wire.encode(STORED))) as head_office:
        assert await head_office.push([b"{}"]) == STORED


async def test_every_request_is_signed_over_what_was_sent() -> None:
    """The server finds our signature over the very bytes it got."""
    seen: list[tuple[signing.Message, dict[str, str]]] = []

    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        first, *rest = head.strip().split("\r\n")
        headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in rest)}
        body = await reader.readexactly(int(headers["content-length"]))
        seen.append((signing.Message(first.split()[0], headers["host"], first.split()[1], "", body), headers))
        writer.write(b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n" + wire.encode(STORED))

    async with office(script) as head_office:
        await head_office.push([b"{}", b"[]"])
    message, headers = seen[0]
    assert batch.unpack(message.body) == [b"{}", b"[]"]
    verified = signing.check(message, headers, lambda _, text, value: KEY.public_key().verify(value, text) is None)
    assert verified == "t7.1"


@pytest.mark.parametrize(
    "script",
    [
        answers("500 Internal Server Error", b"oops"),
        answers("500 Internal Server Error", problem("malformed")),
        answers("200 OK", b"<html>Sign in to the hotel's wireless network</html>"),
        answers("200 OK", b""),
        answers("200 OK", b"{}"),
        answers("200 OK", wire.encode(STORED)[:-3]),
        answers("200 OK", gzip.compress(wire.encode(STORED)), "content-encoding: gzip"),
        answers("204 No Content", b""),
        answers("302 Found", b"", "location: http://127.0.0.1:1/"),
        answers("404 Not Found", b"<html>404</html>"),
        answers("404 Not Found", problem("fenced")),
        answers("403 Forbidden", b'{"code":"blocked","message":"by the firewall"}'),
        answers("401 Unauthorized", problem("fenced")),
        answers("400 Bad Request", b'{"code":5}'),
        sends(b""),
        sends(b"HTTP/1.1 200 OK\r\ncontent-length: 500\r\n\r\n{"),
        sends(b"SSH-2.0-OpenSSH_9.2\r\n"),
        sends(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n"),
        sends(b"\xff" * 100_000),
    ],
    ids=range(19),
)
async def test_whatever_is_not_head_offices_word_moves_nothing(script: Script) -> None:
    """A proxy's page, a captive portal, half a body, no body, a redirect, a status that does not fit: out of reach, no more."""
    async with office(script) as head_office, asyncio.timeout(HANG_S):
        with pytest.raises(Unavailable, match="out of reach") as told:
            await head_office.push([b"{}"])
    assert told.value.code == "head_office_unreachable"


@pytest.mark.parametrize("code", [code for code, status in wire.PROBLEMS.items() if status not in {429, 503}])
async def test_head_offices_own_no_is_taken_at_its_word(code: str) -> None:
    """A Problem with its own status says what a person has to do."""
    async with office(answers(f"{wire.PROBLEMS[code]} No", problem(code))) as head_office:
        with pytest.raises(Misconfigured, match="told") as told:
            await head_office.push([b"{}"])
    assert (told.value.code, told.value.hint) == (code, "do this")


@pytest.mark.parametrize("status", ["429 Too Many Requests", "503 Service Unavailable"])
@pytest.mark.parametrize(
    ("header", "seconds"),
    [("retry-after: 7", 7.0), ("x: y", None), ("retry-after: Wed, 21 Oct 2026 07:28:00 GMT", None), ("retry-after: -5", None)],
)
async def test_an_overload_says_when_to_come_back(status: str, header: str, seconds: float | None) -> None:
    """Seconds are taken; a date or nonsense leaves it to our own timing."""
    async with office(answers(status, problem("overload"), header)) as head_office:
        with pytest.raises(Overloaded) as told:
            await head_office.push([b"{}"])
    assert told.value.retry_after_s == seconds


async def test_an_answer_that_never_ends_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    """Eight megabytes are more than any page of the feed; no more is read."""
    monkeypatch.setattr(client, "ANSWER_BYTES_MAX", 100_000)

    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            writer.write(b" " * 10_000)
            await writer.drain()

    async with office(script) as head_office, asyncio.timeout(HANG_S):
        with pytest.raises(Unavailable, match="too large"):
            await head_office.push([b"{}"])


async def test_an_answer_that_drips_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    """Bytes that keep coming do not keep us for ever."""
    monkeypatch.setattr(HeadOffice._ask, "__defaults__", (client.Patience(1, 0.2),))

    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            writer.write(b" ")
            await writer.drain()
            await asyncio.sleep(0.02)

    async with office(script) as head_office, asyncio.timeout(HANG_S):
        with pytest.raises(Unavailable, match="in time"):
            await head_office.push([b"{}"])


async def test_a_hold_is_answered_or_given_up_within_a_second() -> None:
    """A head office that takes the call and says nothing is not waited for; nobody knows then."""
    async with office(sends(b"", hang_s=60)) as head_office, asyncio.timeout(HANG_S):
        with pytest.raises(Unavailable, match="in time"):
            await head_office.hold(ASKED)


async def test_a_hold_is_asked_once() -> None:
    """No retry within a checkout: a lost answer is undone by a Void, not asked for again."""
    calls = 0

    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal calls
        calls += 1

    async with office(script) as head_office:
        with pytest.raises(Unavailable):
            await head_office.hold(ASKED)
    assert calls == 1


async def test_a_granted_hold_is_told() -> None:
    """The happy case, over the same socket."""
    async with office(answers("200 OK", wire.encode(HoldAnswer(granted=True)))) as head_office:
        assert (await head_office.hold(ASKED)).granted


async def test_nobody_listening_is_out_of_reach() -> None:
    """A closed port is told at once."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    async with aclosing(HeadOffice(f"http://127.0.0.1:{port}", "t7.1", KEY.sign)) as head_office, asyncio.timeout(HANG_S):
        with pytest.raises(Unavailable):
            await head_office.feed(wire.FeedRequest("", 0.0, 0, 0, "0.1"))


async def test_an_enrolment_is_signed_under_its_own_name() -> None:
    """The first word goes to its own path and brings back who we are."""
    answer = wire.EnrolAnswer("t7", "s", 1, "inc", "Asia/Jerusalem", 1)
    async with office(answers("200 OK", wire.encode(answer))) as head_office:
        assert await head_office.enrol(wire.EnrolRequest("CODE", "0" * 64, "0" * 32, "0.1")) == answer


async def test_proxies_of_the_environment_are_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a shell exports does not come between us and head office."""
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:1")
    async with office(answers("200 OK", json.dumps({"granted": True}).encode())) as head_office:
        assert (await head_office.hold(ASKED)).granted


@pytest.mark.parametrize(
    "url",
    ["http://office.example", "http://10.0.0.5:8470", "ftp://127.0.0.1", "127.0.0.1:8470", "", "http://127.0.0.1.evil.test"],
)
def test_plain_http_is_for_this_machine_only(url: str) -> None:
    """Another machine's address without TLS is a mistake in the settings, told with what is wanted."""
    with pytest.raises(Misconfigured, match="this machine only"):
        HeadOffice(url, "t7.1", KEY.sign)


@pytest.mark.parametrize("url", ["http://127.0.0.1:8470", "http://localhost:1", "http://[::1]:8470", "https://office.example"])
async def test_loopback_and_tls_are_spoken(url: str) -> None:
    """These may be talked to."""
    async with aclosing(HeadOffice(url, "t7.1", KEY.sign)):
        pass
