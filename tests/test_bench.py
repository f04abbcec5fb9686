"""The benches run; what they find is for a person to read, and no test judges a time."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
BENCH_S = 600  # a hang guard; it takes a quarter of a minute


def test_the_line_is_measured_against_its_peers() -> None:
    """One short round gives a figure for each promise, and for each peer that it is paired with."""
    command = [sys.executable, "bench/line.py", "--json", "--rounds", "1"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=BENCH_S, cwd=ROOT, check=False)
    assert done.returncode == 0, done.stderr
    figures = json.loads(done.stdout.splitlines()[-1])
    assert all(figure["value"] > 0 for figure in figures.values())
    promised = ("the same bytes", "awaited per statement", "each row written", "scan in", "start to ready", "resident")
    assert all(any(word in name and one["target"] for name, one in figures.items()) for word in promised)


def test_the_rules_are_measured_against_two_other_engines() -> None:
    """One short round: posd, business-rules and django-oscar find the same, and there is a figure for each promise."""
    made = subprocess.run(
        ["make", "-o", ".venv/.ready", "peers"], capture_output=True, text=True, timeout=BENCH_S, cwd=ROOT, check=False
    )
    if made.returncode:
        pytest.skip(f"the peers cannot be installed here: {made.stderr.strip().splitlines()[-1]}")
    command = [sys.executable, "bench/quote.py", "--json", "--rounds", "1", "--rules", "1", "50"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=BENCH_S, cwd=ROOT, check=False)
    assert done.returncode == 0, done.stderr
    figures = json.loads(done.stdout.splitlines()[-1])
    assert all(figure["value"] > 0 for figure in figures.values())
    promised = ("posd, rules 50", "posd / business-rules", "of django-oscar")
    assert all(any(word in name and one["target"] for name, one in figures.items()) for word in promised)
