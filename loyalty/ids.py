"""Names of things, as text in lower-case hex. Nothing here draws entropy: whoever makes a random id passes it in."""

import hashlib
import json
from typing import NewType

RecordId = NewType("RecordId", str)
"""32 hex digits: which thing head office must hear, the same however often it is sent."""

ENTROPY_BYTES = 16


def record_id(terminal: str, business_date: str, key: str) -> RecordId:
    """The id of what a till commits under its idempotency `key`: the first 128 bits of a SHA-256.

    The three texts are hashed as one JSON array, so that no two triples look alike; receipt 1234 of two terminals or of two
    business dates never meet.
    """
    canonical = json.dumps([terminal, business_date, key], ensure_ascii=False, separators=(",", ":"))
    return RecordId(hashlib.sha256(canonical.encode()).hexdigest()[:32])


def random_id(entropy: bytes) -> str:
    """An id for what no till names: agreements, holds, print jobs. `entropy` is 16 random bytes."""
    assert len(entropy) == ENTROPY_BYTES
    return entropy.hex()
