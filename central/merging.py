"""Two cards of one member become one: at a till or by head office. The leases of the one that goes are recalled first.

What is leased, held or exposed of it is waited for; then everything moves at once, as entries that sum to nothing, and its cards,
its late records and its returns count for the other.
"""

import asyncio
from collections.abc import Callable

from central import leases, standings
from central.effects import Effect, member_of
from central.standings import Change
from central.store import audit, feed, members, merges, records
from central.store import leases as lease_rows
from central.store.audit import Clerk, Note
from central.store.engine import Connection, Store
from central.store.ledger import NO_TERMINAL, Cause
from central.store.members import MemberHere
from central.store.merges import Merge
from loyalty import standing
from loyalty.joining import Alias
from runtime.errors import Rejected

MERGES_PER_LOOK = 20
LOOK_AGAIN_S = 5.0


def alias(db: Connection, effect: Effect, body: Alias) -> None:
    """A till says that two cards are one member's. Raises Rejected where that cannot be."""
    now_ms = effect.cause.now_ms
    _merge(db, member_of(db, body.member, now_ms), member_of(db, body.into, now_ms), now_ms)


def merge(db: Connection, handle: str, into: str, clerk: Clerk, now_ms: int) -> None:
    """Head office says so. Raises Rejected."""
    records.in_turn(db)
    absorbed, stays = _there(db, handle), _there(db, into)
    _merge(db, absorbed, stays, now_ms)
    audit.add(db, Note(now_ms, clerk.person, "merge", handle, f"into {into}: {clerk.reason}"))


def is_done(db: Connection, handle: str) -> bool:
    """Whether the card of `handle` is another member's now, and does not wait for what is leased or held."""
    found = members.current(db, handle)
    return found is not None and found.handle != handle


def finish(db: Connection, now_ms: int) -> int:
    """Do the next few merges that have nothing more to wait for, one by one: each may change into whom the next goes. How many."""
    records.in_turn(db)
    done = 0
    while done < MERGES_PER_LOOK and (found := merges.next_todo(db)):
        _do(db, found, now_ms)
        done += 1
    return done


async def finish_all(store: Store, now_ms: Callable[[], int], told: Callable[[], None]) -> None:
    """Look for ever; `told` is called after each look that changed something."""
    while True:
        while await store.run(finish, now_ms()):
            told()
        await asyncio.sleep(LOOK_AGAIN_S)


def _merge(db: Connection, absorbed: MemberHere, into: MemberHere, now_ms: int) -> None:
    """Begin it, unless the two are one already."""
    if absorbed.id == into.id:
        return
    before = merges.get(db, absorbed.id)
    if before and before.into_id == into.id:
        return
    waiting = merges.get(db, into.id)
    if before or waiting:
        which = absorbed if before else into
        raise Rejected("merge_under_way", f"{which.handle} is being merged already", "Wait until what is leased of it is back")
    merges.add(db, absorbed.id, into.id, now_ms)
    leases.recall(db, lease_rows.of_member(db, absorbed.id))
    feed.publish(db, [("member", absorbed.id)])


def _do(db: Connection, merge: Merge, now_ms: int) -> None:
    found = {member.id: member for member in members.by_ids(db, [merge.member_id, merge.into_id], lock=True)}
    absorbed, into = found[merge.member_id], found[merge.into_id]
    now, before = standings.now_in(db, now_ms), standings.load_all(db, list(found.values()))
    left, whole = standing.merged(now.program, before[absorbed.id], before[into.id], now.day)
    moved = merges.absorbed(db, absorbed.id)
    merges.end(db, merge)
    if absorbed.first_name and not into.first_name:
        members.set_first_name(db, into.id, absorbed.first_name)
    changes = (Change(absorbed, before[absorbed.id], left), Change(into, before[into.id], whole))
    told = [("member", member) for member in (absorbed.id, into.id, *moved)]
    standings.save(db, now, Cause(f"merge/{absorbed.handle}", NO_TERMINAL, now_ms), *changes, also=told)


def _there(db: Connection, handle: str) -> MemberHere:
    member = members.current(db, handle, lock=True)
    if member is None:
        raise Rejected("member_unknown", f"there is no member {handle!r}", "Look for one: posd-central member find")
    return member
