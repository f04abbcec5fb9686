"""posd-central as a process of its own: started from its command, on a free port, with a state directory of its own."""

import json
import os
import select
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from click.testing import CliRunner

from central.cli import group

START_S_MAX = 60
STOP_S_MAX = 50  # ten times the promise

COMMAND = [sys.executable, "-c", "import sys; from central.cli import main; sys.exit(main())"]


@dataclass
class HeadOffice:
    """Where it lives; `address` while it runs."""

    folder: Path
    database: str = ""
    process: subprocess.Popen[str] | None = None
    address: str = ""

    @property
    def config(self) -> Path:
        """Its settings file."""
        return self.folder / "central.toml"

    def configure(self, port: int = 0) -> "HeadOffice":
        """Write its settings."""
        text = f'port = {port}\nstate_dir = "{self.folder / "state"}"\ndatabase = "{self.database}"\n'
        self.config.write_text(text)
        return self

    def command(self, *words: str, given: str = "", check: bool = True) -> subprocess.CompletedProcess[str]:
        """Run one of its commands."""
        return subprocess.run(
            [*COMMAND, *words, "--config", str(self.config)],
            input=given,
            capture_output=True,
            text=True,
            check=check,
            timeout=120,
        )

    def asked(self, *words: str, given: str = ""):
        """The JSON that a command answers. It runs here, beside the process: one of its own takes a second to import."""
        whole = [*words, "--json", "--config", str(self.config)]
        with ThreadPoolExecutor(1) as aside:  # the caller's own thread may have a loop running
            ran = aside.submit(CliRunner().invoke, group, whole, input=given).result()
        assert ran.exit_code == 0, ran.output
        return json.loads(ran.stdout)

    def start(self, **environment: str) -> "HeadOffice":
        """Start it, and wait until it says its address."""
        with (self.folder / "log").open("a") as log:
            self.process = subprocess.Popen(
                [*COMMAND, "run", "--json", "--config", str(self.config)],
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                env={**os.environ, **environment},
            )
        ready, _, _ = select.select([self.process.stdout], [], [], START_S_MAX)
        line = self.process.stdout.readline() if ready else ""
        assert line, (self.folder / "log").read_text()
        self.address = json.loads(line)["address"]
        return self

    def stop(self) -> int:
        """Ask it to stop; its exit status."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(STOP_S_MAX)

    def kill(self) -> None:
        """Pull the plug."""
        self.process.kill()
        self.process.wait(STOP_S_MAX)
        self.process.stdout.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self.process and self.process.poll() is None:
            self.kill()
        if self.process:
            self.process.stdout.close()
