"""A short run of `make kills`, and that its counting would see what it looks for."""

import dataclasses
import random
from pathlib import Path

import pytest

from tests.real import kills, selling
from tests.real.selling import Booked, Counted, Till
from tests.shop import open_shop

KILLS = 8


def test_what_was_acknowledged_is_there_once_at_both_ends(tmp_path: Path) -> None:
    """Four tills of two terminals sell and repeat while the daemons are killed at random, and head office once."""
    counted = kills.run(tmp_path, KILLS, 2026, pause_s=0.5)
    assert counted == Counted(counted.acknowledged, 0, 0)
    assert counted.acknowledged > 20


def test_a_sale_that_is_missing_or_other_than_told_is_counted(tmp_path: Path) -> None:
    """A till that was told of one sale too many, and of another amount; and a sale of which no till was told."""
    with open_shop(tmp_path) as shop:
        till = Till(shop, "1", {shop.member("חבר"): 0}, random.Random(1))
        told = [till.sell() for _ in range(3)]
        assert selling.settle([shop], [till]) == Counted(3, 0, 0)
        till.booked["1-1"] = told[1]._replace(paid_minor=told[1].paid_minor + 1)
        till.booked["1-9"], till.code_of["1-9"] = Booked("0" * 32, 100, 0), ""
        assert selling.settle([shop], [till]) == Counted(4, 4, 0)
        forgetful = dataclasses.replace(till, booked={"1-0": told[0]}, codes={})
        with pytest.raises(AssertionError, match="no till was ever told"):
            selling.settle([shop], [forgetful])
