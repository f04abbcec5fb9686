"""The promise of the quote (design section 12), paired with its peers in this one run: PyPI's business-rules and django-oscar.

python bench/quote.py [--json] [--rounds N] [--rules N [N ...]]

The same basket of 20 lines and the same rules go to each engine (bench/discounts.py draws them, bench/engines/ says how each of
them puts them), each in a process of its own. First it is made sure that they agree: posd and business-rules on which rules hold,
posd and django-oscar on the sum of all discounts when every piece is discounted once, and all with the plain reading of the rules.
Then they take turns, and processor time is what counts. business-rules allocates nothing and explains
nothing; django-oscar reads its tables for every answer.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench import ground
from bench.discounts import Shop, draw
from bench.engines import posd
from bench.ground import ROOT, Figure, median
from loyalty.rules import make_ready
from sync import program_file

PEERS = ["make", "--quiet", "--old-file=.venv/.ready", "peers"]  # what this runs in is left as it is
RULES = (1, 10, 50, 200, 1000)
PROMISED = 50
ROUNDS = 5
OSCAR_ROUNDS = {200: 2, 1000: 1}  # an answer takes it seconds
COMPILES = 7
GROWTH_MAX = 1.5  # of what one rule costs, from 50 rules to 1,000: if it grew with their number, it would be 20
TIMES = {
    "all": 60,
    "minute": 60,
    "once": 60,
    "business": 20,
    "oscar": 1,
}  # evaluations a round; a quarter of them, not counted, wakes it


class Engine:
    """A process of bench/engines with the shop's rules in it."""

    def __init__(self, python: Path | str, module: str, shop: Shop, *options: str) -> None:
        """Start it and hand it the shop."""
        command = [str(python), "-m", f"bench.engines.{module}", *options]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT)
        # They take turns on one core: moved to and fro, each would pay for cold caches now and then.
        os.sched_setaffinity(self._process.pid, {max(os.sched_getaffinity(0))})
        self._say(shop.values())

    def found(self, active: int) -> dict[str, Any]:
        """What it finds with so many rules."""
        return self._say({"active": active, "times": 0})

    def took_us(self, active: int, times: int) -> float:
        """The median of so many evaluations, less the first quarter of them."""
        took: list[int] = self._say({"active": active, "times": times})["took_ns"]
        return median(took[times // 4 :]) / 1000

    def stop(self) -> None:
        """End it."""
        assert self._process.stdin
        self._process.stdin.close()
        self._process.wait(20)

    def _say(self, asked: object) -> dict[str, Any]:
        assert self._process.stdin
        assert self._process.stdout
        print(json.dumps(asked), file=self._process.stdin, flush=True)
        said = self._process.stdout.readline()
        if not said:
            raise SystemExit(f"{' '.join(map(str, self._process.args))} has ended; it says above why")  # type: ignore[arg-type]
        answer: dict[str, Any] = json.loads(said)
        return answer


def main() -> None:
    """Run all of it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--rules", type=int, nargs="+", default=RULES)
    given = parser.parse_args()
    subprocess.run(PEERS, cwd=ROOT, check=True)
    sizes = sorted({*given.rules, PROMISED})
    shop = draw(max(sizes), posd.WHEN)
    peers = ROOT / ".venv-peers/bin/python"
    engines = {
        "all": Engine(sys.executable, "posd", shop),
        "minute": Engine(sys.executable, "posd", shop, "--minutes"),
        "once": Engine(sys.executable, "posd", shop, "--once"),
        "business": Engine(peers, "business", shop),
        "oscar": Engine(peers, "oscar", shop),
    }
    try:
        for size in sizes:
            agree(shop, engines, size)
        took = measure(engines, sizes, given.rounds)
        queries = Figure(f"django-oscar, rules {PROMISED}: queries", engines["oscar"].found(PROMISED)["queries"])
    finally:
        for engine in engines.values():
            engine.stop()
    ground.show([*compared(took, sizes), queries, *compiled(shop, sizes)], as_json=given.json)


def agree(shop: Shop, engines: dict[str, Engine], size: int) -> None:
    """All find the same in the first `size` rules, and what the plain reading of them finds."""
    rules = shop.rules[:size]
    holding, off_minor = sorted(shop.holding(rules)), shop.off_minor(rules)
    for name in ("all", "minute", "business"):
        found = engines[name].found(size)
        assert sorted(found["holding"]) == holding, f"{name}, {size} rules: {found['holding']} hold, not {holding}"
    for name in ("once", "oscar"):
        found = engines[name].found(size)
        assert found["off_minor"] == off_minor, f"{name}, {size} rules: {found['off_minor']} off, not {off_minor}"


def measure(engines: dict[str, Engine], sizes: list[int], rounds: int) -> dict[tuple[str, int], list[float]]:
    """Microseconds of each round by engine and number of rules; who goes first changes with every turn."""
    took: dict[tuple[str, int], list[float]] = {(name, size): [] for name in engines for size in sizes}
    names = list(engines)
    for turn in range(rounds):
        for place, size in enumerate(sizes):
            first = (turn + place) % len(names)
            for name in names[first:] + names[:first]:
                if name != "oscar" or turn < OSCAR_ROUNDS.get(size, rounds):
                    took[name, size].append(engines[name].took_us(size, TIMES[name]))
    return took


def compared(took: dict[tuple[str, int], list[float]], sizes: list[int]) -> list[Figure]:
    """The medians, the ratios within each round that are promised, and whether the cost grows with the rules and not faster."""

    def ratio(first: tuple[str, int], second: tuple[str, int]) -> float:
        return median([one / other for one, other in zip(took[first], took[second], strict=True)])

    us = {key: median(rounds) for key, rounds in took.items()}
    promised = {("all", PROMISED): 150, ("once", PROMISED): 150}
    titles = {
        "all": "posd",
        "minute": "posd, the first quote of a minute",
        "once": "posd, each piece discounted once",
        "business": "business-rules (conditions only)",
        "oscar": "django-oscar",
    }
    figures = [
        Figure(f"{title}, rules {size}: median us", us[name, size], promised.get((name, size)))
        for name, title in titles.items()
        for size in sizes
    ]
    most = max(sizes)
    figures += [
        Figure("posd / business-rules", ratio(("all", PROMISED), ("business", PROMISED)), 1 / 9),
        Figure("posd, the first quote of a minute / business-rules", ratio(("minute", PROMISED), ("business", PROMISED))),
        Figure("posd / thousandths of django-oscar", 1000 * ratio(("once", PROMISED), ("oscar", PROMISED)), 1),
        *(Figure(f"posd, rules {size}: us each", us["all", size] / size) for size in sizes),
    ]
    if most > PROMISED:
        growth = ratio(("all", most), ("all", PROMISED)) * PROMISED / most
        figures.append(Figure(f"a rule among {most} / a rule among {PROMISED}", growth, GROWTH_MAX))
    return figures


def compiled(shop: Shop, sizes: list[int]) -> list[Figure]:
    """From the JSON of a program to one that can be asked: what a terminal does once for each publication."""
    figures = []
    for size in sorted({PROMISED, max(sizes)}):
        values, took = posd.values(shop.rules[:size], once=False), []
        for _ in range(COMPILES):
            started = time.process_time()
            make_ready(program_file.from_json(values))
            took.append(time.process_time() - started)
        figures.append(Figure(f"parse and compile, rules {size}: median ms", median(took) * 1e3))
    return figures


if __name__ == "__main__":
    main()
