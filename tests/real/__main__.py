"""`make kills`: KILLS=500 times SIGKILL for terminals that sell; what was acknowledged must be there once at both ends."""

import os
import sys
import tempfile
import time
from pathlib import Path

from tests.real.kills import run

KILLS = int(os.environ.get("KILLS", "500"))
SEED = int(os.environ.get("SEED", "0"))
TOLD_EVERY = 25


def main() -> int:
    """Exits with 1 where a sale was lost or doubled."""
    began = time.monotonic()

    def tell(done: int) -> None:
        if done % TOLD_EVERY == 0:
            print(f"one terminal killed {done} times, {time.monotonic() - began:.0f} s", flush=True)

    with tempfile.TemporaryDirectory(prefix="posd-kills-") as folder:
        counted = run(Path(folder), KILLS, SEED, tell)
    print(f"kills {KILLS} acknowledged {counted.acknowledged} lost {counted.lost} doubled {counted.doubled}")
    return 1 if counted.lost or counted.doubled else 0


if __name__ == "__main__":
    sys.exit(main())
