"""A whole shop as real processes on free ports: head office and a terminal, each started, killed and started again by its id."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

CAFE = Path(__file__).parents[1] / "config" / "programs" / "cafe.toml"
READY_S = 60  # a hang guard; a start takes a second


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


@dataclass
class Process:
    """`python -m ARGS`, its output in a file."""

    arguments: list[str]
    log: Path
    running: "subprocess.Popen[bytes] | None" = None

    def start(self) -> None:
        """Start it; `wait` says when it answers."""
        with self.log.open("ab") as log:
            self.running = subprocess.Popen([sys.executable, *self.arguments], stdout=log, stderr=log)

    def stop(self, how: signal.Signals = signal.SIGTERM) -> int:
        """Stop it; its exit status."""
        if self.running is None:
            return 0
        self.running.send_signal(how)
        status = self.running.wait(READY_S)
        self.running = None
        return status


@dataclass
class Shop:
    """Head office and one terminal below `folder`. Use it as a context: leaving stops both."""

    folder: Path
    settings: str = ""
    office_port: int = field(default_factory=free_port)
    port: int = field(default_factory=free_port)
    token: str = ""

    def __post_init__(self) -> None:
        self.state = self.folder / "posd"
        self.office_config = self.folder / "central.toml"
        self.config = self.folder / "posd.toml"
        self.office_config.write_text(f'port = {self.office_port}\nstate_dir = "{self.folder / "central"}"\n')
        url = f"http://127.0.0.1:{self.office_port}"
        tables = f'[api]\nport = {self.port}\n[head_office]\nurl = "{url}"\n'
        self.config.write_text(f'state_dir = "{self.state}"\nlanguage = "en"\n{self.settings}\n{tables}')
        run = "import sys; from {}.cli import main; sys.argv = ['x', 'run', '--config', '{}']; main()"
        self.office = Process(["-c", run.format("central", self.office_config)], self.folder / "central.log")
        self.posd = Process(["-c", run.format("posd", self.config)], self.folder / "posd.log")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for process in (self.posd, self.office):
            if process.running:
                process.stop(signal.SIGKILL)

    def cli(self, package: str, *arguments: str, check: bool = True) -> "subprocess.CompletedProcess[str]":
        """`posd ...` or `posd-central ...` (`package` is posd or central) with the shop's settings."""
        code = f"from {package}.cli import main; main()"
        config = {"posd": ("POSD_CONFIG", self.config), "central": ("POSD_CENTRAL_CONFIG", self.office_config)}[package]
        done = subprocess.run(
            [sys.executable, "-c", code, *arguments],
            env={**os.environ, config[0]: str(config[1])},
            capture_output=True,
            text=True,
            timeout=READY_S,
            check=False,
        )
        assert not check or done.returncode == 0, done.stdout + done.stderr
        return done

    def office_json(self, *arguments: str) -> Any:
        """What a command of head office answers."""
        return json.loads(self.cli("central", *arguments, "--json").stdout)

    def start_office(self) -> None:
        """Start head office and wait until it listens."""
        self.office.start()
        self._until(self.office, lambda: socket.create_connection(("127.0.0.1", self.office_port), 1).close())

    def start_posd(self) -> None:
        """Start the terminal and wait until it answers."""
        self.posd.start()
        self._until(self.posd, self.status)

    def status(self) -> Any:
        """GET /v1/status."""
        return self.ask("GET", "/v1/status")

    def ask(self, method: str, path: str, body: Any = None, key: str = "") -> Any:
        """One request with the till's token, before there is one with the command line's.

        Raises OSError (urllib.error.HTTPError for a refusal).
        """
        token = self.token or (self.state / "cli.token").read_text()
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        if key:
            headers["Idempotency-Key"] = key
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", data, headers, method=method)
        with urllib.request.urlopen(request, timeout=READY_S) as answer:
            return json.load(answer)

    def enrol(self) -> None:
        """Publish the cafe's program and make the running terminal head office's."""
        self.office_json("program", "publish", str(CAFE))
        code = self.office_json("terminal", "enrol", "--store", "Allenby 12", "--terminal", "Till 1")["code"]
        self.cli("posd", "enrol", code)
        self.until(lambda: bool(self.status()["enrolled"] and self.status()["program"]))

    def let_in(self, name: str = "till-1") -> None:
        """Ask with a till's own token from now on: it outlives a restart, which the command line's does not."""
        self.token = json.loads(self.cli("posd", "token", "add", name, "--json").stdout)["token"]

    def until(self, done: Any) -> None:
        """Wait until `done()` is true, also through moments in which the terminal does not answer."""
        deadline = time.monotonic() + READY_S
        while True:
            try:
                if done():
                    return
            except OSError:
                pass
            assert time.monotonic() < deadline, self.logs()
            time.sleep(0.05)

    def logs(self) -> str:
        """What both have said last."""
        return "\n".join(path.read_text()[-3000:] for path in (self.posd.log, self.office.log) if path.exists())

    def _until(self, process: Process, answers: Any) -> None:
        def up() -> bool:
            assert process.running
            assert process.running.poll() is None, self.logs()
            answers()
            return True

        self.until(up)
