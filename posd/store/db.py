"""The part of a connection that sqlite3 and apsw share: all that a store function may use."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Concatenate, ParamSpec, Protocol, TypeVar

Value = int | str | bytes | None

P = ParamSpec("P")
T = TypeVar("T")


class Rows(Protocol):
    """What execute returns: rows as tuples."""

    def fetchone(self) -> Any:
        """The next row, or None."""
        ...

    def fetchall(self) -> list[Any]:
        """All rows that are left."""
        ...

    def __iter__(self) -> Iterator[Any]:
        """One row after another."""
        ...


class Db(Protocol):
    """A connection inside a transaction that the runner has opened."""

    @property
    def in_transaction(self) -> bool:
        """Whether one is open."""
        ...

    def execute(self, sql: str, params: Sequence[Value] = ..., /) -> Rows:
        """Run one statement."""
        ...

    def executemany(self, sql: str, params: Iterable[Sequence[Value]], /) -> Rows:
        """Run one statement for each row of parameters."""
        ...


def in_snapshot(db: Db, fn: Callable[Concatenate[Db, P], T], /, *args: P.args, **kwargs: P.kwargs) -> T:
    """Run `fn`, which only reads, so that all of it sees one state of the database."""
    db.execute("BEGIN")
    try:
        return fn(db, *args, **kwargs)
    except StopIteration as error:  # it would vanish in a coroutine and leave the caller waiting
        raise RuntimeError("StopIteration in a store function") from error
    finally:
        db.execute("ROLLBACK")


def in_transaction(db: Db, fn: Callable[Concatenate[Db, P], T], /, *args: P.args, **kwargs: P.kwargs) -> T:
    """Run `fn` between BEGIN IMMEDIATE and COMMIT; whatever it raises rolls all of it back."""
    db.execute("BEGIN IMMEDIATE")
    try:
        result = fn(db, *args, **kwargs)
        db.execute("COMMIT")
    except StopIteration as error:  # it would vanish in a coroutine and leave the caller waiting
        raise RuntimeError("StopIteration in a store function") from error
    finally:
        if db.in_transaction:  # not after COMMIT, nor after a full disk or a failed sync, which have rolled back already
            db.execute("ROLLBACK")
    return result
