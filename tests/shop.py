"""A whole shop for tests: a real head office and a real posd, each a process of its own, in a temporary folder on free ports."""

import contextlib
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
from click.testing import CliRunner

from central.cli import group

ROOT = Path(__file__).resolve().parents[1]
PROGRAM = ROOT / "config" / "programs" / "cafe.toml"
WAIT_S_MAX = 30.0  # a hang guard: everything here takes a second or two
POLL_S = 0.05  # a question costs both sides a few milliseconds, and whoever is waited for needs them too
STOP_S_MAX = 20.0


def free_port() -> int:
    """A port that was free a moment ago; a process that is to come back on the same one cannot ask for any."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def wait_for(what: str, question: Callable[[], Any], within_s: float = WAIT_S_MAX) -> Any:
    """What `question` answers once it answers anything; while nobody is there, that is no answer."""
    end_s = time.monotonic() + within_s
    while time.monotonic() < end_s:
        with contextlib.suppress(httpx.TransportError, http.client.HTTPException, OSError):
            if answer := question():
                return answer
        time.sleep(POLL_S)
    raise AssertionError(f"{what}: not within {within_s} s")


class Shop:
    """One till and its head office. Stop and start either as you like: the ports and the folders stay.

    `under` is, by name, a command that runs the process, `environment` what it is given beside ours.
    """

    program = PROGRAM

    def __init__(
        self,
        folder: Path,
        settings: str = "",
        printing: str = "none",
        language: str = "he",
        *,
        store: str = "Café",
        database: str = "",
        head: "Shop | None" = None,
        way: int = 0,
    ) -> None:
        """Write the settings; `settings` is appended to posd's. `database` is head office's, if not SQLite. With `head` the head
        office is the one of that shop; posd meets it at the port `way`, if something stands in between.
        """
        self.folder, self.store, self.database, self.head = folder, store, database, head or self
        self.under: dict[str, list[str]] = {}
        self.environment: dict[str, dict[str, str]] = {}
        self.config = folder / "posd.toml"
        self.scans = folder / "scans"
        self.scans.touch()
        self.port, self.office_port = free_port(), head.office_port if head else free_port()
        self.address = f"http://127.0.0.1:{self.port}"
        self.receipts = 0
        self.printer_port = 0
        scanner = f'[[scanners]]\ndriver = "virtual"\nname = "counter"\npath = "{self.scans}"\n'
        places = f'[api]\nport = {self.port}\n[head_office]\nurl = "http://127.0.0.1:{way or self.office_port}"\n'
        own = f'state_dir = "{folder / "till"}"\nballast_mib = 1\nprinting = "{printing}"\nlanguage = "{language}"\n'
        (folder / "posd.toml").write_text(own + places + scanner + settings)
        of_office = f'state_dir = "{folder / "office"}"\nport = {self.office_port}\ndatabase = "{database}"\n'
        (folder / "central.toml").write_text(of_office)
        self.http = httpx.Client(base_url=self.address, timeout=WAIT_S_MAX, verify=False)  # no TLS: its making takes 25 ms
        self.processes: dict[str, subprocess.Popen[bytes]] = {}

    def start(self, name: str) -> None:
        """Start "posd" or "central" and wait until it answers."""
        self.launch(name)
        wait_for(f"{name} answers", lambda: self.answers(name))

    def launch(self, name: str) -> None:
        """Start it, and wait for nothing."""
        program = f"from {name}.cli import main; main()"
        command = [sys.executable, "-c", program, "run", "--config", str(self.folder / f"{name}.toml")]
        environment = os.environ | {"TZ": "UTC"} | self.environment.get(name, {})
        with (self.folder / f"{name}.log").open("ab") as log:
            whole = [*self.under.get(name, []), *command]
            self.processes[name] = subprocess.Popen(whole, cwd=ROOT, stdout=log, stderr=log, env=environment)

    def answers(self, name: str) -> bool:
        """Whether it answers at its port. Raises OSError while nobody is there."""
        port = self.port if name == "posd" else self.office_port
        with contextlib.closing(http.client.HTTPConnection("127.0.0.1", port, timeout=WAIT_S_MAX)) as asking:
            asking.request("GET", "/")
            return asking.getresponse().status > 0

    def stop(self, name: str, how: signal.Signals = signal.SIGTERM) -> int:
        """Send it `how`, and wait until it is gone; its exit status."""
        process = self.processes.pop(name, None)
        if process is None:
            return 0
        process.send_signal(how)
        return process.wait(STOP_S_MAX)

    def ends(self) -> int:
        """The exit status of a posd that ends by itself."""
        return self.processes.pop("posd").wait(WAIT_S_MAX)

    def office(self, *arguments: str) -> Any:
        """What a command of head office answers."""
        whole = [*arguments, "--config", str(self.head.folder / "central.toml"), "--json"]
        with ThreadPoolExecutor(1) as aside:  # a browser test's own thread has Playwright's loop running
            ran = aside.submit(CliRunner().invoke, group, whole).result()
        assert ran.exit_code == 0, ran.output
        return json.loads(ran.stdout)

    def admin(self, path: str, body: dict[str, Any]) -> Any:
        """What posd answers to this machine's administrator."""
        token = (self.folder / "till" / "cli.token").read_text()
        answer = self.http.post(path, json=body, headers={"Authorization": f"Bearer {token}"})
        assert answer.is_success, answer.text
        return answer.json()

    def open(self) -> None:
        """Start both, publish the program, enrol the terminal, and wait for the first page of the feed."""
        if self.head is self:
            self.office("program", "publish", str(self.program))
            self.start("central")
        made = self.office("terminal", "enrol", "--store", self.store, "--terminal", "Till 1")
        self.start("posd")
        self.admin("/v1/enrol", {"code": made["code"]})
        token = wait_for("a token", lambda: self.admin("/v1/tokens", {"name": "page", "scope": "till"}))["token"]
        self.http.headers.update({"Authorization": f"Bearer {token}", "Accept-Language": "en"})
        self.token = token
        wait_for("the program", lambda: self.ready() and self.status()["program"])

    def ready(self) -> bool:
        """Whether the parts that an enrolment starts anew are there."""
        return self.http.get("/v1/status").is_success

    def close(self) -> None:
        """Stop whatever runs."""
        self.http.close()
        for name in list(self.processes):
            self.stop(name)

    def status(self) -> Any:
        """GET /v1/status."""
        return self.http.get("/v1/status").json()

    def member(self, first_name: str, points: int = 0) -> str:
        """A new member's code; `points` of theirs are confirmed by head office and may be spent."""
        handle = self.office("member", "add", "--first-name", first_name)["handle"]
        code = str(self.office("member", "code", handle)["code"])
        wait_for("the member is known here", lambda: self.known(code))
        if points:
            self.sell(code, points * 100)
            wait_for("the points are confirmed", lambda: self.confirmed(code, points))
        return code

    def known(self, code: str) -> bool:
        """Whether the cache has this member."""
        member = self.http.post("/v1/members/look-up", json={"code": code}).json()["member"]
        return bool(member) and not member["provisional"]

    def confirmed(self, code: str, points: int) -> bool:
        """Whether a large basket would offer what `points` points buy."""
        ask = {"basket": {"lines": [{"id": "1", "product": "x", "amount_minor": 10_000_000}]}, "code": code}
        offer = self.http.post("/v1/quote", json=ask).json()["offers"][0]
        enough = offer["times_max"] == points // 100
        return bool(enough and self.status()["queued_records"] == 0 and self.points(code) == points)

    def sell(self, code: str, amount_minor: int) -> Any:
        """A sale as a till that cannot ask before payment makes it."""
        self.receipts += 1
        sale = {
            "till": "seed",
            "receipt_number": str(self.receipts),
            "business_date": "2026-01-02",
            "tenders": [{"kind": "cash", "amount_minor": amount_minor}],
            "ask": {"basket": {"lines": [{"id": "1", "product": "x", "amount_minor": amount_minor}]}, "code": code},
        }
        answer = self.http.post("/v1/sales", json=sale, headers={"Idempotency-Key": f"seed-{self.receipts}"})
        assert answer.is_success, answer.text
        return answer.json()

    def points(self, code: str) -> int:
        """The balance as the terminal has it."""
        member = self.http.post("/v1/members/look-up", json={"code": code}).json()["member"]
        return next(one["pieces"] for one in member["balances"] if one["unit"] == "points")

    def records(self) -> int:
        """How many records the terminal's journal has: each sale is one."""
        status = self.status()
        return int(status["acknowledged_seq"] + status["queued_records"])

    def scan(self, code: str) -> None:
        """Hold a code in front of the scanner."""
        with self.scans.open("a") as file:
            file.write(f"{code}\n")


@contextlib.contextmanager
def open_shop(folder: Path, settings: str = "", printing: str = "none", language: str = "he") -> Iterator[Shop]:
    """A shop that is open, and closed at the end whatever happens."""
    shop = Shop(folder, settings, printing, language)
    try:
        shop.open()
        yield shop
    finally:
        shop.close()
