"""The simulator bites: planted bugs are caught, and all of them still fit the code. `make sim-teeth` looks for every one."""

import pytest

from tests.sim.planted import BUGS, Planted
from tests.sim.teeth import bitten

SOON = {
    "a retry gets an id of its own": "booked",
    "nobody voids what may have been granted": "is open",
    "what is included is counted again": "points of",
    "a second claim counts too": "points, not",
    "a receipt is not told missing": "nobody told of",
    "every hold is granted": "a hold was granted that leaves",
}
"""Some that the first seeds find, and a word of the promise that they break."""


@pytest.mark.parametrize("bug", SOON)
def test_a_planted_bug_is_caught(bug: str) -> None:
    """By the promise that it breaks."""
    bite = bitten(bug, seeds_max=3)
    assert bite.seed is not None
    assert SOON[bug] in " ".join(bite.all)


@pytest.mark.parametrize("bug", BUGS)
def test_every_bug_can_be_planted_and_is_gone_again(bug: str) -> None:
    """What it replaces is there by that name; whoever renames it hears of it here."""
    planted = BUGS[bug]
    with planted.in_place():
        assert planted.patches()


def test_a_patch_that_no_longer_fits_is_no_bite(monkeypatch: pytest.MonkeyPatch) -> None:
    """It breaks something, but no promise: the planted bug itself must be mended."""
    name = "a sale leaves its holds open"
    misfit = Planted(BUGS[name].faults, lambda: {"central.effects._end": lambda: ()})
    monkeypatch.setitem(BUGS, name, misfit)  # type: ignore[misc]
    bite = bitten(name, seeds_max=1)
    assert bite.seed is None
    assert "TypeError" in bite.why


def test_there_are_enough_of_them() -> None:
    """The issue asks for 25."""
    assert len(BUGS) >= 25
