"""A short run of the simulator: small days, each with its faults, and the promises after each."""

import asyncio
import random

import pytest

from tests.sim.faults import CALM, Faults, drawn
from tests.sim.marks import MARKS, Marks
from tests.sim.process import Process
from tests.sim.timeless import Stuck, play
from tests.sim.world import run

SALES = 20


@pytest.mark.parametrize("seed", range(6))
def test_a_small_day_keeps_every_promise(seed: int) -> None:
    """Whatever its faults are; `make sim` plays whole days."""
    ended = run(seed, sales=SALES)
    assert not ended.violations, f"make sim FIRST={seed} SEEDS=1 SALES={SALES}: {ended.violations[0]}"
    assert ended.sales >= SALES // 2


def test_the_same_seed_is_the_same_story() -> None:
    """To the last line of it; and another seed is another."""
    first, again, other = run(3, sales=SALES), run(3, sales=SALES), run(4, sales=SALES)
    assert first.trace == again.trace != other.trace
    assert first.marks == again.marks


def test_a_calm_day_loses_nothing_and_repeats_nothing() -> None:
    """Without faults no path of trouble is ever taken: what the marks count is real."""
    ended = run(1, CALM, SALES)
    assert not ended.violations
    for name in ("reply lost", "hold unanswered", "terminal died after commit", "office died before apply", "disk full"):
        assert not ended.marks[name]


def test_each_seed_has_faults_of_its_own() -> None:
    """Some have none of a kind at all, so that each kind also meets alone."""
    days = [drawn(random.Random(seed)) for seed in range(200)]
    for name in Faults.__dataclass_fields__:
        rates = [getattr(day, name) for day in days]
        assert 0.0 in rates, name
        assert len(set(rates)) > 20, name


def test_time_jumps_and_nobody_waits() -> None:
    """A year of sleep takes no time; what is due first comes first."""
    told: list[tuple[float, str]] = []

    async def sleeper(name: str, seconds: float) -> None:
        await asyncio.sleep(seconds)
        told.append((asyncio.get_running_loop().time(), name))

    async def both() -> None:
        await asyncio.gather(sleeper("late", 365 * 86_400.0), sleeper("soon", 1.5))

    play(both())
    assert told == [(1.5, "soon"), (365 * 86_400.0, "late")]


def test_a_wait_for_nothing_is_told() -> None:
    """Where a real loop would hang for ever."""
    with pytest.raises(Stuck):
        play(asyncio.Event().wait())


def test_a_process_that_is_killed_goes_no_further_than_its_next_await() -> None:
    """All of its tasks, those too that are begun after; and it tells once how it ended."""
    told: list[str] = []

    async def story() -> None:
        process = Process(told.append)

        async def work(name: str) -> None:
            await asyncio.sleep(1)
            told.append(name)
            await process.dies("plug")
            told.append("a ghost")

        process.spawn(work("first"))
        process.spawn(work("second"))
        await asyncio.sleep(2)
        process.spawn(work("after"))
        process.kill("again")
        await asyncio.sleep(2)
        assert not process.busy

    play(story())
    assert told == ["first", "plug"]


def test_a_mark_that_nobody_declared_is_a_mistake() -> None:
    """A misspelled one would never be missed; and all that were not reached are named."""
    marks = Marks()
    with pytest.raises(AssertionError):
        marks.sometimes("reply lsot")
    assert not marks.sometimes("reply lost", when=False)
    assert marks.sometimes("reply lost")
    assert marks.never() == [name for name in MARKS if name != "reply lost"]
    assert "reply lost" in marks.table()
