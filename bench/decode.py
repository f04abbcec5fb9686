"""Design section 12, "read rate": posd against zxing-cpp alone, pyzbar alone and their union, on the same pictures in one run.

Run: .venv/bin/python bench/decode.py [DIR] [--each N] [--seed N] [--rounds N] [--json]

DIR is a folder of photos, looked through with all below it (default ../shared/corpora/qr). `N.txt` beside a picture says all that
it says; a folder called falsepositives... has nothing to read. Of any other photo nobody wrote down what it says: decoders that
read the same place must agree, and what posd alone reads is counted as read, but named, and sought among what the peers read in
the other photos. Such photos are shown in two halves too, by a hash of their names (bench/stages.py says why). Frames of phone
screens are drawn from the seed (bench/phones.py): `each` of every kind in each size. Times are the processor's, the best of
`rounds`: by the wall's clock a busy machine flatters what is quick.

"posd" is one live frame, with a live frame's budget of time; "posd, still" is a picture that gets every stage, as in `posd
decode`.
"""

import argparse
import hashlib
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import zxingcpp
from pyzbar import pyzbar

from bench import ground
from bench.ground import Figure, median, percentile
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


@dataclass(frozen=True, slots=True)
class Result:
    """What each decoder read in one picture, in how many milliseconds, and which of them read what is not there."""

    group: str
    name: str
    truth: str | None
    texts: Mapping[str, Texts]
    ms: Mapping[str, float]
    wrong: frozenset[str]

    def is_read(self, decoder: str) -> bool:
        """Whether it gave what the picture says; anything, where nobody knows that."""
        return bool(self.texts[decoder]) if self.truth is None else bool(self.truth) and self.truth in self.texts[decoder]

    def alone(self) -> Texts:
        """What posd read that no peer did, in a picture of which nobody knows what it says."""
        return (self.texts[LIVE] | self.texts[STILL]) - self.texts[UNION] if self.truth is None else frozenset()

    def half(self) -> int:
        """0 or 1, by the name alone."""
        return half_of(Path(self.name))


def half_of(photo: Path) -> int:
    """0 or 1, by the names of the file and its folder, wherever that lies."""
    return hashlib.sha256("/".join(photo.parts[-2:]).encode()).digest()[0] & 1


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


def measure(pictures: Iterator[Picture], rounds: int) -> Iterator[Result]:
    """Let every decoder read every picture, each time another one first."""
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
        wrong = frozenset(name for name in texts if _is_wrong(picture, name, texts))
        yield Result(picture.group, picture.name, picture.truth, texts, ms, wrong)


def _is_wrong(picture: Picture, decoder: str, texts: Mapping[str, Texts]) -> bool:
    """Whether a decoder read anything but the truth; where that is not known, whether posd read another text than a peer there."""
    if picture.truth is not None:
        return bool(texts[decoder] - {picture.truth})
    return decoder in {LIVE, STILL} and bool(texts[decoder] - texts[UNION]) and _disagrees(picture.frame, DECODERS[decoder])


def _disagrees(frame: Frame, read: Callable[[Frame], Texts]) -> bool:
    """Whether `read` reads anything else where a peer reads: a photo may hold several codes, and each decoder may read others."""
    found = [(one.data.decode(errors="replace"), _box(one.polygon)) for one in _zbar_symbols(frame)]
    for zxing in zxingcpp.read_barcodes(frame, zxingcpp.BarcodeFormat.QRCode):
        at = zxing.position
        found.append((zxing.text, _box((at.top_left, at.top_right, at.bottom_left, at.bottom_right))))
    for text, (left, top, right, bottom) in found:
        margin = (right - left) // 8
        there = read(frame[max(0, top - margin) : bottom + margin, max(0, left - margin) : right + margin])
        if there and text not in there:
            return True
    return False


def _zbar_symbols(frame: Frame) -> list[pyzbar.Decoded]:
    try:
        return list(pyzbar.decode(frame, symbols=[pyzbar.ZBarSymbol.QRCODE]))
    except ValueError:
        return []


def _box(corners: "list[pyzbar.Point] | tuple[zxingcpp.Point, ...]") -> tuple[int, int, int, int]:
    x, y = zip(*((one.x, one.y) for one in corners), strict=True)
    return min(x), min(y), max(x), max(y)


def figures(results: list[Result]) -> list[Figure]:
    """What is promised, group by group; of photos that nobody labelled also the halves, and what is not verified."""
    found = []
    for name in dict.fromkeys(one.group for one in results):
        group = [one for one in results if one.group == name]
        seen = _seen(group)
        if all(one.truth is None for one in group):
            found += [
                Figure(f"{name}: read / pyzbar", _over(group, PYZBAR), OVER_PYZBAR, at_least=True),
                Figure(f"{name}: read / zxing-cpp", _over(group, ZXING), OVER_ZXING, at_least=True),
                Figure(f"{name}: median / pyzbar's", _median(group, LIVE) / _median(group, PYZBAR), MEDIAN_SHARE),
                Figure(f"{name}: photos with a text that posd alone reads", sum(bool(one.alone()) for one in group)),
                Figure(f"{name}: photos with a text that no peer reads in any", sum(bool(one.alone() - seen) for one in group)),
                *(one for half in (0, 1) for one in _half(name, group, half)),
            ]
        if name == "drawn 720p":
            found.append(Figure(f"{name}: 95 % within, ms", percentile([one.ms[LIVE] for one in group], 95), P95_MS))
        found.append(Figure(f"{name}: read, and by the union", _read(group, LIVE), _read(group, UNION), at_least=True))
        found.append(Figure(f"{name}: wrong", sum(len(one.wrong & {LIVE, STILL}) for one in group), 0))
    return found


def _half(name: str, group: list[Result], half: int) -> list[Figure]:
    one = [result for result in group if result.half() == half]
    whose = f"{name}, half {half} of {len(one)}: read / "
    return [Figure(whose + peer, _over(one, peer)) for peer in (PYZBAR, ZXING)] if one else []


def _seen(group: list[Result]) -> Texts:
    """What the peers read in any of these photos: several show the same object."""
    return frozenset(text for one in group for text in one.texts[UNION])


def _read(group: list[Result], decoder: str) -> int:
    return sum(one.is_read(decoder) for one in group)


def _over(group: list[Result], peer: str) -> float:
    return _read(group, LIVE) / max(1, _read(group, peer))


def _median(group: list[Result], decoder: str) -> float:
    return median([one.ms[decoder] for one in group])


def table(results: list[Result]) -> None:
    """Every decoder by group, and the photos that somebody should look at."""
    print(f"{'':24}{'decoder':14}{'read':>10}{'%':>8}{'wrong':>7}{'median ms':>11}{'95 % ms':>9}")
    for name in dict.fromkeys(one.group for one in results):
        group = [one for one in results if one.group == name]
        for decoder in (LIVE, STILL, ZXING, PYZBAR, UNION):
            read, wrong = _read(group, decoder), sum(decoder in one.wrong for one in group)
            times = f"{_median(group, decoder):11.2f}{percentile([one.ms[decoder] for one in group], 95):9.1f}"
            print(f"{name:24}{decoder:14}{f'{read}/{len(group)}':>10}{100 * read / len(group):8.1f}{wrong:7}{times}")
        for one in group:
            if one.wrong & {LIVE, STILL}:
                print(f"{'':24}wrong: {one.name}: {sorted(one.texts[LIVE] | one.texts[STILL])}")
            if one.is_read(UNION) and not one.is_read(LIVE):
                print(f"{'':24}read by the union, not by posd's live frame: {one.name}")
            if one.alone():
                elsewhere = "by a peer in another photo" if one.alone() <= _seen(group) else "by a peer nowhere: look at it"
                print(f"{'':24}read by posd alone, {elsewhere}: {one.name}: {sorted(text[:60] for text in one.alone())}")
    print()


def main() -> int:
    """Measure, print; 1 if a target is missed."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folder", nargs="?", type=Path, default=PHOTOS)
    parser.add_argument("--each", type=int, default=EACH)
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    pictures = [photos(asked.folder), phones(asked.seed, asked.each)]
    results = [one for some in pictures for one in measure(some, asked.rounds)]
    found = figures(results)
    if not asked.json:
        table(results)
    ground.show(found, as_json=asked.json)
    return int(any(one.met is False for one in found))


if __name__ == "__main__":
    sys.exit(main())
