"""Terminals that enrolled after the backup was made from which this database was restored.

It does not know their keys, so it cannot know whether they are who they say. It keeps what they send, each under the key that signs
it, until a person has compared that key with the one the terminal shows; then it is the terminal that it was, with the same epoch.
"""

from collections.abc import Sequence
from typing import NamedTuple

from central import fence, ingest
from central.store import audit, feed, quarantine, records, terminals
from central.store.audit import Note
from central.store.engine import Connection
from central.store.quarantine import Stranger, StrangerRow
from central.store.terminals import NewChain
from loyalty.journal import Head, Sealed
from runtime.errors import Rejected, Unavailable
from sync import wire

STRANGERS_MAX = 1000  # anybody who reaches head office may make one
RECORDS_MAX = 500_000  # of one: two years of a busy till
TIME_ZONE = "Asia/Jerusalem"


class Place(NamedTuple):
    """Where a person says that a stranger stands, and who says so."""

    store: str
    terminal: str
    person: str


def take(db: Connection, who: Stranger, batch: Sequence[tuple[wire.Envelope, Sealed]], now_ms: int) -> wire.PushAnswer:
    """Keep what is new of `batch`. Raises Rejected (a person rejected it), and
    Unavailable where there is no room, or where it contradicts what is kept: then it stays where it is until a person has looked.
    """
    office = feed.office(db)
    known = _known(db, who, batch[0][0].chain, now_ms)
    for number, (envelope, _) in enumerate(batch, 1):
        if (envelope.terminal, envelope.epoch, envelope.chain) != (who.code, who.epoch, known.name):
            raise ingest.malformed(number, "it belongs to another terminal, epoch or chain")
    if known.rejected:
        raise Rejected("fenced", "a person has rejected this terminal", "Enrol it: posd enrol")
    head = known.head
    if batch[0][0].seq - 1 > head.seq:
        return wire.PushAnswer("gap", head.seq, head.hash, office.incarnation, now_ms)
    _must_go_on(db, known, batch)
    new = [sealed for _, sealed in batch if sealed.seq > head.seq]
    if new:
        quarantine.keep_of_stranger(db, known.id, new, now_ms)
        head = Head(new[-1].seq, new[-1].hash)
    return wire.PushAnswer("quarantined", head.seq, head.hash, office.incarnation, now_ms)


def _known(db: Connection, who: Stranger, name: str, now_ms: int) -> StrangerRow:
    known = quarantine.lock_stranger(db, who)
    if known is None:
        if quarantine.count_strangers(db) >= STRANGERS_MAX:
            raise Unavailable("overload", "as many unknown terminals as there may be wait for a person")
        quarantine.add_stranger(db, who, name, now_ms)
        known = quarantine.lock_stranger(db, who)
        assert known
    return known


def _must_go_on(db: Connection, known: StrangerRow, batch: Sequence[tuple[wire.Envelope, Sealed]]) -> None:
    last = batch[-1][1]
    top = min(last.seq, known.head.seq)
    first = batch[0][0]
    own = first.prev_hash if top == first.seq - 1 else batch[top - first.seq][1].hash
    if own != quarantine.stranger_hash_at(db, known, top):
        raise Unavailable("overload", "another history of this terminal waits for a person")
    if last.seq > RECORDS_MAX:
        raise Unavailable("overload", "as much of this terminal as there may be waits for a person")


def admit(db: Connection, known: StrangerRow, place: Place, now_ms: int) -> int:
    """Let a stranger be the terminal that it was: with its code, its key and its epoch; what was kept of it is to have its
    effect. How many records. Raises Rejected when another terminal has that name, or a key of that epoch is known by now.
    """
    who = known.who
    if terminals.key(db, who.code, who.epoch):
        raise Rejected("terminal_taken", f"the epoch {who.epoch} of {who.code} has a key already", "Reject this one")
    terminal = terminals.ensure(db, place.store, place.terminal, TIME_ZONE, who.code)
    if terminal.code != who.code:
        hint = "Give it the name that it had, or another"
        raise Rejected("terminal_taken", f"{place.terminal} of {place.store} is another terminal", hint)
    if who.epoch > terminal.epoch:
        fence.fence(db, terminal.id, now_ms, "a later enrolment was found")
        terminals.raise_epoch(db, terminal.id, who.epoch)
    chain = terminals.add_chain(db, terminal.id, NewChain(who.epoch, known.name, who.public_key), now_ms)
    seq = 0
    while batch := quarantine.kept_of_stranger(db, known.id, seq, wire.BATCH_RECORDS_MAX):
        sealed = [one for _, one in ingest.read_records(batch)]
        records.store(db, chain, sealed, now_ms)
        seq = sealed[-1].seq
    terminals.extend(db, chain, known.head)
    quarantine.forget_stranger(db, known.id)
    audit.add(db, Note(now_ms, place.person, "admit", who.code, f"{place.store} / {place.terminal}, epoch {who.epoch}"))
    return seq
