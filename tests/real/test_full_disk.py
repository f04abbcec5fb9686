"""A terminal on a small disk that fills up under its sales, and has room again."""

import json
import random
import signal
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.real.apart import NEWNS, Apart, as_root
from tests.real.selling import Counted, Till, Wanted, settle
from tests.shop import Shop, wait_for

DISK_KIB, OTHER_KIB = 12_000, 7_500  # of others' files: what is left takes the database, its WAL and twice the reserve of 1 MiB
SALES_MAX = 1000


@pytest.mark.system
@as_root
def test_a_disk_fills_up_under_the_sales_and_has_room_again(tmp_path: Path) -> None:
    """The sale that meets it is booked and nothing is spent any more; then sales wait for room, also over a start; none is lost."""
    (tmp_path / "till").mkdir()
    with closing(Apart(NEWNS)) as apart:
        apart.sh(f"mount -t tmpfs -o size={DISK_KIB}k none {tmp_path / 'till'}")
        apart.run(fills_up, tmp_path)


def fills_up(folder: Path) -> None:
    """The story, on the thread that sees the disk."""
    others = folder / "till" / "others.log"
    others.write_bytes(bytes(OTHER_KIB * 1024))
    with closing(Shop(folder)) as shop:
        shop.open()
        code = shop.member("חבר", points=1000)
        till = Till(shop, "1", {code: 1000}, random.Random(4))
        sells_while(till, lambda: shop.status()["disk"] == [])
        assert shop.status()["disk"] == ["disk_full"]
        assert offered(till, code)["code"] == "spending_disk_full"
        last = sells_until_it_is_refused(till)
        must_be_full(till, last)
        for how in (signal.SIGKILL, signal.SIGTERM):
            shop.stop("posd", how)
            shop.start("posd")
            must_be_full(till, last)
        wait_for("head office hears of it", lambda: "disk_full" in shop.office("terminal", "list")[0]["disk"])
        others.unlink()
        assert till.acknowledged(last), "there is room again"
        assert offered(till, code)["code"] == "spending_disk_full", "the reserve is not back yet"
        assert shop.stop("posd") == 0
        shop.start("posd")
        wait_for("it may spend again", lambda: shop.status()["disk"] == [] and offered(till, code) is None)
        assert settle([shop], [till]) == Counted(len(till.booked), 0, 0)


def sells_while(till: Till, goes_on: Callable[[], bool]) -> None:
    """Each sale is booked at the first attempt."""
    while goes_on():
        assert till.acknowledged(till.paid())
        assert till.made < SALES_MAX


def sells_until_it_is_refused(till: Till) -> Wanted:
    """The first sale that finds no room."""
    while till.acknowledged(last := till.paid()):
        assert till.made < SALES_MAX
    return last


def must_be_full(till: Till, wanted: Wanted) -> None:
    """The till is told why, and that it may try again."""
    status, answer = till.ask("/v1/sales", wanted.body, wanted.number)
    assert (status, answer["code"], answer["retryable"]) == (503, "disk_full", True)


def offered(till: Till, code: str) -> Any:
    """Why the member may not have the reward now; None where they may, and then it is given back."""
    ask = {
        "basket": {"lines": [{"id": "1", "product": "x", "amount_minor": 5000}]},
        "code": code,
        "choices": [{"reward": "ten_off"}],
    }
    status, agreed = till.ask("/v1/agreements", json.dumps(ask).encode())
    assert status == 200, agreed
    if agreed["refusal"] is None:
        till.ask(f"/v1/agreements/{agreed['agreement']}/cancel", b"{}")
    return agreed["refusal"]
