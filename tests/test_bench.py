"""The benches run; what they find is for a person to read, and no test judges a time."""

import dataclasses
import json
import subprocess
import sys
from pathlib import Path

from bench.discounts import Goods, Rule, Shop, draw, from_values
from bench.engines.posd import WHEN

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


def test_the_first_fifty_rules_are_as_the_bench_says() -> None:
    """Three quarters of them hold today for the member, a third finds its goods, and no two of them share goods in part."""
    shop = draw(1000, WHEN)
    first = shop.rules[:50]
    assert sum(rule.holds_for(WHEN) for rule in first) == 38
    assert len(shop.holding(first)) == 16
    assert (len(shop.basket), len({goods.category for goods in shop.basket})) == (20, 12)
    about = {frozenset(goods.product for goods in shop.basket if rule.matches(goods)) for rule in shop.rules}
    assert all(one == other or not one & other for one in about for other in about)
    assert draw(50, WHEN).rules == first


def test_what_the_bench_reads_of_the_rules_by_itself() -> None:
    """A minimum counts all the rule's goods; the higher priority goes first; no piece is discounted twice; JSON keeps it all."""
    milk, bread = Goods("milk", "dairy", 2, 500), Goods("bread", "bakery", 1, 800)
    rule = Rule("dear", 10, "dairy", (), 1000, 2, "2026-11-10", "2026-11-10", (), (), (), (), 1)
    here = {"stores": ("store-3",), "hours": (12, 13), "weekdays": ("tue",), "tiers": ("gold",)}
    first = dataclasses.replace(rule, code="first", percent=50, amount_min_minor=0, priority=2, **here)
    never = dataclasses.replace(
        rule, code="never", percent=90, category="", products=("bread",), amount_min_minor=801, priority=3
    )
    over = dataclasses.replace(first, code="over", last_day="2026-11-09")
    many = dataclasses.replace(first, code="many", quantity_min=3)
    dear = rule
    shop = Shop((milk, bread), WHEN, (dear, first, never, over, many))
    assert shop.holding(shop.rules) == ["dear", "first"]
    assert shop.off_minor(shop.rules) == 500
    assert shop.off_minor((dear, never)) == 100
    assert dataclasses.replace(shop, when=dataclasses.replace(WHEN, tier="silver")).holding(shop.rules) == ["dear"]
    assert dataclasses.replace(shop, when=dataclasses.replace(WHEN, hour=13)).holding(shop.rules) == ["dear"]
    assert from_values(json.loads(json.dumps(shop.values()))) == shop


def test_the_rules_are_measured_against_two_other_engines() -> None:
    """One short round: posd, business-rules and django-oscar find the same, and there is a figure for each promise."""
    made = subprocess.run(
        ["make", "-o", ".venv/.ready", "peers"], capture_output=True, text=True, timeout=BENCH_S, cwd=ROOT, check=False
    )
    assert made.returncode == 0, made.stderr
    command = [sys.executable, "bench/quote.py", "--json", "--rounds", "1", "--rules", "1", "50"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=BENCH_S, cwd=ROOT, check=False)
    assert done.returncode == 0, done.stderr
    figures = json.loads(done.stdout.splitlines()[-1])
    assert all(figure["value"] > 0 for figure in figures.values())
    promised = ("posd, rules 50", "posd / business-rules", "of django-oscar")
    assert all(any(word in name and one["target"] for name, one in figures.items()) for word in promised)


def test_the_idle_camera_is_measured_against_the_bare_decode() -> None:
    """A short watch gives a figure for each promise, and the peer's own."""
    command = [sys.executable, "bench/camera.py", "--json", "--seconds", "1"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=BENCH_S, cwd=ROOT, check=False)
    assert done.returncode == 0, done.stderr
    figures = json.loads(done.stdout.splitlines()[-1])
    assert all(figure["value"] > 0 for figure in figures.values())
    promised = ("every picture looked at / bare decode", "its own pace / bare decode", "its own pace: percent of a core")
    assert all(any(name.endswith(word) and one["target"] for name, one in figures.items()) for word in promised)
