"""A whole Debian 12 of our own: made by debootstrap, installed by the commands of docs/install.md, booted by systemd-nspawn."""

import json
import os
import re
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

ROOT = Path(__file__).resolve().parents[2]
CACHE = Path(os.environ.get("POSD_SYSTEM_CACHE", "/var/tmp/posd-system"))
PACKAGES = "ca-certificates systemd systemd-sysv udev python3-venv libzbar0 libfribidi0 fonts-dejavu-core tzdata"
CERTIFICATES = "/etc/ssl/certs/ca-certificates.crt"
BOOT_S_MAX = 60.0
NSPAWN = ("systemd-nspawn", "--quiet", "--register=no", "--keep-unit")
BLOCK = re.compile(r"^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def missing() -> str:
    """Why this test cannot run here, or nothing."""
    if os.environ.get("POSD_SYSTEM_TESTS") != "1":
        return "downloads a Debian, so only on demand: make test-system"
    if os.geteuid() != 0:
        return "needs root"
    tools = [tool for tool in ("debootstrap", "systemd-nspawn", "nsenter") if shutil.which(tool) is None]
    return f"needs {', '.join(tools)}" if tools else ""


def documented(section: str) -> str:
    """The commands of that section of docs/install.md, as they stand there."""
    text = (ROOT / "docs" / "install.md").read_text()
    body = text.split(f"\n## {section}\n")[1].split("\n## ")[0]
    return "\n".join(BLOCK.findall(body))


def run(*command: str | Path) -> None:
    """Run it; what it says is shown when it fails."""
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"


def make(folder: Path) -> None:
    """Install posd and head office into a fresh Debian in `folder`, by the book."""
    base = CACHE / "debian12"
    if not (base / ".ready").exists():
        shutil.rmtree(base, ignore_errors=True)
        CACHE.mkdir(parents=True, exist_ok=True)
        run("debootstrap", "--variant=minbase", f"--include={PACKAGES.replace(' ', ',')}", "bookworm", base)
        (base / ".ready").touch()
    run("cp", "-a", "--reflink=auto", base, folder)
    if Path(CERTIFICATES).exists():  # the same network as ours, whoever vouches for it
        shutil.copy(CERTIFICATES, folder / CERTIFICATES[1:])
    (CACHE / "pip").mkdir(exist_ok=True)
    dist = folder / "root" / "dist"
    run(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", dist)
    for lock in ("terminal.lock", "central.lock"):
        shutil.copy(ROOT / "requirements" / lock, dist)
    for section in ("The terminal", "Head office"):
        script = f"set -eux\ncd /root/dist\n{documented(section)}"
        environment = (f"--setenv=PIP_CERT={CERTIFICATES}", "--setenv=PIP_DISABLE_PIP_VERSION_CHECK=1")
        settings = ("--resolv-conf=copy-host", f"--bind={CACHE / 'pip'}:/root/.cache/pip", *environment)
        run(*NSPAWN, *settings, "--directory", folder, "sh", "-c", script)


@dataclass
class Machine:
    """A booted Debian in `folder`, without any network but its own loopback; what it writes is gone when it is off."""

    folder: Path

    def __enter__(self) -> Self:
        """Switch it on and wait until it has started everything."""
        options = ("--boot", "--private-network", "--volatile=overlay", "--link-journal=no", "--console=pipe")
        self.log = (self.folder.parent / "boot.log").open("wb")
        self.process = subprocess.Popen([*NSPAWN, *options, "--directory", self.folder], stdout=self.log, stderr=self.log)
        self.leader = ""
        self.until("systemctl is-system-running --wait | grep -Eq 'running|degraded'", BOOT_S_MAX)
        return self

    def __exit__(self, *_: object) -> None:
        """Switch it off."""
        self.process.terminate()  # nspawn passes it on as a request to power off
        try:
            self.process.wait(BOOT_S_MAX)
        finally:
            self.process.kill()
            self.process.wait()
            self.log.close()

    def sh(self, script: str, *, check: bool = True) -> str:
        """Run `script` inside, as root; what it printed."""
        inside = ("nsenter", "--target", self._leader(), "--mount", "--uts", "--ipc", "--net", "--pid", "--cgroup")
        environment = {"PATH": "/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8", "HOME": "/root"}
        done = subprocess.run([*inside, "sh", "-c", script], capture_output=True, text=True, env=environment, check=False)
        assert not check or done.returncode == 0, f"{script}\n{done.stdout}\n{done.stderr}"
        return done.stdout.strip()

    def json(self, script: str) -> Any:
        """The JSON that `script` prints."""
        return json.loads(self.sh(script))

    def shown(self, unit: str, key: str) -> str:
        """A property of a unit."""
        return self.sh(f"systemctl show --property={key} --value {unit}")

    def until(self, script: str, within_s: float) -> float:
        """Wait until `script` succeeds; the seconds that took."""
        started = time.monotonic()
        while time.monotonic() - started < within_s:
            if self._leader() and self.sh(f"({script}) >/dev/null 2>&1 && echo yes", check=False) == "yes":
                return time.monotonic() - started
            time.sleep(0.1)
        raise AssertionError(f"{script}: not within {within_s} s\n{(self.folder.parent / 'boot.log').read_text()[-2000:]}")

    def _leader(self) -> str:
        """The process that is number 1 inside, as it is called outside."""
        if not self.leader:
            children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
            self.leader = children[0] if children else ""
        return self.leader
