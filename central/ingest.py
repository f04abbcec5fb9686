"""Taking a batch of records in: stored = acknowledged. What they mean is another step (apply.py)."""

from collections.abc import Sequence

from central.store import feed, records, terminals
from central.store.engine import Connection
from central.store.terminals import ChainRow, Key
from loyalty.journal import Sealed, chain_hash
from runtime.errors import Rejected
from sync import wire
from sync.batch import unpack

_HINT = "The terminal's journal does not fit its enrolment: look at `posd journal` there"


class Fenced(Rejected):
    """The terminal was enrolled again since: this epoch is over."""

    def __init__(self) -> None:
        """A terminal has one current epoch."""
        super().__init__("fenced", "this terminal has a newer enrolment", "Enrol this one again if it is the right one")


def read_batch(body: bytes) -> list[tuple[wire.Envelope, Sealed]]:
    """The records of a pushed body, each with its hash; they follow each other without a gap and are chained.

    Raises Rejected, saying which record cannot be stored and why.
    """
    try:
        batch = unpack(body)
    except ValueError as error:
        raise Rejected("malformed", str(error), _HINT) from error
    found: list[tuple[wire.Envelope, Sealed]] = []
    for place, data in enumerate(batch, 1):
        try:
            envelope = wire.read_envelope(data)
        except ValueError as error:
            raise _malformed(place, str(error)) from error
        if found:
            before, sealed = found[-1]
            if envelope.seq != before.seq + 1:
                raise _malformed(place, f"its seq is {envelope.seq}, after {before.seq}")
            if envelope.prev_hash != sealed.hash:
                raise _malformed(place, "its prev_hash is not the hash of the record before")
        record_hash = chain_hash(envelope.prev_hash, data)
        found.append((envelope, Sealed(envelope.seq, envelope.id, envelope.kind, data, record_hash)))
    return found


def ingest(db: Connection, key: Key, batch: Sequence[tuple[wire.Envelope, Sealed]], now_ms: int) -> wire.PushAnswer:
    """Store what of `batch` is new and follows what is stored. Raises Rejected (`fenced`, `malformed`)."""
    chain = terminals.lock_chain(db, key.chain)
    if terminals.by_id(db, key.terminal).epoch != chain.epoch:
        raise Fenced
    for place, (envelope, _) in enumerate(batch, 1):
        if (envelope.terminal, envelope.epoch, envelope.chain) != (chain.terminal, chain.epoch, chain.name):
            raise _malformed(place, "it belongs to another terminal, epoch or chain")
    terminals.heard_from(db, key.terminal, now_ms)
    outcome = _compare(db, chain, batch)
    seq, head = chain.seq, chain.hash
    if outcome == "fork":
        terminals.mark_forked(db, chain.id, now_ms)
    elif outcome == "stored" and batch[-1][0].seq > seq:
        new = [sealed for _, sealed in batch if sealed.seq > seq]
        records.store(db, chain.id, new, now_ms)
        seq, head = new[-1].seq, new[-1].hash
        terminals.move_head(db, chain.id, seq, head)
    return wire.PushAnswer(outcome, seq, head, feed.office(db).incarnation, now_ms)


def _compare(db: Connection, chain: ChainRow, batch: Sequence[tuple[wire.Envelope, Sealed]]) -> str:
    """Whether `batch` goes on from the stored head, repeats it, leaves a gap, or says something else than what is stored.

    The batch is chained, and a hash covers everything before it: so one equal hash proves that all before it is the same.
    """
    first, last = batch[0][0], batch[-1][1]
    if first.seq > chain.seq + 1:
        return "gap"
    if first.seq == chain.seq + 1:
        same = first.prev_hash == chain.hash
    elif last.seq < chain.seq:
        same = last.hash == records.hash_at(db, chain.id, last.seq)
    else:
        same = batch[chain.seq - first.seq][1].hash == chain.hash
    return "stored" if same else "fork"


def _malformed(place: int, why: str) -> Rejected:
    return Rejected("malformed", f"record {place} of the batch: {why}", _HINT)
