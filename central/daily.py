"""What a new day brings: pieces expire, tiers are reviewed, birthdays and anniversaries come.

Each member's next such day is a column with an index (`due`), so a day's work is as much as there is to do, however many members
there are. It is done in small transactions, between which records and holds have their turn.
"""

import asyncio
from collections.abc import Callable

from central import standings
from central.standings import Change
from central.store import ledger, members, records
from central.store.engine import Connection, Store
from central.store.ledger import NO_TERMINAL, Cause
from loyalty import standing
from loyalty.lots import day_after

MEMBERS_PER_LOOK = 50  # a fifth of a second: no hold waits longer for its member
LOOK_AGAIN_S = 600.0  # a day begins at every store's midnight; ten minutes later it may show


def bring(db: Connection, day: str, now_ms: int) -> int:
    """Bring `day` to the next few members who wait for it; how many. A member has each day once, however often it is brought."""
    records.in_turn(db)
    now = standings.now_in(db, now_ms)._replace(day=day)
    found = members.due(db, day, MEMBERS_PER_LOOK)
    cause = Cause(f"day/{day}", NO_TERMINAL, now_ms)
    had = ledger.caused(db, [member.id for member in found], cause.id)
    before = standings.load_all(db, found)
    standings.save(
        db,
        now,
        cause,
        *(
            Change(member, before[member.id], standing.on_day(now.program, before[member.id], day))
            for member in found
            if member.id not in had
        ),
    )
    members.not_due_before(db, [member.id for member in found], day_after(day))
    return len(found)


async def bring_all(store: Store, now_ms: int, day: str = "") -> int:
    """Bring `day` (without one today) to everybody who waits for it; how many."""
    day = day or await store.read(standings.today, now_ms)
    total = 0
    while count := await store.run(bring, day, now_ms):
        total += count
    return total


async def bring_days(store: Store, now_ms: Callable[[], int], told: Callable[[], None]) -> None:
    """Bring every day for ever; `told` is called when one has brought something."""
    while True:
        if await bring_all(store, now_ms()):
            told()
        await asyncio.sleep(LOOK_AGAIN_S)
