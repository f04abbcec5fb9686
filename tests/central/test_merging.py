"""Merging at head office: what moves, what is waited for, and what late records of the card that went do."""

import asyncio
import json
from dataclasses import replace

import pytest
from click.testing import CliRunner
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from central import audit, fence, leases, members, merging, standings
from central.cli import group
from central.standings import Change
from central.store import members as rows
from central.store import merges
from central.store.audit import Clerk
from central.store.ledger import NO_TERMINAL, Cause
from central.store.opening import open_store
from loyalty import standing
from loyalty.agreement import Hold
from loyalty.joining import Alias, Desk
from loyalty.quote import Choice
from loyalty.sale import ReturnedLine
from runtime.errors import Rejected
from sync import wire
from tests.central.test_apply import books_are_right, states
from tests.central.test_leases import earns, gives_back, lease_of, terminal_in, told
from tests.samples import HANDLE, basket, cafe, member, sold
from tests.terminals import entity

OTHER, THIRD = "ab" * 10, "cd" * 10
CLERK = Clerk("office", "two cards")


def buys(terminal, handle, *amounts, **changes):
    """A member's purchase."""
    sale = sold(cafe(), replace(member(), handle=handle), basket(*amounts))
    return terminal.sells(replace(sale, **changes)), sale


def says(terminal, handle, into):
    """A till says that two cards are one member's."""
    return terminal.record("alias", terminal.any_id(), Alias(Desk("1", "", "2026-11-18"), "f" * 64, handle, into))


async def merge(office, handle=OTHER, into=HANDLE):
    """Head office says so, and does what can be done."""
    await office.store.run(merging.merge, handle, into, CLERK, 9)
    return await office.store.run(merging.finish, 9)


async def member_of(office, handle):
    """Whose card it is."""
    return await office.store.read(rows.current, handle)


async def dead(office):
    """Why what is dead is dead."""
    return [reason.split(":")[0] for state, reason in await states(office) if state == "dead"]


async def test_balances_move_and_the_books_stay_right(office):
    """Points, visits, money; the one has nothing left; merging again changes nothing, in either direction."""
    terminal = await office.terminal()
    buys(terminal, HANDLE, 1000)
    buys(terminal, OTHER, 2500)
    await office.deliver()
    assert await merge(office) == 1
    for _ in range(2):
        assert await office.balances(HANDLE) == {"point": 35, "standing": 35}
        assert not any((await office.balances(OTHER)).values())
        assert await merge(office) == await merge(office, HANDLE, OTHER) == 0
    stays = await member_of(office, OTHER)
    assert (stays.handle, stays.visits, stays.spent_minor) == (HANDLE, 2, 3500)
    await books_are_right(office)


async def test_late_records_apply_to_who_stays(office):
    """Sales, and returns of sales from before and after: whatever still comes with the old card."""
    terminal, late = await office.terminal(), await office.terminal()
    before, sale = buys(terminal, OTHER, 3000, 2000)
    buys(terminal, HANDLE, 1000)
    await office.deliver(terminal)
    await merge(office)
    after, _ = buys(late, OTHER, 700)
    terminal.takes_back(before.id, ReturnedLine("1", 1000), sale=sale)
    terminal.takes_back(after.id, ReturnedLine("1", 1000), sale=sale)
    await office.deliver()
    assert await office.balances(HANDLE) == {"point": 30, "standing": 30}
    assert not any((await office.balances(OTHER)).values())
    assert await dead(office) == []
    await books_are_right(office)


async def test_what_was_spent_before_comes_back_to_who_stays(office):
    """A return of a sale that the old card paid for with points."""
    terminal = await office.terminal()
    buys(terminal, OTHER, 20000)
    says(terminal, HANDLE, HANDLE)  # which makes the member
    sale = sold(cafe(), replace(member(200), handle=OTHER), basket(3000), Choice("ten_off"))
    spent = terminal.sells(replace(sale, holds=()))
    await office.deliver()
    had = (await office.balances(OTHER))["point"]
    await merge(office)
    terminal.takes_back(spent.id, ReturnedLine("1", 1000), sale=sale)
    await office.deliver()
    assert (await office.balances(HANDLE))["point"] == had + 100 - 20
    await books_are_right(office)


async def test_leases_come_back_first(office):
    """The terminal is asked for its lease; until it is back both are two and the old card gets no other, and then they are one."""
    terminal, elsewhere = await terminal_in(office), await terminal_in(office, "Dizengoff 3")
    says(terminal, HANDLE, HANDLE)  # which makes the member
    await earns(office, terminal, 1000, OTHER)
    lease = await lease_of(office, terminal)
    assert await merge(office) == 0
    assert (await lease_of(office, terminal)).recalled
    await earns(office, elsewhere, 100, OTHER)
    assert (await told(office, elsewhere))[0] == []
    assert (await member_of(office, OTHER)).handle == OTHER
    await gives_back(office, terminal, lease)
    assert await office.store.run(merging.finish, 9) == 1
    assert (await office.balances(HANDLE))["points"] == 1100
    await gives_back(office, terminal, lease)  # said anew, as after a promise that was given up
    await earns(office, terminal, 900, OTHER)
    assert [one.member for one in (await told(office, terminal))[0] if not one.ended] == [HANDLE]
    assert await dead(office) == []
    await books_are_right(office)


async def test_a_merge_waits_for_a_hold(office):
    """What is reserved online ends by the terminal's own record; then it is done."""
    terminal = await office.terminal()
    buys(terminal, OTHER, 20000)
    says(terminal, HANDLE, HANDLE)  # which makes the member
    await office.deliver()
    hold = wire.HoldRequest("a" * 32, OTHER, "point", 100)
    assert (await office.hold(terminal, hold)).granted
    assert await merge(office) == 0
    assert (await member_of(office, OTHER)).handle == OTHER
    terminal.voids(OTHER, Hold("a" * 32, "point", 100))
    await office.deliver()
    assert await office.store.run(merging.finish, 9) == 1
    assert (await office.balances(HANDLE))["point"] == 200
    again = await office.hold(terminal, wire.HoldRequest("b" * 32, OTHER, "point", 150))
    assert again.granted
    sale = sold(cafe(), replace(member(200), handle=OTHER), basket(3000))
    terminal.sells(replace(sale, holds=(Hold("b" * 32, "point", 150),)))
    terminal.voids(OTHER, Hold("a" * 32, "point", 100))  # said again: nothing more comes back
    await office.deliver()
    assert await dead(office) == []
    assert (await office.balances(HANDLE))["point"] == 230
    await books_are_right(office)


async def test_what_a_merge_waits_for_is_told(office, url, tmp_path):
    """Leases and holds by terminal; of a fenced one its exposure; once a person has released it nothing: then it is done."""
    terminal = await terminal_in(office)
    says(terminal, HANDLE, HANDLE)  # which makes the member
    assert await office.store.read(merges.waiting) == []
    await earns(office, terminal, 1000, OTHER)
    assert (await office.hold(terminal, wire.HoldRequest("a" * 32, OTHER, "points", 30))).granted
    assert await merge(office) == 0
    waits = await office.store.read(merges.waiting)
    assert [one[:3] for one in waits] == [(OTHER, HANDLE, 9)] * len(waits)
    assert {(one.store, one.terminal, one.code, one.unit) for one in waits} == {
        ("Allenby 12", "Till 1", terminal.code, "points")
    }
    assert {one.kind: one.pieces for one in waits} == {"lease": 200, "hold": 30}
    assert await office.store.run(fence.fence_by_code, terminal.code, 10, "it burned", "person")
    await office.store.run(leases.expose, 11)
    exposed = await office.store.read(merges.waiting)
    assert sorted((one.kind, one.pieces) for one in exposed) == sorted(("exposure", one.pieces) for one in waits)
    config = tmp_path / "central.toml"
    config.write_text(f'state_dir = "{tmp_path}"\ndatabase = "{url}"\n')
    ask = ["member", "merges", "--config", str(config)]
    said = (await asyncio.to_thread(CliRunner().invoke, group, ask)).output.splitlines()
    assert len(said) == len(waits)
    assert all(f"{OTHER} into {HANDLE}, since " in line and f"at {terminal.code} Allenby 12 / Till 1" in line for line in said)
    await office.store.run(leases.release, terminal.code, "person", "it burned", 12)
    (last,) = await office.store.read(merges.waiting)
    assert (last.handle, last.kind) == (OTHER, "")
    assert "for nothing" in (await asyncio.to_thread(CliRunner().invoke, group, ask)).output
    assert await office.store.run(merging.finish, 13) == 1
    assert await office.store.read(merges.waiting) == []
    assert (await asyncio.to_thread(CliRunner().invoke, group, ask)).output == "No merge waits\n"
    await books_are_right(office)


async def test_a_till_says_so(office):
    """As head office itself; of a card that nobody knows a member is made first, and the same again is one."""
    terminal = await office.terminal()
    buys(terminal, HANDLE, 1000)
    says(terminal, OTHER, HANDLE)
    says(terminal, OTHER, HANDLE)
    await office.deliver()
    assert await office.store.run(merging.finish, 9) == 1
    buys(terminal, OTHER, 500)
    says(terminal, HANDLE, OTHER)
    await office.deliver()
    assert await office.balances(HANDLE) == {"point": 15, "standing": 15}
    assert {state for state, _ in await states(office)} == {"applied"}


@pytest.mark.parametrize(("goes", "between"), [(OTHER, THIRD), (THIRD, OTHER)])
async def test_what_goes_to_one_who_goes_too_ends_with_who_stays(office, goes, between):
    """Both merges are done in one look, whichever comes first: nothing is left behind on a card that is gone."""
    terminal = await office.terminal()
    for handle in (OTHER, THIRD, HANDLE):  # in the order of whose member was made first
        buys(terminal, handle, 1000)
    await office.deliver()
    await office.store.run(merging.merge, goes, between, CLERK, 9)
    await office.store.run(merging.merge, between, HANDLE, CLERK, 9)
    await office.store.run(merging.finish, 9)
    have = [await office.balances(handle) for handle in (OTHER, THIRD, HANDLE)]
    nothing = {"point": 0, "standing": 0}
    assert have == [nothing, nothing, {"point": 30, "standing": 30}]
    await books_are_right(office)


async def test_circles_are_refused(office):
    """Also while nothing is done yet: whoever is being merged is merged into nobody else, and gets nobody."""
    terminal = await office.terminal()
    for handle in (HANDLE, OTHER, THIRD):
        buys(terminal, handle, 1000)
    await office.deliver()
    await office.store.run(merging.merge, OTHER, HANDLE, CLERK, 9)
    for handle, into in ((HANDLE, OTHER), (OTHER, THIRD), (THIRD, OTHER)):
        with pytest.raises(Rejected) as refused:
            await office.store.run(merging.merge, handle, into, CLERK, 9)
        assert refused.value.code == "merge_under_way"
    await office.store.run(merging.merge, OTHER, HANDLE, CLERK, 9)  # the same again
    assert await office.store.run(merging.finish, 9) == 1
    assert await merge(office, HANDLE, THIRD) == 1
    assert {(await member_of(office, handle)).handle for handle in (HANDLE, OTHER, THIRD)} == {THIRD}
    assert await office.balances(THIRD) == {"point": 30, "standing": 30}
    with pytest.raises(Rejected):
        await office.store.run(merging.merge, "ee" * 10, HANDLE, CLERK, 9)
    await books_are_right(office)


async def test_terminals_learn_it_with_the_balance(office):
    """Both rows in one page: whose the card is, and what that one has now, with the terminal's own records in it."""
    terminal = await office.terminal()
    buys(terminal, HANDLE, 1000)
    says(terminal, OTHER, OTHER)  # which makes the member
    await office.deliver()
    cursor = (await office.feed(terminal)).cursor
    await merge(office)
    late, _ = buys(terminal, OTHER, 500)
    await office.deliver()
    page = await office.feed(terminal, cursor)
    row = {one.handle: one for one in map(entity, page.rows) if isinstance(one, wire.MemberRow)}
    assert (row[OTHER].merged_into, row[OTHER].balances) == (HANDLE, {})
    assert (row[HANDLE].merged_into, sum(row[HANDLE].balances["point"].values())) == ("", 15)
    assert late.id in row[HANDLE].includes


@given(st.lists(st.tuples(st.sampled_from("abcd"), st.sampled_from("abcd"), st.integers(0, 50)), max_size=12))
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_is_merged_everything_sums(tmp_path_factory, steps):
    """Purchases and merges in any order: all points are somebody's, nobody's twice, and every balance is its entries."""
    url = f"sqlite:///{tmp_path_factory.mktemp('merging') / 'central.db'}"
    asyncio.run(_play(url, steps))


async def _play(url, steps):
    async with open_store(url) as store:
        handles = {name: (await store.run(members.add, name, "", 5)).handle for name in "abcd"}
        given_in_all = 0
        for number, (one, two, pieces) in enumerate(steps):
            if pieces:
                await store.run(_give, handles[one], pieces, number)
                given_in_all += pieces
            else:
                await store.run(merging.merge, handles[one], handles[two], CLERK, 9)
                await store.run(merging.finish, 9)
        found = await store.read(audit.check)
        assert found.balances == []
        held = await store.read(_held, handles.values())
        assert sum(held.values()) == given_in_all


def _give(db, handle, pieces, number):
    """So many points for whoever has that card."""
    now, found = standings.now_in(db, 5), rows.current(db, handle, lock=True)
    before = standings.load(db, found)
    after = standing.given(now.program, before, (("point", pieces),), now.day)
    standings.save(db, now, Cause(f"give/{number}", NO_TERMINAL, 5), Change(found, before, after))


def _held(db, handles):
    """What each card's own row has."""
    found = [rows.by_handle(db, handle) for handle in handles]
    return {member: sum(units.values()) for member, units in members.balances_of(db, found).items()}


async def test_the_command(office, url, tmp_path):
    """Says whether it is done; of nobody it is refused; erasing erases what was given with either card."""
    terminal = await office.terminal()
    buys(terminal, HANDLE, 1000)
    buys(terminal, OTHER, 1000)
    await office.deliver()
    config = tmp_path / "central.toml"
    config.write_text(f'state_dir = "{tmp_path}"\ndatabase = "{url}"\n')

    async def ask(*words):
        whole = ["member", "merge", *words, "--reason", "two cards", "--config", str(config), "--json"]
        return await asyncio.to_thread(CliRunner().invoke, group, whole)

    assert json.loads((await ask(OTHER, HANDLE)).stdout) == {"handle": OTHER, "into": HANDLE, "done": True}
    assert (await ask("ee" * 10, HANDLE)).exception.code == "member_unknown"
    assert await office.balances(HANDLE) == {"point": 20, "standing": 20}
