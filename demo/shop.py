"""A whole shop in one folder: head office, a terminal, a scanner and a printer, as the separate processes they are."""

import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent
READY_S = 30.0  # ten times what a start takes on a slow machine
STOP_S = 15.0
POLL_S = 0.05
TELL_AFTER_S = 1.0  # a longer silence makes a person wonder
ANSWER_S = 20.0


class Failed(Exception):
    """Something in the shop did not do what it should."""


def free_port() -> int:
    """A port that nobody uses just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def answers(port: int) -> bool:
    """Whether a page is served there, whatever it says."""
    try:
        urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=2).close()
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False
    return True


@dataclass
class Running:
    """One of our processes; its output goes to a log file beside its state."""

    name: str
    command: list[str]
    log: Path
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it."""
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(self.command, stdout=log, stderr=log, stdin=subprocess.DEVNULL)

    def stop(self, how: signal.Signals = signal.SIGTERM) -> float:
        """Send it `how` and wait until it is gone; the seconds it took."""
        if self.process is None or self.process.poll() is not None:
            return 0.0
        started = time.monotonic()
        self.process.send_signal(how)
        self.process.wait(STOP_S)
        return time.monotonic() - started

    def must_run(self) -> None:
        """Raise Failed with the end of its log when it has died."""
        if self.process is not None and self.process.poll() is not None:
            end = "\n".join(self.log.read_text().splitlines()[-12:])
            raise Failed(f"{self.name} stopped with status {self.process.returncode}:\n{end}")


@dataclass
class Shop:
    """Everything below `folder`. The printer's port is the caller's: 0 for a shop that prints nothing."""

    folder: Path
    printer_port: int = 0
    office_port: int = field(default_factory=free_port)
    till_port: int = field(default_factory=free_port)
    token: str = ""
    office: Running = field(init=False)
    terminal: Running = field(init=False)

    def __post_init__(self) -> None:
        """Write both settings files."""
        self.pictures.mkdir(parents=True)
        office = self.folder / "central.toml"
        office.write_text(f'state_dir = "{self.folder}/head-office"\nport = {self.office_port}\n')
        (self.folder / "head-office").mkdir(mode=0o700)
        printer = f'[printer]\ndriver = "network"\nhost = "127.0.0.1"\nport = {self.printer_port}\nprofile = "generic-80mm"\n'
        (self.folder / "posd.toml").write_text(
            f'state_dir = "{self.folder}/terminal"\nlanguage = "he"\nprinting = "{"posd" if self.printer_port else "none"}"\n'
            f"[api]\nport = {self.till_port}\n"
            f'[head_office]\nurl = "http://127.0.0.1:{self.office_port}"\n'
            f'[[scanners]]\nname = "camera"\ndriver = "camera"\npath = "{self.pictures}"\nfollow = true\n'
            f"{printer if self.printer_port else ''}"
        )
        office_command = [str(BIN / "posd-central"), "run", "--config", str(office)]
        till_command = [str(BIN / "posd"), "run", "--config", str(self.folder / "posd.toml")]
        self.office = Running("head office", office_command, self.folder / "head-office.log")
        self.terminal = Running("the terminal", till_command, self.folder / "terminal.log")

    @property
    def pictures(self) -> Path:
        """Where the camera sees what is put there."""
        return self.folder / "camera"

    @property
    def page(self) -> str:
        """The cashier's page, signed in."""
        return f"http://127.0.0.1:{self.till_port}/#token={self.token}"

    def run_office(self, *words: str, stdin: str = "") -> Any:
        """A `posd-central` command; its JSON answer."""
        return self._run(BIN / "posd-central", "central.toml", words, stdin)

    def run_posd(self, *words: str) -> Any:
        """A `posd` command; its JSON answer."""
        return self._run(BIN / "posd", "posd.toml", words, "")

    def open(self, program: Path) -> None:
        """From nothing to a terminal that is enrolled and has its program."""
        self.office.start()
        self.wait_office()
        self.run_office("program", "publish", str(program))
        self.terminal.start()
        self.wait_till("a terminal that answers", lambda: answers(self.till_port))
        code = self.run_office("terminal", "enrol", "--store", "דיזנגוף 99", "--terminal", "till-1")["code"]
        self.run_posd("enrol", code)
        self.wait_till("a token", self.sign_in)  # the terminal starts anew under its name
        self.wait_till("the program", lambda: self.status()["program"] is not None)

    def sign_in(self) -> str:
        """Take a token for the till."""
        self.token = str(self.run_posd("token", "add", f"till-{secrets.token_hex(3)}")["token"])
        return self.token

    def close(self) -> None:
        """Stop what runs."""
        self.terminal.stop()
        self.office.stop()

    def wait_office(self) -> None:
        """Until head office answers."""
        self.wait_till("head office", lambda: answers(self.office_port))

    def wait_till(self, what: str, holds: Any, limit_s: float = READY_S) -> None:
        """Until `holds()`; Failed when it takes longer than `limit_s`, or when a process has died."""
        end = time.monotonic() + limit_s
        tell_at = time.monotonic() + TELL_AFTER_S
        while True:
            if time.monotonic() > tell_at:
                print(f"   ... waiting for {what}", flush=True)
                tell_at = end
            try:
                if holds():
                    return
            except Failed:
                if time.monotonic() > end:
                    raise
            self.office.must_run()
            self.terminal.must_run()
            if time.monotonic() > end:
                raise Failed(f"waited {limit_s:.0f} s for {what}")
            time.sleep(POLL_S)

    def status(self) -> Any:
        """How the terminal is doing."""
        return self.ask("GET", "/v1/status")

    def ask(self, method: str, path: str, body: object = None, key: str = "") -> Any:
        """A call of the local API, as a till makes it; its JSON answer."""
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json", "Accept-Language": "he"}
        if key:
            headers["Idempotency-Key"] = key
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"http://127.0.0.1:{self.till_port}{path}", data, headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=ANSWER_S) as response:
                answer = response.read()
        except urllib.error.HTTPError as error:
            raise Failed(f"{method} {path}: {error.code} {error.read().decode()}") from error
        except OSError as error:
            raise Failed(f"{method} {path}: {error}") from error
        return json.loads(answer) if response.headers.get_content_type() == "application/json" else answer

    def _run(self, program: Path, settings: str, words: tuple[str, ...], stdin: str) -> Any:
        command = [str(program), *words, "--json", "--config", str(self.folder / settings)]
        done = subprocess.run(
            command, input=stdin, capture_output=True, text=True, timeout=ANSWER_S, env=dict(os.environ), check=False
        )
        if done.returncode:
            raise Failed(f"{' '.join(command[:3])}: {done.stderr.strip() or done.stdout.strip()}")
        return json.loads(done.stdout)
