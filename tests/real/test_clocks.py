"""The terminal's clock jumps while it sells, by libfaketime: 1970, a year ahead, an hour back."""

import json
import random
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from posd.clock import OFFSET_MS_MAX
from tests.real.selling import Counted, Till, settle
from tests.shop import Shop, wait_for

LIBRARIES = ("x86_64-linux-gnu", "aarch64-linux-gnu")
HOUR_S, YEAR_S = 3600, 365 * 24 * 3600
FIRST_HOUR_S = int(-time.time()) + HOUR_S
"""So far from now is the first of January 1970, one o'clock."""
SALES = 2  # at each hour, before head office is heard and after


@dataclass
class Jumper:
    """The file that libfaketime reads at each look at the clock (NO_CACHE); monotonic time goes on as it does."""

    file: Path
    jump_s: int = 0

    @property
    def environment(self) -> dict[str, str]:
        """For the process."""
        return {
            "LD_PRELOAD": str(library()),
            "FAKETIME_TIMESTAMP_FILE": str(self.file),
            "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            "DONT_FAKE_MONOTONIC": "1",
            "NO_FAKE_STAT": "1",
        }

    def jump(self, seconds: int) -> None:
        """From now on its clock is so much ahead of ours."""
        self.jump_s = seconds
        fresh = self.file.with_suffix(".new")
        fresh.write_text(f"{seconds:+d}\n")
        fresh.replace(self.file)


def library() -> Path:
    """Debian's."""
    found = [path for name in LIBRARIES if (path := Path("/usr/lib", name, "faketime", "libfaketimeMT.so.1")).exists()]
    assert found, "make setup installs faketime"
    return found[0]


@contextmanager
def open_shop(folder: Path) -> Iterator[tuple[Shop, Jumper]]:
    """A shop whose terminal has a clock that jumps; head office has the right one."""
    clock = Jumper(folder / "clock")
    clock.jump(0)
    with closing(Shop(folder)) as shop:
        shop.environment["posd"] = clock.environment
        shop.open()
        yield shop, clock


def stamps(shop: Shop) -> list[dict[str, Any]]:
    """The envelopes of the terminal's sales, in order."""
    with closing(sqlite3.connect(f"file:{shop.folder / 'till' / 'posd.db'}?mode=ro", uri=True)) as db:
        found = db.execute(
            "SELECT bytes FROM journal WHERE kind = 'sale' AND receipt_number LIKE '1-%' ORDER BY seq"
        ).fetchall()
    return [json.loads(data) for (data,) in found]


def heard_since_the_jump(shop: Shop, clock: Jumper) -> bool:
    """Whether head office has answered since, so that posd knows how far off its clock is."""
    offset_ms = shop.status()["clock_offset_ms"]
    return offset_ms is not None and abs(offset_ms + 1000 * clock.jump_s) < OFFSET_MS_MAX


def test_a_clock_that_jumps_loses_and_refuses_no_sale(tmp_path: Path) -> None:
    """Sales go on and earn, before head office is heard and after; what is stamped on a record says what its time is worth."""
    with open_shop(tmp_path) as (shop, clock):
        till = Till(shop, "1", {shop.member("חבר"): 0}, random.Random(1))
        sell(till)
        for to_s in (FIRST_HOUR_S, YEAR_S, 0, -HOUR_S):
            clock.jump(to_s)
            before = len(stamps(shop))
            sell(till)
            wait_for("head office is heard", lambda: heard_since_the_jump(shop, clock))
            sell(till)
            for stamp in stamps(shop)[before:]:
                off_ms = abs(stamp["wall"] - time.time() * 1000)
                assert (stamp["clock_quality"] == "good") == (off_ms < OFFSET_MS_MAX), stamp
        assert settle([shop], [till]) == Counted(till.made, 0, 0)


def test_a_terminal_that_starts_at_a_wrong_hour_sells_and_syncs(tmp_path: Path) -> None:
    """Its battery is empty: posd starts, sells, pushes and pulls, and says that its clock is not to be trusted."""
    with open_shop(tmp_path) as (shop, clock):
        till = Till(shop, "1", {shop.member("חבר"): 0}, random.Random(1))
        assert shop.stop("posd") == 0
        clock.jump(FIRST_HOUR_S)
        shop.start("posd")
        sell(till)
        wait_for("head office is heard", lambda: heard_since_the_jump(shop, clock))
        till.codes = {**till.codes, shop.member("חברה"): 0}
        sell(till)
        assert {stamp["clock_quality"] for stamp in stamps(shop)} <= {"unknown", "suspect"}
        assert settle([shop], [till]) == Counted(till.made, 0, 0)


def sell(till: Till) -> None:
    """Some sales, each booked at the first attempt; a member is known and earns."""
    for _ in range(SALES):
        wanted = till.paid()
        assert till.acknowledged(wanted)
        assert till.booked[wanted.number].points > 0 or not wanted.code, wanted
