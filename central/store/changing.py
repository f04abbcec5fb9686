"""Members' changing codes: the secrets of their wallets, and the newest step that spent."""

from collections.abc import Sequence
from typing import NamedTuple

import sqlalchemy as sa

from central.store.engine import Connection
from central.store.rows import insert_new
from central.store.tables import BIG, META

CHANGING_CODE = sa.Table(
    "changing_code",
    META,
    sa.Column("member_id", BIG, sa.ForeignKey("member.id"), primary_key=True, autoincrement=False),
    sa.Column("secret", sa.Text, nullable=False, server_default=""),
    sa.Column("step", sa.BigInteger, nullable=False, server_default="0"),
    sa.Column("terminal_id", sa.ForeignKey("terminal.id")),
)
"""`secret` is hex; empty for a member whose code is made by an app, or does not change. `step` is the newest that a hold was
granted for, to that terminal.
"""

# Made once: making a statement takes as long as running it.
_SECRETS_OF = sa.select(CHANGING_CODE.c.member_id, CHANGING_CODE.c.secret).where(
    CHANGING_CODE.c.member_id.in_(sa.bindparam("members", expanding=True)), CHANGING_CODE.c.secret != ""
)


class Use(NamedTuple):
    """A step that spent, and where."""

    step: int
    terminal: int


def secrets_of(db: Connection, members: Sequence[int]) -> dict[int, str]:
    """The secrets of those members that have one."""
    found = db.execute(_SECRETS_OF, {"members": list(members)}) if members else ()
    return {member: secret for member, secret in found}  # noqa: C416 (a row is no pair to the type checker)


def set_secret(db: Connection, member: int, secret: str) -> None:
    """A locked member's secret is this from now on; none at all if it is empty."""
    insert_new(db, CHANGING_CODE, {"member_id": member})
    db.execute(sa.update(CHANGING_CODE).where(CHANGING_CODE.c.member_id == member).values(secret=secret))


def last_use(db: Connection, member: int) -> Use | None:
    """The newest step of a member that spent."""
    row = CHANGING_CODE.c
    found = db.execute(sa.select(row.step, row.terminal_id).where(row.member_id == member, row.step > 0)).one_or_none()
    return Use(*found) if found else None


def use(db: Connection, member: int, this: Use) -> None:
    """A locked member's step, and each before it, has spent."""
    insert_new(db, CHANGING_CODE, {"member_id": member})
    newer = (CHANGING_CODE.c.member_id == member, CHANGING_CODE.c.step <= this.step)
    db.execute(sa.update(CHANGING_CODE).where(*newer).values(step=this.step, terminal_id=this.terminal))
