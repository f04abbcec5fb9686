"""Promises and the online reservations behind them."""

from collections.abc import Callable
from typing import NamedTuple

import msgspec

from loyalty.agreement import Agreement, Hold
from loyalty.journal import Draft, Stamp
from loyalty.ledger import Entry, available, held
from loyalty.lots import OPEN as OPEN_LOT
from loyalty.sale import Promised, Void
from posd.store import journal, leases, members
from posd.store.db import Db

OPEN, COMMITTED, CANCELLED = "open", "committed", "cancelled"


class Kept(NamedTuple):
    """An agreement and how it stands."""

    state: str
    agreement: Agreement


def ask_holds(db: Db, handle: str, holds: tuple[Hold, ...]) -> tuple[Hold, ...]:
    """Note the intent before head office is asked: if we die now, the start voids them. As much of each as our own lease of this
    member has is taken from it; the holds say how much.
    """
    member = members.row_of(db, handle)
    drawn = tuple(leases.draw(db, member, hold) for hold in holds)
    db.executemany(
        "INSERT INTO hold (id, member, unit, pieces, lease, leased, state) VALUES (?, ?, ?, ?, ?, ?, 'asked')",
        [(bytes.fromhex(one.id), member, one.unit, one.pieces, bytes.fromhex(one.lease) or None, one.leased) for one in drawn],
    )
    return drawn


def give_up(db: Db, refused: tuple[Hold, ...], void: Void, stamp: Stamp, void_id: str) -> None:
    """Head office refused some: nothing was reserved, nothing is to be undone there. The others are voided by a record."""
    for hold in refused:
        db.execute("UPDATE hold SET state = 'refused' WHERE id = ?", (bytes.fromhex(hold.id),))
        leases.put_back(db, hold, stamp)
    if void.holds:
        void_holds(db, void, stamp, void_id)


def save(db: Db, agreement: Agreement) -> None:
    """Keep the promise; its holds are granted, or covered by our own lease, and their pieces are gone from the balance.

    The feed may have been faster than the answer: then head office's balance is without them already, and `included` says so.
    """
    own = bytes.fromhex(agreement.id)
    db.execute(
        "INSERT INTO agreement (id, state, made_ms, bytes) VALUES (?, 'open', ?, ?)",
        (own, agreement.made_ms, msgspec.json.encode(agreement)),
    )
    for hold in agreement.holds:
        member, included = db.execute(
            "UPDATE hold SET state = 'granted', agreement = ? WHERE id = ? RETURNING member, included",
            (own, bytes.fromhex(hold.id)),
        ).fetchone()
        if not included and agreement.member:
            handle = agreement.member.handle
            entry = Entry(available(handle), held(hold.id), hold.unit, hold.pieces)
            members.move(db, hold.id, member, members.moves_of(db, handle, [entry], agreement.moment.local_date))


def find(db: Db, agreement_id: str) -> Kept | None:
    """The agreement with this id."""
    row = db.execute("SELECT state, bytes FROM agreement WHERE id = ?", (bytes.fromhex(agreement_id),)).fetchone()
    return Kept(row[0], msgspec.json.decode(row[1], type=Agreement)) if row else None


def still_open(db: Db) -> list[Agreement]:
    """Promises that are neither kept nor cancelled, oldest first."""
    found = db.execute("SELECT bytes FROM agreement WHERE state = 'open' ORDER BY made_ms LIMIT 200")
    return [msgspec.json.decode(row[0], type=Agreement) for row in found]


def end(db: Db, agreement_id: str, state: str, record: str) -> None:
    """It is committed or cancelled by `record`, for good."""
    own = bytes.fromhex(agreement_id)
    db.execute("UPDATE agreement SET state = ? WHERE id = ? AND state = 'open'", (state, own))
    db.execute("UPDATE hold SET state = 'ended', ended_by = ? WHERE agreement = ?", (bytes.fromhex(record), own))


def cancel(db: Db, agreement_id: str, stamp: Stamp, void_id: str) -> Kept | None:
    """Cancel an open agreement and give its holds back by a record; how it stood before. A second call changes nothing."""
    kept = find(db, agreement_id)
    if kept and kept.state == OPEN:
        if kept.agreement.holds and kept.agreement.member:
            void = Void(agreement_id, kept.agreement.holds, kept.agreement.member.handle)
            void_holds(db, void, stamp, void_id)
        end(db, agreement_id, CANCELLED, void_id)
    return kept


def void_holds(db: Db, void: Void, stamp: Stamp, void_id: str) -> None:
    """Tell head office that these holds will not be spent, whether or not it ever heard of them."""
    seq = journal.append(db, stamp, Draft("void", void_id, void)).seq
    for hold in void.holds:
        state, member = db.execute("SELECT state, member FROM hold WHERE id = ?", (bytes.fromhex(hold.id),)).fetchone()
        taken = members.moved_by(db, member, hold.id) if state == "granted" else []
        if taken and hold.leased == hold.pieces:
            members.unmove(db, member, hold.id)  # our own lease has it back: it may be spent again before head office knows
        elif state == "granted":
            back = [(unit, lot, -pieces) for unit, lot, pieces in taken] or [(hold.unit, OPEN_LOT, hold.pieces)]
            members.move(db, void_id, member, back)
        ended = (bytes.fromhex(void_id), bytes.fromhex(hold.id))
        db.execute("UPDATE hold SET state = 'ended', ended_by = ? WHERE id = ?", ended)
        leases.put_back(db, hold, stamp, seq)


def journal_end(db: Db) -> int:
    """Where our journal ends; -1 while head office, which was restored, has still to be told of open promises in it."""
    return -1 if _doubted(db, "asked") or _doubted(db, "granted") else journal.head(db).seq


def unsaid(db: Db) -> bool:
    """Whether head office may have forgotten what we have promised, and has not been told yet."""
    return bool(_doubted(db, "granted")) and not leases.frozen(db)


def say_again(db: Db, stamp: Stamp, new_id: Callable[[], str]) -> int:
    """Tell head office, which was restored, of the holds behind our open promises; how many. A frozen terminal says nothing: it
    does not know which of them its other copy has kept.
    """
    found = [] if leases.frozen(db) else _doubted(db, "granted")
    for handle in sorted({handle for handle, _ in found}):
        holds = tuple(hold for owner, hold in found if owner == handle)
        journal.append(db, stamp, Draft("promised", new_id(), Promised(holds, handle)))
    db.executemany("UPDATE hold SET doubted = 0 WHERE id = ?", [(bytes.fromhex(hold.id),) for _, hold in found])
    return len(found)


def _doubted(db: Db, state: str) -> list[tuple[str, Hold]]:
    """The holds in that state of which head office may not know, with their member's handle."""
    found = db.execute(
        "SELECT m.handle, h.id, h.unit, h.pieces, h.lease, h.leased FROM hold h JOIN member m ON m.id = h.member"
        " WHERE h.state IN ('asked', 'granted') AND h.state = ? AND h.doubted = 1",
        (state,),
    )
    return [(handle.hex(), _hold(*row)) for handle, *row in found.fetchall()]


def _hold(own: bytes, unit: str, pieces: int, lease: bytes | None, leased: int) -> Hold:
    return Hold(own.hex(), unit, pieces, lease.hex() if lease else "", leased)


def void_unanswered(db: Db, stamp: Stamp, new_id: Callable[[], str]) -> int:
    """Void the holds that were asked for and never settled; how many. Call it when no request for holds is under way."""
    found = db.execute(
        "SELECT m.handle, h.id, h.unit, h.pieces, h.lease, h.leased FROM hold h JOIN member m ON m.id = h.member"
        " WHERE h.state = 'asked'"
    ).fetchall()
    for handle, *row in found:
        void_holds(db, Void("", (_hold(*row),), handle.hex()), stamp, new_id())
    return len(found)
