"""One run: a shop's printer and posd's printing part, by a plan; and what must be true of the paper at its end."""

import asyncio
import multiprocessing
import shutil
import sqlite3
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, field
from functools import cache
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path

from drivers.printers.job import receipt_bytes, receipt_from
from drivers.printers.profile import load_profile
from drivers.printers.render import raster
from drivers.virtual_printer import Fault, Place, TcpPort, Terminal, VirtualPrinter
from loyalty.journal import Draft, Stamp
from loyalty.receipt import as_copy
from loyalty.sale import Enrol
from posd.store import journal
from posd.store.database import open_store
from posd.store.opening import FILE
from sync.wire import EnrolAnswer
from tests.drivers.receipts import sold
from tests.paper.plan import Plan, Step
from tests.paper.worker import work

GUARD_S = 120.0  # a run takes some seconds; one that takes this long hangs
POLL_S = 0.1
FORKS = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload(["tests.paper.worker"])
REACHED: dict[str, Callable[[str], dict[str, object]]] = {
    "network": lambda where: {"host": "127.0.0.1", "port": int(where.rpartition(":")[2])},
    "usb": lambda where: {"path": where},
    "serial": lambda where: {"path": where, "flow": "xon_xoff"},
}
"""The options with which each driver reaches the printer that is there."""


class Broken(AssertionError):
    """A promise that a run broke."""


@dataclass
class Run:
    """One run as it goes. `promised` are the jobs that a till was told of; `told` are the states at the end."""

    plan: Plan
    folder: Path
    paper: VirtualPrinter[Place]
    promised: list[int] = field(default_factory=list)
    sold: int = 0
    crashes: int = 0
    process: BaseProcess | None = None
    pipe: Connection | None = None

    async def play(self) -> Counter[str]:
        """All of it; how many jobs ended how. Raises Broken."""
        async with asyncio.timeout(GUARD_S), self.paper:
            await self.start()
            try:
                for step in self.plan.steps:
                    await self.take(step)
                self.paper.fault = Fault.NONE
                await self.drained()
            finally:
                self.kill()
        return await asyncio.to_thread(self.check)  # the printers of other runs go on meanwhile

    async def take(self, step: Step) -> None:
        """Do one step of the plan."""
        match step.kind:
            case "sell":
                self.sold += 1
                await self.queue(receipt_bytes(sold("en", first_name=f"Member {self.sold}")))
            case "copy":
                if any(state == "unknown" for _, state, _ in self.jobs()):
                    self.sold += 1
                    await self.queue(receipt_bytes(as_copy(sold("en", first_name=f"Copy {self.sold}"))))
            case "fault":
                self.paper.fault = step.fault
            case "mend":
                self.paper.fault = Fault.NONE
            case "crash":
                self.crashes += 1
                self.kill()
                await self.start()
            case "replug" | "power":
                await self.paper.unplug()
                if step.kind == "power":
                    self.paper.mechanism.power_cycle()
                await asyncio.sleep(step.wait_s)
                await self.paper.plug()
        await asyncio.sleep(step.wait_s)

    async def start(self) -> None:
        """A new process on the same database."""
        self.pipe, far = FORKS.Pipe()
        options = {**REACHED[self.plan.driver](self.paper.place.where), "profile": self.plan.profile}
        self.process = FORKS.Process(target=work, args=(str(self.folder), self.plan.driver, options, far), daemon=True)
        await asyncio.to_thread(self.process.start)
        far.close()
        if await self.heard() != "ready":
            raise Broken("the printing part did not start")

    def kill(self) -> None:
        """As the power does it."""
        if self.process and self.pipe:
            self.process.kill()
            self.process.join()
            self.process.close()
            self.pipe.close()
        self.process = self.pipe = None

    async def queue(self, receipt: bytes) -> None:
        """Sell: the receipt is promised once the job's id is told."""
        assert self.pipe
        self.pipe.send_bytes(receipt)
        job = await self.heard()
        assert isinstance(job, int)
        self.promised.append(job)

    async def heard(self) -> object:
        """What the process says next."""
        assert self.pipe
        while not self.pipe.poll():
            if not (self.process and self.process.is_alive()):
                raise Broken("the printing part has ended by itself")
            await asyncio.sleep(POLL_S / 20)
        return self.pipe.recv()

    async def drained(self) -> None:
        """Until no job waits any more; the printer is well again, so this is soon."""
        while any(state in {"queued", "sending"} for _, state, _ in self.jobs()):
            await asyncio.sleep(POLL_S)

    def jobs(self) -> list[tuple[int, str, bytes]]:
        """Every job of the store: id, state, receipt."""
        with closing(sqlite3.connect(f"file:{self.folder / FILE}?mode=ro", uri=True)) as db:
            return db.execute("SELECT id, state, receipt FROM print_job ORDER BY id").fetchall()

    def check(self) -> Counter[str]:
        """What must be true of every job and of the paper; how many jobs ended how."""
        paper, dots = bytes(self.paper.mechanism.paper), load_profile(self.plan.profile).dots
        jobs = self.jobs()
        lost = set(self.promised) - {job for job, _, _ in jobs}
        if lost:
            raise Broken(f"jobs {lost} were promised and are gone")
        last = -1
        for job, state, receipt in jobs:
            rows = raster(receipt_from(receipt), dots).tobytes("raw", "1;I")
            came_out, at = paper.count(rows), paper.find(rows)
            if came_out > 1:
                raise Broken(f"job {job} ({state}) came out {came_out} times")
            if state == "confirmed" and not came_out:
                raise Broken(f"job {job} is confirmed and not on the paper")
            if state not in {"confirmed", "unknown"}:
                raise Broken(f"job {job} is {state} at the end")
            if came_out and at < last:
                raise Broken(f"job {job} came out before an older one")
            last = max(at, last)
        return Counter(state for _, state, _ in jobs)


async def played(plan: Plan, folder: Path) -> Counter[str]:
    """Play `plan` in `folder`, which must be empty; how many jobs ended how, and how many crashes there were."""
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(await template(folder.parent), folder / FILE)
    run = Run(plan, folder, VirtualPrinter(TcpPort() if plan.driver == "network" else Terminal(folder / "printer")))
    try:
        ended = await run.play()
    except (Broken, TimeoutError) as error:
        raise Broken(told(run, error)) from error
    ended["crashes"] = run.crashes
    return ended


def told(run: Run, error: BaseException) -> str:
    """Everything that is needed to see it again."""
    jobs: Sequence[tuple[int, str]] = [(job, state) for job, state, _ in run.jobs()]
    steps = "\n".join(f"  {step}" for step in run.plan.steps)
    what = str(error) or f"it hangs: nothing came to its end within {GUARD_S:.0f} s"
    return (
        f"seed {run.plan.seed}, {run.plan.driver}, {run.plan.profile}: {what}\n  jobs: {jobs}\n{steps}\n"
        f"again: make print-sim SEEDS=1 FIRST={run.plan.seed}"
    )


@cache
def _locks() -> dict[Path, asyncio.Lock]:
    return {}


async def template(folder: Path) -> Path:
    """A database of an enrolled terminal with one record, made once for all runs in `folder`."""
    async with _locks().setdefault(folder, asyncio.Lock()):
        made = folder / "template"
        if not (made / "whole").exists():
            with suppress(FileNotFoundError):
                shutil.rmtree(made)
            made.mkdir(parents=True)
            async with open_store(made) as store:
                answer = EnrolAnswer("t7", "s", 2, "one", "Asia/Jerusalem", 0)
                await store.run(journal.enrol, answer, Stamp(0, 0), Draft("enrol", "e" * 32, Enrol("0.1", "s")))
            (made / "whole").touch()
        return made / FILE
