"""The escrow model in short: nobody overdraws beyond the bound, and whatever breaks that is caught."""

from dataclasses import replace

import pytest

from loyalty.agreement import Hold
from loyalty.leases import Lease, Purse
from loyalty.ledger import available, leased
from tests.samples import HANDLE
from tests.sim import escrow
from tests.sim.escrow_office import Chain, Kept

SEEDS = range(400)


def test_nobody_spends_more_than_the_bound_allows() -> None:
    """Leases are granted, spent, returned, recalled, exposed and released under every fault; the bound holds for every seed."""
    found = escrow.play(SEEDS)
    assert (found.overdrawn, found.worst) == (0, 0)
    assert found.spent > 100  # or nothing was shown


@pytest.mark.parametrize("planted", escrow.FLAWS)
def test_a_flaw_is_caught(planted: str) -> None:
    """Each of them overdraws somebody beyond the bound within a few hundred days."""
    assert any(escrow.play(range(first, first + 50), planted).overdrawn for first in range(0, 1000, 50))


@pytest.mark.parametrize("weather", [name for name, weather in escrow.FLAWS.items() if weather])
def test_in_the_same_weather_the_real_code_keeps_to_the_bound(weather: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What shows the flaw is the flaw."""
    monkeypatch.setitem(escrow.FLAWS, "", escrow.FLAWS[weather])
    assert escrow.play(range(150)).overdrawn == 0


def test_a_fork_adds_what_both_copies_may_spend_and_no_more() -> None:
    """Its lease at the most that was at stake, and what it had reserved online when the disk was copied; each copy once."""
    town = escrow.Town(0)
    office, till = town.office, escrow.Till(Chain(0))
    office.here = replace(office.here, accounts={(leased("l"), "point"): {"": 100}, (available(HANDLE), "point"): {"": 500}})
    office.leases["l"] = Kept(Lease("l", {"point": 100}), till.chain, 0, peak=100)
    for name, pieces in (("before", 40), ("copied", 70), ("after", 200)):
        office.now += 1
        assert office.hold(till.chain, Hold(name, "point", pieces), 0)
        if name == "before":
            town._void(till, Hold(name, "point", pieces))
        if name == "copied":
            office.now += 1
            copies = [replace(till, journal=list(till.journal), open=[]) for _ in range(2)]
            town.earns(till)
            office.push(till.chain, till.journal)
    for number, copy in enumerate(copies, 1):
        town.earns(copy)
        office.push(copy.chain, copy.journal)
        office.push(copy.chain, copy.journal)
        assert office.copied == number * (100 + 70)
    town.earns(till)
    office.push(till.chain, till.journal)
    assert office.bound() == 2 * (100 + 70)


@pytest.mark.parametrize(("planted", "overdrawn"), [("", 0), ("a hold overtakes a void", 30)])
def test_a_hold_waits_for_the_void_that_filled_the_lease(planted: str, overdrawn: int) -> None:
    """Seed 28127 found it: what a Void gives back to a lease is there once it is booked, and until then it is a sale's."""
    town = escrow.Town(0, planted)
    town.rates = escrow.Rates(0, 0, 0, 1, 0, 0)
    office, till = town.office, town.tills[0]
    free = (available(HANDLE), "point")
    office.here = replace(office.here, accounts={(leased("l"), "point"): {"": 100}, free: {"": 30}})
    office.leases["l"] = Kept(Lease("l", {"point": 100}), till.chain, 0, peak=100)
    till.slots["l"] = escrow.Slot(Purse(100))
    sale = town._draw(till, Hold("a", "point", 30))
    given_up = town._draw(till, Hold("b", "point", 100))
    assert office.hold(till.chain, given_up, 0)
    town._append(till, replace(escrow.TEMPLATE, accruals=(), redemptions=(escrow._moved(30),), holds=(sale,)))
    town._void(till, given_up)
    again = town._draw(till, Hold("c", "point", 30))
    office.hold(till.chain, again, till.slots["l"].void_seq)
    office.push(till.chain, till.journal)
    assert office.worst == overdrawn


def test_a_clone_and_a_release_are_what_the_bound_counts() -> None:
    """Some days do overdraw, and every one of those has a copied terminal or something that a person released."""
    over = [town for town in map(escrow.run, range(500)) if town.office.worst]
    assert over
    assert all(town.copies or town.office.released for town in over)


def test_every_fault_is_met() -> None:
    """Some of a few hundred days have copies, forks, releases and restores."""
    towns = [escrow.run(seed) for seed in range(300)]
    assert all(any(met(town) for town in towns) for met in (
        lambda town: town.copies, lambda town: town.office.copied, lambda town: town.office.released, lambda town: town.office.life
    ))  # fmt: skip


def test_a_seed_is_one_story() -> None:
    """The same seed ends with the same balances, entry for entry."""
    assert escrow.run(7).office.here == escrow.run(7).office.here
    assert escrow.run(7).office.here != escrow.run(8).office.here


def test_the_run_says_what_it_found(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """One line that a person can compare, and an exit status."""
    for name, value in (("SEEDS", "20"), ("FIRST", "0"), ("PROCESSES", "1")):
        monkeypatch.setenv(name, value)
    assert escrow.main() == 0
    assert capsys.readouterr().out.startswith("seeds 20 spent from leases ")
