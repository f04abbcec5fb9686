"""Promises and the online reservations behind them."""

from typing import NamedTuple

import msgspec

from loyalty.agreement import Agreement, Hold
from loyalty.journal import Draft, Stamp
from loyalty.sale import Void
from posd.store import journal, members
from posd.store.db import Db

OPEN, COMMITTED, CANCELLED = "open", "committed", "cancelled"


class Kept(NamedTuple):
    """An agreement and how it stands."""

    state: str
    agreement: Agreement


def ask_holds(db: Db, handle: str, holds: tuple[Hold, ...]) -> None:
    """Note the intent before head office is asked: if we die now, the start voids them."""
    member = members.row_of(db, handle)
    db.executemany(
        "INSERT INTO hold (id, member, unit, pieces, state) VALUES (?, ?, ?, ?, 'asked')",
        [(bytes.fromhex(hold.id), member, hold.unit, hold.pieces) for hold in holds],
    )


def settle_refused(db: Db, holds: tuple[Hold, ...]) -> None:
    """Head office refused these: nothing was reserved, nothing is to be undone."""
    db.executemany("UPDATE hold SET state = 'refused' WHERE id = ?", [(bytes.fromhex(hold.id),) for hold in holds])


def save(db: Db, agreement: Agreement) -> None:
    """Keep the promise; its holds are granted, and their pieces are gone from what is available."""
    own = bytes.fromhex(agreement.id)
    db.execute(
        "INSERT INTO agreement (id, state, made_ms, bytes) VALUES (?, 'open', ?, ?)",
        (own, agreement.made_ms, msgspec.json.encode(agreement)),
    )
    for hold in agreement.holds:
        member = db.execute(
            "UPDATE hold SET state = 'granted', agreement = ? WHERE id = ? RETURNING member", (own, bytes.fromhex(hold.id))
        ).fetchone()[0]
        members.move(db, hold.id, member, {hold.unit: -hold.pieces})


def find(db: Db, agreement_id: str) -> Kept | None:
    """The agreement with this id."""
    row = db.execute("SELECT state, bytes FROM agreement WHERE id = ?", (bytes.fromhex(agreement_id),)).fetchone()
    return Kept(row[0], msgspec.json.decode(row[1], type=Agreement)) if row else None


def still_open(db: Db) -> list[Agreement]:
    """Promises that are neither kept nor cancelled, oldest first."""
    found = db.execute("SELECT bytes FROM agreement WHERE state = 'open' ORDER BY made_ms LIMIT 200")
    return [msgspec.json.decode(row[0], type=Agreement) for row in found]


def end(db: Db, agreement_id: str, state: str) -> None:
    """It is committed or cancelled, for good."""
    own = bytes.fromhex(agreement_id)
    db.execute("UPDATE agreement SET state = ? WHERE id = ? AND state = 'open'", (state, own))
    db.execute("UPDATE hold SET state = 'ended' WHERE agreement = ?", (own,))


def cancel(db: Db, agreement_id: str, stamp: Stamp, void_id: str) -> Kept | None:
    """Cancel an open agreement and give its holds back by a record; how it stood before. A second call changes nothing."""
    kept = find(db, agreement_id)
    if kept and kept.state == OPEN:
        if kept.agreement.holds and kept.agreement.member:
            void = Void(agreement_id, kept.agreement.holds, kept.agreement.member.handle)
            void_holds(db, void, stamp, void_id)
        end(db, agreement_id, CANCELLED)
    return kept


def void_holds(db: Db, void: Void, stamp: Stamp, void_id: str) -> None:
    """Tell head office that these holds will not be spent, whether or not it ever heard of them."""
    journal.append(db, stamp, Draft("void", void_id, void))
    for hold in void.holds:
        state, member = db.execute("SELECT state, member FROM hold WHERE id = ?", (bytes.fromhex(hold.id),)).fetchone()
        if state == "granted":
            members.move(db, void_id, member, {hold.unit: hold.pieces})
        db.execute("UPDATE hold SET state = 'ended' WHERE id = ?", (bytes.fromhex(hold.id),))


def unanswered_holds(db: Db) -> list[tuple[str, Hold]]:
    """Holds that were asked for when we died, with their member's handle."""
    found = db.execute(
        "SELECT m.handle, h.id, h.unit, h.pieces FROM hold h JOIN member m ON m.id = h.member WHERE h.state = 'asked'"
    )
    return [(handle.hex(), Hold(own.hex(), unit, pieces)) for handle, own, unit, pieces in found.fetchall()]
