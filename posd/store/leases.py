"""What we may spend of members without asking: each lease with what is left of it, and the records that give it back."""

import json
from collections.abc import Iterable
from dataclasses import replace
from typing import NamedTuple

from loyalty.agreement import Hold
from loyalty.ids import record_id
from loyalty.journal import Draft, Stamp
from loyalty.leases import Purse
from loyalty.sale import LeaseReturn
from posd.store import journal, members
from posd.store.db import Db
from sync.wire import BoundRow, LeaseRow

IDLE_S_MAX = 7 * 24 * 3600  # whoever comes every week keeps a lease here; what lies longer is better available everywhere


class Told(NamedTuple):
    """How it stands with our leases: of how many members, what is left by unit, and whether nothing may be spent from them."""

    members: int
    left: dict[str, int]
    frozen: bool
    bound: dict[str, int]


def save(db: Db, row: LeaseRow) -> None:
    """Take over what head office says of our lease of a member. One that we have returned stays returned.

    Another that we still have of the same member is none that head office speaks of any more: it is given back. The member's secret
    stays no longer than we may spend from the lease.
    """
    own, member = bytes.fromhex(row.id), members.row_of(db, row.member)
    if row.ended:
        db.execute("DELETE FROM leased WHERE lease = ?", (own,))
        db.execute("DELETE FROM lease WHERE id = ?", (own,))
        return
    db.execute(
        "INSERT INTO lease (id, member, recalled, secret) VALUES (?, ?, ?, ?)"
        " ON CONFLICT (id) DO UPDATE SET recalled = max(recalled, excluded.recalled), secret = excluded.secret",
        (own, member, int(row.recalled), bytes.fromhex(row.secret) or None),
    )
    db.executemany(
        "INSERT INTO leased (lease, unit, granted, seen) VALUES (?, ?, ?, ?)"
        " ON CONFLICT (lease, unit) DO UPDATE SET granted = excluded.granted, seen = excluded.seen",
        [(own, unit, pieces, row.spent.get(unit, 0)) for unit, pieces in row.pieces.items()],
    )
    db.execute("UPDATE lease SET recalled = 1 WHERE member = ? AND id <> ? AND returned = 0", (member, own))
    db.execute("UPDATE lease SET secret = NULL WHERE member = ? AND (recalled = 1 OR returned = 1)", (member,))


def save_bound(db: Db, row: BoundRow) -> None:
    """Take over the published bound."""
    db.execute(
        "INSERT INTO bound (one, json) VALUES (1, ?) ON CONFLICT (one) DO UPDATE SET json = excluded.json",
        (json.dumps(row.pieces),),
    )


def doubt(db: Db) -> None:
    """Head office has begun a new life and may not know of our leases and holds: the leases are all given back, and nothing more is
    taken from them; what is promised is to be said again.
    """
    db.execute("UPDATE lease SET recalled = 1, secret = NULL WHERE returned = 0")
    db.execute("UPDATE hold SET doubted = 1 WHERE state IN ('asked', 'granted')")


def draw(db: Db, member: int, hold: Hold) -> Hold:
    """`hold` with as much of it as our lease of the member has, which is spent from now on. A frozen terminal draws nothing."""
    found = db.execute(
        "SELECT l.id, u.granted, u.spent, u.seen FROM lease l JOIN leased u ON u.lease = l.id"
        " WHERE l.member = ? AND u.unit = ? AND l.returned = 0 AND l.recalled = 0 LIMIT 1",
        (member, hold.unit),
    ).fetchone()
    if found is None or frozen(db):
        return hold
    own, *purse = found
    part = min(Purse(*purse).left, hold.pieces)
    if not part:
        return hold
    db.execute("UPDATE leased SET spent = spent + ? WHERE lease = ? AND unit = ?", (part, own, hold.unit))
    db.execute("UPDATE lease SET idle_s = 0 WHERE id = ?", (own,))
    return replace(hold, lease=own.hex(), leased=part)


def void_seqs(db: Db, holds: Iterable[Hold]) -> dict[str, int]:
    """Of the leases that `holds` take from: our last record that gave something back to each."""
    names = {hold.lease for hold in holds if hold.lease}
    found = (db.execute("SELECT void_seq FROM lease WHERE id = ?", (bytes.fromhex(name),)).fetchone() for name in names)
    return {name: row[0] for name, row in zip(names, found, strict=True) if row}


def put_back(db: Db, hold: Hold, stamp: Stamp, seq: int = 0) -> None:
    """What `hold` took from our lease was not spent, as our record `seq` says if there is one. Head office is told again of a
    lease that is returned already.
    """
    if not hold.leased:
        return
    own = bytes.fromhex(hold.lease)
    db.execute("UPDATE lease SET void_seq = max(void_seq, ?) WHERE id = ?", (seq, own))
    db.execute("UPDATE leased SET spent = spent - ? WHERE lease = ? AND unit = ?", (hold.leased, own, hold.unit))
    if not frozen(db) and db.execute("SELECT 1 FROM lease WHERE id = ? AND returned = 1", (own,)).fetchone():
        _say(db, own, stamp, hold.id)


def return_due(db: Db, elapsed_s: int, stamp: Stamp, *, online: bool) -> int:
    """Give back what is recalled, and what nobody has used for IDLE_S_MAX while head office is in reach; how many leases.

    `elapsed_s` is what has passed since the last call, by the monotonic clock.
    """
    if elapsed_s:
        db.execute("UPDATE lease SET idle_s = idle_s + ? WHERE returned = 0", (elapsed_s,))
    found = db.execute(
        "SELECT id FROM lease WHERE returned = 0 AND (recalled = 1 OR (? AND idle_s >= ?))", (int(online), IDLE_S_MAX)
    )
    return _return(db, [row[0] for row in found.fetchall()], stamp)


def due(db: Db) -> bool:
    """Whether a lease is recalled that we have not given back, and may."""
    found = db.execute("SELECT 1 FROM lease WHERE returned = 0 AND recalled = 1 LIMIT 1").fetchone()
    return found is not None and not frozen(db)


def frozen(db: Db) -> bool:
    """Whether this may be an older copy of the disk, or one of two: then what was spent from leases is not known."""
    return bool(db.execute("SELECT frozen <> '' OR trouble <> '' FROM terminal").fetchone()[0])


def told(db: Db) -> Told:
    """How it stands with our leases."""
    left: dict[str, int] = {}
    owners = set()
    found = db.execute(
        "SELECT l.member, u.unit, u.granted, u.spent, u.seen FROM lease l JOIN leased u ON u.lease = l.id WHERE l.returned = 0"
    )
    for member, unit, *purse in found:
        if pieces := Purse(*purse).left:
            left[unit] = left.get(unit, 0) + pieces
            owners.add(member)
    row = db.execute("SELECT json FROM bound").fetchone()
    return Told(len(owners), dict(sorted(left.items())), frozen(db), json.loads(row[0]) if row else {})


def _return(db: Db, wanted: Iterable[bytes], stamp: Stamp) -> int:
    """A frozen terminal says nothing of what it has spent: it does not know."""
    found = [] if frozen(db) else list(wanted)
    for own in found:
        db.execute("UPDATE lease SET returned = 1, secret = NULL WHERE id = ?", (own,))
        _say(db, own, stamp, "")
    return len(found)


def _say(db: Db, own: bytes, stamp: Stamp, after: str) -> None:
    """Tell head office how much of a returned lease was spent, anew `after` a hold was given up."""
    handle = db.execute("SELECT m.handle FROM lease l JOIN member m ON m.id = l.member WHERE l.id = ?", (own,)).fetchone()[0]
    spent = dict(db.execute("SELECT unit, spent FROM leased WHERE lease = ?", (own,)).fetchall())
    body = LeaseReturn(own.hex(), handle.hex(), spent)
    journal.append(db, stamp, Draft("lease_return", record_id("lease_return", own.hex(), after), body))
