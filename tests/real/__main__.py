"""`make kills`: KILLS=500 times SIGKILL for terminals that sell; what was acknowledged must be there once at both ends."""

import os
import random
import sys
import tempfile
import time
from pathlib import Path

from tests.real.kills import kill_while_they_sell, open_street
from tests.real.selling import settle

KILLS = int(os.environ.get("KILLS", "500"))
SEED = int(os.environ.get("SEED", "0"))
PAUSE_S = 0.05


def main() -> int:
    """Exits with 1 where a sale was lost or doubled."""
    began_s = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="posd-kills-") as folder, open_street(Path(folder)) as shops:
        tills = kill_while_they_sell(shops, KILLS, random.Random(SEED), PAUSE_S)
        slowest_s = max(till.slowest_s for till in tills)
        print(f"killed after {time.monotonic() - began_s:.0f} s; slowest answer {slowest_s:.1f} s", flush=True)
        counted = settle(shops, tills)
    print(f"kills {KILLS} acknowledged {counted.acknowledged} lost {counted.lost} doubled {counted.doubled}")
    return 1 if counted.lost or counted.doubled else 0


if __name__ == "__main__":
    sys.exit(main())
