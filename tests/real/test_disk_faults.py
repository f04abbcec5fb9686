"""The kernel answers one of the terminal's writes with an error: strace does that to the real daemon on a real disk."""

import os
import random
import shutil
import subprocess
import time
from pathlib import Path

import pytest

from tests.real.selling import HANG_S, ROUNDS, Counted, Till, settle
from tests.shop import Shop, open_shop

SALES = 3  # after each start that came through
CALLS = ("pwrite64", "fdatasync", "fsync")
FAULTS = [
    ("fsync", "EIO", 1),  # of the state folder, in a start
    ("pwrite64", "ENOSPC", 1),  # the first page of the index of the WAL, in a start
    ("fdatasync", "EIO", 3),  # a commit's
    ("pwrite64", "ENOSPC", 30),  # a page of a commit
]
"""Which call of a thread fails, and how: those of a start, and those of a sale."""
FIRST_MAX = {"fdatasync": 8, "pwrite64": 60, "fsync": 3}
"""And by chance, in the longer run."""


def can_trace() -> bool:
    """Whether strace may run a program of ours here."""
    tried = shutil.which("strace") and subprocess.run(
        ["strace", "-qq", "-o", os.devnull, "true"], capture_output=True, check=False
    )
    return bool(tried and tried.returncode == 0)


@pytest.mark.system
@pytest.mark.skipif(not can_trace(), reason="needs strace, and to be allowed to trace (sysctl kernel.yama.ptrace_scope)")
def test_a_disk_that_fails_costs_no_acknowledged_sale(tmp_path: Path) -> None:
    """posd ends with 75 or goes on, is started anew as systemd does, and has what it acknowledged; the till repeats the rest."""
    chance = random.Random(ROUNDS)
    kinds = [(call, error) for call in FIRST_MAX for error in ("EIO", "ENOSPC")] * (ROUNDS - 1)
    drawn = [(call, error, chance.randint(1, FIRST_MAX[call])) for call, error in kinds]
    statuses = []
    with open_shop(tmp_path) as shop:
        till = Till(shop, "1", {shop.member("חבר"): 0}, chance)
        for call, error, first in FAULTS + drawn:
            fails_once(shop, f"{call}:error={error}:when={first}")
            statuses.append(sell_through(shop, till))
        shop.start("posd")
        assert settle([shop], [till]) == Counted(till.made, 0, 0)
    assert statuses[: len(FAULTS)] == [os.EX_TEMPFAIL, os.EX_TEMPFAIL, os.EX_TEMPFAIL, 0], statuses
    assert set(statuses) <= {0, os.EX_TEMPFAIL}


def fails_once(shop: Shop, fault: str) -> None:
    """Start posd so that in each of its threads one such call fails. strace stays in the background, posd is our child."""
    shop.stop("posd")
    strace = ["strace", "-D", "-f", "-qq", "--seccomp-bpf", "-o", str(shop.folder / "trace"), "-e", f"trace={','.join(CALLS)}"]
    shop.under["posd"] = [*strace, "-e", f"inject={fault}"]
    shop.launch("posd")
    del shop.under["posd"]


def sell_through(shop: Shop, till: Till) -> int:
    """Some sales, each until it is acknowledged; who ends is started anew without the fault. The first one's exit status."""
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
