"""Journals that fork: both histories are kept and booked, each id once; the epoch is over, and a person is told."""

from dataclasses import replace

import pytest

from central import audit, enrol, quarantine
from central.clock import now_ms
from central.quarantine import Verdict
from central.store import audit as notes
from central.store import pages, records
from runtime.errors import Rejected
from sync import wire
from tests.samples import HANDLE, basket, cafe, member, sold
from tests.terminals import FieldTerminal

BY = Verdict("office", "looked at it")


def twin_of(terminal, upto):
    """A copy of its disk, made when the journal had `upto` records."""
    return FieldTerminal(terminal.code, terminal.epoch, terminal.key, terminal.chain, terminal.records[:upto])


def sells(terminal, *amounts):
    """Sales of a member, each of so many minor units."""
    for amount in amounts:
        terminal.sells(sold(cafe(), member(), basket(amount)))


@pytest.fixture
async def forked(office):
    """A terminal with an Enrol record and three sales, all stored; and a copy from before the last two."""
    terminal = await office.terminal()
    sells(terminal, 100, 200, 300)
    await office.deliver(terminal)
    return terminal, twin_of(terminal, 2)


async def states(office):
    """Of each record, whether it had its effect."""
    return {row.id: row.state for row in await office.store.read(records.newest, 1000)}


@pytest.mark.parametrize("length", [1, 2, 3])
async def test_both_histories_are_stored_and_booked(office, forked, length):
    """Whether the second is shorter, as long or longer: it is acknowledged, and the member has the points of both."""
    _terminal, twin = forked
    sells(twin, *range(1000, 1000 + 100 * length, 100))
    answer = await office.push(twin, 2)
    assert (answer.outcome, answer.seq, answer.hash) == ("fork", len(twin.records), twin.head.hash)
    await office.apply()
    own, others = sum((100, 200, 300)), sum(range(1000, 1000 + 100 * length, 100))
    assert (await office.balances(HANDLE))["point"] == (own + others) // 100
    found = await office.store.read(audit.check)
    assert (found.balances, found.journals, found.records) == ([], [], 4 + length)


async def test_a_sale_that_both_copies_have_counts_once(office, forked):
    """The till sent it to both, before and after the copy: one id, one effect."""
    terminal, twin = forked
    await office.apply()
    before = (await office.balances(HANDLE))["point"]
    sale = sold(cafe(), member(), basket(700))
    terminal.sells(sale, "the same key")
    twin.sells(sale, "the same key")
    assert terminal.records[-1].id == twin.records[-1].id
    assert (await office.push(terminal)).outcome == "stored"
    assert (await office.push(twin)).outcome == "fork"
    await office.apply()
    assert (await office.balances(HANDLE))["point"] == before + 7
    states = [row.state for row in await office.store.read(records.newest, 1000) if row.id == twin.records[-1].id]
    assert sorted(states) == ["applied", "repeated"]


async def test_a_repeated_branch_has_no_effect(office, forked):
    """The answer was lost: the same again is acknowledged again, and stored once."""
    _, twin = forked
    sells(twin, 1000, 1100)
    first = await office.push(twin, 2)
    again = await office.push(twin, 2)
    assert (again.outcome, again.seq, again.hash) == (first.outcome, first.seq, first.hash)
    assert (await office.store.read(audit.check)).records == 6


async def test_the_epoch_is_over_for_both(office, forked):
    """Neither may hold or read any more; what was held stays out of reach; the page and the audit log tell a person."""
    terminal, twin = forked
    await office.apply()
    assert (await office.hold(terminal, wire.HoldRequest("1" * 32, HANDLE, "point", 2))).granted
    left = (await office.balances(HANDLE))["point"]
    sells(twin, 1000)
    await office.push(twin, 2)
    await office.apply()
    for copy in (terminal, twin):
        assert (await office.hold(copy, wire.HoldRequest("2" * 32, HANDLE, "point", 1))).code == "fenced"
        assert (await office.feed(copy)).code == "fenced"
    assert (await office.balances(HANDLE))["point"] == left + 10
    [row] = await office.store.read(pages.terminals, now_ms())
    assert row.trouble == "forked"
    [note] = await office.store.read(notes.notes, 10, terminal.code)
    assert (note.action, note.reason) == ("fence", "its journal forked after record 2")


async def test_a_hold_of_a_fenced_terminal_is_ended_by_its_own_record(office, forked):
    """What was reserved before the fence was promised: a Void of it gives it back."""
    terminal, twin = forked
    request = wire.HoldRequest("1" * 32, HANDLE, "point", 2)
    await office.apply()
    before = (await office.balances(HANDLE))["point"]
    assert (await office.hold(terminal, request)).granted
    from loyalty.agreement import Hold

    terminal.voids(HANDLE, Hold(request.id, "point", 2))
    await office.push(terminal)
    sells(twin, 1000)
    await office.push(twin)
    await office.apply()
    assert (await office.balances(HANDLE))["point"] == before + 10


async def test_what_comes_later_waits_for_a_person(office, forked):
    """From then on both lines go on into quarantine, acknowledged; accepted, they have their effect; rejected, never."""
    terminal, twin = forked
    sells(twin, 1000)
    await office.push(twin, 2)
    sells(twin, 500)
    sells(terminal, 700)
    for copy in (twin, terminal):
        answer = await office.push(copy)
        assert (answer.outcome, answer.seq, answer.hash) == ("fork", copy.head.seq, copy.head.hash)
    await office.apply()
    assert (await office.balances(HANDLE))["point"] == 16
    main, branch = await office.store.read(quarantine.held)
    assert {(main.why, main.records), (branch.why, branch.records)} == {("forked", 1)}
    name = f"{terminal.code}.{terminal.epoch}"
    assert {main.name, branch.name} == {name, f"{name}+1"}
    assert await office.store.run(quarantine.accept, f"{name}+1", BY, now_ms()) == 1
    assert await office.store.run(quarantine.reject, name, BY, now_ms()) == 1
    await office.apply()
    assert (await office.balances(HANDLE))["point"] == 21
    assert await office.store.read(quarantine.held) == []
    assert (await states(office))[terminal.records[-1].id] == "rejected"
    assert {note.action for note in await office.store.read(notes.notes, 10, f"{name}+1")} == {"accept"}
    with pytest.raises(Rejected, match="nothing is in quarantine"):
        await office.store.run(quarantine.accept, name, BY, now_ms())


async def test_a_third_copy_is_another_branch(office, forked):
    """Also where it left the second and not the first."""
    _terminal, twin = forked
    sells(twin, 1000, 1100)
    await office.push(twin, 2)
    third = twin_of(twin, 3)
    sells(third, 5000)
    assert (await office.push(third, 3)).seq == 4
    found = await office.store.read(records.chains)
    assert sorted((one.base_seq, one.seq) for one in found) == [(0, 4), (2, 4), (3, 4)]
    assert (await office.store.read(audit.check)).journals == []


async def test_a_copy_beyond_the_bound_is_refused(office, forked, monkeypatch):
    """A limit on everything: its records stay with it, and somebody has been told long before."""
    monkeypatch.setattr("central.ingest.BRANCHES_MAX", 2)
    terminal, _ = forked
    answers = []
    for amount in (1000, 1100, 1200):
        twin = twin_of(terminal, 2)
        sells(twin, amount)
        answers.append(await office.push(twin, 2))
    assert [one.outcome for one in answers[:2]] == ["fork", "fork"]
    assert (answers[2].code, "forked 2 times" in answers[2].message) == ("fenced", True)


async def test_a_stale_epoch_goes_on_being_stored(office):
    """Enrolled anew, a terminal's old disk still delivers: acknowledged, in quarantine, booked once a person says so."""
    place = ("Allenby 12", "Till again")
    first, second = FieldTerminal(), FieldTerminal()
    for one in (first, second):
        one.is_now(await office.enrol(one, (await office.store.run(enrol.new_code, place, "Asia/Jerusalem", now_ms())).code))
    assert (second.code, second.epoch) == (first.code, 2)
    sells(first, 300)
    answer = await office.push(first)
    assert (answer.outcome, answer.seq, answer.hash) == ("quarantined", 2, first.head.hash)
    assert (await office.push(second)).outcome == "stored"
    assert (await office.feed(first)).code == "fenced"
    await office.apply()
    assert await office.balances(HANDLE) == {}
    [held] = await office.store.read(quarantine.held)
    assert (held.why, held.terminal, held.records) == ("fenced", "Till again", 2)
    await office.store.run(quarantine.accept, held.name, BY, now_ms())
    await office.apply()
    assert (await office.balances(HANDLE))["point"] == 3
    assert (await office.push(first)).outcome == "quarantined"


async def test_a_fork_of_a_stale_epoch_waits_whole(office, forked):
    """Nothing of a copy counts by itself once the terminal was enrolled anew."""
    _terminal, twin = forked
    place = await office.store.read(lambda db: pages.terminals(db, 0)[0].name)
    again = FieldTerminal()
    code = (await office.store.run(enrol.new_code, ("Allenby 12", place), "Asia/Jerusalem", now_ms())).code
    again.is_now(await office.enrol(again, code))
    sells(twin, 1000)
    assert (await office.push(twin, 2)).outcome == "fork"
    await office.apply()
    assert (await office.balances(HANDLE))["point"] == 6
    assert [one.records for one in await office.store.read(quarantine.held)] == [1]


async def test_an_altered_id_on_a_branch_is_a_dead_letter(office, forked):
    """The same id with other content: the first effect stays, and somebody is told."""
    terminal, twin = forked
    sale = sold(cafe(), member(), basket(9900))
    twin.record("sale", terminal.records[-1].id, replace(sale, fingerprint="e" * 64))
    await office.push(twin, 2)
    await office.apply()
    assert [letter.reason[:21] for letter in await office.store.read(pages.letters, 5)] == ["same_id_other_content"]
    assert (await office.balances(HANDLE))["point"] == 6
