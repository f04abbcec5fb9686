"""Members' changing codes: the secrets that came with our leases, and which part of each was used here already."""

from posd.store import members
from posd.store.db import Db

_ROW = "(SELECT id FROM member WHERE handle = ?)"


def secret(db: Db, handle: str) -> bytes | None:
    """What a member's wallet makes its changing part from; None where we have no lease of this member, or there is no wallet."""
    ours = f"SELECT secret FROM lease WHERE member = {_ROW} AND secret IS NOT NULL LIMIT 1"  # noqa: S608 (of our own schema)
    row = db.execute(ours, (bytes.fromhex(handle),)).fetchone()
    return row[0] if row else None


def used(db: Db, handle: str) -> int:
    """The newest step of a member that was used here; 0 for none."""
    row = db.execute(f"SELECT step FROM code_use WHERE member = {_ROW}", (bytes.fromhex(handle),)).fetchone()  # noqa: S608
    return int(row[0]) if row else 0


def use(db: Db, handle: str, step: int, agreement: str) -> None:
    """This step, and each before it, is used; by an agreement that may be cancelled yet, or for good (empty)."""
    db.execute(
        "INSERT INTO code_use (member, step, agreement) VALUES (?, ?, ?)"
        " ON CONFLICT (member) DO UPDATE SET step = excluded.step, agreement = excluded.agreement",
        (members.row_of(db, handle), step, bytes.fromhex(agreement)),
    )


def free(db: Db, handle: str, agreement: str) -> None:
    """The agreement was cancelled: its step may be used again, if it is still the newest."""
    own = (members.row_of(db, handle), bytes.fromhex(agreement))
    db.execute("UPDATE code_use SET step = step - 1, agreement = x'' WHERE member = ? AND agreement = ?", own)
