"""A thread with a network or with mounts of its own; what it starts lives there too. Nothing of the machine's own is touched.

Linux keeps namespaces by thread (clone(2), unshare(2)): they are gone with the last thread or process in them. Who is not root
becomes root of a user namespace first, which only a whole process can do: `as_root` runs the test in one of its own.
"""

import ctypes
import functools
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import pytest

NEWNS, NEWNET = 0x00020000, 0x40000000  # <linux/sched.h>
PRIVATE, RECURSIVE = 1 << 18, 1 << 14  # <linux/mount.h>
LIBC = ctypes.CDLL(None, use_errno=True)
HANG_S = 300.0

T = TypeVar("T")


def as_root(test: Callable[..., None]) -> Callable[..., None]:
    """Run the test as root: of a user namespace of its own, where we are not."""

    @functools.wraps(test)
    def wrapped(*args: Any, **kwargs: Any) -> None:
        if os.geteuid() == 0:
            test(*args, **kwargs)
            return
        if subprocess.run(["unshare", "-r", "true"], capture_output=True, check=False).returncode:
            pytest.skip("needs root, or user namespaces (sysctl kernel.unprivileged_userns_clone=1)")
        itself = os.environ["PYTEST_CURRENT_TEST"].rpartition(" ")[0]
        command = ["unshare", "-r", sys.executable, "-m", "pytest", "-q", "-n", "0", itself]
        done = subprocess.run(command, capture_output=True, text=True, timeout=HANG_S, check=False)
        assert done.returncode == 0, done.stdout

    return wrapped


class Apart:
    """One such thread. `run` runs a function on it."""

    def __init__(self, kind: int) -> None:
        """Of NEWNET, a network with nothing but a loopback; or of NEWNS, whose mounts nobody else sees."""
        self._thread = ThreadPoolExecutor(1)
        self.run(_leave, kind)
        self.path = f"/proc/{os.getpid()}/task/{self.run(threading.get_native_id)}/ns/"
        if kind == NEWNET:
            self.sh("ip link set lo up")

    def run(self, function: Callable[..., T], *args: Any) -> T:
        """What it returns or raises."""
        return self._thread.submit(function, *args).result()

    def sh(self, line: str) -> str:
        """A command there; what it says."""
        done = self.run(functools.partial(subprocess.run, line.split(), capture_output=True, text=True, check=False))
        assert done.returncode == 0, f"{line}: {done.stderr}"
        return done.stdout

    def close(self) -> None:
        """Leave it."""
        self._thread.shutdown()


def _leave(kind: int) -> None:
    if LIBC.unshare(kind):
        raise OSError(ctypes.get_errno(), "unshare")
    if kind == NEWNS and LIBC.mount(b"none", b"/", None, PRIVATE | RECURSIVE, None):
        raise OSError(ctypes.get_errno(), "mount --make-rprivate /")
