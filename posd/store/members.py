"""The cache of members: head office's word on each, and what our own records have done since."""

import json
from typing import Any, NamedTuple

from loyalty.member import Member
from posd.store.db import Db
from sync.wire import MemberRow

_SELECT = "SELECT m.id, m.handle, m.first_name, m.tier, m.generation, m.blocked, m.provisional, m.balances FROM member m"


class Found(NamedTuple):
    """A member in the cache: the row's id, the member, and whether one is blocked."""

    row: int
    member: Member
    blocked: bool


def by_handle(db: Db, handle: str) -> Found | None:
    """The member of a signed code."""
    row = db.execute(_SELECT + " WHERE m.handle = ?", (bytes.fromhex(handle),)).fetchone()
    return _found(db, row) if row else None


def by_code(db: Db, text: str) -> Found | None:
    """The member of a plain code."""
    row = db.execute(_SELECT + " JOIN member_code c ON c.member = m.id WHERE c.text = ?", (text,)).fetchone()
    return _found(db, row) if row else None


def row_of(db: Db, handle: str) -> int:
    """The row of `handle`; a provisional member is made for one the cache does not know."""
    found = db.execute("SELECT id FROM member WHERE handle = ?", (bytes.fromhex(handle),)).fetchone()
    if not found:
        found = db.execute(
            "INSERT INTO member (handle, provisional) VALUES (?, 1) RETURNING id", (bytes.fromhex(handle),)
        ).fetchone()
    return int(found[0])


def move(db: Db, ref: str, member: int, changes: dict[str, int]) -> None:
    """Note what the record or hold `ref` did to the member's available pieces, by unit."""
    db.executemany(
        "INSERT INTO entry (ref, member, unit, pieces) VALUES (?, ?, ?, ?)",
        [(bytes.fromhex(ref), member, unit, pieces) for unit, pieces in changes.items() if pieces],
    )


def save(db: Db, row: MemberRow) -> None:
    """Take over what head office says; the balances it gives already hold what `includes` names."""
    member = db.execute(
        "INSERT INTO member (handle, first_name, tier, generation, blocked, balances) VALUES (?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (handle) DO UPDATE SET first_name = excluded.first_name, tier = excluded.tier,"
        " generation = excluded.generation, blocked = excluded.blocked, balances = excluded.balances, provisional = 0"
        " RETURNING id",
        (bytes.fromhex(row.handle), row.first_name, row.tier, row.generation, int(row.blocked), json.dumps(row.balances)),
    ).fetchone()[0]
    db.execute("DELETE FROM member_code WHERE member = ?", (member,))
    db.executemany(
        "INSERT INTO member_code (text, member) VALUES (?, ?) ON CONFLICT (text) DO UPDATE SET member = excluded.member",
        [(text, member) for text in row.codes],
    )
    db.executemany(
        "UPDATE entry SET included = 1 WHERE member = ? AND included = 0 AND ref = ?",
        [(member, bytes.fromhex(ref)) for ref in row.includes],
    )
    db.executemany("UPDATE hold SET included = 1 WHERE id = ?", [(bytes.fromhex(ref),) for ref in row.includes])


def count(db: Db) -> int:
    """How many members the cache has."""
    return int(db.execute("SELECT count(*) FROM member").fetchone()[0])


def _found(db: Db, row: tuple[Any, ...]) -> Found:
    member, handle, first_name, tier, generation, blocked, provisional, balances = row
    confirmed: dict[str, int] = json.loads(balances)
    available, spendable = dict(confirmed), dict(confirmed)
    for unit, moved, taken in db.execute(
        "SELECT unit, sum(pieces), sum(min(pieces, 0)) FROM entry WHERE member = ? AND included = 0 GROUP BY unit", (member,)
    ):
        available[unit] = available.get(unit, 0) + moved
        spendable[unit] = spendable.get(unit, 0) + taken
    known = Member(
        handle=handle.hex(),
        first_name=first_name,
        tier=tier,
        generation=generation,
        balances=available,
        spendable=spendable,
        provisional=bool(provisional),
    )
    return Found(member, known, bool(blocked))
