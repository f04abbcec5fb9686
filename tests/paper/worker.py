"""posd's printing part as a process of its own, to be killed: the real store, the real queue, a real driver.

A job goes in over a pipe as the bytes of a receipt; its id comes back once it is durable, as a till's sale is answered.
"""

import asyncio
import os
from dataclasses import replace
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import escpos.printer  # noqa: F401 (0.3 s, once and not in each process: forkserver imports this file before it forks)

from drivers import load_printer
from drivers.ports import Printer
from drivers.printers import job, network, talk
from drivers.printers.job import run_jobs
from posd.printing import StoredQueue
from posd.store import print_jobs
from posd.store.database import open_store
from runtime.log import start_logging
from runtime.supervise import supervise

SEQ = 1  # the record that all jobs are for
DEADLINE_S = 1.5
HURRY: dict[Any, dict[str, Any]] = {
    talk: {"ASK_S": 0.6, "STATUS_S": 0.3, "SYNC_S": 1.0, "QUIET_S": 0.8, "LEARN_S": 1.0},
    network: {"NetworkPrinter": replace(network.NetworkPrinter, reopen_s=0.01), "CONNECT_S": 0.5},
    job: {"RETRY_S": 0.02, "RETRY_S_MAX": 0.1},
}
"""The virtual printer answers in milliseconds, so waiting for what never comes may be as short. But no shorter than this: on a busy
machine more jobs end as unknown than the faults account for (a sixth), which proves less, and nothing is won."""


def work(folder: str, driver: str, options: dict[str, object], pipe: Connection) -> None:
    """The process: until it is killed."""
    start_logging("error")
    for module, shorter in HURRY.items():
        for name, value in shorter.items():
            setattr(module, name, value)
    printer = load_printer(driver, driver, {**options, "deadline_s": DEADLINE_S})
    asyncio.run(_work(Path(folder), printer, pipe))


async def _work(folder: Path, printer: Printer, pipe: Connection) -> None:
    wake = asyncio.Event()
    tasks: set[asyncio.Task[None]] = set()
    async with open_store(folder) as store:

        async def sell(receipt: bytes) -> None:
            pipe.send(await store.run(print_jobs.add, SEQ, 0, receipt))
            wake.set()

        def heard() -> None:
            try:
                tasks.add(asyncio.create_task(sell(pipe.recv_bytes())))
            except (EOFError, OSError):  # whoever started us is gone, and its printer's name may be another's soon
                os._exit(0)

        asyncio.get_running_loop().add_reader(pipe.fileno(), heard)
        pipe.send("ready")
        await supervise("printer", lambda: run_jobs(StoredQueue(store), printer, wake))
