"""Two stores and head office, each in a network of its own, with a cable between that is pulled out and put back."""

import os
import random
import signal
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from functools import partial
from pathlib import Path

import pytest

from tests.real.apart import NEWNET, Apart, as_root
from tests.real.selling import ROUNDS, Counted, Till, check_points, count, drain
from tests.shop import Shop, wait_for

WAY = 8470  # where a tunnel to head office begins and ends
SALES = 5  # of each store, with the cable in and out
WEATHER = "delay 60ms 30ms loss 10%"


@pytest.mark.system
@as_root
def test_stores_sell_with_the_cable_in_and_out(tmp_path: Path) -> None:
    """With its cable out a store sells on, the other is not touched; when it is back both drain, each sale once."""
    with ExitStack() as stack:
        town, *places = (stack.enter_context(closing(Apart(NEWNET))) for _ in range(3))
        head = stack.enter_context(office(town, tmp_path / "head"))
        stores = [stack.enter_context(store(apart, head, number)) for number, apart in enumerate(places, 1)]
        for number, apart in enumerate(places, 1):
            stack.enter_context(cable(town, apart, number, head.office_port))
        for shop, apart in zip(stores, places, strict=True):
            apart.run(shop.open)
        code = places[0].run(stores[0].member, "חבר", 1000)
        places[1].run(wait_for, "the member is known", partial(stores[1].known, code))
        tills = [Till(shop, shop.store, {code: 1000}, random.Random(shop.store), spends=0.3) for shop in stores]

        sell(tills, places)
        for _ in range(ROUNDS):
            town.sh("ip link set cable1 down")
            sell(tills, places)
            places[1].run(wait_for, "the other store is not touched", lambda: stores[1].status()["queued_records"] == 0)
            assert places[0].run(stores[0].status)["queued_records"] >= SALES
            town.sh("ip link set cable1 up")
            sell(tills, places)
        for shop, apart in zip(stores, places, strict=True):
            apart.run(drain, shop)
            apart.run(check_points, shop, tills)
        assert count(stores, tills) == Counted(sum(till.made for till in tills), 0, 0)


def sell(tills: list[Till], places: list[Apart]) -> None:
    """Some sales of each, each booked at the first attempt."""
    for till, apart in zip(tills, places, strict=True):
        for _ in range(SALES):
            assert apart.run(till.acknowledged, apart.run(till.paid))


@contextmanager
def office(town: Apart, folder: Path) -> Iterator[Shop]:
    """Head office alone."""
    folder.mkdir()
    shop = town.run(Shop, folder)
    try:
        shop.office("program", "publish", str(shop.program))
        town.run(shop.start, "central")
        yield shop
    finally:
        town.run(shop.close)


@contextmanager
def store(apart: Apart, head: Shop, number: int) -> Iterator[Shop]:
    """A store of it, not open yet."""
    folder = head.folder.with_name(f"{number}")
    folder.mkdir()
    shop = apart.run(partial(Shop, folder, store=f"Café {number}", head=head, way=WAY))
    try:
        yield shop
    finally:
        apart.run(shop.close)


@contextmanager
def cable(town: Apart, apart: Apart, number: int, port: int) -> Iterator[None]:
    """A cable between the two, and a tunnel through it from the store's WAY to head office's `port`: posd speaks plain HTTP to its
    own machine only. Where the kernel can make bad weather, it is a bad line.
    """
    here, there = f"10.77.{number}.1", f"10.77.{number}.2"
    town.sh(f"ip link add cable{number} type veth peer name cable netns {apart.path}net")
    for side, name, address in ((town, f"cable{number}", here), (apart, "cable", there)):
        side.sh(f"ip address add {address}/24 dev {name}")
        side.sh(f"ip link set {name} up")
    weather = partial(subprocess.run, f"tc qdisc add dev cable root netem {WEATHER}".split(), capture_output=True, check=False)
    if apart.run(weather).returncode == 0:
        town.sh(f"tc qdisc add dev cable{number} root netem {WEATHER}")
    ends = [tunnel(town, f"bind={here}", f"127.0.0.1:{port}"), tunnel(apart, "bind=127.0.0.1", f"{here}:{WAY}")]
    try:
        yield
    finally:
        for end in ends:
            os.killpg(end.pid, signal.SIGKILL)  # it leads a session of its own, with a process for each connection
            end.wait()


def tunnel(apart: Apart, listens: str, to: str) -> "subprocess.Popen[bytes]":
    """One end of it."""
    command = ["socat", f"TCP-LISTEN:{WAY},{listens},reuseaddr,fork", f"TCP:{to}"]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    return apart.run(partial(subprocess.Popen, command, start_new_session=True, **quiet))
