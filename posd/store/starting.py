"""A start: the database made ready, and what it and its disk are fit for."""

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass

from posd.store import checking, highwater, journal
from posd.store.ballast import Ballast
from posd.store.condition import Condition
from posd.store.db import Db
from posd.store.folder import Folder
from posd.store.highwater import HighWater
from posd.store.opening import Step, begin, prepare, was_running
from posd.store.writer import Writer, damaged
from runtime.errors import Unavailable
from sync.wire import READING


@dataclass(frozen=True, slots=True)
class Places:
    """Where the database lives, where its high-water file, and how much room is kept for a full disk."""

    state: Folder
    water: Folder
    ballast_bytes: int = 0


@dataclass(frozen=True, slots=True)
class Started:
    """What the writer works with."""

    condition: Condition
    water: HighWater
    ballast: Ballast


def start(db: Db, places: Places, steps: Sequence[Step], chain: str) -> Started:
    """Make the database of `db`, which is set up, ready to sell on. Raises Misconfigured as `prepare` does.

    After a stop that was none of ours, what head office does not have yet is checked first. Raises Unavailable (`database_damaged`)
    when that is not what was written.
    """
    prepare(db, places.state, steps, chain)
    unclean = was_running(db)
    if unclean and (flaw := checking.tail(db)):
        raise damaged(f"record {flaw.seq}: {flaw.why}")
    condition = Condition(unchecked=unclean, frozen=journal.frozen(db))
    water = highwater.watch(db, places.water, condition)
    return Started(condition, water, Ballast(places.state, condition, places.ballast_bytes))


def begin_writing(writer: Writer) -> None:
    """Note that we run, and what was found; on a disk with no room at all we run all the same, and the next start checks."""
    writer.ballast.make()
    with contextlib.suppress(Unavailable):
        writer.run(begin)
        writer.run(journal.read_as, READING)
        if frozen := writer.water.condition.frozen:
            writer.run(journal.freeze, frozen)
