"""SIGKILL in the middle of 200 commits, at the terminal again and again and at head office once: nothing lost, nothing twice."""

import collections
import random
import signal
import sqlite3
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx

from tests.shop import Shop, open_shop, wait_for

SALES, TILLS, KILLS = 200, 4, 4
DATE = "2026-11-21"
HANG_S = 100


def test_what_was_acknowledged_is_there_once_at_both_ends(tmp_path: Path) -> None:
    """Four clients sell concurrently, each repeating a sale until it is acknowledged, while both daemons are killed at random."""
    chance = random.Random(2026)
    with open_shop(tmp_path) as shop:
        code = shop.member("חבר")
        acknowledged: dict[str, Any] = {}
        with ThreadPoolExecutor(TILLS) as tills:
            selling = [tills.submit(sell, shop, code, number, acknowledged) for number in range(SALES)]
            for kill in range(KILLS):
                wait_for("sales", lambda kill=kill: len(acknowledged) >= SALES * (kill + 0.5) / KILLS)
                time.sleep(chance.random() * 0.05)
                shop.stop("posd", signal.SIGKILL)
                if kill == 1:
                    shop.stop("central", signal.SIGKILL)
                shop.start("posd")
                if kill == 1:
                    time.sleep(chance.random())
                    shop.start("central")
            for sale in selling:
                sale.result()
        wait_for("everything is sent", lambda: shop.status()["queued_records"] == 0)
        check_both_ends(shop, code, acknowledged)


def sell(shop: Shop, code: str, number: int, acknowledged: dict[str, Any]) -> None:
    """Agree and pay, as often as it takes; what is acknowledged is noted only then. Every fifth sale is repeated all the same."""
    ask = {"basket": {"lines": [{"id": "1", "product": "coffee", "amount_minor": 100 * (number % 7 + 1)}]}, "code": code}
    body = {
        "till": f"till-{number % TILLS}",
        "receipt_number": str(number),
        "business_date": DATE,
        "tenders": [{"kind": "cash", "amount_minor": 100 * (number % 7 + 1)}],
        "ask": ask,
    }
    deadline = time.monotonic() + HANG_S
    times = 2 if number % 5 == 0 else 1
    while times:
        try:
            answer = shop.http.post("/v1/sales", json=body, headers={"Idempotency-Key": f"receipt-{number}"})
        except httpx.TransportError:
            assert time.monotonic() < deadline
            time.sleep(0.05)
            continue
        assert answer.is_success, answer.text
        booked = answer.json()
        assert acknowledged.setdefault(booked["id"], (number, booked["earned"]["points"]))[0] == number
        times -= 1


def check_both_ends(shop: Shop, code: str, acknowledged: dict[str, Any]) -> None:
    """Each acknowledged sale is in the terminal's journal and at head office exactly once, and the points agree everywhere."""
    assert len(acknowledged) == SALES
    points = sum(points for _, points in acknowledged.values())
    with closing(sqlite3.connect(shop.folder / "till" / "posd.db")) as db:
        here = collections.Counter(row[0].hex() for row in db.execute("SELECT id FROM journal WHERE kind = 'sale'"))
        chain = db.execute("SELECT seq FROM journal ORDER BY seq").fetchall()
    assert here == collections.Counter(acknowledged.keys())
    assert [seq for (seq,) in chain] == list(range(1, len(chain) + 1))

    assert shop.points(code) == points
    wait_for("head office's balance has everything", lambda: open_entries(shop) == 0)
    assert shop.points(code) == points
    audit = shop.office("check")
    assert (audit["balances"], audit["journals"]) == ([], [])
    shop.stop("central")
    shop.stop("posd")
    with closing(sqlite3.connect(shop.folder / "office" / "central.db")) as db:
        there = collections.Counter(row[0] for row in db.execute("SELECT id FROM transactions"))
    assert there == collections.Counter(acknowledged.keys())


def open_entries(shop: Shop) -> int:
    """How many of the terminal's own entries head office's balances do not hold yet."""
    with closing(sqlite3.connect(f"file:{shop.folder / 'till' / 'posd.db'}?mode=ro", uri=True)) as db:
        return int(db.execute("SELECT count(*) FROM entry WHERE included = 0").fetchone()[0])
