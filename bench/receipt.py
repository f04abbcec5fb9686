"""Design section 12, "receipt": packed in at most half of python-escpos's own time, the last byte at the printer in at most 1.05
times what the wire needs. Each peer runs in the same process, in turn.

The wire is a virtual printer that takes 20,000 bytes a second (200,000 baud), on a TCP port of the loopback and on a pty. The peer
writes the same bytes to it and does nothing else. posd's time is that of the whole call: with opening, and asking whether there is
paper.

Run: .venv/bin/python -m bench.receipt [--json] [--rounds 3]
"""

import argparse
import asyncio
import contextlib
import io
import json
import os
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from escpos.printer import Dummy

from drivers.ports import Delivery, Printer
from drivers.printers.escpos import FENCE, job_bytes
from drivers.printers.network import NetworkOptions, NetworkPrinter
from drivers.printers.profile import load_profile
from drivers.printers.render import raster
from drivers.printers.serial import SerialOptions, SerialPrinter
from drivers.virtual_mechanism import Fault, Mechanism
from drivers.virtual_printer import Place, TcpPort, Terminal, VirtualPrinter
from tests.drivers.receipts import sold

ROUNDS = 60
TARGET = 0.5
WIRE_ROUNDS = 3  # of four seconds each
WIRE_TARGET = 1.05
APART_S = 1.0  # checkouts are further apart; right after a job posd lets a printer rest before it opens the line again

Send = Callable[[], Awaitable[None]]


def timed(work: Callable[[], object]) -> float:
    """Milliseconds that one run takes."""
    started = time.perf_counter()
    work()
    return (time.perf_counter() - started) * 1e3


def measure() -> dict[str, float]:
    """Medians in milliseconds, and the ratio to the peer."""
    receipt, profile = sold("he"), load_profile("generic-80mm")
    image = raster(receipt, profile.dots)

    def peer() -> bytes:
        paper = Dummy()
        paper.hw("INIT")
        with contextlib.redirect_stdout(io.StringIO()):  # it prints about a width that its profile lacks
            paper.image(image, impl="bitImageRaster", fragment_height=profile.band_rows_max)
        paper.cut()
        output: bytes = paper.output
        return output

    works: dict[str, Callable[[], object]] = {
        "render_ms": lambda: raster(receipt, profile.dots),
        "pack_ms": lambda: job_bytes(image, profile),
        "python_escpos_ms": peer,
    }
    runs: dict[str, list[float]] = {name: [] for name in works}
    for _ in range(ROUNDS):
        for name, work in works.items():
            runs[name].append(timed(work))
    figures = {name: median(times) for name, times in runs.items()}
    return {**figures, "pack_ratio": figures["pack_ms"] / figures["python_escpos_ms"], "target": TARGET}


@dataclass
class Watched(Mechanism):
    """A printer that notes when it took the last fence: a job ends with one."""

    tail: bytes = b""
    fence_s: float = 0.0

    def take(self, received: bytes) -> None:
        """As any."""
        if FENCE in self.tail + received:
            self.fence_s = time.perf_counter()
        self.tail = (self.tail + received)[-len(FENCE) + 1 :]
        super().take(received)


async def wires(rounds: int) -> dict[str, float]:
    """By kind of line the milliseconds from the call to the last byte, posd's and the peer's, and their ratio."""
    profile = load_profile("generic-80mm")
    job = job_bytes(raster(sold("he"), profile.dots), profile)
    figures: dict[str, float] = {"job_bytes": len(job)}
    port, slow = TcpPort(), Watched(_fault=Fault.SLOW)
    async with _slow(port, slow):
        posd: Printer = NetworkPrinter("bench", NetworkOptions("127.0.0.1", port.port))
        figures |= await _compare("tcp", rounds, slow, lambda: _print(posd, job), lambda: _to_port(port.port, job, slow))
    with tempfile.TemporaryDirectory() as folder:
        pty, slower = Terminal(Path(folder) / "tty"), Watched(_fault=Fault.SLOW)
        async with _slow(pty, slower):
            serial = SerialPrinter("bench", SerialOptions(str(pty.path), flow="xon_xoff"))
            figures |= await _compare(
                "pty", rounds, slower, lambda: _print(serial, job), lambda: _to_file(pty.path, job, slower)
            )
    return {**figures, "last_byte_target": WIRE_TARGET}


def _slow(place: Place, mechanism: Watched) -> VirtualPrinter:
    printer = VirtualPrinter(place)
    printer.mechanism = mechanism
    return printer


async def _compare(kind: str, rounds: int, printer: Watched, posd: Send, peer: Send) -> dict[str, float]:
    await posd()  # the first job of all waits until nothing of an earlier one can come
    runs: dict[str, list[float]] = {"posd": [], "bare": []}
    for _ in range(rounds):
        for name, send in (("posd", posd), ("bare", peer)):
            await asyncio.sleep(APART_S)
            started = time.perf_counter()
            await send()
            runs[name].append((printer.fence_s - started) * 1e3)
    ratio = median(runs["posd"]) / median(runs["bare"])
    return {**{f"{kind}_{name}_ms": median(times) for name, times in runs.items()}, f"{kind}_last_byte_ratio": ratio}


async def _print(printer: Printer, job: bytes) -> None:
    assert await printer.send(job) is Delivery.CONFIRMED


async def _to_port(port: int, job: bytes, printer: Watched) -> None:
    jobs = len(printer.printed)
    _, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(job)
    while len(printer.printed) == jobs:
        await asyncio.sleep(0.01)
    writer.close()
    with contextlib.suppress(ConnectionError):
        await writer.wait_closed()


async def _to_file(path: Path, job: bytes, printer: Watched) -> None:
    def write() -> None:
        descriptor = os.open(path, os.O_RDWR | os.O_NOCTTY)
        left = job
        while left:
            left = left[os.write(descriptor, left) :]
        os.close(descriptor)

    jobs = len(printer.printed)
    await asyncio.to_thread(write)
    while len(printer.printed) == jobs:
        await asyncio.sleep(0.01)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--rounds", type=int, default=WIRE_ROUNDS, help="on each wire")
    wanted = parser.parse_args()
    found = {**measure(), **asyncio.run(wires(wanted.rounds))}
    if wanted.json:
        print(json.dumps(found))
    else:
        for label, figure in found.items():
            print(f"{label:20} {figure:9.3f}")
    slowest = max(found["tcp_last_byte_ratio"], found["pty_last_byte_ratio"])
    sys.exit(found["pack_ratio"] > TARGET or slowest > WIRE_TARGET)
