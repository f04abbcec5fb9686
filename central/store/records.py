"""The records that terminals pushed, verbatim, and what became of each."""

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from typing import NamedTuple

import sqlalchemy as sa

from central.store.engine import Connection
from central.store.rows import alone, append
from central.store.tables import APPLIED, CHAIN, RECORD, TERMINAL, TRANSACTIONS
from loyalty.journal import Sealed

APPLYING = 0x6170706C  # "appl"
UNDONE = ("dead", "kept")
"""What may be tried again: what could not be applied, and what no release so far has known."""


class Stored(NamedTuple):
    """A record that waits for its effect, and the terminal it came from."""

    key: int
    bytes: bytes
    terminal: int


class Arrived(NamedTuple):
    """A record and what became of it."""

    key: int
    received_ms: int
    terminal: str
    seq: int
    kind: str
    id: str
    state: str
    reason: str
    differs: str
    stale: str


# Made once: making a statement takes as long as running it.
_AT = (RECORD.c.chain_id == sa.bindparam("chain"), RECORD.c.seq == sa.bindparam("at"))
_HASH_AT = sa.select(RECORD.c.hash).where(*_AT)
_STATE_AT = sa.select(RECORD.c.state).where(*_AT)
_PENDING = sa.select(RECORD.c.key).where(RECORD.c.state == "pending").order_by(RECORD.c.key).limit(sa.bindparam("rows"))
_TAKE = (
    sa.select(RECORD.c.key, RECORD.c.bytes, CHAIN.c.terminal_id)
    .join(CHAIN)
    .where(RECORD.c.key == sa.bindparam("record"), RECORD.c.state == "pending")
    .with_for_update(of=RECORD)
)
_SETTLE = sa.update(RECORD).where(RECORD.c.key == sa.bindparam("record"))
_WAKE = (
    sa.update(RECORD)
    .where(RECORD.c.waits_for.in_(sa.bindparam("names", expanding=True)), RECORD.c.state == "waiting")
    .values(state="pending", waits_for=None)
)
_APPLIED = sa.select(APPLIED.c.fingerprint).where(APPLIED.c.id == sa.bindparam("record"))
_MARK_APPLIED = APPLIED.insert()
_BYTES_OF = (
    sa.select(RECORD.c.bytes).join(APPLIED, APPLIED.c.record_key == RECORD.c.key).where(APPLIED.c.id == sa.bindparam("record"))
)


def newest(db: Connection, rows_max: int, *, odd: bool = False) -> list[Arrived]:
    """The records that arrived last, newest first; with `odd` those that head office would have worked out otherwise."""
    row = RECORD.c
    columns = (row.key, row.received_ms, TERMINAL.c.code, row.seq, row.kind, row.id, row.state, row.reason)
    found = (sa.func.coalesce(TRANSACTIONS.c.differs, ""), sa.func.coalesce(TRANSACTIONS.c.stale, ""))
    tables = RECORD.join(CHAIN).join(TERMINAL).outerjoin(TRANSACTIONS, TRANSACTIONS.c.record_key == RECORD.c.key)
    wanted = sa.select(*columns, *found).select_from(tables)
    if odd:
        wanted = wanted.where(sa.or_(TRANSACTIONS.c.differs != "", TRANSACTIONS.c.stale != ""))
    return [Arrived._make(row) for row in db.execute(wanted.order_by(RECORD.c.key.desc()).limit(rows_max))]


def store(db: Connection, chain: int, records: Sequence[Sealed], now_ms: int, state: str = "pending") -> None:
    """Append records to a locked chain."""
    columns = ("chain_id", "seq", "id", "kind", "hash", "bytes", "received_ms", "state")
    append(db, RECORD, columns, ((chain, r.seq, r.id, r.kind, r.hash, r.bytes, now_ms, state) for r in records))


def hash_at(db: Connection, chain: int, seq: int) -> str:
    """The hash of a stored record."""
    found: str = db.execute(_HASH_AT, {"chain": chain, "at": seq}).scalar_one()
    return found


def received_ms(db: Connection, chain: int, seq: int) -> int:
    """When a stored record came."""
    found: int = db.execute(sa.select(RECORD.c.received_ms).where(RECORD.c.chain_id == chain, RECORD.c.seq == seq)).scalar_one()
    return found


def pending(db: Connection, but: AbstractSet[int], rows_max: int) -> list[int]:
    """The keys of the next records that have had no effect yet, but for those in `but`, in the order of their arrival."""
    found = db.execute(_PENDING, {"rows": rows_max + len(but)}).scalars()
    return [key for key in found if key not in but][:rows_max]


def in_turn(db: Connection) -> None:
    """Records have their effect one at a time, also with several head office processes: a return must not miss its sale's wake,
    and what locks several members does not wait for another such in a circle.
    """
    alone(db, APPLYING)


def take(db: Connection, key: int) -> Stored | None:
    """The record with that key, locked; None if it is not pending any more."""
    in_turn(db)
    row = db.execute(_TAKE, {"record": key}).one_or_none()
    return Stored(*row) if row else None


def is_booked(db: Connection, chain: int, seq: int) -> bool:
    """Whether record `seq` of a journal, and with it all before it, is stored and has had its effect."""
    state = db.execute(_STATE_AT, {"chain": chain, "at": seq}).scalar_one_or_none()
    return state is not None and state not in {"pending", "quarantined"}


def settle(db: Connection, key: int, state: str, reason: str = "", waits_for: str | None = None) -> None:
    """Say what became of a record."""
    db.execute(_SETTLE, {"record": key, "state": state, "reason": reason, "waits_for": waits_for})


def wake(db: Connection, names: Sequence[str]) -> None:
    """Try again what waited for this sale, by any of its names."""
    db.execute(_WAKE, {"names": list(names)})


def kept(db: Connection, kinds: Sequence[str], after: int, rows_max: int) -> list[int]:
    """The keys behind `after` of the next records of those kinds that no release so far has known."""
    wanted = sa.select(RECORD.c.key).where(RECORD.c.state == "kept", RECORD.c.key > after, RECORD.c.kind.in_(kinds))
    return list(db.execute(wanted.order_by(RECORD.c.key).limit(rows_max)).scalars())


def replay(db: Connection, key: int) -> bool:
    """Try a dead letter, or what an older release did not know, again; False if it is neither. The reason stays until there is
    another outcome.
    """
    return replay_these(db, [key]) > 0


def replay_these(db: Connection, keys: Sequence[int]) -> int:
    """The same for several; how many."""
    again = sa.update(RECORD).where(RECORD.c.key.in_(keys), RECORD.c.state.in_(UNDONE)).values(state="pending")
    return len(db.execute(again.returning(RECORD.c.key)).all())


def replay_all(db: Connection, state: str) -> int:
    """Try all that are `dead`, or all that were `kept`, again; how many."""
    assert state in UNDONE
    again = sa.update(RECORD).where(RECORD.c.state == state).values(state="pending")
    return len(db.execute(again.returning(RECORD.c.key)).all())


def applied(db: Connection, record_id: str) -> str | None:
    """The fingerprint under which that id has had its effect; None if it has had none."""
    found: str | None = db.execute(_APPLIED, {"record": record_id}).scalar_one_or_none()
    return found


def mark_applied(db: Connection, record_id: str, fingerprint: str, key: int) -> None:
    """That id has had its effect now."""
    db.execute(_MARK_APPLIED, {"id": record_id, "fingerprint": fingerprint, "record_key": key})


def bytes_of(db: Connection, record_id: str) -> bytes | None:
    """The record whose effect that id has had."""
    found: bytes | None = db.execute(_BYTES_OF, {"record": record_id}).scalar_one_or_none()
    return found


def stored_as(db: Connection, chain: int, seq: int, record_id: str) -> bytes | None:
    """The record of that seq and id in a journal, or in another line of the same epoch, whether or not it has had its effect."""
    own = sa.select(CHAIN.c.terminal_id, CHAIN.c.epoch).where(CHAIN.c.id == chain).subquery()
    lines = sa.select(CHAIN.c.id).join(own, sa.and_(CHAIN.c.terminal_id == own.c.terminal_id, CHAIN.c.epoch == own.c.epoch))
    wanted = sa.select(RECORD.c.bytes).where(RECORD.c.chain_id.in_(lines), RECORD.c.seq == seq, RECORD.c.id == record_id)
    found: bytes | None = db.execute(wanted.limit(1)).scalar_one_or_none()
    return found


class StoredChain(NamedTuple):
    """A line of a journal: where it begins, its head as it was noted, and the seq of its last record."""

    id: int
    terminal: str
    epoch: int
    seq: int
    hash: str
    base_seq: int
    base_hash: str
    last: int


class Link(NamedTuple):
    """A record in its chain."""

    seq: int
    hash: str
    bytes: bytes


def chains(db: Connection) -> list[StoredChain]:
    """Every line of every journal."""
    end = sa.select(sa.func.max(RECORD.c.seq)).where(RECORD.c.chain_id == CHAIN.c.id).scalar_subquery()
    place = (CHAIN.c.id, TERMINAL.c.code, CHAIN.c.epoch, CHAIN.c.seq, CHAIN.c.hash, CHAIN.c.base_seq, CHAIN.c.base_hash)
    wanted = sa.select(*place, sa.func.coalesce(end, CHAIN.c.base_seq)).select_from(CHAIN.join(TERMINAL))
    return [StoredChain._make(row) for row in db.execute(wanted.order_by(CHAIN.c.id))]


def of_chain(db: Connection, chain: int, after: int, rows_max: int) -> list[Link]:
    """The next records of a journal, in order."""
    wanted = sa.select(RECORD.c.seq, RECORD.c.hash, RECORD.c.bytes).where(RECORD.c.chain_id == chain, RECORD.c.seq > after)
    return [Link(*row) for row in db.execute(wanted.order_by(RECORD.c.seq).limit(rows_max))]
