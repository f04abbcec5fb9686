"""Pushing records to head office: from (state, its answer) to the next state. No clock, no network, no store."""

from dataclasses import dataclass, replace

from loyalty.journal import FIRST_PREV_HASH
from sync.wire import PushAnswer

FORKED = "forked"
ROLLED_BACK = "rolled_back"
PRUNED = "pruned"
PRUNED_HASH = ""
"""What stands for the hash of a record that this terminal has deleted, because it was in a backup."""


@dataclass(frozen=True, slots=True)
class PushState:
    """Head office has our records up to `seq`, whose hash is `hash`, and those up to `durable_seq` in a backup too.

    `trouble` stops the pushing until a person has looked: `forked` (head office has another record where we have ours),
    `rolled_back` (it has more of this chain than we do, so this database is an older copy) or `pruned` (it has lost what it had in
    a backup, and we have deleted that since).
    """

    seq: int = 0
    hash: str = FIRST_PREV_HASH
    incarnation: str = ""
    trouble: str = ""
    durable_seq: int = 0


def next_state(state: PushState, answer: PushAnswer, own_hash: str | None) -> PushState:
    """The state after `answer`; `own_hash` is our record's hash at the answer's seq, None if our journal ends before it, and
    PRUNED_HASH if that record is deleted.

    Head office says where it stands, and that is where we go on, forwards after a batch was stored or backwards after it has
    lost some (a gap, a restored backup): but only if it stands on our own chain.
    """
    heard = replace(state, incarnation=answer.incarnation, durable_seq=answer.durable_seq)
    if answer.outcome == "fork":
        return replace(heard, trouble=FORKED)
    if own_hash is None:
        return replace(heard, trouble=ROLLED_BACK)
    if own_hash == PRUNED_HASH:
        return replace(heard, trouble=PRUNED)
    if own_hash != answer.hash:
        return replace(heard, trouble=FORKED)
    return replace(heard, seq=answer.seq, hash=answer.hash, trouble="")
