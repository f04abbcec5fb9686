"""Surprises: prizes drawn so that nobody can steer them and both sides come to the same.

The draw is HMAC-SHA-256 (RFC 2104) under the pool's key over the hash of the record before and the sale's id. The till chooses
the id, but the hash before it was fixed by what was sold until then, and the key is never shown: whoever could try ids would
still have to book a sale for each.
"""

import hashlib
import hmac
from dataclasses import dataclass, field
from typing import NamedTuple

from loyalty import counters
from loyalty.bill import Bill
from loyalty.money import WHOLE_BP
from loyalty.program import Pool, Prize
from loyalty.refusal import Refusal
from loyalty.rules import Rules, Surprise


@dataclass(frozen=True, slots=True)
class Luck:
    """What a sale's draws come from: the key of its program's pools, the hash of the record before its own, and its own id."""

    key: bytes = field(repr=False)
    prev_hash: str
    record_id: str


class Drawn(NamedTuple):
    """A prize that was won, and in which pool."""

    pool: str
    prize: Prize


def draw(code: str, pool: Pool, key: bytes, prev_hash: str, record_id: str) -> Drawn | None:
    """What the sale `record_id`, booked after the record with `prev_hash`, wins in `pool`; None for nothing.

    The first 8 bytes of the digest decide whether it wins, the next 8 which prize, in proportion to the weights.
    """
    digest = hmac.new(key, f"{code}:{prev_hash}:{record_id}".encode("ascii"), hashlib.sha256).digest()
    if int.from_bytes(digest[:8], "big") % WHOLE_BP >= pool.chance:
        return None
    at = int.from_bytes(digest[8:16], "big") % sum(prize.weight for prize in pool.prizes)
    for prize in pool.prizes:
        at -= prize.weight
        if at < 0:
            return Drawn(code, prize)
    raise AssertionError("the weights add up to more than their sum")


def closed(surprise: Surprise, bill: Bill) -> Refusal | None:
    """Why this checkout of a member takes no part in a draw; None where it does."""
    code, pool, member = surprise.code, surprise.pool, bill.member
    assert member is not None  # nobody else is asked: a quote without a member says so, and its sale draws nothing
    if surprise.gate is not None and (refusal := surprise.gate(bill)):
        return refusal
    if pool.per_day and member.balances.get(counters.used(code, "day"), 0) >= pool.per_day:
        return Refusal("limit_reached")
    if bill.moment.place.budget_left.get(counters.budget(code), pool.prizes_max) <= 0:
        return Refusal("budget_exceeded")
    return None


def won(rules: Rules, bill: Bill, luck: Luck | None) -> list[Drawn]:
    """What a paid `bill` wins in all the pools that it takes part in; nothing where nobody gives the `luck` to draw with."""
    if luck is None:
        return []
    open_to_it = [one for one in rules.surprises if closed(one, bill) is None]
    found = [draw(one.code, one.pool, luck.key, luck.prev_hash, luck.record_id) for one in open_to_it]
    return [drawn for drawn in found if drawn]
