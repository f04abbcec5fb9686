"""The terminal's store on a disk that fails: the same `run` and `look` as posd.store.database.Store, without a thread."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Concatenate, ParamSpec, TypeVar

import apsw

from posd.store.db import Db, in_snapshot
from posd.store.opening import FILE, PRAGMAS, prepare, schema_files, set_up
from posd.store.writer import Writer
from tests.sim.disk import Disk, PowerCut

P = ParamSpec("P")
T = TypeVar("T")
STEPS = schema_files()


@dataclass
class DiskStore:
    """The store of one running terminal. After a power cut, or a stop, `open_on` the disk again."""

    disk: Disk
    writer: Writer
    unclean: bool

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


def open_on(disk: Disk, chain: str, pragmas: Sequence[str] = PRAGMAS) -> DiskStore:
    """The database on `disk`, made or migrated as `open_store` does it; a new one gets the name `chain` (32 hex digits)."""
    db = disk.connect(FILE)
    set_up(db, pragmas)
    unclean = prepare(db, disk, STEPS, chain)
    return DiskStore(disk, Writer(db, db.total_changes, apsw.Error), unclean)
