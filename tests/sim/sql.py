"""SQLAlchemy's connection with a shorter way to SQLite: a statement that is run again is compiled once, and then it goes straight
to the driver, as transactions and savepoints do. A third of a simulated day went on the way there.

Statements that are made for one use, and those that fail, go SQLAlchemy's own way, and so does all of head office outside the
simulator.
"""

import sqlite3
from collections.abc import Callable, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple
from weakref import WeakKeyDictionary

import sqlalchemy as sa
from sqlalchemy.engine import IteratorResult
from sqlalchemy.engine.result import SimpleResultMetaData

Values = Mapping[str, Any]
Change = Callable[[Any], Any]


class _Way(NamedTuple):
    """How a statement is run whose parameters have these names; those with many values have as many places as there are values."""

    compiled: Any
    constants: Values
    many: tuple[str, ...]
    to_driver: dict[str, Change]
    from_driver: tuple[Change | None, ...]
    columns: SimpleResultMetaData | None
    texts: dict[tuple[int, ...], tuple[str, tuple[str, ...]]]


class _Savepoint:
    """As the NestedTransaction of `begin_nested`."""

    def __init__(self, driver: Any) -> None:
        self._driver = driver
        driver.execute("SAVEPOINT trial")

    def commit(self) -> None:
        self._driver.execute("RELEASE trial")

    def rollback(self) -> None:
        self._driver.execute("ROLLBACK TO trial")
        self._driver.execute("RELEASE trial")


_WAYS: WeakKeyDictionary[Any, dict[tuple[str, ...], _Way | None]] = WeakKeyDictionary()


class QuickConnection(sa.Connection):
    """As SQLAlchemy's; give it to an engine whose driver is sqlite3."""

    @contextmanager
    def begin(self) -> Any:
        """As Connection.begin, between BEGIN IMMEDIATE and COMMIT. SQLAlchemy, which thinks that it begins by itself where it is
        used inside, never ends it.
        """
        driver: Any = self.connection.dbapi_connection
        driver.execute("BEGIN IMMEDIATE")
        try:
            yield driver
        except BaseException:
            driver.rollback()
            raise
        driver.commit()

    def in_transaction(self) -> bool:
        """As Connection.in_transaction."""
        driver: Any = self.connection.dbapi_connection
        found: bool = driver.in_transaction
        return found

    def begin_nested(self) -> Any:
        """As Connection.begin_nested, for one at a time."""
        return _Savepoint(self.connection.dbapi_connection)

    def execute(self, statement: Any, parameters: Any = None, **kwargs: Any) -> Any:
        """As Connection.execute. The second time, and from then on, by the short way."""
        ways = _WAYS.get(statement)
        if ways is None:
            _WAYS[statement] = {}
            return super().execute(statement, parameters, **kwargs)
        several = isinstance(parameters, Sequence)
        first: Values = (parameters[0] if several else parameters) or {}
        names = tuple(first)
        if names not in ways:
            ways[names] = _way(statement, names, self.dialect)
        way = ways[names]
        if way is None or kwargs or (several and way.many):
            return super().execute(statement, parameters, **kwargs)
        try:
            return _run(self.connection.dbapi_connection, way, parameters if several else [first], several=several)
        except sqlite3.Error:  # SQLAlchemy says it in its own words
            return super().execute(statement, parameters, **kwargs)


def _way(statement: Any, names: tuple[str, ...], dialect: sa.Dialect) -> _Way | None:
    """None where only SQLAlchemy knows what to do."""
    compiled = statement.compile(dialect=dialect, column_keys=list(names))
    if compiled.prefetch or compiled.literal_execute_params:
        return None
    binds: Mapping[str, Any] = compiled.binds
    columns = statement.exported_columns if statement.is_select or getattr(statement, "_returning", ()) else ()
    readers = tuple(column.type.dialect_impl(dialect).result_processor(dialect, None) for column in columns)
    writers = {name: bind.type.dialect_impl(dialect).bind_processor(dialect) for name, bind in binds.items()}
    return _Way(
        compiled,
        {name: bind.effective_value for name, bind in binds.items() if name not in names},
        tuple(name for name, bind in binds.items() if bind.expanding),
        {name: writer for name, writer in writers.items() if writer},
        readers if any(readers) else (),
        SimpleResultMetaData([column.key for column in columns]) if columns else None,
        {},
    )


def _run(driver: Any, way: _Way, given: Sequence[Values], *, several: bool) -> Any:
    values = [{**way.constants, **one} for one in given]
    for name, change in way.to_driver.items():
        for one in values:
            one[name] = [change(value) for value in one[name]] if name in way.many else change(one[name])
    counts = tuple(len(values[0][name]) for name in way.many)
    if counts not in way.texts:
        state = way.compiled.construct_expanded_state(values[0])
        way.texts[counts] = state.statement, tuple(state.positiontup)
    text, places = way.texts[counts]
    for name in way.many:
        values[0] |= {f"{name}_{number}": value for number, value in enumerate(values[0][name], 1)}
    rows = [tuple(map(one.__getitem__, places)) for one in values]
    if several:
        driver.executemany(text, rows)
        return None
    found = driver.execute(text, rows[0])
    if way.columns is None:
        return None
    lines = found.fetchall()
    if way.from_driver:
        lines = [
            tuple(change(value) if change else value for change, value in zip(way.from_driver, line, strict=True))
            for line in lines
        ]
    return IteratorResult(way.columns, iter(lines))
