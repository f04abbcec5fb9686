"""A short run of `make kills`, and that its counting would see what it looks for."""

import dataclasses
import random
from pathlib import Path

import pytest

from tests.real import kills
from tests.real.selling import Booked, Counted, Till, count, settle
from tests.shop import Shop

KILLS = 6


def test_what_was_acknowledged_is_there_once_at_both_ends(tmp_path: Path) -> None:
    """Four tills of two terminals sell and repeat while the daemons are killed at random moments."""
    with kills.open_street(tmp_path) as shops:
        tills = kills.kill_while_they_sell(shops, KILLS, random.Random(2026), pause_s=0.5)
        told = sum(len(till.booked) for till in tills)
        assert told > 4 * KILLS
        assert settle(shops, tills) == Counted(told, 0, 0)
        the_count_sees_what_is_wrong(shops, tills, Counted(told, 0, 0))


def the_count_sees_what_is_wrong(shops: list[Shop], tills: list[Till], right: Counted) -> None:
    """A till that was told of one sale too many, of another amount; and a sale of which no till was told."""
    first, *others = tills
    number, booked = next(iter(first.booked.items()))
    more = dataclasses.replace(first, booked={**first.booked, "0.0-none": Booked("0" * 32, 100, 0)})
    assert count(shops, [more, *others]) == Counted(right.acknowledged + 1, 2, 0)
    other = dataclasses.replace(first, booked={**first.booked, number: booked._replace(paid_minor=booked.paid_minor + 1)})
    assert count(shops, [other, *others]) == Counted(right.acknowledged, 2, 0)
    with pytest.raises(AssertionError, match="no till was ever told"):
        count(shops, others)
