"""The connection that writes: whole functions, one transaction each; and an end of writing once the disk has failed."""

import contextlib
import errno
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from typing import Concatenate, ParamSpec, TypeVar

from posd.store.ballast import Ballast
from posd.store.db import Db, in_transaction
from posd.store.highwater import HighWater
from posd.store.opening import end
from runtime.errors import Unavailable

CHECKPOINT_ROWS = 2500  # some 16 MB of WAL: a checkpoint every few hundred sales, so that few of them wait for one

P = ParamSpec("P")
T = TypeVar("T")


@dataclass
class Writer:
    """Used by one thread. `rows` counts the rows the connection has changed, `errors` is what its library raises; `failed` is told
    once, when nothing can be written any more.

    The checkpoints are ours: SQLite's automatic ones keep a failed sync of the database to themselves, and the next one would
    then succeed over pages that never reached the disk.
    """

    db: Db
    rows: Callable[[], int]
    errors: type[Exception]
    water: HighWater
    ballast: Ballast
    failed: Callable[[Unavailable], object] = lambda _: None
    broken: Unavailable | None = None
    checkpoint_rows: int = CHECKPOINT_ROWS
    checkpointed: int = 0

    def run(self, fn: Callable[Concatenate[Db, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run `fn(db, ...)` in one transaction; when this returns, it is on the disk.

        On a full disk the ballast is given up, and it is run once more. Raises Unavailable: `disk_full` changed nothing and may be
        tried again; after `disk_failed` or `database_damaged` nothing is written any more, and only a new start finds out what the
        disk has. Whether the transaction that failed so is there, nobody knows: the same key asks again.
        """
        try:
            return self._once(fn, *args, **kwargs)
        except Unavailable as error:
            if error.code != "disk_full" or not self.ballast.release():
                raise
        return self._once(fn, *args, **kwargs)

    def _once(self, fn: Callable[Concatenate[Db, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        if self.broken:
            raise self.broken
        try:
            result = in_transaction(self.db, fn, *args, **kwargs)
        except self.errors as error:
            told = trouble(error)
            if told is None:
                raise
            if told.code != "disk_full":
                self._give_up(told)
            raise told from error
        self._tidy()
        return result

    def _tidy(self) -> None:
        """After a transaction, which is on the disk whatever becomes of this: the mark, and a checkpoint when it is time."""
        try:
            self.water.keep_ahead(self.db)
            if self.rows() - self.checkpointed >= self.checkpoint_rows:
                self.checkpointed = self.rows()
                self.db.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()  # as far as readers let us
        except self.errors as error:
            told = trouble(error)
            if told is None:
                raise
            if told.code == "disk_full":
                self.ballast.release()
            else:
                self._give_up(told)

    def _give_up(self, told: Unavailable) -> None:
        self.broken = told
        self.failed(told)

    def stop(self) -> None:
        """The last thing: everything is in order, and the high-water file says where the journal ends.

        Where that cannot be written, the stop was none of ours, and the next start checks.
        """
        with contextlib.suppress(Unavailable):
            self.run(end)
            self.water.stop(self.db)


def trouble(error: Exception) -> Unavailable | None:
    """What a library's `error`, or one of the file system itself, says of the disk; None where it is about something else."""
    told: int = getattr(error, "sqlite_errorcode", None) or getattr(error, "extendedresult", None) or 0
    if isinstance(error, OSError):
        told = sqlite3.SQLITE_FULL if error.errno in (errno.ENOSPC, errno.EDQUOT) else sqlite3.SQLITE_IOERR
    match told & 0xFF:
        case sqlite3.SQLITE_FULL:
            hint = "Free some space on the disk of the state directory; nothing that was acknowledged is lost"
            return Unavailable("disk_full", "The terminal's disk is full", hint)
        case sqlite3.SQLITE_IOERR | sqlite3.SQLITE_READONLY | sqlite3.SQLITE_CANTOPEN:
            hint = "posd starts anew and looks at what is there; if this comes again, change the disk (docs/operate.md)"
            return Unavailable("disk_failed", f"The terminal's disk has failed ({error}, {told})", hint)
        case sqlite3.SQLITE_CORRUPT | sqlite3.SQLITE_NOTADB:
            return damaged(f"{error}, {told}")
    return None


def damaged(why: str) -> Unavailable:
    """The database is not what was written."""
    hint = "posd starts anew and sets it aside; nothing of it is deleted. Change the disk soon (docs/operate.md)"
    return Unavailable("database_damaged", f"The terminal's database is damaged ({why})", hint)
