"""Many rows at once, as each database takes them."""

import pytest
import sqlalchemy as sa

from central.store import rows

TABLE = sa.Table(
    "odd",
    sa.MetaData(),
    sa.Column("number", sa.Integer),
    sa.Column("large", sa.BigInteger),
    sa.Column("text", sa.Text),
    sa.Column("bytes", sa.LargeBinary),
)
COLUMNS = ("bytes", "text", "number", "large")
ROWS = [
    (b"", "", 0, 0),
    (bytes(range(256)), "חלב 3% 🥛\t\n\\N\\.", -(2**31), -(2**63)),
    (b"PGCOPY\n\xff\r\n\0\xff\xff", "\ufeff\u200f", 2**31 - 1, 2**63 - 1),
    (b"\xff" * 1_200_000, "ש" * 300_000, -1, -1),
]


async def test_every_value_comes_back(store):
    """COPY and INSERT say the same; columns in an order of their own, and nothing for nothing."""

    def written(db):
        TABLE.create(db)
        rows.append(db, TABLE, COLUMNS, [])
        rows.append(db, TABLE, COLUMNS, ROWS)
        rows.append(db, TABLE, COLUMNS[1:], [("later", 1, 2)])
        found = db.execute(sa.select(*(TABLE.c[name] for name in COLUMNS))).all()
        TABLE.drop(db)
        return [tuple(row) for row in found]

    assert await store.run(written) == [*ROWS, (None, "later", 1, 2)]


async def test_what_follows_a_copy_is_in_its_transaction(store):
    """A transaction that fails takes its copied rows with it."""

    def fails(db):
        db.execute(sa.select(1))
        rows.append(db, TABLE, COLUMNS, ROWS[:1])
        raise LookupError

    await store.run(TABLE.create)
    with pytest.raises(LookupError):
        await store.run(fails)
    assert await store.read(lambda db: db.execute(sa.select(sa.func.count()).select_from(TABLE)).scalar_one()) == 0
