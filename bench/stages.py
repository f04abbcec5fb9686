"""Whether the stages are made for the photos that they are measured on: chosen anew on some of them, and tried on the others.

Run: .venv/bin/python bench/stages.py [DIR] [--rounds N] [--json]

The stages and their order were chosen with all photos in view, so a figure on these photos flatters them. Here every stage looks
at every photo of DIR (default ../shared/corpora/qr/boofcv), after the first three, which look at each. Then stages are chosen
greedily: the one that reads most of what is still unread for its time, until none reads more. What one half of the photos would
choose is tried on the other half; what all kinds but one would choose, on that kind. What is lost against the order that posd
ships is what that order owes to having seen the photos.

Half is as in bench/decode.py, a kind is a folder. "live" is one live frame by a model: a stage that begins within the budget
counts. This does not undo that the numbers inside the stages (how much to blur, how large a close-up) were chosen on all of them.
"""

import argparse
import math
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bench import ground
from bench.decode import PHOTOS, half_of
from bench.ground import Figure
from drivers.scanners.decode.frame import Frame
from drivers.scanners.decode.look import Look
from drivers.scanners.decode.picture import SUFFIXES, open_picture
from drivers.scanners.decode.reader import BUDGET_S, FIRST, IN_TURN
from drivers.scanners.decode.stages import Stage
from drivers.scanners.reading import Reading

ROUNDS = 2
Order = Sequence[int]
"""Places in IN_TURN."""


@dataclass(frozen=True, slots=True)
class Tried:
    """What the stages do with one photo: whether the first three read it and in which time; the same of each stage after them."""

    path: Path
    first_reads: bool
    first_s: float
    reads: tuple[bool, ...]
    took_s: tuple[float, ...]

    def is_read(self, order: Order, budget_s: float) -> bool:
        """Whether it is read by stages in this order, of which the last begins within the budget."""
        if self.first_reads:
            return True
        spent_s = self.first_s
        for stage in order:
            if spent_s >= budget_s:
                return False
            if self.reads[stage]:
                return True
            spent_s += self.took_s[stage]
        return False


def tried(path: Path, rounds: int) -> Tried:
    """Give one photo to every stage, each after the first three, whose suspects it may need."""
    frame = open_picture(path)
    runs = [_outcomes(frame) for _ in range(rounds)]
    reads = [said for said, _ in runs[0]]
    took_s = [min(seconds for _, seconds in outcomes) for outcomes in zip(*runs, strict=True)]
    return Tried(path, reads[0], took_s[0], tuple(reads[1:]), tuple(took_s[1:]))


def _outcomes(frame: Frame) -> list[tuple[bool, float]]:
    """Whether the first three read it, in how many seconds; and each other stage after them, in its own."""
    found = [_run(FIRST, Look(frame))]
    for stage in IN_TURN:
        look = Look(frame)
        _run(FIRST, look)
        found.append(_run((stage,), look))
    return found


def _run(stages: Sequence[Stage], look: Look) -> tuple[bool, float]:
    began_s = time.thread_time()
    symbols = [symbol for stage in stages for symbol in stage(look)]
    return any(isinstance(one, Reading) for one in symbols), time.thread_time() - began_s


def chosen(photos: Sequence[Tried]) -> Order:
    """The stages that these photos would choose, and their order."""
    unread = [photo for photo in photos if not photo.first_reads]
    order: list[int] = []
    while True:
        left = [stage for stage in range(len(IN_TURN)) if stage not in order]
        worth = {
            stage: sum(one.reads[stage] for one in unread) / max(1e-9, sum(one.took_s[stage] for one in photos))
            for stage in left
        }
        best = max(worth, key=lambda stage: worth[stage], default=-1)
        if best < 0 or not worth[best]:
            return order
        order.append(best)
        unread = [photo for photo in unread if not photo.reads[best]]


def with_others(order: Order, photos: Sequence[Tried]) -> Order:
    """These stages, and behind them all the others, the quickest on these photos first."""
    took_s = [sum(one.took_s[stage] for one in photos) for stage in range(len(IN_TURN))]
    return [*order, *sorted(set(range(len(IN_TURN))) - set(order), key=lambda stage: took_s[stage])]


def read(photos: Sequence[Tried], order: Order, budget_s: float) -> int:
    """How many are read."""
    return sum(photo.is_read(order, budget_s) for photo in photos)


def figures(photos: Sequence[Tried]) -> list[Figure]:
    """As shipped, against what is chosen on other photos: the order of all stages, and nothing but those that are chosen."""
    shipped = tuple(range(len(IN_TURN)))
    halves = [[one for one in photos if half_of(one.path) == half] for half in (0, 1)]
    folders = dict.fromkeys(one.path.parent for one in photos)
    kinds = [[one for one in photos if one.path.parent == folder] for folder in folders]
    parts = {f"half {half} of {len(one)}": [one] for half, one in enumerate(halves)} | {f"{len(kinds)} kinds one by one": kinds}
    found = []
    for name, part in parts.items():
        pairs = [(one, [other for other in photos if other not in one]) for one in part]
        for how, budget_s in (("live", BUDGET_S), ("every stage", math.inf)):
            found.append(Figure(f"{name}, {how}: read as shipped", sum(read(one, shipped, budget_s) for one in part)))
            bare = sum(read(one, chosen(others), budget_s) for one, others in pairs)
            found.append(Figure(f"{name}, {how}: read with nothing but what the others choose", bare))
        ordered = sum(read(one, with_others(chosen(others), others), BUDGET_S) for one, others in pairs)
        found.append(Figure(f"{name}, live: read with all stages, in the order that the others choose", ordered))
    return found


def main() -> None:
    """Try, choose, print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folder", nargs="?", type=Path, default=PHOTOS / "boofcv")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    paths = sorted(path for path in asked.folder.rglob("*") if path.suffix.lower() in SUFFIXES)
    photos = [tried(path, asked.rounds) for path in paths]
    if not asked.json:
        for half in (0, 1):
            order = chosen([one for one in photos if half_of(one.path) == half])
            print(f"half {half} chooses: {', '.join(IN_TURN[stage].__name__ for stage in order)}")
        print(f"all choose: {', '.join(IN_TURN[stage].__name__ for stage in chosen(photos))}")
    ground.show(figures(photos), as_json=asked.json)


if __name__ == "__main__":
    main()
