"""`make sim-teeth`: each planted bug must be caught by the simulator within 2,000 seeds; says by which seed and which promise.

BUG="a timer,the cursor" for some of them; PROCESSES=2.
"""

import gc
import multiprocessing
import os
import sys
from typing import NamedTuple

from tests.sim.planted import BUGS
from tests.sim.world import run

SEEDS_MAX = int(os.environ.get("SEEDS", "2000"))
PROCESSES = int(os.environ.get("PROCESSES", "2"))
BUG = os.environ.get("BUG", "")


MISTAKES = ("AttributeError", "NameError", "TypeError", "KeyError")
"""What a patch raises that does not fit the code any more: that is no bite."""


class Bite(NamedTuple):
    """A planted bug, the seed that caught it (None: no seed did), and the promises that it broke."""

    bug: str
    seed: int | None
    all: tuple[str, ...]

    @property
    def why(self) -> str:
        """The first of them."""
        return self.all[0] if self.all else ""


def bitten(bug: str, seeds_max: int = SEEDS_MAX) -> Bite:
    """Look for it."""
    planted = BUGS[bug]
    for seed in range(seeds_max):
        with planted.in_place():
            ended = run(seed, planted.faults, planted.sales)
        gc.collect()
        if ended.violations:
            fits = not any(_is_mistake(why) for why in ended.violations)
            return Bite(bug, seed if fits else None, tuple(ended.violations))
    return Bite(bug, None, ())


def _is_mistake(why: str) -> bool:
    return "Traceback" in why and why.strip().splitlines()[-1].startswith(MISTAKES)


def main() -> int:
    """Exits with 1 where one was missed."""
    wanted = [bug for bug in BUGS if any(part in bug for part in BUG.split(","))]
    with multiprocessing.get_context("fork").Pool(min(PROCESSES, len(wanted)), gc.disable) as pool:
        bites = []
        for bite in pool.imap_unordered(bitten, wanted):
            bites.append(bite)
            told = "MISSED" if bite.seed is None else f"seed {bite.seed:>4}"
            print(f"{told}  {bite.bug}: {bite.why.strip().splitlines()[-1][:90] if bite.why else ''}", flush=True)
    caught = sum(bite.seed is not None for bite in bites)
    print(f"caught {caught} of {len(bites)}")
    return 0 if caught == len(bites) else 1


if __name__ == "__main__":
    sys.exit(main())
