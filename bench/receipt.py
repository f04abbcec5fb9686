"""Design section 12, "receipt": packed in at most half of python-escpos's own time; the peer runs in the same process, in turn.

Run: .venv/bin/python -m bench.receipt [--json]
"""

import contextlib
import io
import json
import sys
import time
from collections.abc import Callable
from statistics import median

from escpos.printer import Dummy

from drivers.printers.escpos import job_bytes
from drivers.printers.profile import load_profile
from drivers.printers.render import raster
from tests.drivers.receipts import sold

ROUNDS = 60
TARGET = 0.5


def timed(work: Callable[[], object]) -> float:
    """Milliseconds that one run takes."""
    started = time.perf_counter()
    work()
    return (time.perf_counter() - started) * 1e3


def measure() -> dict[str, float]:
    """Medians in milliseconds, and the ratio to the peer."""
    receipt, profile = sold("he"), load_profile("generic-80mm")
    image = raster(receipt, profile.dots)

    def peer() -> bytes:
        paper = Dummy()
        paper.hw("INIT")
        with contextlib.redirect_stdout(io.StringIO()):  # it prints about a width that its profile lacks
            paper.image(image, impl="bitImageRaster", fragment_height=profile.band_rows_max)
        paper.cut()
        output: bytes = paper.output
        return output

    works: dict[str, Callable[[], object]] = {
        "render_ms": lambda: raster(receipt, profile.dots),
        "pack_ms": lambda: job_bytes(image, profile),
        "python_escpos_ms": peer,
    }
    runs: dict[str, list[float]] = {name: [] for name in works}
    for _ in range(ROUNDS):
        for name, work in works.items():
            runs[name].append(timed(work))
    figures = {name: median(times) for name, times in runs.items()}
    return {**figures, "pack_ratio": figures["pack_ms"] / figures["python_escpos_ms"], "target": TARGET}


if __name__ == "__main__":
    found = measure()
    if "--json" in sys.argv:
        print(json.dumps(found))
    else:
        for label, figure in found.items():
            print(f"{label:18} {figure:8.3f}")
    sys.exit(found["pack_ratio"] > TARGET)
