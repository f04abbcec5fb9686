"""Taking a batch of records in: stored = acknowledged. What they mean is another step (apply.py)."""

from collections.abc import Sequence
from functools import partial

from central import fence, leases
from central.lineage import Batch, locate
from central.store import chains, feed, records, terminals
from central.store.chains import Branch, Line
from central.store.engine import Connection
from central.store.terminals import ChainRow, Key
from loyalty.journal import FIRST_PREV_HASH, Head, Sealed, chain_hash
from runtime.errors import Rejected
from sync import wire
from sync.batch import unpack

_HINT = "The terminal's journal does not fit its enrolment: look at `posd journal` there"

NOTHING = Head()
CONTACT_MS = 30_000  # the feed says it as often; a push need not write it each time
BRANCHES_MAX = 16  # of one journal: each is a copied disk


def read_batch(body: bytes, stored: Head = NOTHING) -> list[tuple[wire.Envelope, Sealed]]:
    """The records of a pushed body, as `read_records` finds them. Raises Rejected.

    Where the last one is the head that is `stored` it alone is read: its hash says that all before it is there too, and the
    answer to a lost reply should cost little.
    """
    try:
        batch = unpack(body)
        return _repeated(batch[-1], stored) or read_records(batch)
    except ValueError as error:
        raise Rejected("malformed", str(error), _HINT) from error


def _repeated(last: bytes, stored: Head) -> list[tuple[wire.Envelope, Sealed]]:
    envelope = wire.read_outside(last)
    if envelope.seq != stored.seq or chain_hash(envelope.prev_hash, last) != stored.hash:
        return []
    return [(envelope, Sealed(envelope.seq, envelope.id, envelope.kind, last, stored.hash))]


def read_records(batch: Sequence[bytes]) -> list[tuple[wire.Envelope, Sealed]]:
    """Records with their envelopes and hashes; they follow each other without a gap and are chained.

    Raises Rejected, saying which record cannot be stored and why.
    """
    found: list[tuple[wire.Envelope, Sealed]] = []
    for number, data in enumerate(batch, 1):
        try:
            envelope = wire.read_outside(data)
        except ValueError as error:
            raise malformed(number, str(error)) from error
        if envelope.seq == 1 and envelope.prev_hash != FIRST_PREV_HASH:
            raise malformed(number, "it is the first of its journal, and its prev_hash is not")
        if found:
            before, sealed = found[-1]
            if envelope.seq != before.seq + 1:
                raise malformed(number, f"its seq is {envelope.seq}, after {before.seq}")
            if envelope.prev_hash != sealed.hash:
                raise malformed(number, "its prev_hash is not the hash of the record before")
        record_hash = chain_hash(envelope.prev_hash, data)
        found.append((envelope, Sealed(envelope.seq, envelope.id, envelope.kind, data, record_hash)))
    return found


def ingest(db: Connection, key: Key, batch: Sequence[tuple[wire.Envelope, Sealed]], now_ms: int) -> wire.PushAnswer:
    """Store what of `batch` is new, on the line of the journal that it goes on from. Raises Rejected (`malformed`, `fenced`).

    What leaves the line that is stored is a fork: it is stored beside it, as a line of its own, and the epoch is fenced. What comes
    under a fenced epoch is stored all the same, in quarantine.
    """
    chain = key.journal
    for number, (envelope, _) in enumerate(batch, 1):
        if (envelope.terminal, envelope.epoch, envelope.chain) != (chain.terminal, chain.epoch, chain.name):
            raise malformed(number, "it belongs to another terminal, epoch or chain")
    pushed = Batch(batch[0][0].prev_hash, [sealed for _, sealed in batch])
    if now_ms - chain.contact_ms >= CONTACT_MS:
        terminals.heard_from(db, key.terminal, now_ms)
    return _quickly(db, chain, pushed, now_ms) or _carefully(db, terminals.lock_chain(db, key.chain), pushed, now_ms)


def _quickly(db: Connection, chain: ChainRow, pushed: Batch, now_ms: int) -> wire.PushAnswer | None:
    """What nearly every push is: the next records, stored without waiting for a lock, or a repeat, which writes nothing. None
    for all else, and where somebody was faster.
    """
    head, end = chain.head, pushed.head
    if not chain.current:
        return None
    if pushed.base == head:
        if not terminals.move_head(db, chain.id, head, end):
            return None
        records.store(db, chain.id, pushed.records, now_ms)
        head = end
    elif end.seq > head.seq or end.hash != chains.hash_at(db, chains.first(chain), end.seq):
        return None
    return wire.PushAnswer("stored", head.seq, head.hash, chain.incarnation, now_ms, chain.durable_seq)


def _carefully(db: Connection, chain: ChainRow, pushed: Batch, now_ms: int) -> wire.PushAnswer:
    """Everything that can happen to a locked chain."""
    lines = [chains.first(chain), *(chains.branches(db, chain) if chain.forked else ())]
    found = locate(lines, pushed, partial(chains.hash_at, db))
    line, head = found.line, found.at
    if found.outcome == "fork":
        line = _branch(db, chain, found.at, lines, now_ms)
    if found.outcome != "gap":
        new = [sealed for sealed in pushed.records if sealed.seq > head.seq]
        head = _store(db, line, new, now_ms, "pending" if chain.current else "quarantined")
    outcome = found.outcome
    if outcome == "stored" and not chain.current:
        outcome = "fork" if chain.forked else "quarantined"
    return wire.PushAnswer(outcome, head.seq, head.hash, chain.incarnation, now_ms, line.durable_seq)


def _branch(db: Connection, chain: ChainRow, base: Head, lines: Sequence[Line], now_ms: int) -> Line:
    """A second history under one key: a line of its own, and the end of the epoch. What both may have spent joins the bound."""
    if len(lines) > BRANCHES_MAX:
        raise Rejected("fenced", f"this journal has forked {BRANCHES_MAX} times", "Enrol the terminal anew")
    fence.fence(db, chain.terminal_id, now_ms, f"its journal forked after record {base.seq}")
    left = [one for one in lines if one.base.seq <= base.seq < one.head.seq and chains.hash_at(db, one, base.seq) == base.hash]
    shared = min([base.seq, *(one.base.seq for one in lines if one.branch)])
    parted = leases.Parted(shared, max(records.received_ms(db, one.id, base.seq + 1) for one in left))
    copied = leases.copied(db, chain.id, parted)
    if copied:
        feed.publish(db, [("bound", leases.BOUND_KEY)])
    return chains.branch_off(db, chain, Branch(len(lines), base, copied), now_ms)


def _store(db: Connection, line: Line, new: Sequence[Sealed], now_ms: int, state: str) -> Head:
    """Append `new` to a line of a locked chain; its head then."""
    if not new:
        return line.head
    head = Head(new[-1].seq, new[-1].hash)
    terminals.extend(db, line.id, head)
    records.store(db, line.id, new, now_ms, state)
    return head


def malformed(number: int, why: str) -> Rejected:
    """Record `number` of a batch cannot be stored."""
    return Rejected("malformed", f"record {number} of the batch: {why}", _HINT)
