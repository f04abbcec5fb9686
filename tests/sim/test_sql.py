"""The short way to SQLite gives what SQLAlchemy's own gives."""

import sqlite3
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.pool import StaticPool

from tests.sim.sql import QuickConnection

THING = sa.Table(
    "thing",
    sa.MetaData(),
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("good", sa.Boolean, nullable=False),
    sa.Column("parts", sa.JSON, nullable=False),
    sa.Column("data", sa.LargeBinary),
)
ROWS = [
    {"id": number, "name": f"n{number}", "good": number % 2 == 0, "parts": {"of": [number]}, "data": bytes([number]) or None}
    for number in range(1, 6)
]
ADD = THING.insert()
ALL = sa.select(THING).order_by(THING.c.id)
SOME = ALL.where(THING.c.id.in_(sa.bindparam("ids", expanding=True)), THING.c.name.not_in(("n2", "n9")))
GOOD = sa.select(THING.c.id).where(THING.c.good == sa.bindparam("good")).order_by(THING.c.id)
RENAME = sa.update(THING).where(THING.c.id == sa.bindparam("which")).returning(THING.c.id, THING.c.parts)
REMOVE = sa.delete(THING).where(THING.c.id == sa.bindparam("which"))
STEPS: tuple[tuple[Any, Any], ...] = (
    (ADD, ROWS[:2]),
    (ADD, ROWS[2:4]),
    (ADD, ROWS[4]),
    *((SOME, {"ids": ids}) for ids in ([], [1], [1, 2, 3], [5, 4], [], [3], list(range(900)))),
    *((GOOD, {"good": good}) for good in (True, False, True)),
    *((RENAME, {"which": which, "name": "x", "parts": [which]}) for which in (1, 2, 77)),
    *((RENAME, {"which": which, "good": False}) for which in (2, 4)),
    *((REMOVE, {"which": which}) for which in (3, 1)),
    (ALL, None),
    (ALL, None),
)


def connected(kind: type[sa.Connection]) -> sa.Connection:
    """To a database in memory with an empty table."""
    engine = sa.create_engine(
        "sqlite://", creator=lambda: sqlite3.connect(":memory:", isolation_level=None), poolclass=StaticPool
    )
    engine._connection_cls = kind
    db = engine.connect()
    with db.begin():
        THING.create(db)
    return db


def told(db: sa.Connection) -> list[str]:
    """What each step gives, row by row, by name; written out, for True is 1 to Python."""
    found = []
    with db.begin():
        for statement, values in STEPS:
            result = db.execute(statement, values)
            rows = list(result) if statement.is_select or statement is RENAME else []
            found.append(str([row._asdict() for row in rows]))
    return found


def test_every_kind_of_statement_and_value() -> None:
    """Lists of any length, what is changed by name, what comes back, many rows at once."""
    quick = connected(QuickConnection)
    expected = told(connected(sa.Connection))
    assert expected[-1].startswith("[{'id': 2, 'name': 'x', 'good': False, 'parts': [2], 'data': b'\\x02'}")
    assert told(quick) == expected
    with quick.begin():
        quick.execute(sa.delete(THING))
    assert told(quick) == expected


def test_the_result_is_read_as_any_other() -> None:
    """By scalar, by row, by number."""
    db = connected(QuickConnection)
    with db.begin():
        db.execute(ADD, ROWS)
        for _ in range(3):
            assert db.execute(GOOD, {"good": True}).scalars().all() == [2, 4]
            assert db.execute(SOME, {"ids": [4]}).one().parts == {"of": [4]}
            assert db.execute(SOME, {"ids": [2]}).one_or_none() is None
            assert db.execute(SOME, {"ids": [4]}).first()[0] == 4  # type: ignore[index]


def fails_behind_a_trial(db: sa.Connection) -> None:
    """Three rows, the second on trial only; and then an error."""
    with db.begin():
        for row in ROWS[:3]:
            trial = db.begin_nested()
            db.execute(ADD, row)
            trial.rollback() if row["id"] == 2 else trial.commit()
        assert db.execute(GOOD, {"good": False}).scalars().all() == [1, 3]
        assert not db.execute(GOOD, {"good": True}).scalars().all()
        raise ZeroDivisionError


def test_what_is_rolled_back_is_gone() -> None:
    """The trial alone, and the whole transaction."""
    db = connected(QuickConnection)
    with pytest.raises(ZeroDivisionError):
        fails_behind_a_trial(db)
    assert not db.in_transaction()
    with db.begin():
        assert not db.execute(ALL).all()


def test_an_error_is_sqlalchemys_own() -> None:
    """Whoever catches it need not know the way."""
    db = connected(QuickConnection)
    with db.begin():
        db.execute(ADD, ROWS[0])
        db.execute(ADD, ROWS[1])
        with pytest.raises(sa.exc.IntegrityError):
            db.execute(ADD, ROWS[0])
