"""What a member has, through the whole line: head office and the domain alone come to the same, whatever happens."""

import asyncio
from dataclasses import replace

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st

from central import audit, daily, holds, members, programs
from central.store import audit as notes
from central.store import members as rows
from central.store import pages, records
from central.store.opening import open_store
from central.store.tables import ENTRY, MEMBER, TRANSACTIONS
from loyalty import lots
from loyalty.agreement import Hold
from loyalty.standing import member_on
from sync import wire
from tests.central.club import CLUB, DAY, club, later, town


@pytest.fixture
async def place(store):
    """The town with one member, and books that are right in the end."""
    made = await town(store)
    yield made
    await made.agrees()
    found = await store.read(audit.check)
    assert (found.balances, found.journals) == ([], [])
    states = await store.read(lambda db: db.execute(sa.text("SELECT DISTINCT state FROM record")).scalars().all())
    assert set(states) <= {"applied"}


def pieces(one, unit):
    """All of a unit."""
    return sum(one.lots(unit).values())


async def test_points_wait_then_count_then_expire(place):
    """Pending for a fortnight, good for six months, and gone by an entry of the day after."""
    who = await place.join()
    await place.buys(who, 12000)
    lot = "2026-12-06/2027-05-22"
    assert (await place.there(who)).lots("points") == {lot: 120}
    known = member_on(await place.there(who), place.day)
    assert (known.balances["points"], known.spendable["points"]) == (120, 0)
    await place.sleep(14)
    assert member_on(await place.there(who), place.day).spendable["points"] == 120
    place.day = "2027-05-21"
    await place.sleep()
    assert pieces(await place.there(who), "points") == 120
    await place.sleep()
    assert pieces(await place.there(who), "points") == 0
    gone = await place.store.read(
        lambda db: db.execute(sa.select(ENTRY.c.lot, ENTRY.c.pieces).where(ENTRY.c.cause == "day/2027-05-23")).all()
    )
    assert (lot, 120) in [tuple(one) for one in gone]


async def test_a_return_takes_back_what_is_pending_and_fills_the_lots_it_was_spent_from(place):
    """Everything comes back, and everything is as it was."""
    who = await place.join()
    await place.buys(who, 20000)
    await place.sleep(3)
    await place.buys(who, 10000)
    await place.sleep(15)
    before = await place.there(who)
    assert len(before.lots("points")) == 2
    sold = await place.buys(who, 5000, 3000, choose="ten_off")
    assert (await place.there(who)).lots("points") != before.lots("points")
    await place.returns(who, sold, "2")
    await place.returns(who, sold, "1")
    after = await place.there(who)
    assert lots.folded(after.lots("points"), place.day) == lots.folded(before.lots("points"), place.day)
    assert (after.visits, after.spent_minor) == (before.visits, before.spent_minor)


async def test_a_hold_keeps_its_lots(place):
    """The first to expire is held, pending pieces cannot be; given back, it is in the lot it came from."""
    who = await place.join()
    await place.buys(who, 15000)
    key = await place.store.read(lambda db: holds.terminals.key(db, place.terminal.code, 1).terminal)

    async def hold(hold_id, count):
        request = wire.HoldRequest(hold_id, who, "points", count)
        return await place.store.run(holds.hold, key, request, place.now_ms)

    assert (await hold("a" * 32, 100)).refusal.params == {"missing": 100, "have": 0, "cost": 100, "unit": "points"}
    await place.sleep(14)
    assert (await hold("b" * 32, 100)).granted
    assert (await place.there(who)).lots("points") == {"2026-12-06/2027-05-22": 50}
    place.terminal.voids(who, Hold("b" * 32, "points", 100))
    await place.hears()
    assert (await place.there(who)).lots("points") == {"2026-12-06/2027-05-22": 150}
    assert (await hold("c" * 32, 100)).granted
    await place.buys(who, 4000, choose="ten_off", holds=(Hold("c" * 32, "points", 100),))
    assert (await place.there(who)).lots("points")["2026-12-06/2027-05-22"] == 50


async def test_a_tier_is_reviewed_a_year_after_it_was_reached(place):
    """It rises at once, with its award; what carried it expires; a year later it falls."""
    who = await place.join()
    await place.buys(who, 25000)
    risen = await place.there(who)
    assert (risen.tier, risen.reviewed, pieces(risen, "quick")) == ("silver", DAY, 125 + 5 + 25)
    place.day = later(DAY, 363)
    await place.sleep()
    assert (await place.there(who)).tier == "silver"
    await place.sleep(2)
    assert (await place.there(who)).tier == "bronze"


async def test_a_challenge_pays_its_prize(place):
    """The third visit of a month wins; bringing one of them back takes the prize."""
    who = await place.join()
    for _ in range(2):
        await place.buys(who, 200)
    assert pieces(await place.there(who), "quick") == 5 + 2
    third = await place.buys(who, 200)
    assert pieces(await place.there(who), "quick") == 5 + 3 + 50
    await place.returns(who, third, "1")
    assert pieces(await place.there(who), "quick") == 5 + 2
    await place.buys(who, 200)
    assert pieces(await place.there(who), "quick") == 5 + 3 + 50


async def test_a_friend_s_first_purchase_pays_both(place):
    """Each gets their own, under the cause of that sale, once."""
    giver = await place.join()
    friend = await place.join(giver)
    record, _ = await place.buys(friend, 1000)
    await place.buys(friend, 1000)
    assert pieces(await place.there(giver), "points") == 150
    assert pieces(await place.there(friend), "points") == 100 + 10 + 10
    caused = await place.store.read(
        lambda db: (
            db.execute(sa.select(MEMBER.c.handle).join(ENTRY).where(ENTRY.c.cause == record.id).distinct()).scalars().all()
        )
    )
    assert set(caused) == {giver, friend}


async def test_a_plan_is_sold_and_refunded(place):
    """It runs from the day it is bought; when it comes back it is over, and the days that have not run are refunded."""
    who = await place.join()
    sold = await place.buys(who, 36500, product="CLUB-YEAR")
    assert member_on(await place.there(who), place.day).plans == {"year": "2027-11-21"}
    await place.sleep(100)
    await place.returns(who, sold, "1")
    assert member_on(await place.there(who), place.day).plans == {}
    back = await place.store.read(
        lambda db: db.execute(sa.select(TRANSACTIONS.c.amount_minor).where(TRANSACTIONS.c.kind == "return")).scalar_one()
    )
    assert -36500 < back < -20000


async def test_a_page_shows_no_counter(place):
    """Neither a member's balances nor their ledger; what has expired says so."""
    who = await place.join()
    await place.buys(who, 1000)
    place.day = later(DAY, 10)
    await place.sleep()
    found = await place.store.read(rows.by_handle, who)
    shown = await place.store.read(pages.ledger, found, None, 50)
    assert {(one.word, one.unit, one.pieces) for one in shown} == {
        ("earned", "points", 10),
        ("earned", "status", 10),
        ("earned", "quick", 5),
        ("expired", "quick", -10),
    }
    balances = await place.store.read(members.balances_of, [found])
    assert balances == {found.id: {"points": 10, "status": 10}}
    [row] = await place.store.read(pages.transactions, None, 9)
    assert row.flags == ""


async def test_an_overdraft_is_repaid_first(place):
    """What was spent and never there comes out of what is earned next, lots or not."""
    who = await place.join()
    await place.buys(who, 40000)
    await place.sleep(14)
    await place.buys(who, 2000, choose="ten_off")
    sale = (await place.buys(who, 2000, choose="ten_off"))[1]
    for _ in range(5):  # the same agreement kept at tills that had not heard of one another
        place.terminal.sells(sale)
    await place.hears()
    owed = (await place.there(who)).lots("points")[""]
    assert owed < 0
    place.here[who] = await place.there(who)
    await place.buys(who, -owed * 100)
    assert (await place.there(who)).lots("points").get("", 0) > owed


async def test_a_day_twice_is_a_day_once(place):
    """Neither the task nor a person's command has a day's effect again, also where a late record makes something due anew."""
    who = await place.join()
    await place.buys(who, 1000)
    place.day = later(DAY, 9)
    await place.sleep()
    assert await place.store.run(rows.due, place.day, 9) == []
    await place.sleep()
    entries = (await place.store.read(audit.check)).entries
    for _ in range(2):
        assert await daily.bring_all(place.store, place.now_ms) == 0
    await place.store.run(rows.all_due, "")
    assert await daily.bring_all(place.store, place.now_ms) == 1
    assert (await place.store.read(audit.check)).entries == entries
    assert pieces(await place.there(who), "quick") == 0


async def test_a_new_program_looks_at_everybody_by_its_rules(store):
    """A ladder that has come nearer lifts whoever stands high enough already."""
    place = await town(store)
    who = await place.join()
    await place.buys(who, 15000)
    assert (await place.there(who)).tier == "bronze"
    steps = [CLUB["tiers"]["step"][0], {**CLUB["tiers"]["step"][1], "from_pieces": 100}]
    program, values = club(version=8, tiers={**CLUB["tiers"], "step": steps})
    await store.run(programs.publish, program, values, place.now_ms, 0)
    assert await daily.bring_all(store, place.now_ms) == 1
    assert (await place.there(who)).tier == "silver"


async def test_a_published_program_keeps_the_order_of_its_file(place):
    """Between equals the order of the file decides, at head office and at every terminal."""
    kept = await place.store.read(programs.program_of, 7)
    assert kept == place.program
    assert [list(kept.accruals), list(kept.rewards)] == [list(CLUB["accruals"]), list(CLUB["rewards"])]
    assert list(CLUB["accruals"]) != sorted(CLUB["accruals"])


async def test_a_birthday_is_noted_and_comes(place):
    """Head office knows the days, not the birth date; what it says of a member is kept and told."""
    who = await place.join()
    window = {"birthday": ("2026-11-25", "2026-12-01")}
    await place.store.run(members.note, who, ("vip",), window, place.now_ms)
    place.here[who] = await place.there(who)
    assert (place.here[who].segments, place.here[who].occasions) == (("vip",), window)
    await place.sleep(3)
    assert pieces(await place.there(who), "points") == 30
    await place.sleep(7)
    assert (await place.there(who)).occasions == {"birthday": ("2027-11-25", "2027-12-01")}
    found = await place.store.read(rows.by_handle, who)
    for occasions in ({"x": ("2026-11-25", "2026-11-24")}, {"": ("2026-11-25", "2026-11-25")}, {"x": ("now", "then")}):
        with pytest.raises(members.Rejected):
            await place.store.run(members.note, who, None, occasions, place.now_ms)
    assert await place.store.read(rows.by_handle, who) == found


async def test_head_office_gives_a_member_something(place):
    """It lives as long as what is earned today, whoever gave it is noted, and twice is twice; what cannot be given is refused."""
    who = await place.join()
    before = pieces(await place.there(who), "points")
    gift = members.Gift("points", 7, "clerk", "the long wait")
    for _ in range(2):
        await place.store.run(members.give, who, gift, place.now_ms)
    place.here[who] = await place.there(who)
    assert pieces(place.here[who], "points") == before + 14
    kept = await place.store.read(notes.notes, 10, who)
    assert [(note.person, note.action, note.reason) for note in kept] == [("clerk", "give", "7 points: the long wait")] * 2
    for wrong in (gift._replace(unit="gold"), gift._replace(pieces=0)):
        with pytest.raises(members.Rejected):
            await place.store.run(members.give, who, wrong, place.now_ms)


async def test_a_sale_is_worked_out_again(place):
    """What is stamped gives what is booked; one that was tampered with, or made on old facts, is marked and booked all the same."""
    who = await place.join()
    _, sale = await place.buys(who, 5000, 900)
    more = tuple(replace(one, pieces=one.pieces + 1, by_line=(one.by_line[0] + 1, *one.by_line[1:])) for one in sale.accruals)
    place.terminal.sells(replace(sale, accruals=more))
    place.terminal.sells(replace(sale, program_hash="e" * 64))
    place.terminal.sells(replace(sale, basket=replace(sale.basket, currency="USD")))
    await place.hears()
    found = await place.store.read(
        lambda db: db.execute(sa.select(TRANSACTIONS.c.differs, TRANSACTIONS.c.stale).order_by(TRANSACTIONS.c.record_key)).all()
    )
    assert [one.differs for one in found] == ["", "accruals", "program", "accruals"]
    assert found[0].stale == ""
    assert {"visits", "spent_minor", "balances"} <= set(found[1].stale.split())
    odd = await place.store.read(lambda db: records.newest(db, 50, odd=True))
    assert [(one.differs, bool(one.stale)) for one in odd] == [("accruals", True), ("program", True), ("accruals", True)]
    place.here[who] = await place.there(who)


steps = st.lists(
    st.one_of(
        st.tuples(st.just("buy"), st.integers(0, 1), st.integers(100, 30_000), st.sampled_from(["", "ten_off", "quick_off"])),
        st.tuples(st.just("back"), st.integers(0, 9), st.sampled_from(["1", "2"])),
        st.tuples(st.just("sleep"), st.sampled_from([1, 2, 9, 14])),
        st.tuples(st.just("months"), st.sampled_from([31, 180, 366])),
    ),
    max_size=12,
)


async def live(url, drawn):
    """Go through it, and compare at the end."""
    async with open_store(url) as store:
        place = await town(store)
        giver = await place.join()
        people = [giver, await place.join(giver)]
        sold = []
        for name, *values in drawn:
            if name == "buy":
                who, amount, choose = values
                sold.append((people[who], await place.buys(people[who], amount, 700, choose=choose)))
            elif name == "back" and sold:
                who, sale = sold[values[0] % len(sold)]
                if values[1] not in place.back.get(sale[0].id, {}):
                    await place.returns(who, sale, values[1])
            elif name == "sleep":
                await place.sleep(values[0])
            elif name == "months":
                place.day = later(place.day, values[0])
                await place.sleep()
        await place.agrees()
        found = await store.read(audit.check)
        assert (found.balances, found.journals) == ([], [])


@settings(max_examples=12, deadline=None)
@given(drawn=steps)
def test_the_same_history_gives_the_same_to_both(drawn, new_url):
    """Head office, record by record and day by day, has what the domain alone comes to: lots, tiers, visits and all."""
    asyncio.run(live(new_url(), drawn))
