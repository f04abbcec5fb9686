"""SIGKILL for two terminals and their head office under load, again and again, wherever they are."""

import random
import signal
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path

from tests.postgres import cluster, run_sql
from tests.real.selling import Counted, Till, settle
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


def run(folder: Path, kills: int, seed: int, told: Callable[[int], None] = lambda _: None, pause_s: float = 0.05) -> Counted:
    """Kill the terminals' daemons `kills` times in all while their tills sell, with at most `pause_s` between two customers; then see
    what became of every sale. `told` hears how many kills one terminal has behind it.
    """
    chance = random.Random(seed)
    with open_street(folder) as shops, ThreadPoolExecutor() as threads:
        codes = dict.fromkeys((shops[0].member(f"חבר {number}") for number in range(MEMBERS)), 0)
        wait_for("the members are known everywhere", lambda: all(shop.known(code) for shop in shops for code in codes))
        tills = [
            Till(shop, f"{number}.{till}", codes, random.Random(chance.random()), pause_s=pause_s)
            for number, shop in enumerate(shops)
            for till in range(TILLS)
        ]
        stop = threading.Event()
        selling = [threads.submit(till.sell_until, stop) for till in tills]
        share = [kills // SHOPS + (number < kills % SHOPS) for number in range(SHOPS)]
        killing = [
            threads.submit(kill, shop, times, random.Random(chance.random()), told)
            for shop, times in zip(shops, share, strict=True)
        ]
        try:
            for one in killing:
                one.result()
        finally:
            stop.set()
        for one in selling:
            one.result()
        return settle(shops, tills)


def kill(shop: Shop, times: int, chance: random.Random, told: Callable[[int], None]) -> None:
    """Kill this shop's posd so often, each time at another moment; where head office is this shop's own, that too."""
    for done in range(times):
        if chance.random() < WHILE_STARTING:
            time.sleep(chance.random() * START_S)
        else:
            wait_for("posd answers", lambda: shop.answers("posd"))
            time.sleep(chance.expovariate(1 / RUN_S))
        again(shop, "posd")
        if shop.head is shop and done % OFFICE_EVERY == OFFICE_EVERY // 4:
            again(shop, "central")
        told(done + 1)
    wait_for("posd answers", lambda: shop.answers("posd"))
    wait_for("head office answers", lambda: shop.answers("central"))


def again(shop: Shop, name: str) -> None:
    """Kill it, and start it anew. It died of the signal and of nothing before that."""
    status = shop.stop(name, signal.SIGKILL)
    assert status == -signal.SIGKILL, f"{name} had ended by itself: {status}"
    shop.launch(name)
