"""Codes that are nobody's: a pool for each terminal, so that customers join without head office, and cards to hand out.

A pool is a journal's. A terminal that is enrolled anew gets another one: nobody knows which codes of the old disk were given out.
"""

import asyncio
import secrets
from collections.abc import Callable

from central.code_keys import CodeSigner
from central.members import SECONDS_PER_YEAR, YEARS
from central.store import audit, blanks, feed
from central.store.audit import Note
from central.store.engine import Connection, Store
from loyalty.code import Claims
from sync import codes
from sync.joining import PoolRow

POOLS_PER_LOOK = 20
LOOK_AGAIN_S = 5.0


def fill(db: Connection, signer: CodeSigner, size: int, now_ms: int) -> int:
    """Fill the next few pools that are half empty up to `size`; how many."""
    found = blanks.pools(db, (size + 1) // 2, POOLS_PER_LOOK)
    for pool in found:
        blanks.add(db, pool.chain, [_signed(signer, now_ms) for _ in range(size - pool.left)])
    if found:
        feed.publish(db, [("pool", pool.terminal) for pool in found])
    return len(found)


async def fill_all(store: Store, signer: CodeSigner, size: int, now_ms: Callable[[], int], told: Callable[[], None]) -> None:
    """Look for ever; `told` is called after each look that changed something."""
    while True:
        while await store.run(fill, signer, size, now_ms()):
            told()
        await asyncio.sleep(LOOK_AGAIN_S)


def told(db: Connection, terminal: int) -> PoolRow:
    """What a terminal may give out."""
    return PoolRow(tuple(blanks.codes(db, terminal)))


def used(db: Connection, handle: str) -> None:
    """It is somebody's now."""
    blanks.use(db, handle)


def print_cards(db: Connection, signer: CodeSigner, count: int, person: str, now_ms: int) -> list[tuple[str, str]]:
    """New cards to be handed out, as (handle, code): whoever joins with one at a till is its member."""
    audit.add(db, Note(now_ms, person, "blank_cards", str(count), ""))
    return [_signed(signer, now_ms) for _ in range(count)]


def _signed(signer: CodeSigner, now_ms: int) -> tuple[str, str]:
    handle, now_s = secrets.token_hex(codes.HANDLE_BYTES), now_ms // 1000
    expires_s = min(now_s + YEARS * SECONDS_PER_YEAR, codes.SECONDS_MAX)
    return handle, codes.make(Claims(handle, 0, now_s, expires_s), signer.key_id, signer.sign)
