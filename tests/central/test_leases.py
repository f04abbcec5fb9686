"""Leases at head office: where they are granted, how they come back, and what becomes of a fenced terminal's."""

import hashlib
from dataclasses import replace

import pytest
import sqlalchemy as sa

from central import audit, enrol, leases, quarantine, recovery
from central.clock import now_ms
from central.store import audit as log
from central.store import leases as rows
from central.store import records
from central.store.tables import BALANCE, MEMBER
from loyalty.agreement import Hold
from loyalty.ledger import leased
from loyalty.quote import Movement
from loyalty.sale import LeaseReturn
from runtime.errors import Rejected
from sync import wire
from tests.samples import HANDLE, basket, cafe, member, sold
from tests.terminals import FieldTerminal, entity

SALE = replace(sold(cafe(), member(), basket(1000)), accruals=())
POOR = "99887766554433221100"


async def terminal_in(office, store="Allenby 12", name="Till 1"):
    """A terminal of that store, enrolled through the wire."""
    made = await office.store.run(enrol.new_code, (store, name), "Asia/Jerusalem", now_ms())
    terminal = FieldTerminal()
    terminal.is_now(await office.enrol(terminal, made.code))
    office.terminals.append(terminal)
    return terminal


def some(number):
    """An id."""
    return hashlib.sha256(str(number).encode()).hexdigest()[:32]


async def earns(office, terminal, pieces, handle=HANDLE):
    """A sale there that earns so many points, booked."""
    who = replace(SALE.member, handle=handle)
    terminal.sells(replace(SALE, member=who, accruals=(Movement("points", "points", pieces, (pieces,)),)))
    await office.deliver(terminal)


async def spends(office, terminal, *holds, handle=HANDLE):
    """A sale there that spends all of these holds, booked."""
    spent = tuple(Movement("ten_off", one.unit, one.pieces, (one.pieces,)) for one in holds)
    terminal.sells(replace(SALE, member=replace(SALE.member, handle=handle), holds=holds, redemptions=spent))
    await office.deliver(terminal)


async def gives_back(office, terminal, lease, spent=0):
    """A terminal's word on its lease, booked."""
    terminal.record("lease_return", terminal.any_id(), LeaseReturn(lease.id, lease.member, {"points": spent}))
    await office.deliver(terminal)


async def told(office, terminal, cursor=""):
    """The leases that the feed brings a terminal, and the members' points."""
    page = [entity(row) for row in (await office.feed(terminal, cursor)).rows]
    points = {one.handle: sum(one.balances.get("points", {}).values()) for one in page if isinstance(one, wire.MemberRow)}
    return [one for one in page if isinstance(one, wire.LeaseRow)], points


async def lease_of(office, terminal):
    """The one lease that a terminal is told of."""
    (lease,), _ = await told(office, terminal)
    return lease


async def inside(office, account):
    """How many points are in an account."""
    wanted = sa.select(sa.func.coalesce(sa.func.sum(BALANCE.c.pieces), 0)).where(BALANCE.c.account == account)
    return await office.store.read(lambda db: int(db.execute(wanted.where(BALANCE.c.unit == "points")).scalar_one()))


async def free(office):
    """What is available of the member's points."""
    return await inside(office, f"member/{HANDLE}/available")


async def books_are_right(office):
    """Every balance is the sum of its entries, and of HANDLE's points none is anywhere else than told."""
    assert (await office.store.read(audit.check)).balances == []


@pytest.fixture
async def pair(office):
    """Two stores' terminals; the member has 1,000 points, of which 200 are leased to the first."""
    here, there = await terminal_in(office), await terminal_in(office, "Dizengoff 50")
    await earns(office, here, 1000)
    return here, there


async def test_a_sale_leases_to_its_terminal_and_to_no_other(office, pair):
    """A quarter in whole rewards; the member has all of it as before, on every terminal's page."""
    here, there = pair
    (lease,), points = await told(office, here)
    assert (lease.member, lease.pieces, lease.spent, lease.recalled, lease.ended) == (HANDLE, {"points": 200}, {}, False, False)
    assert points == {HANDLE: 1000}
    assert await told(office, there) == ([], {HANDLE: 1000})
    assert (await free(office), await inside(office, leased(lease.id))) == (800, 200)
    assert (await office.balances(HANDLE))["points"] == 1000
    await books_are_right(office)


async def test_a_lease_is_granted_once_and_filled_up(office, pair):
    """A repeated push grants nothing; the next visit fills the same lease as the balance grows."""
    here, _ = pair
    first = await lease_of(office, here)
    await office.deliver(here)
    assert await lease_of(office, here) == first
    await earns(office, here, 3000)
    assert (await lease_of(office, here)).pieces == {"points": 500}
    assert (await lease_of(office, here)).id == first.id
    await spends(office, here, Hold(some(1), "points", 300, first.id, 300))
    assert await lease_of(office, here) == replace(first, pieces={"points": 800}, spent={"points": 300})


async def test_in_a_store_one_till_has_it(office, pair):
    """The other tills of the store only accrue while offline; their sales fill the lease of the first."""
    here, _ = pair
    beside = await terminal_in(office, name="Till 2")
    await earns(office, beside, 3000)
    assert (await told(office, beside))[0] == []
    assert (await lease_of(office, here)).pieces == {"points": 500}


async def test_a_member_is_likely_in_two_stores(office, pair):
    """A third store's visit asks the lease back that was not used for longest; the next one there gets its own."""
    here, there = pair
    third = await terminal_in(office, "Ramat Aviv")
    await earns(office, there, 3000)
    assert (await lease_of(office, there)).pieces == {"points": 500}
    await earns(office, third, 1)
    assert ((await lease_of(office, here)).recalled, (await lease_of(office, there)).recalled) == (True, False)
    assert (await told(office, third))[0] == []
    await gives_back(office, here, await lease_of(office, here))
    assert (await lease_of(office, here)).ended
    await earns(office, third, 1)
    assert (await lease_of(office, third)).pieces == {"points": 500}
    await books_are_right(office)


async def test_a_hold_turns_the_own_lease_into_itself(office, pair):
    """What the terminal says of its lease comes out of that, the rest out of what is available; the answer is the same again."""
    here, _ = pair
    lease = await lease_of(office, here)
    asked = wire.HoldRequest(some(1), HANDLE, "points", 900, lease.id, 200)
    for _ in range(2):
        assert await office.hold(here, asked) == wire.HoldAnswer(True)
    assert (await free(office), await inside(office, leased(lease.id)), await inside(office, f"hold/{asked.id}")) == (
        100,
        0,
        900,
    )
    assert (await lease_of(office, here)).spent == {"points": 200}
    here.voids(HANDLE, Hold(asked.id, "points", 900, lease.id, 200))
    await office.deliver(here)
    assert (await free(office), await inside(office, leased(lease.id))) == (800, 200)
    await books_are_right(office)


async def test_a_lease_of_another_terminal_is_not_turned(office, pair):
    """It is asked back, and the cashier reads where it is and how much; once it is back the hold is granted."""
    here, there = pair
    lease = await lease_of(office, here)
    refused = (await office.hold(there, wire.HoldRequest(some(1), HANDLE, "points", 900, lease.id, 100))).refusal
    assert (refused.code, dict(refused.params)) == (
        "reserved_elsewhere",
        {"store": "Allenby 12", "pieces": 200, "unit": "points"},
    )
    lease = await lease_of(office, here)
    assert lease.recalled
    await gives_back(office, here, lease, spent=50)  # 50 are spent there; the sale is on its way
    assert (await free(office), await inside(office, leased(lease.id))) == (950, 50)
    assert (await office.hold(there, wire.HoldRequest(some(2), HANDLE, "points", 900))).granted
    await spends(office, here, Hold(some(3), "points", 50, lease.id, 50))
    assert (await inside(office, leased(lease.id)), await free(office)) == (0, 50)
    await books_are_right(office)


async def test_what_all_leases_together_lack_is_missing(office, pair):
    """Nobody is asked to give anything back for it."""
    here, there = pair
    refused = (await office.hold(there, wire.HoldRequest(some(1), HANDLE, "points", 1100))).refusal
    assert (refused.code, refused.params["have"], refused.params["missing"]) == ("pieces_missing", 800, 300)
    assert not (await lease_of(office, here)).recalled


async def test_a_sale_spends_from_its_own_lease(office, pair):
    """Head office has never heard of the hold; what is available is not touched."""
    here, _ = pair
    lease = await lease_of(office, here)
    await spends(office, here, Hold(some(1), "points", 100, lease.id, 100))
    assert await free(office) + await inside(office, leased(lease.id)) == 900
    assert not await inside(office, f"hold/{some(1)}")
    await books_are_right(office)


async def test_nobody_spends_another_terminals_lease(office, pair):
    """A sale that names one is booked from the member."""
    here, there = pair
    lease = await lease_of(office, here)
    await spends(office, there, Hold(some(1), "points", 100, lease.id, 100))
    assert await inside(office, leased(lease.id)) == 200
    assert await free(office) + await inside(office, leased((await lease_of(office, there)).id)) == 700


async def test_a_return_is_its_own_terminals_word(office, pair):
    """Another's is a dead letter; a second one frees nothing more; of an unknown lease there is nothing to free."""
    here, there = pair
    lease = await lease_of(office, here)
    await gives_back(office, there, lease)
    letter = (await office.store.read(records.newest, 1))[0]
    assert (letter.state, letter.reason.partition(":")[0]) == ("dead", "lease_of_another")
    for spent in (120, 120, 0, 0):
        await gives_back(office, here, lease, spent)
    assert (await free(office), (await lease_of(office, here)).ended) == (1000, True)
    await gives_back(office, here, replace(lease, id=some(9)))
    assert (await office.store.read(records.newest, 1))[0].state == "applied"
    await books_are_right(office)


async def test_a_hold_that_outlives_its_lease_goes_back_to_the_member(office, pair):
    """The lease was returned in between."""
    here, _ = pair
    lease = await lease_of(office, here)
    assert (await office.hold(here, wire.HoldRequest(some(1), HANDLE, "points", 200, lease.id, 200))).granted
    await gives_back(office, here, lease, spent=200)
    here.voids(HANDLE, Hold(some(1), "points", 200, lease.id, 200))
    await office.deliver(here)
    assert (await free(office), await inside(office, leased(lease.id))) == (1000, 0)
    await gives_back(office, here, lease)
    assert await free(office) == 1000
    await books_are_right(office)


async def enrol_again(office, store="Allenby 12", name="Till 1"):
    """The same terminal, from another machine: the first one is fenced."""
    again = await terminal_in(office, store, name)
    assert await office.store.run(leases.expose, now_ms()) == 1
    assert await office.store.run(leases.expose, now_ms()) == 0
    return again


async def test_a_fenced_terminals_lease_and_hold_are_exposed(office, pair):
    """Neither available nor leased; a person releases them, which is kept in the audit log and joins the bound."""
    here, there = pair
    lease = await lease_of(office, here)
    assert (await office.hold(here, wire.HoldRequest(some(1), HANDLE, "points", 100))).granted
    again = await enrol_again(office)
    found = await office.store.read(rows.exposed)
    assert [(one.store, one.terminal, one.code, one.handle, one.kind, one.pieces) for one in found] == [
        ("Allenby 12", "Till 1", here.code, HANDLE, kind, {"points": pieces})
        for kind, pieces in (("lease", 200), ("hold", 100))
    ]
    assert (await free(office), await inside(office, leased(lease.id))) == (700, 0)
    assert await office.store.read(leases.bound) == []
    await office.store.run(leases.release, here.code, "person", "its disk is here", now_ms())
    assert (await free(office), await office.store.read(rows.exposed)) == (1000, [])
    assert await office.store.read(leases.bound) == [leases.Bound("points", 0, 300)]
    assert [entity(row) for row in (await office.feed(there)).rows if row.kind == "bound"] == [wire.BoundRow({"points": 300})]
    note = (await office.store.read(log.notes, 1))[0]
    assert (note.person, note.action, note.subject) == ("person", "release", here.code)
    assert note.reason == "300 points: its disk is here"
    with pytest.raises(Rejected, match="nothing is exposed"):
        await office.store.run(leases.release, here.code, "person", "again", now_ms())
    assert (await told(office, again))[0] == []
    await books_are_right(office)


async def test_what_a_fenced_terminal_did_spend_comes_out_of_its_exposure(office, pair):
    """Its journal is booked by a person in the end: nobody is overdrawn, and the rest of its word counts too."""
    here, _ = pair
    lease = await lease_of(office, here)
    await enrol_again(office)
    hold = Hold(some(1), "points", 100, lease.id, 100)
    here.sells(replace(SALE, holds=(hold,), redemptions=(Movement("ten_off", "points", 100, (100,)),)))
    here.record("lease_return", here.any_id(), LeaseReturn(lease.id, HANDLE, {"points": 100}))
    await book_late(office, here, f"{here.code}.1")
    assert (await free(office), await inside(office, f"exposure/{lease.id}")) == (900, 0)
    await books_are_right(office)


async def book_late(office, terminal, line):
    """A journal that is over is pushed, quarantined, and booked on a person's word."""
    assert (await office.push(terminal)).outcome in {"quarantined", "fork"}
    await office.store.run(quarantine.accept, line, quarantine.Verdict("person", "its disk is here"), now_ms())
    await office.apply()


async def test_of_a_forked_journal_no_word_frees_anything(office, pair):
    """Neither copy knows what the other has spent; the bound counts the most that its lease ever had, and what it had reserved."""
    here, _ = pair
    lease = await lease_of(office, here)
    assert (await office.hold(here, wire.HoldRequest(some(1), HANDLE, "points", 100))).granted
    copy = replace(here, records=list(here.records))
    await earns(office, here, 1)
    copy.record("lease_return", copy.any_id(), LeaseReturn(lease.id, HANDLE, {}))
    assert (await office.push(copy)).outcome == "fork"
    await office.apply()
    assert await inside(office, leased(lease.id)) == 200
    assert await office.store.run(leases.expose, now_ms()) == 1
    assert await office.store.read(leases.bound) == [leases.Bound("points", 300, 0)]
    copy.record("lease_return", copy.any_id(), LeaseReturn(lease.id, HANDLE, {}))
    copy.voids(HANDLE, Hold(some(1), "points", 100))
    await book_late(office, copy, f"{here.code}.1+1")
    assert (await free(office), await inside(office, f"exposure/{lease.id}")) == (701, 200)
    assert [one.kind for one in await office.store.read(rows.exposed)] == ["lease", "hold"], "a person still may"


async def test_who_is_overdrawn_spends_online_only_until_it_is_repaid(office, pair):
    """Leases are asked back and none is granted; what comes in repays the debt first."""
    here, there = pair
    lease = await lease_of(office, here)
    await spends(office, there, Hold(some(1), "points", 900))
    assert (await free(office), (await lease_of(office, here)).recalled) == (-100, True)
    await gives_back(office, here, lease)
    assert (await told(office, there))[0] == []
    refused = (await office.hold(there, wire.HoldRequest(some(2), HANDLE, "points", 101))).refusal
    assert (refused.code, refused.params["missing"]) == ("pieces_missing", 1)
    await earns(office, there, 900)
    assert sum((await lease_of(office, there)).pieces.values()) == 200
    await books_are_right(office)


async def test_blocked_and_poor_members_get_no_lease(office, pair):
    """A blocked one's lease is asked back; below one reward's share there is nothing to lease."""
    here, _ = pair
    await earns(office, here, 399, handle=POOR)
    assert [one.member for one in (await told(office, here))[0]] == [HANDLE]
    await office.store.run(lambda db: db.execute(sa.update(MEMBER).where(MEMBER.c.handle == HANDLE).values(blocked=True)))
    await earns(office, here, 1)
    assert (await lease_of(office, here)).recalled


async def test_while_head_office_recovers_nothing_is_leased(office, pair):
    """It does not know what it granted in the life that is lost; what a terminal gives back of that is nothing here."""
    here, there = pair
    lease = await lease_of(office, here)
    await office.store.run(recovery.begin, now_ms(), "person")
    await earns(office, here, 3000)
    assert (await told(office, here))[0] == [], "what it was given back since the backup it may have forgotten"
    assert await inside(office, leased(lease.id)) == 200
    await earns(office, there, 1)
    assert (await told(office, there))[0] == []
    assert (await office.hold(there, wire.HoldRequest(some(1), HANDLE, "points", 1))).refusal.code == "office_recovering"
    await gives_back(office, there, replace(lease, id=some(5)))
    assert (await office.store.read(records.newest, 1))[0].state == "applied"


async def test_leases_are_told_once_head_office_has_recovered(office, pair):
    """Also to a terminal that has read all about the member by then, and of a lease that somebody else waits for."""
    here, there = pair
    lease = await lease_of(office, here)
    await office.store.run(recovery.begin, now_ms(), "person")
    cursors = [(await office.feed(one)).cursor for one in pair]
    assert (await told(office, here, cursors[0]))[0] == []
    await office.feed(here, cursors[0])
    assert (await told(office, here, cursors[0]))[0] == [], "the other one is not back"
    await office.deliver(there)
    await office.feed(there, cursors[1])
    (again,), _ = await told(office, here, cursors[0])
    assert (again.id, again.pieces) == (lease.id, lease.pieces)


async def test_what_a_void_gives_back_is_there_once_it_is_booked(office, pair):
    """Before that, what the lease has is another promise's: the answer is as good as none, and nothing is kept of the request."""
    here, _ = pair
    lease = await lease_of(office, here)
    assert (await office.hold(here, wire.HoldRequest(some(1), HANDLE, "points", 200, lease.id, 200))).granted
    void = here.voids(HANDLE, Hold(some(1), "points", 200, lease.id, 200))
    asked = wire.HoldRequest(some(2), HANDLE, "points", 200, lease.id, 200, void.seq)
    assert (await office.hold(here, asked)).refusal.code == "lease_ahead"
    await office.push(here)
    assert (await office.hold(here, asked)).refusal.code == "lease_ahead"
    await office.apply()
    assert (await office.hold(here, asked)).granted
