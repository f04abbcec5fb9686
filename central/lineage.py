"""Where a pushed batch belongs among the lines of a journal. No database: hashes are asked for by a function.

A line is chained, and a hash covers everything before it: so one equal hash proves that all before it is the same, and two lines
agree up to some place and never again.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from central.store.chains import Line
from loyalty.journal import Head, Sealed
from sync.wire import BATCH_RECORDS_MAX

HashAt = Callable[[Line, int], str]
"""The hash of a line at a seq from its base to its head."""


class Batch(NamedTuple):
    """Records that follow each other, and the hash before the first."""

    prev_hash: str
    records: Sequence[Sealed]

    @property
    def before(self) -> int:
        """The seq before the first."""
        return self.records[0].seq - 1

    @property
    def last(self) -> int:
        """The seq of the last."""
        return self.records[-1].seq

    @property
    def base(self) -> Head:
        """What it goes on from."""
        return Head(self.before, self.prev_hash)

    @property
    def head(self) -> Head:
        """Where it ends."""
        return Head(self.last, self.records[-1].hash)

    def hash_at(self, seq: int) -> str:
        """From the record before the first to the last."""
        return self.records[seq - self.before - 1].hash if seq > self.before else self.prev_hash


class Place(NamedTuple):
    """What a batch does to `line`: `stored` (it goes on from it or repeats it), `fork` (it leaves it behind `at`), or `gap`:
    nothing fits, and the terminal is to go on from `at`.
    """

    outcome: str
    line: Line
    at: Head


def locate(lines: Sequence[Line], batch: Batch, hash_at: HashAt) -> Place:
    """Where `batch` belongs; the first of `lines` is the one without a base."""
    for line in lines:
        top = min(batch.last, line.head.seq)
        if max(batch.before, line.base.seq + (line.branch > 0)) <= top and batch.hash_at(top) == hash_at(line, top):
            return Place("stored", line, line.head)
    departures = [found for line in lines if (found := _departure(line, batch, hash_at))]
    if departures:
        return max(departures, key=lambda found: found.at.seq)
    first = lines[0]
    if batch.before > first.head.seq:
        return Place("gap", first, first.head)
    # it has left every line before it begins: back by a batch, until it shows where
    back = max(0, batch.before - BATCH_RECORDS_MAX)
    return Place("gap", first, Head(back, hash_at(first, back)))


def _departure(line: Line, batch: Batch, hash_at: HashAt) -> Place | None:
    """The last place at which `batch` agrees with `line`, if there is one within both."""
    low, high = max(batch.before, line.base.seq), min(batch.last, line.head.seq)
    if low > high or batch.hash_at(low) != hash_at(line, low):
        return None
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if batch.hash_at(middle) == hash_at(line, middle) else (low, middle)
    return Place("fork", line, Head(low, batch.hash_at(low)))
