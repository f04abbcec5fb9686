"""P0 to P4 over real sockets: whatever head office does, or whoever answers in its place, the till has its answer in time."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, aclosing, asynccontextmanager

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from loyalty.refusal import Refusal
from runtime.errors import Unavailable
from sync import client, program_file, wire
from sync.client import HeadOffice
from sync.wire import HoldAnswer, HoldRequest, LeaseRow, ProgramRow
from tests.sync.peer import answers, peer, sends
from tests.till import CAFE, RICH, Till, code_of, lines, row

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
ASKED = HoldRequest("0f" * 16, RICH, "points", 100)
HANG_S = 8  # a hang guard: ten times the 800 ms
ISOLATES = "\u2066\u2067\u2068\u2069\u200e\u200f"
CONNECT_HANG_S = 3  # ten times the 300 ms

Place = Callable[[], AbstractAsyncContextManager[str]]


@asynccontextmanager
async def nobody() -> AsyncIterator[str]:
    """A port on which nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    yield f"http://127.0.0.1:{port}"


@asynccontextmanager
async def does_not_take_calls() -> AsyncIterator[str]:
    """A listener whose queue is full: the kernel answers no more calls, as a line that swallows every packet."""
    with contextlib.ExitStack() as calls:
        listener = calls.enter_context(socket.create_server(("127.0.0.1", 0), backlog=0))
        for _ in range(8):
            waiting = calls.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(listener.getsockname())
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"


GONE: dict[str, Place] = {
    "nobody listens": nobody,
    "takes no call": does_not_take_calls,
    "says nothing": lambda: peer(sends(b"", hang_s=60)),
    "stops in the middle": lambda: peer(sends(b"HTTP/1.1 200 OK\r\ncontent-length: 500\r\n\r\n{", hang_s=60)),
    "is busy": lambda: peer(answers("503 Service Unavailable", wire.encode(wire.Problem("overload", "busy")))),
    "is a hotel": lambda: peer(answers("200 OK", b"<html>Sign in</html>")),
    "has fenced us": lambda: peer(answers("403 Forbidden", wire.encode(wire.Problem("fenced", "over")))),
    "is behind our journal": lambda: peer(
        answers("200 OK", wire.encode(HoldAnswer(granted=False, refusal=Refusal("lease_ahead"))))
    ),
}


async def spends(shop: Till, place: Place, rewards: int) -> str:
    """Ask for so many rewards of 100 points with head office at that place; the refusal's code, empty for a promise."""
    async with place() as url, aclosing(HeadOffice(url, "t7.1", KEY.sign)) as office:
        shop.checkout.office = office
        async with asyncio.timeout(HANG_S):
            agreed = await shop.agree(lines(3000 * rewards), code_of(RICH), *["ten_off"] * rewards)
    return agreed["refusal"]["code"] if agreed["refusal"] else ""


@pytest.fixture
async def leased(shop: Till) -> Till:
    """RICH has 400 points, 100 of them leased here; a printed code may spend them."""
    _, values = program_file.load(CAFE)
    signed = {**values, "version": 2, "policies": {**values["policies"], "lease_min_strength": "signed"}}
    await shop.learns(ProgramRow("cafe", 2, 0, signed), row(RICH, 400), LeaseRow("0e" * 16, RICH, {"points": 100}))
    return shop


@pytest.mark.parametrize("gone", GONE)
async def test_without_head_offices_word_the_lease_pays_and_then_nothing(leased: Till, gone: str) -> None:
    """P1: what it covers whole is promised. P4: after that the sale earns, the page says why, and what was asked for is voided."""
    assert await spends(leased, GONE[gone], 1) == ""
    assert await spends(leased, GONE[gone], 1) == "head_office_unreachable"
    booked = await leased.sell(3000, "k1", ask={"basket": lines(3000), "code": code_of(RICH)})
    assert booked["earned"]["points"] == 30
    assert [kind for kind, _ in leased.records()].count("void") == 1


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (HoldAnswer(granted=True), ""),
        (HoldAnswer(granted=False, refusal=Refusal("blocked")), "blocked"),
        (HoldAnswer(granted=False, refusal=Refusal("office_recovering")), "office_recovering"),
    ],
)
async def test_head_offices_word_comes_first(leased: Till, answer: HoldAnswer, code: str) -> None:
    """P0: a no is a no, although the lease would do."""
    assert await spends(leased, lambda: peer(answers("200 OK", wire.encode(answer))), 1) == code


@pytest.mark.parametrize(
    ("language", "sentence"),
    [
        ("he", "נקודות: בסניף דיזנגוף 50 נשמרו 200. נסו שוב בעוד רגע."),
        ("en", "Points: 200 reserved at דיזנגוף 50. Try again shortly."),
    ],
)
async def test_the_cashier_reads_where_the_units_are(leased: Till, language: str, sentence: str) -> None:
    """The store and how many, in the cashier's language."""
    refusal = Refusal("reserved_elsewhere", {"store": "דיזנגוף 50", "pieces": 200, "unit": "points"})
    said = wire.encode(HoldAnswer(granted=False, refusal=refusal))
    async with peer(answers("200 OK", said)) as url, aclosing(HeadOffice(url, "t7.1", KEY.sign)) as office:
        leased.checkout.office = office
        body = {"basket": lines(3000), "code": code_of(RICH), "choices": [{"reward": "ten_off"}]}
        told = (await leased.ask("/v1/agreements", body, **{"Accept-Language": language})).json()["refusal"]
    plain = "".join(letter for letter in told["sentence"] if letter not in ISOLATES)
    assert (told["code"], plain) == ("reserved_elsewhere", sentence)


async def test_a_call_that_is_not_taken_is_left_after_300_ms(monkeypatch: pytest.MonkeyPatch) -> None:
    """And not only after the 800 ms in all."""
    monkeypatch.setattr(client, "HOLD", client.HOLD._replace(answer_s=600))
    async with does_not_take_calls() as url, aclosing(HeadOffice(url, "t7.1", KEY.sign)) as office:
        async with asyncio.timeout(CONNECT_HANG_S):
            with pytest.raises(Unavailable):
                await office.hold(ASKED)


async def test_an_answer_that_does_not_come_is_left_after_800_ms(monkeypatch: pytest.MonkeyPatch) -> None:
    """From the call on, also where bytes keep dripping in."""
    monkeypatch.setattr(client, "HOLD", client.HOLD._replace(connect_s=600))

    async def drips(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            writer.write(b" ")
            await writer.drain()
            await asyncio.sleep(0.05)

    async with peer(drips) as url, aclosing(HeadOffice(url, "t7.1", KEY.sign)) as office:
        async with asyncio.timeout(HANG_S):
            with pytest.raises(Unavailable):
                await office.hold(ASKED)
