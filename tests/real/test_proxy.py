"""posd syncs through a line on which everything happens that can happen to a request."""

import asyncio
import contextlib
import itertools
import random
import threading
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.real.proxy import FAULTS, Proxy, message
from tests.real.selling import ROUNDS, Counted, Till, settle
from tests.shop import Shop, free_port

TILLS = 2
PLAY_S_MAX = 60.0


class Deck:
    """For each path every fault once a round, in any order, with a request that gets through after each; then all get through."""

    def __init__(self, chance: random.Random) -> None:
        """`chance` shuffles."""
        faults = [what for what in FAULTS if what != "pass"]
        self._of = {
            path: chance.sample(faults * ROUNDS, len(faults) * ROUNDS) for path in ("/v1/journal", "/v1/holds", "/v1/feed")
        }
        self._next: dict[str, itertools.cycle[bool]] = {path: itertools.cycle([True, False]) for path in self._of}

    def draw(self, path: str) -> str:
        """What becomes of the next request."""
        left = self._of.get(path)
        return left.pop() if left and next(self._next[path]) else "pass"

    @property
    def played(self) -> bool:
        """Whether the records and the holds have had it all. The feed waits for news: it has what it has got."""
        return not self._of["/v1/journal"] and not self._of["/v1/holds"]


async def test_every_fault_of_a_line_costs_no_sale(tmp_path: Path) -> None:
    """The tills are answered at once all the while; in the end everything is at head office, once."""
    deck = Deck(random.Random(7))
    shop = await asyncio.to_thread(Shop, tmp_path, way=(way := free_port()))
    async with Proxy(shop.office_port, port=way) as proxy:
        with contextlib.closing(shop):
            await asyncio.to_thread(shop.open)
            code = await asyncio.to_thread(shop.member, "חבר", 2000)
            tills = [Till(shop, f"{n}", {code: 2000}, random.Random(n), spends=0.5, pause_s=0.3) for n in range(TILLS)]
            proxy.draw = deck.draw
            stop = threading.Event()
            selling = [asyncio.to_thread(till.sell_until, stop) for till in tills]
            running = asyncio.gather(*selling)
            try:
                async with asyncio.timeout(PLAY_S_MAX * ROUNDS):
                    while not deck.played and not running.done():
                        await asyncio.sleep(0.05)
            finally:
                stop.set()
            await running
            counted = await asyncio.to_thread(settle, [shop], tills)
    assert counted == Counted(sum(till.made for till in tills), 0, 0)
    met = {(path, what) for path, what in proxy.met if what != "pass"}
    assert met >= {(path, what) for path in ("/v1/journal", "/v1/holds") for what in FAULTS if what != "pass"}


REQUEST = b"POST /v1/journal HTTP/1.1\r\nHost: here\r\nContent-Length: 4\r\n\r\nbody"
REPLY = b"HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\nanswer"


@contextlib.asynccontextmanager
async def counting(heard: list[bytes]) -> AsyncIterator[int]:
    """A head office that answers the same to everybody and keeps what it heard; its port."""

    async def meet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(asyncio.IncompleteReadError):
            heard.append(await message(reader))
            writer.write(REPLY)
            await writer.drain()
        writer.close()

    async with await asyncio.start_server(meet, "127.0.0.1", 0) as server:
        yield server.sockets[0].getsockname()[1]


@pytest.mark.parametrize(
    ("what", "times", "told"),
    [
        ("pass", 1, REPLY),
        ("delay", 1, REPLY),
        ("duplicate", 2, REPLY),
        ("late_duplicate", 2, REPLY),
        ("truncate", 1, REPLY[:-4]),
        ("reset", 0, None),
        ("silence", 0, None),
        ("cut_request", 0, None),
        ("drop_reply", 1, None),
        ("silent_reply", 1, None),
    ],
)
async def test_each_fault_is_what_it_is_called(what: str, times: int, told: bytes | None) -> None:
    """How often head office hears the request, and what comes back: None for a line that is reset."""
    heard: list[bytes] = []
    async with counting(heard) as port, Proxy(port, lambda _: what, delay_s=0.01, silent_s=0.05) as proxy:
        reader, writer = await asyncio.open_connection("127.0.0.1", proxy.port)
        writer.write(REQUEST)
        if told is None:
            with pytest.raises(ConnectionResetError):
                await reader.read()
        else:
            assert await reader.readexactly(len(told)) == told
            if what == "truncate":
                assert await reader.read() == b""
        writer.close()
        assert heard == [REQUEST] * times
        assert proxy.met == {("/v1/journal", what): 1}
    assert set(FAULTS) == {"pass", "delay", "duplicate", "late_duplicate", "truncate", "reset", "silence", "cut_request",
                           "drop_reply", "silent_reply"}  # fmt: skip
