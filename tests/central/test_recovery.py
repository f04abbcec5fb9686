"""After a restore: terminals send what the backup does not have, nothing is granted meanwhile, and no epoch comes twice."""

import pytest

from central import audit, enrol, fence, quarantine, recovery, strangers
from central.clock import now_ms
from central.quarantine import Verdict
from central.store import audit as notes
from central.store import feed, pages
from runtime.errors import Misconfigured, Rejected
from sync import wire
from tests.samples import HANDLE, basket, cafe, member, sold
from tests.terminals import FieldTerminal

YEAR_MS = 365 * 86_400_000


def sells(terminal, *amounts):
    """Sales of a member, each of so many minor units."""
    for amount in amounts:
        terminal.sells(sold(cafe(), member(), basket(amount)))


async def restored(office):
    """This database is an older copy of itself from now on."""
    return await office.store.run(recovery.begin, now_ms(), "office")


async def may_hold(office, terminal, number):
    """Whether a hold is granted; else the refusal's code."""
    answer = await office.hold(terminal, wire.HoldRequest(f"{number:032x}", HANDLE, "point", 1))
    return answer.granted or answer.refusal.code


async def comes_back(office, terminal):
    """It reads the feed of the new life, pushes what is missing, and says where its journal ends."""
    cursor = (await office.feed(terminal, "an old cursor")).cursor
    await office.push(terminal)
    await office.apply()
    await office.feed(terminal, cursor)


@pytest.fixture
async def two(office):
    """Two terminals and a member with points."""
    found = [await office.terminal(), await office.terminal()]
    sells(found[0], 5000)
    await office.deliver(*found)
    return found


async def test_nothing_is_granted_until_every_terminal_is_back(office, two):
    """The last one ends it; a person can see whom it waits for, and when it ended."""
    one, other = two
    assert await may_hold(office, one, 1) is True
    await restored(office)
    for terminal, number in ((one, 2), (other, 3)):
        assert await may_hold(office, terminal, number) == "office_recovering"
        found = await office.store.read(recovery.state)
        assert (found.recovering, terminal.code in {absent.code for absent in found.absent}) == (True, True)
        await comes_back(office, terminal)
    assert await office.store.read(recovery.state) == recovery.Recovery(False, [])
    assert await may_hold(office, one, 4) is True
    assert await may_hold(office, one, 2) == "office_recovering", "a refused id stays refused"
    actions = [note.action for note in await office.store.read(notes.notes, 5)]
    assert actions == ["recovered", "restore"]


async def test_what_was_asked_of_the_life_before_is_granted_to_nobody_in_this_one(office, two):
    """Its terminal may have had an answer that is lost with that life, and will never speak of it again; a copy may come late."""
    one, _ = two
    before = (await office.store.read(feed.office)).incarnation
    now = await restored(office)
    for terminal in two:
        await comes_back(office, terminal)
    for life, granted in ((before, False), (before, False), (now, True)):
        asked = wire.HoldRequest("0e" * 16, HANDLE, "point", 1, incarnation=life)
        assert (await office.hold(one, asked)).granted is granted


async def test_a_terminal_that_has_more_than_head_office_is_not_back(office, two):
    """Its journal must be here to its end; what it says with a cursor of the life before says nothing."""
    one, other = two
    before = (await office.feed(one)).cursor
    await restored(office)
    await comes_back(office, other)
    sells(one, 100)
    await office.feed(one, before)
    cursor = (await office.feed(one)).cursor
    await office.feed(one, cursor)
    assert [absent.code for absent in (await office.store.read(recovery.state)).absent] == [one.code]
    await office.push(one)
    await office.feed(one, cursor)
    assert (await office.store.read(recovery.state)).recovering, "what it has pushed has had no effect yet"
    await office.apply()
    await office.feed(one, before)
    assert (await office.store.read(recovery.state)).recovering
    await office.feed(one, cursor)
    assert not (await office.store.read(recovery.state)).recovering


async def test_a_terminal_of_an_older_release_does_not_say_where_it_ends(office, two):
    """It is not taken to be back."""
    one, other = two
    await restored(office)
    await comes_back(office, other)
    cursor = (await office.feed(one)).cursor
    await office.ask(one, "/v1/feed", wire.FeedRequest(cursor, 0.0, 0, 0, "0.0.9"), wire.FeedPage)
    assert (await office.store.read(recovery.state)).recovering


async def test_a_person_fences_who_does_not_come_back(office, two):
    """Then the others may spend again; what the absent one still sends is kept in quarantine."""
    one, other = two
    await restored(office)
    await comes_back(office, one)
    assert await may_hold(office, one, 1) == "office_recovering"
    assert await office.store.run(fence.fence_by_code, other.code, now_ms(), "burnt", "office")
    assert await may_hold(office, one, 2) is True
    sells(other, 100)
    assert (await office.push(other)).outcome == "quarantined"
    [row] = [row for row in await office.store.read(pages.terminals, now_ms()) if row.code == other.code]
    assert row.trouble == "fenced"
    assert not await office.store.run(fence.fence_by_code, other.code, now_ms(), "again", "office")
    with pytest.raises(Rejected, match="no terminal"):
        await office.store.run(fence.fence_by_code, "nobody", now_ms(), "again", "office")


async def test_an_office_without_terminals_is_recovered_at_once(office):
    """There is nobody to wait for."""
    await restored(office)
    assert not (await office.store.read(recovery.state)).recovering


async def test_no_epoch_is_given_twice(office):
    """Every restore of the same backup gives higher ones than anybody can have had, also of terminals that were enrolled since."""
    place, seen = ("Allenby 12", "Till"), []

    async def epoch_of_a_new_enrolment():
        terminal = FieldTerminal()
        code = (await office.store.run(enrol.new_code, place, "Asia/Jerusalem", now_ms())).code
        terminal.is_now(await office.enrol(terminal, code))
        return terminal.epoch

    seen.append(await epoch_of_a_new_enrolment())
    for at_ms in (now_ms(), now_ms(), now_ms() + YEAR_MS):
        await office.store.run(recovery.begin, at_ms, "office")
        seen += [await epoch_of_a_new_enrolment() for _ in range(3)]
    assert seen == sorted(set(seen))
    assert (seen[0], seen[-1] < 10**9) == (1, True)
    lives = {(await office.store.read(feed.office)).incarnation, await restored(office)}
    assert len(lives) == 2


async def test_a_clock_that_is_behind_begins_no_life(office, two):
    """Its epochs could have been given before."""
    with pytest.raises(Misconfigured, match="clock is behind"):
        await office.store.run(recovery.begin, now_ms() - YEAR_MS, "office")


@pytest.fixture
async def stranger(office):
    """A terminal that was enrolled after the backup was made: its journal, and head office without any of it."""
    unknown = FieldTerminal("feedfacefeedface", 3)
    unknown.record("enrol", unknown.any_id(), cafe_enrol())
    sells(unknown, 700, 800)
    return unknown


def cafe_enrol():
    from loyalty.sale import Enrol

    return Enrol("0.1.0", "Allenby 12")


async def test_an_unknown_terminal_is_refused_by_an_office_that_was_never_restored(office, stranger):
    """Nobody it could have lost."""
    assert (await office.push(stranger)).code == "not_signed"


async def test_an_unknown_terminal_is_kept_until_a_person_knows_it(office, stranger):
    """Acknowledged, kept and without effect; repeats change nothing; admitted, it is the terminal that it was, and is booked."""
    await restored(office)
    for _ in range(2):
        answer = await office.push(stranger, 1, 2)
        assert (answer.outcome, answer.seq, answer.hash) == ("quarantined", 2, stranger.records[1].hash)
    assert (await office.push(stranger)).seq == 3
    assert (await office.feed(stranger)).code == "not_signed"
    await office.apply()
    assert await office.balances(HANDLE) == {}
    [held] = await office.store.read(quarantine.held)
    assert (held.why, held.records, held.name) == ("unknown", 3, f"feedfacefeedface.3@{stranger.public_key[:8]}")
    place = strangers.Place("Allenby 12", "Till 9", "office")
    assert await office.store.run(quarantine.admit, held.name, place, now_ms()) == 3
    await office.apply()
    assert (await office.balances(HANDLE))["point"] == 15
    sells(stranger, 500)
    assert (await office.push(stranger)).outcome == "stored"
    await comes_back(office, stranger)
    assert await may_hold(office, stranger, 1) is True
    found = await office.store.read(audit.check)
    assert (found.balances, found.journals, found.records) == ([], [], 4)
    assert await office.store.read(quarantine.held) == []


async def test_two_who_say_that_they_are_the_same_are_kept_apart(office, stranger):
    """Each under its own key: nobody stands in the way of the right one, and a person compares the keys."""
    await restored(office)
    impostor = FieldTerminal(stranger.code, stranger.epoch)
    sells(impostor, 99_900)
    await office.push(impostor)
    await office.push(stranger)
    bad, good = await office.store.read(quarantine.held)
    assert (bad.records, good.records) == (1, 3)
    await office.store.run(quarantine.admit, good.name, strangers.Place("Allenby 12", "Till 9", "office"), now_ms())
    with pytest.raises(Rejected, match="has a key already"):
        await office.store.run(quarantine.admit, bad.name, strangers.Place("Allenby 12", "Till 8", "office"), now_ms())
    assert await office.store.run(quarantine.reject, bad.name, Verdict("office", "not ours"), now_ms()) == 1
    assert await office.store.read(quarantine.held) == []
    await office.apply()
    assert (await office.balances(HANDLE))["point"] == 15


async def test_a_rejected_stranger_stays_out(office, stranger):
    """What it sends later is not taken any more."""
    await restored(office)
    await office.push(stranger, 1, 2)
    [held] = await office.store.read(quarantine.held)
    await office.store.run(quarantine.reject, held.name, Verdict("office", "not ours"), now_ms())
    assert (await office.push(stranger)).code == "fenced"


async def test_a_stranger_with_a_gap_or_two_histories(office, stranger):
    """A gap is told what is expected; another history stays with it until a person has looked."""
    await restored(office)
    assert (await office.push(stranger, 2)).outcome == "gap"
    await office.push(stranger)
    twin = FieldTerminal(stranger.code, stranger.epoch, stranger.key, stranger.chain, stranger.records[:2])
    sells(twin, 1)
    assert (await office.push(twin)).code == "overload"


async def test_a_stranger_takes_no_other_terminal_s_name(office, stranger, two):
    """A till of that name has a journal of its own."""
    await restored(office)
    await office.push(stranger)
    [held] = await office.store.read(quarantine.held)
    taken = (await office.store.read(pages.terminals, 0))[0]
    with pytest.raises(Rejected, match="another terminal"):
        await office.store.run(quarantine.admit, held.name, strangers.Place(taken.store, taken.name, "office"), now_ms())


async def test_a_later_enrolment_that_was_lost_fences_the_earlier(office, two):
    """The backup knows the terminal, and not that it was enrolled again since: admitted, that one counts."""
    one, _ = two
    await restored(office)
    later = FieldTerminal(one.code, one.epoch + 1)
    sells(later, 700)
    assert (await office.push(later)).outcome == "quarantined"
    [held] = await office.store.read(quarantine.held)
    taken = next(row for row in await office.store.read(pages.terminals, 0) if row.code == one.code)
    await office.store.run(quarantine.admit, held.name, strangers.Place(taken.store, taken.name, "office"), now_ms())
    sells(one, 100)
    assert (await office.push(one)).outcome == "quarantined"
    sells(later, 100)
    assert (await office.push(later)).outcome == "stored"
