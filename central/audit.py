"""Whether the books are right: balances against entries, journals against their hashes, budgets against what was given."""

import asyncio
from collections.abc import Callable
from itertools import islice
from typing import NamedTuple

import structlog

from central import budgets
from central.clock import hour_in
from central.store import copies, ledger, records, retention, terminals
from central.store.copies import Upkeep
from central.store.engine import Connection, Store
from central.store.records import StoredChain
from loyalty.journal import Head, chain_hash

MEMBERS_PER_LOOK = 500
RECORDS_PER_LOOK = 500  # some milliseconds: holds and records have their turn in between
SENTENCES_MAX = 20  # of what is wrong, in what is kept; the command tells all
NIGHT_HOURS = range(2, 5)  # of the stores: nobody shops
LOOK_AGAIN_S = 600.0
NIGHT_MS = 12 * 3600 * 1000  # a night has one check
DAYS_2_MS = 48 * 3600 * 1000  # where head office is off at night it is done by day

log = structlog.get_logger()


class Findings(NamedTuple):
    """What is wrong, as sentences, and how much was looked at."""

    balances: list[str]
    journals: list[str]
    records: int
    entries: int
    budgets: list[str]

    @property
    def wrong(self) -> list[str]:
        """All sentences."""
        return [*self.balances, *self.journals, *self.budgets]


def check(db: Connection) -> Findings:
    """Read everything, in one transaction."""
    balances = [one for first in range(0, ledger.last_member(db) + 1, MEMBERS_PER_LOOK) for one in _members(db, first)]
    journals: list[str] = []
    count = 0
    for chain in records.chains(db):
        at = Head(chain.base_seq, chain.base_hash)
        while (then := _follow(db, chain, at)) and then != at:
            at = then
        count += at.seq - chain.base_seq
        journals += _end(chain, at if then else None, chain.last)
    return Findings(balances, journals, count, ledger.entries(db), budgets.check(db))


async def check_beside(store: Store) -> Findings:
    """The same, a little at a time: each member from one snapshot, each journal up to the head that it had. Nobody waits for it."""
    balances: list[str] = []
    entries = 0
    for first in range(0, await store.read(ledger.last_member) + 1, MEMBERS_PER_LOOK):
        balances += await store.read(_members, first)
        entries += await store.read(ledger.entries, first, first + MEMBERS_PER_LOOK - 1)
    journals: list[str] = []
    count = 0
    for chain in await store.read(records.chains):
        at = Head(chain.base_seq, chain.base_hash)
        while (then := await store.read(_follow, chain, at)) and then != at:
            at = then
        count += at.seq - chain.base_seq
        journals += _end(chain, at if then else None, chain.last)
    return Findings(balances, journals, count, entries, await store.read(budgets.check))


async def check_nightly(store: Store, now_ms: Callable[[], int]) -> None:
    """Check the books each night, for ever, and delete what nobody needs; how it ended is kept for the page."""
    while True:
        if await store.read(_is_due, now_ms()):
            found = await check_beside(store)
            said = f"{found.records} records, {found.entries} entries"
            if found.wrong:
                log.error("the books are wrong", sentences=len(found.wrong))
                said = "\n".join(islice(found.wrong, SENTENCES_MAX))
            await store.run(copies.note, "check", Upkeep(now_ms(), not found.wrong, said))
            await store.run(retention.delete_old, now_ms())
        await asyncio.sleep(LOOK_AGAIN_S)


def _is_due(db: Connection, now_ms: int) -> bool:
    last = copies.last(db, "check")
    since_ms = now_ms - last.made_ms if last else DAYS_2_MS - 1
    zone = min(terminals.time_zones(db), default="UTC")
    return since_ms >= DAYS_2_MS or (since_ms >= NIGHT_MS and hour_in(zone, now_ms) in NIGHT_HOURS)


def _members(db: Connection, first: int) -> list[str]:
    """What is wrong with the balances of the next members from the key `first` on."""
    return [
        f"member {found.member}, {found.account}: the balance says {found.balance} {found.unit} of lot {found.lot or '-'},"
        f" its entries {found.entries}"
        for found in ledger.check_balances(db, first, first + MEMBERS_PER_LOOK - 1)
    ]


def _follow(db: Connection, chain: StoredChain, at: Head) -> Head | None:
    """How far the next records of a journal follow `at`, which is where they end if there are no more; None if one does not."""
    for record in records.of_chain(db, chain.id, at.seq, RECORDS_PER_LOOK):
        if record.seq > chain.seq:
            break  # it came after we began
        if record.seq != at.seq + 1 or chain_hash(at.hash, record.bytes) != record.hash:
            return None
        at = Head(record.seq, record.hash)
    return at


def _end(chain: StoredChain, at: Head | None, last: int) -> list[str]:
    """What is wrong with a journal that was followed up to `at`, and whose last record is `last`."""
    name = f"terminal {chain.terminal}, epoch {chain.epoch}"
    if at is None:
        return [f"{name}: a record does not follow the one before"]
    if at != Head(chain.seq, chain.hash) or last != chain.seq:
        return [f"{name}: it should end at {chain.seq}, and ends at {max(at.seq, last)}"]
    return []
