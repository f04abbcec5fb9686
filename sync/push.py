"""Pushing records to head office: from (state, its answer) to the next state. No clock, no network, no store."""

from dataclasses import dataclass, replace

from loyalty.journal import FIRST_PREV_HASH, Head
from sync.wire import PushAnswer

FORKED = "forked"
FENCED = "fenced"
ROLLED_BACK = "rolled_back"
PRUNED = "pruned"
PRUNED_HASH = ""
"""What stands for the hash of a record that this terminal has deleted, because it was in a backup."""


@dataclass(frozen=True, slots=True)
class PushState:
    """Head office has our records up to `seq`, whose hash is `hash`, and those up to `durable_seq` in a backup too.

    `trouble` is for a person, and stops nothing: what we have is safer there than here. `forked`: head office has another record
    where we have ours, and keeps both. `fenced`: our epoch is over, and head office keeps our records apart until somebody has
    looked. `rolled_back`: it has more of this journal than we do, so this database is an older copy. `pruned`: it has lost what it
    had in a backup, and we have deleted that since.
    """

    seq: int = 0
    hash: str = FIRST_PREV_HASH
    incarnation: str = ""
    trouble: str = ""
    durable_seq: int = 0


def next_state(state: PushState, answer: PushAnswer, own_hash: str | None, sent: Head) -> PushState:
    """The state after `answer` to a batch that ended with `sent`; `own_hash` is our record's hash at the answer's seq, None if our
    journal ends before it, and PRUNED_HASH if that record is deleted.

    Unless it has a gap, head office has all of the batch. Where it stands is where we go on, if that is on our own chain:
    forwards, or backwards after it has lost some (a restored backup). Where it stands on another, we go on behind what we sent;
    after a gap, from its place, to show it where our history left the one that it has.
    """
    if own_hash == PRUNED_HASH:
        return replace(state, incarnation=answer.incarnation, trouble=PRUNED, durable_seq=answer.durable_seq)
    at = sent
    if own_hash is not None and (own_hash == answer.hash or answer.outcome == "gap"):
        at = Head(answer.seq, own_hash)
    elif answer.outcome == "gap":
        at = Head(state.seq, state.hash)
    trouble = {"fork": FORKED, "quarantined": FENCED}.get(answer.outcome, "")
    if own_hash != answer.hash:
        trouble = trouble or (FORKED if own_hash else ROLLED_BACK)
    return PushState(at.seq, at.hash, answer.incarnation, trouble, answer.durable_seq)
