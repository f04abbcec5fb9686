"""`make sim`: so many seeds, on two processes; the marks that they reached, and every promise that was broken with its seed.

SEEDS=2000 is how many, FIRST=0 the first of them, SALES=200 in each of their days, PROCESSES=2. One seed in a hundred is played
twice: it must be the same story.
"""

import gc
import multiprocessing
import os
import sys
import time
from typing import NamedTuple

from tests.sim.marks import Marks
from tests.sim.town import town
from tests.sim.world import SALES_MIN, Ended, run

SEEDS = int(os.environ.get("SEEDS", "2000"))
FIRST = int(os.environ.get("FIRST", "0"))
PROCESSES = int(os.environ.get("PROCESSES", "2"))
SALES = int(os.environ.get("SALES", str(SALES_MIN)))
TWICE_EVERY = 100
TOLD_EVERY = 100
SEEDS_PER_WORKER = 100  # SQLite keeps each disk that it ever had
ALL_MARKS_FROM = 500
"""Of fewer seeds nobody can ask that every rare path was met."""


class Sum(NamedTuple):
    """Of many seeds."""

    seeds: int
    sales: int
    violations: int
    marks: Marks


def played(seed: int) -> Ended:
    """One seed; twice, if it is its turn."""
    ended = run(seed, sales=SALES)
    if seed % TWICE_EVERY == 0 and (again := run(seed, sales=SALES)).trace != ended.trace:
        ended.violations.append(f"played twice, told twice: {ended.trace} and {again.trace}")
    gc.collect()
    return ended


def tell(ended: Ended) -> None:
    """What was broken, and how to see it again."""
    for why in ended.violations[:5]:
        print(f"VIOLATION  seed {ended.seed}: {why}")
    if SEEDS == 1:
        print("\n".join(ended.told))
    print(f"    make sim FIRST={ended.seed} SEEDS=1 SALES={SALES}\n", flush=True)


def all_of(seeds: range, processes: int) -> Sum:
    """Play them."""
    began, done, sales, violations, marks = time.monotonic(), 0, 0, 0, Marks()
    town()  # made once: the workers begin with copies
    gc.freeze()
    with multiprocessing.get_context("fork").Pool(processes, gc.disable, maxtasksperchild=SEEDS_PER_WORKER) as pool:
        for ended in pool.imap_unordered(played, seeds):
            done, sales, violations = done + 1, sales + ended.sales, violations + len(ended.violations)
            marks.update(ended.marks)
            if ended.violations:
                tell(ended)
            if done % TOLD_EVERY == 0:
                print(f"{done} seeds, {time.monotonic() - began:.0f} s", flush=True)
    return Sum(done, sales, violations, marks)


def main() -> int:
    """Exits with 1 where a promise was broken or a rare path never reached."""
    summed = all_of(range(FIRST, FIRST + SEEDS), min(PROCESSES, SEEDS))
    if summed.seeds > 1 or not summed.violations:
        print(summed.marks.table())
    print(f"seeds {summed.seeds} sales {summed.sales} violations {summed.violations}")
    never = summed.marks.never() if summed.seeds >= ALL_MARKS_FROM else []
    if never:
        print(f"never reached: {', '.join(never)}")
    return 1 if summed.violations or never else 0


if __name__ == "__main__":
    sys.exit(main())
