"""A terminal whose clock says 1970, as a process, against head office's process behind a proxy that speaks TLS."""

import asyncio
import contextlib
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from tests.certificates import Authority
from tests.real.test_clocks import Jumper
from tests.shop import Shop, wait_for

LOCAL = "127.0.0.1"


@contextlib.contextmanager
def tls_in_front_of(port: int, certificate: tuple[str, str]) -> Iterator[int]:
    """A proxy that speaks TLS and passes on what it reads, in a thread of its own; its port."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(*certificate)
    ready, found = threading.Event(), []
    over = asyncio.Event()
    calls: set[asyncio.Task[None] | None] = set()

    async def call(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        calls.add(asyncio.current_task())
        with contextlib.suppress(OSError, asyncio.CancelledError):
            async with contextlib.AsyncExitStack() as ends:
                ends.push_async_callback(_hang_up, writer)
                back, forth = await asyncio.open_connection(LOCAL, port)
                ends.push_async_callback(_hang_up, forth)
                await asyncio.gather(_pass_on(reader, forth), _pass_on(back, writer))

    async def serve() -> None:
        async with await asyncio.start_server(call, LOCAL, 0, ssl=context) as server:
            found.append((server.sockets[0].getsockname()[1], asyncio.get_running_loop()))
            ready.set()
            await over.wait()
            for task in filter(None, calls):
                task.cancel()
            await asyncio.gather(*filter(None, calls), return_exceptions=True)

    thread = threading.Thread(target=lambda: asyncio.run(serve()), daemon=True)
    thread.start()
    assert ready.wait(10)
    [(own, loop)] = found
    try:
        yield own
    finally:
        loop.call_soon_threadsafe(over.set)
        thread.join(10)


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(65536):
        writer.write(data)
        await writer.drain()
    writer.close()


async def _hang_up(writer: asyncio.StreamWriter) -> None:
    writer.close()
    with contextlib.suppress(OSError):
        await asyncio.wait_for(writer.wait_closed(), 1)


def points_to(shop: Shop, port: int, ca_file: str) -> None:
    """Write where the terminal finds head office, and whom it trusts."""
    text = shop.config.read_text()
    start = text.index("[head_office]\n")
    end = text.index("[[scanners]]", start)
    there = f'[head_office]\nurl = "https://{LOCAL}:{port}"\nca_file = "{ca_file}"\n'
    shop.config.write_text(text[:start] + there + text[end:])


def test_it_enrols_sells_and_syncs_and_believes_nobody_else(tmp_path: Path) -> None:
    """No certificate is valid in 1970: the pinned authority's is taken, another's is not; the till sells in either case."""
    ours, theirs = Authority(tmp_path / "ours"), Authority(tmp_path / "theirs")
    clock = Jumper(tmp_path / "clock")
    clock.jump(-int(time.time()))
    with closing(Shop(tmp_path)) as shop, tls_in_front_of(shop.office_port, ours.signs(LOCAL)) as port:
        points_to(shop, port, ours.file)
        shop.environment["posd"] = clock.environment
        shop.open()
        code = shop.member("Alef")
        assert shop.sell(code, 3000)["earned"] == {"points": 30, "status": 30}
        wait_for("all is pushed", lambda: shop.status()["queued_records"] == 0)
        assert (shop.status()["clock_in_doubt"], shop.status()["online"]) == (True, True)
        with tls_in_front_of(shop.office_port, theirs.signs(LOCAL)) as strange:
            points_to(shop, strange, ours.file)
            shop.stop("posd")
            shop.start("posd")
            wait_for("it was refused", lambda: shop.status()["trouble"] == "head_office_unreachable")
            assert shop.sell(code, 3000)["earned"] == {"points": 30, "status": 30}
            assert (shop.status()["queued_records"], shop.status()["online"]) == (1, False)
        points_to(shop, port, ours.file)
        shop.stop("posd")
        shop.start("posd")
        wait_for("all is pushed", lambda: shop.status()["online"] and shop.status()["queued_records"] == 0)
