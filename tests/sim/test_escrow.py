"""The escrow model in short: nobody overdraws beyond the bound, and whatever breaks that is caught."""

import pytest

from tests.sim import escrow

SEEDS = range(400)


def test_nobody_spends_more_than_the_bound_allows() -> None:
    """Leases are granted, spent, returned, recalled, exposed and released under every fault; the bound holds for every seed."""
    found = escrow.play(SEEDS)
    assert (found.overdrawn, found.worst) == (0, 0)
    assert found.spent > 100  # or nothing was shown


@pytest.mark.parametrize("planted", ["a clock takes leases back", "a return frees all", "fencing frees", "spent is forgotten"])
def test_a_flaw_is_caught(planted: str) -> None:
    """Each of them overdraws somebody beyond the bound within a few hundred days."""
    assert any(escrow.play(range(first, first + 100), planted).overdrawn for first in range(0, 2000, 100))


def test_a_clone_and_a_release_are_what_the_bound_counts() -> None:
    """Some days do overdraw, and every one of those has a copied terminal or something that a person released."""
    over = [town for town in map(escrow.run, range(1500)) if town.office.worst]
    assert over
    assert all(town.copied or town.office.released for town in over)


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
