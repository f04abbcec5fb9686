"""The benches run; what they find is for a person to read, and no test judges a time."""

import dataclasses
import json
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np

from bench.discounts import Goods, Rule, Shop, draw, from_values
from bench.engines.posd import WHEN
from bench.phones import KINDS, drawn
from drivers.scanners.decode import read_frame
from tests.drivers.scanners.pictures import qr

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


def test_decoding_is_measured_against_its_peers(tmp_path: Path) -> None:
    """Labelled and unlabelled photos, what must read as nothing, and drawn frames: each promise has its figure."""
    for folder, label in (("labelled", "PL1:ABC"), ("photos", None), ("falsepositives-1", None)):
        (tmp_path / folder).mkdir()
        picture = np.full((80, 80), 200, np.uint8) if folder.startswith("false") else qr("PL1:ABC")
        cv2.imwrite(str(tmp_path / folder / "1.png"), picture)
        if label:
            (tmp_path / folder / "1.txt").write_text(label)
    command = [sys.executable, "bench/decode.py", str(tmp_path), "--json", "--rounds", "1", "--each", "1"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=BENCH_S, cwd=ROOT, check=False)
    figures = json.loads(done.stdout.splitlines()[-1])
    assert {name: one["value"] for name, one in figures.items() if "wrong" in name} == dict.fromkeys(
        (f"{group}: wrong" for group in ("falsepositives-1", "labelled", "photos", "drawn 720p", "drawn 480p")), 0
    )
    assert figures["labelled: read, union 1"]["value"] == figures["photos: read / pyzbar"]["value"] == 1
    assert any("95 %" in name for name in figures)
    assert figures["photos: median / pyzbar's"]["target"] == -1 / 12


def test_ingest_is_measured_against_bare_copy() -> None:
    """One short round: each batch size on one and two connections beside the same rows copied, and a repeat beside a first."""
    command = [sys.executable, "bench/ingest.py", "--json", "--rounds", "1", "--rows", "500"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=BENCH_S, cwd=ROOT, check=False)
    assert done.returncode == 0, done.stderr
    figures = json.loads(done.stdout)
    assert all(figure["value"] > 0 for figure in figures.values())
    assert sorted(figure["target"] for figure in figures.values() if figure["target"]) == [1 / 3, 0.75, 0.9]


def test_drawn_phones_are_as_the_seed_says() -> None:
    """Two runs draw the same frames, another seed others; each is a frame of its size, and the plain ones are read exactly."""
    first, again, other = (list(drawn(seed, 1)) for seed in (1, 1, 2))
    assert all((one.frame == two.frame).all() and one.text == two.text for one, two in zip(first, again, strict=True))
    assert not any(one.text == two.text for one, two in zip(first, other, strict=True))
    assert {one.frame.shape for one in first} == {(720, 1280), (480, 640)}
    assert {one.kind for one in first} == set(KINDS)
    plain = [one for one in first if one.kind in {"plain", "dark mode"}]
    assert all([reading.text for reading in read_frame(one.frame).readings] == [one.text] for one in plain)


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
