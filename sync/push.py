"""Pushing records to head office: from (state, its answer) to the next state. No clock, no network, no store."""

from dataclasses import dataclass, replace

from loyalty.journal import FIRST_PREV_HASH
from sync.wire import PushAnswer

FORKED = "forked"
ROLLED_BACK = "rolled_back"


@dataclass(frozen=True, slots=True)
class PushState:
    """Head office has our records up to `seq`, whose hash is `hash`.

    `trouble` stops the pushing until a person has looked: `forked` (head office has another record where we have ours) or
    `rolled_back` (it has more of this chain than we do, so this database is an older copy).
    """

    seq: int = 0
    hash: str = FIRST_PREV_HASH
    incarnation: str = ""
    trouble: str = ""


def next_state(state: PushState, answer: PushAnswer, own_hash: str | None) -> PushState:
    """The state after `answer`; `own_hash` is our record's hash at the answer's seq, None if our journal ends before it.

    Head office says where it stands, and that is where we go on, forwards after a batch was stored or backwards after it has
    lost some (a gap, a restored backup): but only if it stands on our own chain.
    """
    heard = replace(state, incarnation=answer.incarnation)
    if answer.outcome == "fork":
        return replace(heard, trouble=FORKED)
    if own_hash is None:
        return replace(heard, trouble=ROLLED_BACK)
    if own_hash != answer.hash:
        return replace(heard, trouble=FORKED)
    return replace(heard, seq=answer.seq, hash=answer.hash, trouble="")
