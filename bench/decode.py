"""Design section 12, "read rate": posd against zxing-cpp alone, pyzbar alone and their union, on the same pictures in one run.

Run: .venv/bin/python bench/decode.py [DIR] [--each N] [--seed N] [--rounds N] [--json]

DIR is a folder of photos, looked through with all below it (default ../shared/corpora/qr). `N.txt` beside a picture says what it
says; a folder called falsepositives... has nothing to read; of any other photo it is only known whether a code was read, and
decoders that read the same place must agree. Frames of phone screens are drawn from the seed (bench/phones.py): `each` of every
kind in each size. Times are the processor's, the best of `rounds`: by the wall's clock a busy machine flatters what is quick.

"posd" is one live frame, with a live frame's budget of time; "posd, still" is a picture that gets every stage, as in `posd decode`.
"""

import argparse
import json
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

import zxingcpp
from pyzbar import pyzbar

from bench.phones import drawn
from drivers.scanners.decode.frame import Frame
from drivers.scanners.decode.picture import SUFFIXES, open_picture
from drivers.scanners.decode.reader import Reader, read_frame

PHOTOS = Path(__file__).resolve().parents[1].parent / "shared" / "corpora" / "qr"
EACH, SEED, ROUNDS = 8, 20261122, 3
OVER_PYZBAR, OVER_ZXING, MEDIAN_SHARE, P95_MS = 1.30, 1.10, 1 / 12, 33.0
LIVE, STILL, ZXING, PYZBAR, UNION = "posd", "posd, still", "zxing-cpp", "pyzbar", "union"
Texts = frozenset[str]


def _posd(frame: Frame) -> Texts:
    return frozenset(one.text for one in Reader(time.thread_time).read(frame).readings)


def _still(frame: Frame) -> Texts:
    return frozenset(one.text for one in read_frame(frame).readings)


def _zxing(frame: Frame) -> Texts:
    return frozenset(one.text for one in zxingcpp.read_barcodes(frame, zxingcpp.BarcodeFormat.QRCode))


def _pyzbar(frame: Frame) -> Texts:
    try:
        return frozenset(one.data.decode() for one in pyzbar.decode(frame, symbols=[pyzbar.ZBarSymbol.QRCODE]))
    except ValueError:
        return frozenset()


DECODERS: dict[str, Callable[[Frame], Texts]] = {LIVE: _posd, ZXING: _zxing, PYZBAR: _pyzbar, STILL: _still}


@dataclass(frozen=True, slots=True)
class Picture:
    """`truth` is what it says, "" if it says nothing, None if nobody wrote that down."""

    group: str
    name: str
    frame: Frame
    truth: str | None


@dataclass
class Tally:
    """What one decoder made of a group."""

    read: int = 0
    wrong: list[str] = field(default_factory=list)
    ms: list[float] = field(default_factory=list)


@dataclass
class Group:
    """Pictures of one kind, by decoder, and those that posd read less of than both others together."""

    pictures: int = 0
    labelled: bool = False
    tallies: dict[str, Tally] = field(default_factory=lambda: {name: Tally() for name in (*DECODERS, UNION)})
    missed: list[str] = field(default_factory=list)


def photos(folder: Path) -> Iterator[Picture]:
    """Every picture below `folder`, grouped by the folder right below it."""
    for path in sorted(folder.rglob("*")):
        if path.suffix.lower() in SUFFIXES and path.is_file():
            place, label = path.relative_to(folder), path.with_suffix(".txt")
            nothing = any(part.startswith("falsepositives") for part in path.parts)
            truth = "" if nothing else label.read_bytes().decode(errors="replace") if label.is_file() else None
            yield Picture(place.parts[0] if len(place.parts) > 1 else folder.name, str(place), open_picture(path), truth)


def phones(seed: int, each: int) -> Iterator[Picture]:
    """Drawn frames, grouped by size."""
    for number, shown in enumerate(drawn(seed, each)):
        yield Picture(f"drawn {shown.size}", f"{shown.kind} {number % each}", shown.frame, shown.text)


def measure(pictures: Iterator[Picture], rounds: int) -> dict[str, Group]:
    """Let every decoder read every picture, each time another one first."""
    groups: dict[str, Group] = {}
    for number, picture in enumerate(pictures):
        texts: dict[str, Texts] = {}
        ms: dict[str, float] = {}
        for turn in range(len(DECODERS)):
            name = list(DECODERS)[(turn + number) % len(DECODERS)]
            for _ in range(rounds):
                started = time.thread_time()
                texts[name] = DECODERS[name](picture.frame)
                ms[name] = min(ms.get(name, 1e9), (time.thread_time() - started) * 1e3)
        texts[UNION] = texts[ZXING] | texts[PYZBAR]
        ms[UNION] = ms[ZXING] if texts[ZXING] else ms[ZXING] + ms[PYZBAR]
        _count(groups.setdefault(picture.group, Group()), picture, texts, ms)
    return groups


def _count(group: Group, picture: Picture, texts: dict[str, Texts], ms: dict[str, float]) -> None:
    group.pictures += 1
    group.labelled |= picture.truth is not None
    for name, tally in group.tallies.items():
        tally.read += _is_read(picture, texts[name])
        tally.ms.append(ms[name])
        if name in {LIVE, STILL} and picture.truth is None:
            peers = texts[UNION]
            wrong = bool(texts[name] and peers) and not texts[name] & peers and _disagrees(picture.frame, peers)
        else:
            wrong = bool(texts[name]) and picture.truth is not None and picture.truth not in texts[name]
        tally.wrong += [picture.name] if wrong else []
    if _is_read(picture, texts[UNION]) and not _is_read(picture, texts[LIVE]):
        group.missed.append(picture.name)


def _is_read(picture: Picture, texts: Texts) -> bool:
    return bool(texts) if picture.truth is None else bool(picture.truth) and picture.truth in texts


def _disagrees(frame: Frame, peers: Texts) -> bool:
    """Whether posd reads anything else where a peer reads: a photo may hold several codes, and each decoder may read others."""
    found = [zbar.rect for zbar in pyzbar.decode(frame, symbols=[pyzbar.ZBarSymbol.QRCODE])]
    places = [(rect.left, rect.top, rect.left + rect.width, rect.top + rect.height) for rect in found]
    for zxing in zxingcpp.read_barcodes(frame, zxingcpp.BarcodeFormat.QRCode):
        at = zxing.position
        x, y = zip(*((one.x, one.y) for one in (at.top_left, at.top_right, at.bottom_left, at.bottom_right)), strict=True)
        places.append((min(x), min(y), max(x), max(y)))
    for left, top, right, bottom in places:
        margin = (right - left) // 8
        there = _still(frame[max(0, top - margin) : bottom + margin, max(0, left - margin) : right + margin])
        if there and not there & peers:
            return True
    return False


def p95(ms: list[float]) -> float:
    """The time that 95 of 100 keep."""
    return sorted(ms)[min(len(ms) - 1, int(0.95 * len(ms)))]


def promises(groups: dict[str, Group]) -> dict[str, dict[str, float]]:
    """What is promised, as figures with their targets; a target with a minus is a most, not a least."""
    found: dict[str, dict[str, float]] = {}
    for name, group in groups.items():
        one = group.tallies
        if not group.labelled:
            found[f"{name}: read / pyzbar"] = {"value": one[LIVE].read / max(1, one[PYZBAR].read), "target": OVER_PYZBAR}
            found[f"{name}: read / zxing-cpp"] = {"value": one[LIVE].read / max(1, one[ZXING].read), "target": OVER_ZXING}
            share = median(one[LIVE].ms) / median(one[PYZBAR].ms)
            found[f"{name}: median / pyzbar's"] = {"value": share, "target": -MEDIAN_SHARE}
        if name == "drawn 720p":
            found[f"{name}: 95 % within, ms"] = {"value": p95(one[LIVE].ms), "target": -P95_MS}
        found[f"{name}: read, union {one[UNION].read}"] = {"value": one[LIVE].read, "target": one[UNION].read}
        found[f"{name}: wrong"] = {"value": len(one[LIVE].wrong) + len(one[STILL].wrong), "target": -0.0}
    return found


def is_kept(name: str, figure: dict[str, float]) -> bool:
    """Whether a figure reaches its target."""
    at_most = figure["target"] < 0 or name.endswith("wrong")
    return figure["value"] <= -figure["target"] if at_most else figure["value"] >= figure["target"]


def _print(groups: dict[str, Group], found: dict[str, dict[str, float]]) -> None:
    print(f"{'':24}{'decoder':14}{'read':>10}{'%':>8}{'wrong':>7}{'median ms':>11}{'95 % ms':>9}")
    for name, group in groups.items():
        for decoder in (LIVE, STILL, ZXING, PYZBAR, UNION):
            one = group.tallies[decoder]
            share = f"{one.read}/{group.pictures}"
            times = f"{median(one.ms):11.2f}{p95(one.ms):9.1f}"
            print(f"{name:24}{decoder:14}{share:>10}{100 * one.read / group.pictures:8.1f}{len(one.wrong):7}{times}")
        if group.missed:
            print(f"{'':24}read by the union, not by posd's live frame: {', '.join(group.missed)}")
    print()
    for name, figure in found.items():
        verdict = "kept" if is_kept(name, figure) else "MISSED"
        print(f"{name:44}{figure['value']:10.3f}  target {abs(figure['target']):8.3f}  {verdict}")


def main() -> int:
    """Measure, print; 1 if a target is missed."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folder", nargs="?", type=Path, default=PHOTOS)
    parser.add_argument("--each", type=int, default=EACH)
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    groups = measure(photos(asked.folder), asked.rounds) | measure(phones(asked.seed, asked.each), asked.rounds)
    found = promises(groups)
    if asked.json:
        print(json.dumps(found))
    else:
        _print(groups, found)
    return int(not all(is_kept(name, figure) for name, figure in found.items()))


if __name__ == "__main__":
    sys.exit(main())
