"""What is deleted, and what never is."""

import sqlalchemy as sa

from central import auth, enrol, fence, quarantine, recovery
from central.clock import now_ms
from central.quarantine import Verdict
from central.store import copies, retention, users
from central.store.copies import Upkeep
from central.store.spending import HOLD
from central.store.tables import APPLIED, AUDIT, ENROL_CODE, ENTRY, RECORD, STRANGER_RECORD
from sync import wire
from tests.samples import HANDLE, basket, cafe, member, sold
from tests.terminals import FieldTerminal

DAY_MS = 86_400_000


def counts(db):
    """How many rows of what is kept for ever, and of what ends."""
    return [db.execute(sa.select(sa.func.count()).select_from(table)).scalar_one() for table in (RECORD, ENTRY, APPLIED, AUDIT)]


async def test_only_what_is_over_and_old_is_deleted(office):
    """Day by day: nothing too early, everything in time, and never a record, an entry, an applied id or a note of the audit log."""
    terminal = await office.terminal()
    terminal.sells(sold(cafe(), member(), basket(1000)))
    await office.deliver(terminal)
    assert (await office.hold(terminal, wire.HoldRequest("1" * 32, HANDLE, "point", 1))).granted
    assert not (await office.hold(terminal, wire.HoldRequest("2" * 32, HANDLE, "point", 1000))).granted
    await office.store.run(recovery.begin, now_ms(), "office")
    stranger = FieldTerminal("feedfacefeedface", 3)
    stranger.sells(sold(cafe(), member(), basket(100)))
    await office.push(stranger)
    [held] = await office.store.read(quarantine.held)
    await office.store.run(quarantine.reject, held.name, Verdict("office", "not ours"), now_ms())
    await office.store.run(fence.fence_by_code, terminal.code, now_ms(), "gone", "office")
    await office.store.run(auth.add_user, "clerk", "no hash")
    user = (await office.store.read(users.password_of, "clerk"))[0]
    await office.store.run(auth.open_session, user, now_ms())
    await office.store.run(enrol.new_code, ("s", "t"), "Asia/Jerusalem", now_ms())
    await office.store.run(copies.note, "check", Upkeep(now_ms(), True, "well"))
    kept = await office.store.read(counts)
    found = [await office.store.run(retention.delete_old, now_ms() + days * DAY_MS) for days in (0, 1, 89, 91, 399, 401)]
    nothing = retention.Deleted(0, 0, 0, 0, 0)
    assert found == [
        nothing,
        nothing._replace(sessions=1, codes=1),
        nothing,
        nothing._replace(holds=1, strangers=1),
        nothing,
        nothing._replace(upkeep=1),
    ]
    assert await office.store.read(counts) == kept
    left = await office.store.read(
        lambda db: (
            db.execute(sa.select(HOLD.c.state)).scalars().all(),
            len(db.execute(sa.select(ENROL_CODE.c.id)).all()),
            len(db.execute(sa.select(STRANGER_RECORD.c.seq)).all()),
        )
    )
    assert left == (["open"], 1, 0)
