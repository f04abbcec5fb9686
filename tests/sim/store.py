"""The terminal's store on a disk that fails: the same `run` and `look` as posd.store.database.Store, without a thread."""

import contextlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Concatenate, ParamSpec, TypeVar

import apsw

from posd.store.aside import Library, note, swap
from posd.store.condition import Condition
from posd.store.db import Db, in_snapshot
from posd.store.opening import FILE, PRAGMAS, schema_files, set_up
from posd.store.starting import Places, begin_writing, start
from posd.store.writer import Writer, trouble
from runtime.errors import Unavailable
from tests.sim.disk import Disk, PowerCut

P = ParamSpec("P")
T = TypeVar("T")
STEPS = schema_files()


@dataclass
class DiskStore:
    """The store of one running terminal. After a power cut, or a stop, `open_on` the disk again."""

    disk: Disk
    writer: Writer

    @property
    def condition(self) -> Condition:
        """As Store.condition."""
        return self.writer.water.condition

    async def run(self, fn: Callable[Concatenate[Db, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """As Store.run, and nothing else runs meanwhile. Raises PowerCut when the power is gone."""
        return self.write(fn, *args, **kwargs)

    def write(self, fn: Callable[Concatenate[Db, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """`run` for a caller that is not async."""
        self._must_be_on()
        try:
            return self.writer.run(fn, *args, **kwargs)
        finally:
            self._must_be_on()

    async def look(self, fn: Callable[Concatenate[Db, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """As Store.look."""
        return in_snapshot(self.writer.db, fn, *args, **kwargs)

    def _must_be_on(self) -> None:
        if not self.disk.on:
            raise PowerCut


def open_on(disk: Disk, chain: str, pragmas: Sequence[str] = PRAGMAS, places: Places | None = None) -> DiskStore:
    """The database on `disk`, set aside, made or migrated as `open_store` does it; a new one gets the name `chain` (32 hex digits).

    `places` may have the high-water file on another disk, and a ballast.
    """
    where = places or Places(disk, disk)
    swap(disk, Library(lambda name: contextlib.closing(disk.connect(name)), apsw.Error), STEPS)
    db = disk.connect(FILE)
    try:
        set_up(db, pragmas)
        started = start(db, where, STEPS, chain)
    except Unavailable as error:
        note(disk, error.message)
        raise
    except apsw.Error as error:
        if (told := trouble(error)) is None:
            raise
        if told.code == "database_damaged":
            note(disk, told.message)
        raise told from error
    writer = Writer(db, db.total_changes, apsw.Error, started.water, started.ballast)
    writer.failed = lambda told: note(disk, told.message) if told.code == "database_damaged" else None
    begin_writing(writer)
    return DiskStore(disk, writer)
