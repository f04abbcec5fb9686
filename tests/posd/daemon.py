"""A real `posd run` as a child process, and the service manager's socket beside it."""

import contextlib
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from queue import Empty, Queue
from typing import Any, Self

POSD = Path(sys.executable).with_name("posd")
READY_S_MAX = 30.0  # ten times what a start takes on a slow machine
STOP_S_MAX = 5.0  # issue and unit promise it; a stop takes 0.3 s


def settings_file(folder: Path, text: str = "") -> Path:
    """A settings file for a posd whose state is in `folder`, on any free port; `text` comes after."""
    file = folder / "posd.toml"
    file.write_text(f'state_dir = "{folder / "state"}"\napi.port = 0\nballast_mib = 1\n{text}')
    return file


def tell(file: Path, *before: str) -> subprocess.CompletedProcess[str]:
    """What `posd run` with these settings says before it gives up; `before` is a command that runs it."""
    command = [*before, str(POSD), "run", "--config", str(file)]
    return subprocess.run(command, capture_output=True, text=True, timeout=READY_S_MAX, check=False)


def must_be_plain(told: subprocess.CompletedProcess[str], status: int) -> str:
    """What it said on standard error: ended with `status`, in words a person reads aloud, without a traceback."""
    assert told.returncode == status, told.stderr
    assert told.stderr.startswith("posd: ")
    assert "Traceback" not in told.stderr
    assert told.stdout == ""
    return told.stderr


@dataclass
class Daemon:
    """`posd run` with `file`, as systemd starts it: with a notify socket, and a watchdog when `watchdog_s` is given."""

    file: Path
    watchdog_s: float = 0.0
    heard: Queue[str] = field(default_factory=Queue)

    def __enter__(self) -> Self:
        """Start it; it is ready when this returns."""
        self.manager = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        name = f"\0posd-test-{os.getpid()}-{id(self)}"
        self.manager.bind(name)
        self.listener = threading.Thread(target=self._listen)
        self.listener.start()
        watchdog = {"WATCHDOG_USEC": str(int(self.watchdog_s * 1e6))} if self.watchdog_s else {}
        environment = {**os.environ, "NOTIFY_SOCKET": "@" + name[1:], **watchdog}
        command = [str(POSD), "run", "--config", str(self.file)]
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(command, stderr=log, env=environment)
        try:
            self.must_hear("READY=1")
        except AssertionError:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        """Kill what is left."""
        self.process.kill()
        self.process.wait()
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as last:
            last.sendto(b"", self.manager.getsockname())
        self.listener.join()
        self.manager.close()

    def must_hear(self, line: str, within_s: float = READY_S_MAX) -> None:
        """Wait until it tells the manager `line`."""
        end = time.monotonic() + within_s
        while True:
            try:
                told = self.heard.get(timeout=max(end - time.monotonic(), 0.01))
            except Empty:
                raise AssertionError(f"no {line} within {within_s} s") from None
            if line in told.splitlines():
                return

    def stop(self) -> int:
        """SIGTERM; the exit status. A hang fails."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(STOP_S_MAX)

    @property
    def log(self) -> Path:
        """What it said on standard error."""
        return self.file.with_name("daemon.log")

    def lines(self) -> list[dict[str, Any]]:
        """Its log so far, which is whole lines of JSON and nothing else."""
        return [json.loads(line) for line in self.log.read_text().splitlines(keepends=True) if line.endswith("\n")]

    def connect(self) -> http.client.HTTPConnection:
        """A connection to its local API, at the port that its log names."""
        end = time.monotonic() + READY_S_MAX
        while not (ready := [line for line in self.lines() if line["event"] == "ready"]):  # logged just after READY=1
            assert time.monotonic() < end
            time.sleep(0.01)
        return http.client.HTTPConnection("127.0.0.1", ready[0]["port"], timeout=READY_S_MAX)

    @contextlib.contextmanager
    def page(self) -> Iterator[http.client.HTTPResponse]:
        """An event stream as a page keeps it open, read up to its first event."""
        with contextlib.closing(self.connect()) as connection:
            connection.request("GET", "/v1/events", headers={"Authorization": f"Bearer {self.token()}"})
            stream = connection.getresponse()
            assert stream.status == 200, stream.read()
            while not stream.readline().startswith(b"data:"):
                pass
            yield stream

    def token(self) -> str:
        """This machine's own token, scope admin."""
        return (self.file.parent / "state" / "cli.token").read_text()

    def _listen(self) -> None:
        while told := self.manager.recv(4096):
            self.heard.put(told.decode())
