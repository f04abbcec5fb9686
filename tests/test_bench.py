"""The benches run; what they find is for a person to read, and no test judges a time."""

import dataclasses
import json
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from bench import decode, stages
from bench.discounts import Goods, Rule, Shop, draw, from_values
from bench.engines.posd import MINUTES, NOW, WHEN, Posd
from bench.phones import KINDS, drawn
from drivers.scanners.decode.reader import IN_TURN, read_frame
from loyalty.moment import minute_of_day
from tests.drivers.scanners.pictures import qr

ROOT = Path(__file__).resolve().parents[1]
BENCH_S = 600  # a hang guard; it takes a quarter of a minute


def test_the_line_is_measured_against_its_peers() -> None:
    """One short round gives a figure for each promise, and for each peer that it is paired with."""
    command = [sys.executable, "bench/line.py", "--json", "--rounds", "1", "--each", "20", "--filling", "40"]
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
    assert figures["labelled: read, and by the union"] == {"value": 1, "target": 1, "met": True}
    assert figures["photos: read / pyzbar"] == {"value": 1, "target": 1.3, "met": False}
    assert figures["photos: photos with a text that posd alone reads"]["value"] == 0
    assert any("95 %" in name for name in figures)
    assert figures["photos: median / pyzbar's"]["target"] == 1 / 12
    assert done.returncode == 1


PHANTOM = "PHANTOM"


@pytest.mark.parametrize(
    ("folder", "label", "shown", "seen"),
    [
        ("labelled", "PL1:ABC", "PL1:ABC", {"PL1:ABC"}),
        ("falsepositives-1", None, None, {PHANTOM}),
        ("photos", None, None, {PHANTOM}),
    ],
)
def test_a_phantom_is_not_overlooked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, folder: str, label: str | None, shown: str | None, seen: set[str]
) -> None:
    """A text that is not there counts as wrong, also beside the right one; where nobody knows that, as read by posd alone."""
    (tmp_path / folder).mkdir()
    cv2.imwrite(str(tmp_path / folder / "1.png"), qr(shown) if shown else np.full((80, 80), 200, np.uint8))
    if label:
        (tmp_path / folder / "1.txt").write_text(label)
    monkeypatch.setitem(decode.DECODERS, decode.LIVE, lambda _: frozenset(seen | {PHANTOM}))
    (result,) = decode.measure(decode.photos(tmp_path), 1)
    figures = {one.name: one.value for one in decode.figures([result])}
    if folder == "photos":
        assert figures["photos: photos with a text that posd alone reads"] == 1
        assert figures["photos: photos with a text that no peer reads in any"] == 1
    else:
        assert (figures[f"{folder}: wrong"], result.wrong) == (1, {decode.LIVE})


def test_each_of_posds_two_ways_is_judged_by_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a peer reads a text, a live frame that reads another one there is wrong, whatever the still says."""
    cv2.imwrite(str(tmp_path / "1.png"), qr("PL1:ABC", 6))
    monkeypatch.setitem(decode.DECODERS, decode.LIVE, lambda _: frozenset({PHANTOM}))
    (result,) = decode.measure(decode.photos(tmp_path), 1)
    assert (result.truth, result.wrong) == (None, {decode.LIVE})


PHOTO = Path("glare/1.png")


def test_stages_are_chosen_by_what_they_read_for_their_time() -> None:
    """The most photos for the time first, then whatever reads what is left; nothing that reads no more; the budget counts."""
    rows = {"a": (0, 1, 2), "b": (0, 1), "c": (2, 3)}  # which photos each of three stages reads; the last is the slowest
    took_s = (0.010, 0.001, 0.020, *(0.001 for _ in IN_TURN[3:]))
    photos = [
        stages.Tried(
            PHOTO, number == 4, 0.005, (*(number in row for row in rows.values()), *(False for _ in IN_TURN[3:])), took_s
        )
        for number in range(6)
    ]
    assert stages.chosen(photos) == [1, 0, 2]
    assert stages.read(photos, (1, 0, 2), 1.0) == 5
    assert stages.read(photos, (1, 0, 2), 0.010) == 4
    assert stages.read(photos, (2, 1, 0), 0.010) == 3
    assert stages.chosen(photos[4:]) == []
    assert stages.with_others([2], photos) == [2, 1, *range(3, len(IN_TURN)), 0]


def test_each_photo_is_tried_by_every_stage(tmp_path: Path) -> None:
    """A plain photo is read by the first stages, an empty one by none; both halves are named."""
    for name, picture in (("plain", qr("PL1:ABC")), ("empty", np.full((80, 80), 200, np.uint8))):
        cv2.imwrite(str(tmp_path / f"{name}.png"), picture)
    plain, empty = (stages.tried(tmp_path / f"{name}.png", 1) for name in ("plain", "empty"))
    assert (plain.first_reads, empty.first_reads, any(empty.reads)) == (True, False, False)
    assert len(plain.reads) == len(plain.took_s) == len(IN_TURN)
    figures = {one.name: one.value for one in stages.figures([plain, empty])}
    assert {figures[f"1 kinds one by one, {how}: read as shipped"] for how in ("live", "every stage")} == {1}


def test_ingest_is_measured_against_bare_copy() -> None:
    """One short round: each batch size on one and two connections beside the same rows copied, and a repeat beside a first."""
    command = [
        sys.executable,
        "bench/ingest.py",
        "--json",
        "--rounds",
        "1",
        "--rows",
        "500",
        "--each",
        "12",
        "--batches",
        "4",
        "12",
    ]
    done = subprocess.run(command, capture_output=True, text=True, timeout=BENCH_S, cwd=ROOT, check=False)
    assert done.returncode == 0, done.stderr
    figures = json.loads(done.stdout)
    assert all(figure["value"] > 0 for figure in figures.values())
    assert sorted(figure["target"] for figure in figures.values() if figure["target"]) == [1 / 3, 0.75, 0.9]


def test_a_cache_is_measured_at_both_ends() -> None:
    """A small one: it is told, loaded beside checkouts, looked up, loaded once more and cleared away."""
    command = [sys.executable, "bench/cache.py", "--json", "--members", "1200"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=BENCH_S, cwd=ROOT, check=False)
    assert done.returncode == 0, done.stderr
    figures = json.loads(done.stdout)
    assert {name for name, one in figures.items() if one["target"]} == {
        "look-up by handle, p99 ms",
        "look-up by plain code, p99 ms",
    }
    assert all(figure["value"] > 0 for name, figure in figures.items() if "memory" not in name)
    assert all(any(name.startswith(what) and "longest" in name for name in figures) for what in ("first", "another", "the old"))


def test_the_cost_of_history_is_measured_in_turns() -> None:
    """Two short journals: a checkout and a push behind each, and their share."""
    command = [sys.executable, "bench/history.py", "--json", "--rounds", "1", "--lengths", "40", "80"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=BENCH_S, cwd=ROOT, check=False)
    assert done.returncode == 0, done.stderr
    figures = json.loads(done.stdout)
    assert all(figure["value"] > 0 for figure in figures.values())
    assert [figure["target"] for figure in figures.values() if figure["target"]] == [1.1, 1.1]


def test_a_small_herd_is_drained() -> None:
    """Some terminals at the real service: every record is there once, and nothing was answered that may not be."""
    command = [sys.executable, "bench/herd.py", "--json", "--terminals", "5", "--records", "230", "--watch", "1"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=BENCH_S, cwd=ROOT, check=False)
    assert done.returncode == 0, done.stderr
    figures = json.loads(done.stdout)
    kept = ("records lost", "records stored twice", "answers but 200, 429, 503")
    assert [figures[name]["value"] for name in kept] == [0, 0, 0]
    assert figures["answers 200"]["value"] >= 5 * (2 + 1)


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


def test_the_first_quote_of_a_minute_is_one() -> None:
    """Each is of another minute of the hour that the rules are asked about, and finds the same."""
    assert {(moment.local_date, minute_of_day(moment) // 60) for moment in MINUTES} == {(WHEN.day, WHEN.hour)}
    assert len({minute_of_day(moment) for moment in MINUTES}) == 60
    shop = draw(10, WHEN)
    same, anew = Posd(shop, once=False, minutes=False), Posd(shop, once=False, minutes=True)
    assert [same.evaluate().moment for _ in range(3)] == [NOW] * 3
    quotes = [anew.evaluate() for _ in range(61)]
    assert [one.moment for one in quotes] == [*MINUTES, MINUTES[0]]
    assert {one.to_pay_minor for one in quotes} == {same.evaluate().to_pay_minor}


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
    command = [sys.executable, "bench/camera.py", "--json", "--seconds", "1", "--pictures", "10"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=BENCH_S, cwd=ROOT, check=False)
    assert done.returncode == 0, done.stderr
    figures = json.loads(done.stdout.splitlines()[-1])
    assert all(figure["value"] > 0 for figure in figures.values())
    promised = ("every picture looked at / bare decode", "its own pace / bare decode", "its own pace: percent of a core")
    assert all(any(name.endswith(word) and one["target"] for name, one in figures.items()) for word in promised)


def test_a_receipt_is_measured_against_its_peers() -> None:
    """One round gives what packing costs, and the last byte on each wire, beside the peer's."""
    command = [sys.executable, "-m", "bench.receipt", "--json", "--rounds", "1"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=BENCH_S, cwd=ROOT, check=False)
    figures = json.loads(done.stdout)
    assert all(figure > 0 for figure in figures.values())
    assert {"pack_ratio", "tcp_last_byte_ratio", "pty_last_byte_ratio"} <= set(figures)
