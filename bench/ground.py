"""What the benches share: an enrolled terminal in a folder, a sale to commit, a process under a notify socket, and figures."""

import json
import os
import platform
import secrets
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bench.rows import MEMBERS
from loyalty.agreement import Agreement, agree
from loyalty.basket import Basket, Line, Tender
from loyalty.code import Claims, Strength
from loyalty.ids import record_id
from loyalty.journal import Draft, Stamp
from loyalty.member import Member
from loyalty.moment import Moment
from loyalty.program import Program
from loyalty.quote import quote
from loyalty.sale import Enrol, Payment, Sale, TillReference, commit
from posd.store import journal, members, pages
from posd.store.database import Store
from posd.store.db import Db
from sync import codes, program_file
from sync.pull import PullState
from sync.wire import CodeKeyRow, EnrolAnswer, MemberRow, ProgramRow

ROOT = Path(__file__).resolve().parent.parent
HANDLE = "00112233445566778899"
KEY_ID = "deadbeef"
NOW = Moment(1_795_000_000_000, 120, "2026-11-21")
STAMP = Stamp(NOW.wall_ms, 120, "good")
READY_S = 60.0


@dataclass(frozen=True)
class Figure:
    """One row of the table. `target` is the most that is allowed, or the least; None where neither is. The unit is in the name."""

    name: str
    value: float
    target: float | None = None
    at_least: bool = False

    @property
    def met(self) -> bool | None:
        """Whether the target is kept."""
        if self.target is None:
            return None
        return self.value >= self.target if self.at_least else self.value <= self.target


def show(figures: Sequence[Figure], *, as_json: bool) -> None:
    """The table, or one JSON object."""
    if as_json:
        print(json.dumps({one.name: {"value": round(one.value, 4), "target": one.target, "met": one.met} for one in figures}))
        return
    width = max(len(one.name) for one in figures)
    for one in figures:
        verdict = "" if one.met is None else "ok" if one.met else "MISSED"
        target = "" if one.target is None else f"{'>=' if one.at_least else '<='} {one.target:g}"
        print(f"{one.name:<{width}}  {one.value:>10.3f}  {target:>10}  {verdict}")


def say_machine(what: str, *, as_json: bool) -> None:
    """Where and when this is measured, above the table."""
    if not as_json:
        cores = os.cpu_count()
        print(
            f"{platform.machine()}, {cores} cores, {platform.system()} {platform.release()}, {datetime.now(UTC):%Y-%m-%d}, {what}"
        )


def median(values: Sequence[float]) -> float:
    """The middle one."""
    return statistics.median(values)


def percentile(values: Sequence[float], percent: int) -> float:
    """The value that so many in a hundred do not exceed."""
    return sorted(values)[max(0, round(len(values) * percent / 100) - 1)]


def cafe() -> Program:
    """The café's program."""
    return program_file.load(ROOT / "config/programs/cafe.toml")[0]


def basket(lines: int) -> Basket:
    """A basket of so many lines."""
    return Basket(tuple(Line(str(n), f"product-{n}", 1800 + 10 * n, name=f"מוצר {n}") for n in range(1, lines + 1)))


def member(number: int = 0) -> Member:
    """A member with points."""
    return Member(_handle(number % MEMBERS), "חבר", "silver", 0, {"points": 500, "status": 600}, {"points": 500, "status": 600})


def a_sale(program: Program, number: int, lines: int = 3) -> tuple[str, Sale]:
    """A member's sale and its id."""
    asked = quote(program, member(number), basket(lines), NOW)
    agreed: Agreement = agree(asked, "", Strength.SIGNED, ())
    till = TillReference("till-1", "1", str(number), "2026-11-21")
    tenders = (Tender("cash", agreed.to_pay_minor),)
    sale = commit(program, agreed, Payment(till, tenders, agreed.basket, secrets.token_hex(32)))
    return record_id("bench", "2026-11-21", str(number)), sale


async def furnish(store: Store) -> list[str]:
    """Enrol the terminal, give it the café's program and a morning's members; their signed codes."""
    key = Ed25519PrivateKey.generate()
    answer = EnrolAnswer("bench", "bench", 1, "0" * 32, "Asia/Jerusalem", NOW.wall_ms)
    await store.run(journal.enrol, answer, STAMP, Draft("enrol", "1" * 32, Enrol("bench", "bench")))
    _, values = program_file.load(ROOT / "config/programs/cafe.toml")
    entities = [
        ProgramRow("cafe", 1, 0, values),
        *(MemberRow(_handle(n), "חבר", "silver", 0, {"points": {"": 500}, "status": {"": 600}}, ()) for n in range(MEMBERS)),
        CodeKeyRow(KEY_ID, key.public_key().public_bytes_raw().hex()),
    ]
    await store.run(pages.save_page, entities, PullState("bench"))
    await store.run(_known)
    now_s = int(time.time())
    return [codes.make(Claims(_handle(n), 0, now_s, now_s + 86_400), KEY_ID, key.sign) for n in range(MEMBERS)]


def _known(db: Db) -> None:
    """Each has bought here before: there is a row to hang the next sale on."""
    for number in range(MEMBERS):
        members.row_of(db, _handle(number))


def _handle(number: int) -> str:
    return f"{int(HANDLE, 16) + number:020x}"


class Notified:
    """A child process that tells READY=1 on a notify socket, as under systemd."""

    def __init__(self, command: list[str], folder: Path) -> None:
        """Start it and wait until it is ready; `ready_s` is what that took."""
        path = folder / f"notify-{secrets.token_hex(4)}"
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
            listener.bind(str(path))
            listener.settimeout(READY_S)
            started = time.perf_counter()
            with (folder / "log").open("ab") as log:
                self.process = subprocess.Popen(command, env={**os.environ, "NOTIFY_SOCKET": str(path)}, stdout=log, stderr=log)
            while b"READY=1" not in listener.recv(4096):
                pass
            self.ready_s = time.perf_counter() - started

    def resident_mb(self) -> float:
        """Its resident memory."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(status.split("VmRSS:")[1].split()[0]) / 1024

    def stop(self) -> None:
        """End it."""
        self.process.terminate()
        self.process.wait(20)


def posd_command(settings: Path) -> list[str]:
    """How posd is run."""
    return [str(Path(sys.executable).parent / "posd"), "run", "--config", str(settings)]
