"""Deleting records that head office has in a backup. The chain goes on from an anchor: seq and hash of the last that is gone."""

from posd.store import journal
from posd.store.db import Db

KEPT_MS = 90 * 86_400_000  # what a till, a member or a return may still ask for here
SLICE_RECORDS = 200  # of one transaction: a sale does not wait for longer than this takes


def prune(db: Db, now_ms: int) -> int:
    """Delete some records: in a backup of head office, KEPT_MS old by their own time, and with nothing left to print; how many.

    Call it again until there are none. What is left of each is its id, so that its key is never booked again, and the till's
    receipt number.
    """
    state, bottom = journal.push_state(db), journal.anchor(db).seq
    below = min(state.seq, state.durable_seq, journal.head(db).seq - 1, bottom + SLICE_RECORDS)
    young = "SELECT seq FROM journal WHERE seq > ? AND seq <= ? AND wall_ms > ? ORDER BY seq LIMIT 1"
    waiting = "SELECT seq FROM print_job WHERE seq > ? AND seq <= ? AND state IN ('queued', 'sending') ORDER BY seq LIMIT 1"
    for stop in (
        db.execute(young, (bottom, below, now_ms - KEPT_MS)).fetchone(),
        db.execute(waiting, (bottom, below)).fetchone(),
    ):
        below = min(below, stop[0] - 1) if stop else below
    if state.trouble or below <= bottom:
        return 0
    _delete(db, below)
    _delete_promises(db, now_ms - KEPT_MS)
    return below - bottom


def _delete(db: Db, last: int) -> None:
    """Delete the records up to `last`, and what hangs on them."""
    db.execute("UPDATE anchor SET seq = ?, hash = ?", (last, journal.hash_at(db, last)))
    db.execute(
        "INSERT INTO pruned (id, receipt_number, business_date)"
        " SELECT id, receipt_number, business_date FROM journal WHERE seq <= ? AND true ON CONFLICT (id) DO NOTHING",
        (last,),
    )
    db.execute("DELETE FROM print_job WHERE seq <= ?", (last,))
    db.execute("DELETE FROM refused WHERE seq <= ?", (last,))
    db.execute(
        "DELETE FROM entry WHERE included = 1 AND id <= (SELECT coalesce(min(id), 0) + ? FROM entry)"
        " AND ref IN (SELECT id FROM journal WHERE seq <= ?)",
        (20 * SLICE_RECORDS, last),
    )
    db.execute("DELETE FROM journal WHERE seq <= ?", (last,))


def _delete_promises(db: Db, before_ms: int) -> None:
    """Agreements that ended long ago, and their holds."""
    ended = "SELECT id FROM agreement WHERE state != 'open' AND made_ms < ? ORDER BY made_ms LIMIT ?"
    ids = db.execute(ended, (before_ms, SLICE_RECORDS)).fetchall()
    db.executemany("DELETE FROM hold WHERE agreement = ? AND state = 'ended'", ids)
    db.executemany("DELETE FROM agreement WHERE id = ?", ids)
