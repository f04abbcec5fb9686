"""Surprises: prizes drawn so that nobody can steer them and both sides come to the same.

The draw is HMAC-SHA-256 (RFC 2104) under the pool's key over the hash of the record before and the sale's id. The till chooses
the id, but the hash before it was fixed by what was sold until then, and the key is never shown: whoever could try ids would
still have to book a sale for each.
"""

import hashlib
import hmac
from typing import NamedTuple

from loyalty.money import WHOLE_BP
from loyalty.program import Pool, Prize


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
