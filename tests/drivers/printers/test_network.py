"""What is particular to the network printer: connections, and listeners that misbehave as no ESC/POS printer does."""

import asyncio
import contextlib
import socket
import threading
from collections.abc import AsyncIterator

import pytest

from drivers.ports import Delivery, PrinterStatus
from drivers.printers import network, talk
from drivers.printers.escpos import FENCE
from drivers.printers.network import NetworkOptions, NetworkPrinter
from drivers.printers.owned import Owned
from drivers.printers.render import raster
from drivers.printers.status import QUESTIONS
from drivers.virtual_printer import Fault, TcpPort, VirtualPrinter
from runtime.errors import Unavailable
from tests.drivers.printer_lines import hurry
from tests.drivers.receipts import sold

GUARD_S = 30  # a hang, not a promise


def printer_at(port: int, deadline_s: float = 1, host: str = "127.0.0.1") -> Owned:
    """A network printer on the loopback."""
    return NetworkPrinter("receipts", NetworkOptions(host, port, deadline_s=deadline_s))


def closed_port() -> int:
    """A port on which nobody listens."""
    with socket.socket() as line:
        line.bind(("127.0.0.1", 0))
        return int(line.getsockname()[1])


@contextlib.asynccontextmanager
async def listener(serve: object, host: str = "127.0.0.1") -> AsyncIterator[int]:
    """A listener that treats each connection so and then closes it; its port."""

    talks = set()

    async def one(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        talks.add(asyncio.current_task())
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            await serve(reader, writer)  # type: ignore[operator]
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()

    async with await asyncio.start_server(one, host, 0) as server:
        yield server.sockets[0].getsockname()[1]
        await asyncio.gather(*talks)


async def test_nobody_listens() -> None:
    """Nothing was sent: Unavailable with where and what to do."""
    with pytest.raises(Unavailable) as caught:
        await printer_at(port := closed_port()).print(sold("he"))

    assert caught.value.code == "printer_unreachable"
    assert str(port) in caught.value.message
    assert caught.value.hint


async def test_a_name_that_nobody_has() -> None:
    """A host that cannot be found is unreachable, and not a crash."""
    with pytest.raises(Unavailable) as caught:
        await printer_at(9100, host="no-such-printer.invalid").print(sold("he"))

    assert caught.value.code == "printer_unreachable"
    assert "no-such-printer.invalid" in caught.value.message


async def test_a_name_server_that_is_down_takes_one_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    """However often it is tried: the threads that receipts are drawn on stay free."""
    asked: list[str] = []
    answered = threading.Event()

    def stuck(host: str, *_: object, **__: object) -> list[object]:
        asked.append(host)
        answered.wait(GUARD_S)
        raise socket.gaierror(socket.EAI_AGAIN, "no name server")

    monkeypatch.setattr(socket, "getaddrinfo", stuck)
    monkeypatch.setattr(network, "CONNECT_S", 0.02)
    try:
        for _ in range(20):
            assert await printer_at(9100, host="printer.shop").status() == PrinterStatus(known=False)
        assert asked == ["printer.shop"]
    finally:
        answered.set()


async def test_ipv6() -> None:
    """A printer with an IPv6 address alone prints."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while chunk := await reader.read(65536):
            if b"\x10\x04" in chunk[-3:]:
                writer.write(b"\x12")
            if chunk.endswith(b"\x1dr\x01"):
                writer.write(b"\x00")

    async with asyncio.timeout(GUARD_S), listener(serve, "::1") as port:
        assert await printer_at(port, 10, "::1").print(sold("he")) is Delivery.CONFIRMED


async def test_one_connection_to_a_job_and_a_pause_between(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two jobs at once go one after the other, each on its own connection, and not sooner than printers allow."""
    monkeypatch.setattr(talk, "ASK_S", 0.1)
    times: list[tuple[float, float]] = []
    now = asyncio.get_running_loop().time

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        started = now()
        while chunk := await reader.read(65536):
            writer.write(b"\x00" if chunk.endswith(b"\x1dr\x01") else b"")
        times.append((started, now()))

    async with asyncio.timeout(GUARD_S), listener(serve) as port:
        printer = printer_at(port, 5)
        ended = await asyncio.gather(printer.print(sold("he")), printer.print(sold("en")))
        while len(times) < 2:
            await asyncio.sleep(0.01)

    assert list(ended) == [Delivery.CONFIRMED, Delivery.CONFIRMED]
    (_, first_end), (second_start, _) = sorted(times)
    assert second_start - first_end > network.REOPEN_S * 0.9


async def test_a_printer_that_babbles_is_not_believed() -> None:
    """Endless bytes that mean nothing end the conversation in bounded memory: before the job, so that nothing was sent."""

    async def babble(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            writer.write(b"\xff" * 1024)
            await writer.drain()

    async with asyncio.timeout(GUARD_S), listener(babble) as port:
        with pytest.raises(Unavailable, match="more than any printer"):
            await printer_at(port).print(sold("he"))
        assert await printer_at(port).status() == PrinterStatus(known=False)


async def test_a_connection_that_closes_at_once_leaves_the_job_queued() -> None:
    """Before the first byte of the job nothing is lost: Unavailable."""

    async def slam(_: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
        return

    async with asyncio.timeout(GUARD_S), listener(slam) as port:
        with pytest.raises(Unavailable, match="cut off before the job"):
            await printer_at(port).print(sold("he"))


async def test_half_an_automatic_status_before_the_job_confirms_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """The end of an automatic status whose beginning came before the job is not taken for the answer to its fence."""
    monkeypatch.setattr(talk, "STATUS_S", 0.3)

    async def well(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer the four questions."""
        for question in QUESTIONS:
            assert await reader.readexactly(3) == b"\x10\x04" + bytes([question])
            writer.write(b"\x12")

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await well(reader, writer)
        assert await reader.readexactly(3) == FENCE
        writer.write(b"\x00\x14\x00")
        await reader.readuntil(FENCE)
        writer.write(b"\x00\x00")
        while True:
            await well(reader, writer)

    async with asyncio.timeout(GUARD_S), listener(serve) as port:
        assert await printer_at(port).print(sold("he")) is Delivery.UNKNOWN


async def test_what_a_stalled_printer_has_not_taken_never_reaches_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Told as unknown is final: when the printer reads on, the rest of the job is not there any more."""
    hurry(monkeypatch, 0.3)
    async with asyncio.timeout(GUARD_S), VirtualPrinter(TcpPort()) as paper:
        printer = printer_at(paper.place.port)
        assert await printer.print(sold("he")) is Delivery.CONFIRMED
        paper.fault = Fault.STALLS
        assert await printer.print(sold("en")) is Delivery.UNKNOWN
        paper.fault = Fault.NONE
        assert await printer.print(sold("he")) is Delivery.CONFIRMED

    come_out = [paper.mechanism.paper.count(raster(sold(name), 576).tobytes("raw", "1;I")) for name in ("he", "en")]
    assert come_out == [2, 0]


def test_little_is_kept_back() -> None:
    """Our kernel takes some KB ahead and not megabytes, or "sent" would mean nothing."""
    with socket.socket() as line:
        line.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, network.KEPT_BYTES_MAX)
        assert line.getsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF) <= 2 * network.KEPT_BYTES_MAX
