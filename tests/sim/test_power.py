"""A short run of the power cuts, and the proof that it would notice: with less durability the same run loses sales."""

import os

import pytest

from posd.store.opening import PRAGMAS
from tests.sim import power

SEEDS = int(os.environ.get("POWER_SEEDS", "150"))
NORMAL = tuple(pragma.replace("synchronous=FULL", "synchronous=NORMAL") for pragma in PRAGMAS)


@pytest.mark.parametrize("part", range(2))
def test_no_acknowledged_row_is_lost_to_a_power_cut(part: int) -> None:
    """Some hundred cuts at any write and any sync, while selling and while starting again."""
    runs = [power.play(seed) for seed in range(part, SEEDS, 2)]
    assert [run.lost for run in runs if run.lost] == []
    assert sum(run.cuts for run in runs) > SEEDS
    assert sum(run.acknowledged for run in runs) > 5 * SEEDS


def test_the_same_run_loses_sales_where_a_commit_is_not_synced() -> None:
    """synchronous=NORMAL is consistent, and not durable: some seeds lose acknowledged sales."""
    assert NORMAL != PRAGMAS
    runs = [power.play(seed, NORMAL) for seed in range(12)]
    assert any(lost.startswith("sale") for run in runs for lost in run.lost)


def test_the_same_run_loses_sales_where_the_folder_is_not_synced() -> None:
    """Without fsync of the directory the names of new files go with the power, and what is in them."""
    runs = [power.play(seed, syncs_folder=False) for seed in range(100)]
    assert any(run.lost for run in runs)


def test_a_seed_is_a_whole_story() -> None:
    """What is printed as the seed of a loss is enough to see it again."""
    assert power.play(7) == power.play(7)
    assert power.play(3, NORMAL) == power.play(3, NORMAL)
