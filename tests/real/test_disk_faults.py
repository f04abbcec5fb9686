"""The kernel answers one of the terminal's writes with an error: strace does that to the real daemon on a real disk."""

import os
import random
import shutil
import signal
import subprocess
import time
from contextlib import closing
from pathlib import Path

import pytest

from tests.real.selling import HANG_S, Counted, Till, settle
from tests.shop import Shop, open_shop, wait_for

ROUNDS = int(os.environ.get("ROUNDS", "1"))
SALES = 3  # after each start that came through
CALLS = ("pwrite64", "fdatasync", "fsync", "write")
FAULTS = [("fdatasync", "EIO"), ("pwrite64", "EIO"), ("pwrite64", "ENOSPC"), ("fsync", "EIO"), ("fsync", "ENOSPC")]
FIRST_MAX = {"fdatasync": 12, "pwrite64": 60, "fsync": 8}
"""Which of a thread's calls is hit: the first ones are those of the start."""


def can_trace() -> bool:
    """Whether strace may run a program of ours here."""
    tried = shutil.which("strace") and subprocess.run(["strace", "-qq", "-o", os.devnull, "true"], capture_output=True, check=False)
    return bool(tried and tried.returncode == 0)


@pytest.mark.system
@pytest.mark.skipif(not can_trace(), reason="needs strace, and to be allowed to trace (sysctl kernel.yama.ptrace_scope)")
def test_a_disk_that_fails_costs_no_acknowledged_sale(tmp_path: Path) -> None:
    """posd ends with 75 or goes on, is started anew as systemd does, and has what it acknowledged; the till repeats the rest."""
    chance = random.Random(5)
    statuses = []
    with open_shop(tmp_path) as shop:
        till = Till(shop, "1", {shop.member("חבר"): 0}, chance)
        for call, error in FAULTS * ROUNDS:
            first = chance.randint(1, FIRST_MAX[call])
            fails_once(shop, f"{call}:error={error}:when={first}")
            statuses.append(sell_through(shop, till))
        assert settle([shop], [till]) == Counted(till.made, 0, 0)
    assert set(statuses) <= {0, os.EX_TEMPFAIL}
    assert os.EX_TEMPFAIL in statuses


def fails_once(shop: Shop, fault: str) -> None:
    """Start posd so that in each of its threads one such call fails."""
    shop.stop("posd")
    trace = str(shop.folder / "trace")
    shop.under["posd"] = ["strace", "-f", "-qq", "--seccomp-bpf", "-o", trace, "-e", f"trace={','.join(CALLS)}", "-e", f"inject={fault}"]
    shop.launch("posd")
    del shop.under["posd"]


def sell_through(shop: Shop, till: Till) -> int:
    """Some sales, each until it is acknowledged; whoever ends is started anew without the fault. The exit status of the one that had it."""
    faulty = shop.processes["posd"]
    end_s = time.monotonic() + HANG_S
    for _ in range(SALES):
        wanted = till.paid()
        while not till.acknowledged(wanted):
            assert time.monotonic() < end_s, "it neither sells nor ends"
            time.sleep(0.05)
            if shop.processes["posd"].poll() is not None:
                shop.start("posd")
    if faulty.poll() is None:
        return shop.stop("posd")
    return faulty.returncode
