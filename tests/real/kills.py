"""SIGKILL for two terminals and their head office under load, again and again, wherever they are."""

import random
import signal
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path

from tests.postgres import cluster, run_sql
from tests.real.selling import Till
from tests.shop import Shop, wait_for

SHOPS, TILLS, MEMBERS = 2, 2, 3
WHILE_STARTING = 0.3  # so many of the kills come before it answers again
START_S, RUN_S = 1.2, 0.25  # how long a start takes, about; how long it then sells, on average
OFFICE_EVERY = 20  # kills of a terminal to one of head office


@contextmanager
def open_street(folder: Path) -> Iterator[list[Shop]]:
    """Two shops of one head office on a PostgreSQL of its own."""
    with cluster() as socket, ExitStack() as closing:
        run_sql(socket, "CREATE DATABASE office")
        shops: list[Shop] = []
        for number in range(SHOPS):
            (folder / f"{number}").mkdir(parents=True)
            url = f"postgresql://postgres@/office?host={socket}"
            head = shops[0] if shops else None
            shops.append(Shop(folder / f"{number}", store=f"Café {number}", database=url, head=head))
            closing.callback(shops[-1].close)
            shops[-1].open()
        yield shops


def kill_while_they_sell(shops: Sequence[Shop], kills: int, chance: random.Random, pause_s: float) -> list[Till]:
    """Kill the shops' daemons `kills` times in all while tills sell, with at most `pause_s` between two customers; the tills."""
    codes = dict.fromkeys((shops[0].member(f"חבר {number}") for number in range(MEMBERS)), 0)
    for shop in shops:
        wait_for("the members are known", lambda shop=shop: all(shop.known(code) for code in codes))
    tills = [
        Till(shop, f"{number}.{till}", codes, random.Random(chance.random()), pause_s=pause_s)
        for number, shop in enumerate(shops)
        for till in range(TILLS)
    ]
    stop = threading.Event()
    with ThreadPoolExecutor() as threads:
        selling = [threads.submit(till.sell_until, stop) for till in tills]
        share = [kills // len(shops) + (number < kills % len(shops)) for number in range(len(shops))]
        killing = [threads.submit(kill, *job, random.Random(chance.random())) for job in zip(shops, share, strict=True)]
        try:
            for one in killing:
                one.result()
        finally:
            stop.set()
        for one in selling:
            one.result()
    return tills


def kill(shop: Shop, times: int, chance: random.Random) -> None:
    """Kill this shop's posd so often, each time at another moment; where head office is this shop's own, that too."""
    for done in range(times):
        if chance.random() < WHILE_STARTING:
            time.sleep(chance.random() * START_S)
        else:
            wait_for("posd answers", lambda: shop.answers("posd"))
            time.sleep(chance.expovariate(1 / RUN_S))
        again(shop, "posd")
        if shop.head is shop and done % OFFICE_EVERY == 1:
            again(shop, "central")
    wait_for("posd answers", lambda: shop.answers("posd"))
    wait_for("head office answers", lambda: shop.answers("central"))


def again(shop: Shop, name: str) -> None:
    """Kill it, and start it anew. It died of the signal and of nothing before that."""
    status = shop.stop(name, signal.SIGKILL)
    assert status == -signal.SIGKILL, f"{name} had ended by itself: {status}"
    shop.launch(name)
