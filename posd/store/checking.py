"""Is the journal what was written? Every record against the hash of the one before, and SQLite's own look at the file's pages."""

from typing import NamedTuple

from loyalty.journal import Head, chain_hash
from posd.store import journal
from posd.store.db import Db
from sync import wire

SLICE_RECORDS = 100  # a millisecond or two: nobody waits longer for a check that runs beside the sales


class Flaw(NamedTuple):
    """What is wrong, at which record; 0 where it is not about one."""

    seq: int
    why: str


class Checked(NamedTuple):
    """Where a check has come to; it goes on from there unless there is a flaw, or `more` is false."""

    head: Head
    more: bool
    flaw: Flaw | None = None


def tail(db: Db) -> Flaw | None:
    """What head office does not have yet: only here can it be lost."""
    state, bottom = journal.push_state(db), journal.anchor(db)
    if journal.hash_at(db, state.seq) not in (state.hash, ""):
        return Flaw(state.seq, "head office acknowledged another record there")
    return _from(db, Head(state.seq, state.hash) if state.seq > bottom.seq else bottom)


def whole(db: Db) -> Flaw | None:
    """The pages, and the chain from its anchor to its head."""
    return pages(db) or _from(db, journal.anchor(db))


def pages(db: Db, *, quick: bool = False) -> Flaw | None:
    """What SQLite finds wrong with the file; `quick` does not compare the indexes with their tables."""
    found = db.execute(f"PRAGMA {'quick' if quick else 'integrity'}_check(3)").fetchall()
    return None if found == [("ok",)] else Flaw(0, "; ".join(str(row[0]) for row in found))


def some(db: Db, after: Head) -> Checked:
    """The next records after `after`, whose hash is known to be right."""
    me = journal.identity(db)
    found = db.execute(
        "SELECT seq, id, kind, hash, bytes FROM journal WHERE seq > ? ORDER BY seq LIMIT ?", (after.seq, SLICE_RECORDS)
    ).fetchall()
    head = after
    for seq, own, kind, chained, data in found:
        try:
            envelope = wire.read_envelope(data)
        except ValueError as error:
            return Checked(head, more=False, flaw=Flaw(seq, f"it cannot be read: {error}"))
        said = (envelope.seq, envelope.id, envelope.kind, envelope.terminal, envelope.chain)
        if said != (head.seq + 1, own.hex(), kind, me.terminal, me.chain) or seq != envelope.seq:
            return Checked(head, more=False, flaw=Flaw(seq, f"another record belongs at {head.seq + 1}"))
        if envelope.prev_hash != head.hash or chain_hash(head.hash, data) != chained.hex():
            return Checked(head, more=False, flaw=Flaw(seq, "its hash is another one"))
        head = Head(seq, chained.hex())
    return Checked(head, more=len(found) == SLICE_RECORDS)


def _from(db: Db, head: Head) -> Flaw | None:
    checked = Checked(head, more=True)
    while checked.more:
        checked = some(db, checked.head)
    return checked.flaw
