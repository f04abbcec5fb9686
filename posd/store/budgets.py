"""Budgets of the program: this terminal's share of each, and what it has given or promised of it."""

from collections.abc import Mapping

from posd.store.db import Db
from sync.wire import ShareRow


def save_shares(db: Db, row: ShareRow) -> None:
    """Take over what head office says; of what it does not name nothing may be given."""
    db.execute("UPDATE budget SET share = 0")
    db.executemany(
        "INSERT INTO budget (rule, share) VALUES (?, ?) ON CONFLICT (rule) DO UPDATE SET share = excluded.share",
        list(row.shares.items()),
    )


def give(db: Db, spent: Mapping[str, int], sign: int = 1) -> None:
    """So much more has been given by each rule; with a `sign` of -1 so much less."""
    db.executemany(
        "INSERT INTO budget (rule, given) VALUES (?, ?) ON CONFLICT (rule) DO UPDATE SET given = given + excluded.given",
        [(rule, sign * pieces) for rule, pieces in spent.items()],
    )


def left(db: Db) -> dict[str, int]:
    """What may still be given by each rule that this terminal has a share of."""
    return {rule: max(0, share - given) for rule, share, given in db.execute("SELECT rule, share, given FROM budget")}


def given(db: Db) -> dict[str, int]:
    """What has been given or promised by each rule."""
    return dict(db.execute("SELECT rule, given FROM budget WHERE given > 0").fetchall())
