"""The journal and who we are in it."""

from dataclasses import dataclass

from loyalty.journal import Chain, Draft, Head, Sealed, Stamp, seal
from posd.store.db import Db
from runtime.errors import Misconfigured
from sync.pull import PullState
from sync.push import FORKED, PRUNED_HASH, ROLLED_BACK, PushState
from sync.wire import EnrolAnswer, canonical_fast

_BY_RECEIPT = (
    "WITH RECURSIVE days (day) AS (SELECT CASE WHEN ?1 <> '' THEN ?1 ELSE"
    " (SELECT max(business_date) FROM journal WHERE business_date IS NOT NULL) END UNION ALL"
    " SELECT (SELECT max(business_date) FROM journal WHERE business_date < day) FROM days WHERE ?1 = '' AND day IS NOT NULL)"
    " SELECT seq, kind, bytes FROM days CROSS JOIN journal ON business_date = day AND receipt_number = ?2"
    " ORDER BY seq DESC LIMIT 20"
)
"""On one date or, without one, on every date there is: each is one step in the index, which begins with it."""

_PRUNED_BY_RECEIPT = (
    "WITH RECURSIVE days (day) AS (SELECT CASE WHEN ?1 <> '' THEN ?1 ELSE"
    " (SELECT max(business_date) FROM pruned WHERE business_date IS NOT NULL) END UNION ALL"
    " SELECT (SELECT max(business_date) FROM pruned WHERE business_date < day) FROM days WHERE ?1 = '' AND day IS NOT NULL)"
    " SELECT id FROM days CROSS JOIN pruned ON business_date = day AND receipt_number = ?2 LIMIT 20"
)


@dataclass(frozen=True, slots=True)
class Identity:
    """Who this terminal is, and what people call it; without a `terminal` id it is not enrolled and commits nothing."""

    chain: str
    terminal: str
    store: str
    epoch: int
    time_zone: str
    name: str


def identity(db: Db) -> Identity:
    """Who we are."""
    return Identity(*db.execute("SELECT chain, terminal, store, epoch, time_zone, name FROM terminal").fetchone())


def enrol(db: Db, answer: EnrolAnswer, stamp: Stamp, draft: Draft) -> None:
    """Be who head office says we are, and tell so in the chain's first record."""
    db.execute(
        "UPDATE terminal SET terminal = ?, store = ?, epoch = ?, time_zone = ?, name = ?, push_incarnation = ?",
        (answer.terminal, answer.store, answer.epoch, answer.time_zone, answer.name, answer.incarnation),
    )
    append(db, stamp, draft)


def head(db: Db) -> Head:
    """Where the journal ends."""
    row = db.execute("SELECT seq, hash FROM journal ORDER BY seq DESC LIMIT 1").fetchone()
    return Head(row[0], row[1].hex()) if row else Head()


def append(db: Db, stamp: Stamp, draft: Draft, day: str | None = None, receipt_number: str | None = None) -> Sealed:
    """Seal `draft` behind the head and write it, to be found by its business date and the till's receipt where it has them.

    Raises Misconfigured when the terminal is not enrolled.
    """
    me = identity(db)
    must_be_enrolled(me.terminal)
    sealed = seal(Chain(me.terminal, me.epoch, me.chain), head(db), stamp, draft, canonical_fast)
    own, chained = bytes.fromhex(sealed.id), bytes.fromhex(sealed.hash)
    db.execute(
        "INSERT INTO journal (seq, id, kind, hash, wall_ms, receipt_number, business_date, bytes) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (sealed.seq, own, sealed.kind, chained, stamp.wall_ms, receipt_number, day, sealed.bytes),
    )
    return sealed


def must_be_enrolled(terminal: str) -> None:
    """Raise Misconfigured for a terminal without a name: it promises and commits nothing."""
    if not terminal:
        hint = "Ask head office for a code (posd-central terminal enrol) and run: posd enrol CODE"
        raise Misconfigured("not_enrolled", "This terminal is not enrolled yet", hint)


def find(db: Db, record_id: str) -> tuple[int, str, bytes] | None:
    """The seq, kind and bytes of the record with this id."""
    row = db.execute("SELECT seq, kind, bytes FROM journal WHERE id = ?", (bytes.fromhex(record_id),)).fetchone()
    return tuple(row) if row else None


def made_ms(db: Db, seq: int) -> int:
    """The wall time of our record `seq`, in milliseconds UTC."""
    return int(db.execute("SELECT wall_ms FROM journal WHERE seq = ?", (seq,)).fetchone()[0])


def find_receipt(db: Db, number: str, business_date: str) -> list[tuple[int, str, bytes]]:
    """The records with the till's receipt `number`, newest first; of one `business_date` unless that is empty."""
    found = db.execute(_BY_RECEIPT, (business_date, number))
    return [tuple(row) for row in found]


def of_day(db: Db, business_date: str) -> list[tuple[str, str | None, bytes]]:
    """Kind, receipt number and bytes of every record of that date, oldest first."""
    found = db.execute("SELECT kind, receipt_number, bytes FROM journal WHERE business_date = ? ORDER BY seq", (business_date,))
    return [tuple(row) for row in found]


def was_pruned(db: Db, record_id: str) -> bool:
    """Whether there was a record with this id, which has been deleted."""
    return db.execute("SELECT 1 FROM pruned WHERE id = ?", (bytes.fromhex(record_id),)).fetchone() is not None


def pruned_receipt(db: Db, number: str, business_date: str) -> list[str]:
    """The ids of deleted records with the till's receipt `number`; of one `business_date` unless that is empty."""
    found = db.execute(_PRUNED_BY_RECEIPT, (business_date, number))
    return [row[0].hex() for row in found]


def pruned_of_day(db: Db, business_date: str) -> list[str]:
    """The till's receipt numbers of deleted records of that date."""
    found = db.execute(
        "SELECT receipt_number FROM pruned WHERE business_date = ? AND receipt_number IS NOT NULL", (business_date,)
    )
    return [row[0] for row in found]


def newest(db: Db, records_max: int) -> list[bytes]:
    """The last records, newest first."""
    return [row[0] for row in db.execute("SELECT bytes FROM journal ORDER BY seq DESC LIMIT ?", (records_max,))]


def push_state(db: Db) -> PushState:
    """How far head office has us."""
    return PushState(
        *db.execute("SELECT acked_seq, acked_hash, push_incarnation, trouble, durable_seq FROM terminal").fetchone()
    )


def save_push_state(db: Db, state: PushState) -> None:
    """Remember how far."""
    db.execute(
        "UPDATE terminal SET acked_seq = ?, acked_hash = ?, push_incarnation = ?, trouble = ?, durable_seq = ?",
        (state.seq, state.hash, state.incarnation, state.trouble, state.durable_seq),
    )
    if state.trouble in (FORKED, ROLLED_BACK):
        freeze(db, state.trouble)


def parted(db: Db, stored: Head) -> str:
    """Why this database is not the one whose journal head office has `stored` so far: FORKED, ROLLED_BACK; empty if it may be."""
    own = hash_at(db, stored.seq)
    if own is None:
        return ROLLED_BACK
    return "" if own in (PRUNED_HASH, stored.hash) else FORKED


def frozen(db: Db) -> str:
    """Why nothing of this database may be spent any more; empty if all is well."""
    return str(db.execute("SELECT frozen FROM terminal").fetchone()[0])


def freeze(db: Db, why: str) -> None:
    """Spend nothing any more, until the terminal is enrolled anew."""
    db.execute("UPDATE terminal SET frozen = ?", (why,))


def pull_state(db: Db) -> PullState:
    """How far we have read head office's feed."""
    found = db.execute("SELECT cursor, pull_incarnation, caught_up, heard_ms FROM terminal").fetchone()
    cursor, incarnation, caught_up, heard_ms = found
    return PullState(cursor, incarnation, bool(caught_up), heard_ms)


def save_pull_state(db: Db, state: PullState) -> None:
    """Remember how far; called in the transaction that saves the page."""
    db.execute(
        "UPDATE terminal SET cursor = ?, pull_incarnation = ?, caught_up = ?, heard_ms = ?",
        (state.cursor, state.incarnation, int(state.caught_up), state.heard_ms),
    )


def read_as(db: Db, reading: str) -> None:
    """From now on the feed is read as `reading` says: from its start, where another release has passed by what we take from it."""
    db.execute("UPDATE loading SET cursor = '' WHERE EXISTS (SELECT 1 FROM terminal WHERE reading != ?)", (reading,))
    db.execute("UPDATE terminal SET reading = ?, cursor = '', caught_up = 0 WHERE reading != ?", (reading, reading))


def records_after(db: Db, seq: int, records_max: int, bytes_max: int) -> list[bytes]:
    """The next records in order, within both bounds, but one at least if there is one."""
    batch: list[bytes] = []
    size = 0
    for (data,) in db.execute("SELECT bytes FROM journal WHERE seq > ? ORDER BY seq LIMIT ?", (seq, records_max)):
        size += len(data)
        if batch and size > bytes_max:
            break
        batch.append(data)
    return batch


def hash_at(db: Db, seq: int) -> str | None:
    """Our record's hash at `seq`; PRUNED_HASH where we have deleted it."""
    bottom = anchor(db)
    if seq <= bottom.seq:
        return bottom.hash if seq == bottom.seq else PRUNED_HASH
    row = db.execute("SELECT hash FROM journal WHERE seq = ?", (seq,)).fetchone()
    return row[0].hex() if row else None


def anchor(db: Db) -> Head:
    """Where the journal begins: the hash that its first record is chained to."""
    return Head(*db.execute("SELECT seq, hash FROM anchor").fetchone())


def queued(db: Db) -> tuple[int, int]:
    """How many records head office does not have, and the wall time in ms of the oldest, 0 for none."""
    acked = db.execute("SELECT acked_seq FROM terminal").fetchone()[0]
    oldest = db.execute("SELECT wall_ms FROM journal WHERE seq > ? ORDER BY seq LIMIT 1", (acked,)).fetchone()
    return head(db).seq - acked, oldest[0] if oldest else 0
