"""Tills that sell and repeat until they are answered, and what must be true of that at both ends afterwards."""

import http.client
import json
import os
import random
import sqlite3
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from tests.postgres import ask_sql
from tests.shop import Shop, wait_for

ROUNDS = int(os.environ.get("ROUNDS", "1"))
"""How often each story is told: `make real` asks for more than `make test`."""

DATE = "2026-11-21"
ANSWER_S_MAX = 10.0  # ten times the promise: a till always has an answer within a second
HANG_S = 120.0
AGAIN_S = 0.02
LOST_LINES = (OSError, http.client.HTTPException)


class Booked(NamedTuple):
    """What a till was told of a sale: its id, what was paid, the points that it earned less those that it spent."""

    id: str
    paid_minor: int
    points: int


class Wanted(NamedTuple):
    """A sale that was paid at the till: it is repeated until posd has acknowledged it."""

    number: str
    code: str
    body: bytes


@dataclass
class Till:
    """One till of `shop`. `codes` are its members', with the points that they had before; `booked` is by receipt number. `spends`
    is the share of sales in which the member wants the reward, `pause_s` the longest between two customers, `slowest_s` what an
    answer took at most.
    """

    shop: Shop
    name: str
    codes: Mapping[str, int]
    chance: random.Random
    spends: float = 0.0
    pause_s: float = 0.02
    booked: dict[str, Booked] = field(default_factory=dict)
    code_of: dict[str, str] = field(default_factory=dict)
    slowest_s: float = 0.0
    made: int = 0

    def sell_until(self, stop: threading.Event) -> None:
        """Customer after customer."""
        while not stop.is_set():
            self.sell()
            time.sleep(self.chance.random() * self.pause_s)

    def sell(self) -> Booked:
        """Sell as often as it takes, and now and then once more when all is said."""
        wanted = self.paid()
        end_s = time.monotonic() + HANG_S
        while not self.acknowledged(wanted):
            assert time.monotonic() < end_s, f"{wanted.number} was never acknowledged"
            time.sleep(AGAIN_S)
        if self.chance.random() < 0.2:
            self.acknowledged(wanted)
        return self.booked[wanted.number]

    def paid(self) -> Wanted:
        """A basket of somebody, paid in cash; what was agreed on before, if posd had an answer then."""
        number = f"{self.name}-{self.made}"
        self.made += 1
        code = self.chance.choice(list(self.codes)) if self.codes and self.chance.random() < 0.9 else ""
        amount_minor = 100 * self.chance.randint(11, 60)
        choices = [{"reward": "ten_off"}] if code and self.chance.random() < self.spends else []
        ask = {"basket": {"lines": [{"id": "1", "product": "coffee", "amount_minor": amount_minor}]}, "code": code}
        ask["choices"] = choices
        agreement = self._agreed(ask) if self.chance.random() < 0.3 else None
        body = {"till": self.name, "receipt_number": number, "business_date": DATE, "ask": ask, "agreement": agreement}
        body["tenders"] = [{"kind": "cash", "amount_minor": amount_minor}]
        return Wanted(number, code, json.dumps(body).encode())

    def acknowledged(self, wanted: Wanted) -> bool:
        """Send it once; whether posd has booked it. Nothing but a lost line or a 503 may come instead."""
        try:
            status, answer = self.ask("/v1/sales", wanted.body, wanted.number)
        except LOST_LINES:
            return False
        if status == http.client.SERVICE_UNAVAILABLE and answer["retryable"]:
            return False
        assert status == http.client.OK, answer
        points = answer["earned"].get("points", 0) - answer["spent"].get("points", 0)
        told = Booked(answer["id"], answer["paid_minor"], points)
        assert self.booked.setdefault(wanted.number, told) == told, "the same key, another answer"
        self.code_of[wanted.number] = wanted.code
        return True

    def ask(self, path: str, body: bytes, key: str = "") -> tuple[int, Any]:
        """POST it; the answer's status and body. Raises what LOST_LINES says when the line breaks."""
        headers = {"Authorization": f"Bearer {self.shop.token}", "Content-Type": "application/json"}
        began_s = time.monotonic()
        with closing(http.client.HTTPConnection("127.0.0.1", self.shop.port, timeout=ANSWER_S_MAX)) as line:
            try:
                line.request("POST", path, body, {**headers, "Idempotency-Key": key} if key else headers)
                answer = line.getresponse()
                told = answer.status, json.loads(answer.read())
            except TimeoutError as error:
                raise AssertionError(f"{path}: no answer within {ANSWER_S_MAX} s") from error
        self.slowest_s = max(self.slowest_s, time.monotonic() - began_s)
        return told

    def _agreed(self, ask: dict[str, Any]) -> str | None:
        try:
            status, answer = self.ask("/v1/agreements", json.dumps(ask).encode())
        except LOST_LINES:
            return None
        return answer["agreement"] if status == http.client.OK else None


class Counted(NamedTuple):
    """Sales that tills were told of; those that are missing or other than told, and those that are there twice, at either end."""

    acknowledged: int
    lost: int
    doubled: int


def settle(shops: Sequence[Shop], tills: Sequence[Till]) -> Counted:
    """Wait until everything is sent, booked and told again; then compare both ends with what the tills were told."""
    for shop in shops:
        drain(shop)
    counted = count(shops, tills)
    for shop in shops:
        check_points(shop, tills)
    return counted


def drain(shop: Shop) -> None:
    """Until head office has everything of this shop, and has told so."""
    wait_for("everything is sent", lambda: shop.status()["queued_records"] == 0, HANG_S)
    wait_for("everything is booked", lambda: open_entries(shop) == 0, HANG_S)


def count(shops: Sequence[Shop], tills: Sequence[Till]) -> Counted:
    """What the disks of these shops, which are all that there are, and of head office have of what the tills were told."""
    told = {number: booked for till in tills for number, booked in till.booked.items()}
    here = [row for shop in shops for row in journal(shop)]
    there = ask_office(shops[0].head, "SELECT receipt_number, id, amount_minor FROM transactions WHERE till <> 'seed'")
    lost = sum(len(set(told.items()) - set(rows.items())) for rows in (by_number(here, told), by_number(there, told)))
    doubled = sum(len(rows) - len({number for number, *_ in rows}) for rows in (here, there))
    assert {number for number, *_ in (*here, *there)} <= set(told), "booked, and no till was ever told"
    audit = shops[0].office("check")
    assert (audit["balances"], audit["journals"], audit["budgets"]) == ([], [], [])
    return Counted(len(told), lost, doubled)


def by_number(rows: Sequence[Sequence[Any]], told: dict[str, Booked]) -> dict[str, Booked]:
    """What an end has, as a till would have been told; points are compared as a sum (check_points)."""
    return {number: Booked(own, int(paid), told[number].points) for number, own, paid in rows if number in told}


def check_points(shop: Shop, tills: Sequence[Till]) -> None:
    """Each member has what all tills said together, as this shop shows it."""
    expected: dict[str, int] = {}
    for till in tills:
        expected = {**till.codes, **expected}
        for number, booked in till.booked.items():
            if code := till.code_of[number]:
                expected[code] += booked.points
    for code, points in expected.items():
        wait_for(f"{points} points", lambda code=code, points=points: shop.points(code) == points, HANG_S)


def journal(shop: Shop) -> list[tuple[str, str, int]]:
    """The terminal's own sales: receipt number, id, what was paid. The chain has no gap."""
    with closing(sqlite3.connect(f"file:{shop.folder / 'till' / 'posd.db'}?mode=ro", uri=True)) as db:
        rows = db.execute("SELECT seq, kind, receipt_number, id, bytes FROM journal ORDER BY seq").fetchall()
    assert [seq for seq, *_ in rows] == list(range(1, len(rows) + 1))
    sales = ((number, own.hex(), json.loads(data)["body"]) for _, kind, number, own, data in rows if kind == "sale")
    return [(number, own, _paid(body)) for number, own, body in sales if body["till"]["till"] != "seed"]


def _paid(body: dict[str, Any]) -> int:
    off = sum(sum(discount["by_line"]) for discount in body["discounts"])
    return sum(line["amount_minor"] for line in body["basket"]["lines"]) - off


def open_entries(shop: Shop) -> int:
    """How many of the terminal's own entries head office's balances do not hold yet."""
    with closing(sqlite3.connect(f"file:{shop.folder / 'till' / 'posd.db'}?mode=ro", uri=True)) as db:
        return int(db.execute("SELECT count(*) FROM entry WHERE included = 0").fetchone()[0])


def ask_office(shop: Shop, sql: str) -> list[Any]:
    """What head office's database answers, past the process that runs on it."""
    if shop.database:
        return ask_sql(shop.database, sql)
    with closing(sqlite3.connect(f"file:{shop.folder / 'office' / 'central.db'}?mode=ro", uri=True)) as db:
        return db.execute(sql).fetchall()
