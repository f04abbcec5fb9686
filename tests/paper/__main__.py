"""`make print-sim`: so many seeds, some side by side, and how the jobs ended. Exits with 1 where a promise was broken.

SEEDS=1000 is how many, FIRST=0 the first of them: a broken one prints the command that plays it alone.
"""

import asyncio
import os
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from tests.paper.plan import drawn
from tests.paper.run import Broken, played

SEEDS = int(os.environ.get("SEEDS", "1000"))
FIRST = int(os.environ.get("FIRST", "0"))
SIDE_BY_SIDE = int(os.environ.get("SIDE_BY_SIDE", "12"))  # a run mostly waits; with many more the printers themselves get slow
TOLD_EVERY = 100


async def main() -> int:
    """Play them all."""
    began, ended, broken = time.monotonic(), Counter[str](), 0
    seeds = iter(range(FIRST, FIRST + SEEDS))
    with tempfile.TemporaryDirectory() as folder:

        async def some(seeds: Iterator[int]) -> None:
            nonlocal broken
            for seed in seeds:
                try:
                    ended.update(await played(drawn(seed), Path(folder) / str(seed)))
                except Broken as error:
                    broken += 1
                    print(f"BROKEN  {error}", flush=True)
                except Exception as error:  # whatever this machine lacked for one run, the others go on
                    broken += 1
                    print(f"FAILED  seed {seed}: {error!r}", flush=True)
                ended["runs"] += 1
                shutil.rmtree(Path(folder) / str(seed), ignore_errors=True)
                if ended["runs"] % TOLD_EVERY == 0:
                    print(f"{ended['runs']} runs, {time.monotonic() - began:.0f} s", flush=True)

        await asyncio.gather(*(some(seeds) for _ in range(SIDE_BY_SIDE)))
    print(
        f"{ended['runs']} runs with {ended['crashes']} crashes in {time.monotonic() - began:.0f} s: "
        f"{ended['confirmed']} receipts confirmed, {ended['unknown']} told as unknown, {broken} runs broke a promise or failed"
    )
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
