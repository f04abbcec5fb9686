"""Who goes first, who waits, and who is asked to come back."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from central import lanes
from central.lanes import LANES, Lane, Lanes, Overloaded


@pytest.fixture(autouse=True)
def small(monkeypatch):
    """Lanes that are full soon."""
    narrow = {
        "hold": Lane(2, 3, 5.0, 1),
        "push": Lane(2, 3, 0.05, 5),
        "pull": Lane(1, 3, 5.0, 10),
        "snapshot": Lane(1, 1, 5.0, 30),
    }
    monkeypatch.setattr(lanes, "LANES", narrow)


class Crowd:
    """Requests of all lanes, and the order in which they came to work."""

    def __init__(self, places: int) -> None:
        self.lanes = Lanes(places)
        self.worked: list[str] = []
        self.tasks: list[asyncio.Task[None]] = []
        self.done = asyncio.Event()

    async def comes(self, lane: str, name: str = "", *, admitted: bool = False) -> None:
        async def work() -> None:
            async with self.lanes.turn(lane, admitted=admitted):
                self.worked.append(name or lane)
                await self.done.wait()

        self.tasks.append(asyncio.create_task(work()))
        await asyncio.sleep(0)

    async def goes(self) -> list[BaseException | None]:
        self.done.set()
        return await asyncio.gather(*self.tasks, return_exceptions=True)


async def test_the_first_lane_goes_first():
    """However late it came."""
    crowd = Crowd(1)
    await crowd.comes("push", "at work")
    for lane in ("snapshot", "pull", "push", "hold"):
        await crowd.comes(lane)
    await crowd.goes()
    assert crowd.worked == ["at work", "hold", "push", "pull", "snapshot"]


async def test_a_lane_leaves_places_for_the_others():
    """Pulls have one place at once, so two others are free for whoever else comes."""
    crowd = Crowd(3)
    for number in range(3):
        await crowd.comes("pull", f"pull {number}")
    await crowd.comes("push")
    await crowd.comes("hold")
    assert crowd.worked == ["pull 0", "push", "hold"]
    await crowd.goes()
    assert crowd.worked[3:] == ["pull 1", "pull 2"]


async def test_a_full_queue_is_told_at_once_and_when_to_come_back():
    """Its end is its end, but for who was admitted before."""
    crowd = Crowd(1)
    for _ in range(5):
        await crowd.comes("pull")
    await crowd.comes("pull", "admitted", admitted=True)
    found = await crowd.goes()
    assert [type(one) for one in found] == [type(None)] * 4 + [Overloaded, type(None)]
    assert (found[4].retry_after_s, found[4].code) == (10, "overload")


async def test_a_queue_that_does_not_move_is_left():
    """After the longest wait of the lane; the place then goes to the next."""
    crowd = Crowd(1)
    await crowd.comes("hold")
    await crowd.comes("push")
    await asyncio.sleep(0.3)
    await crowd.comes("pull")
    assert [type(one) for one in await crowd.goes()] == [type(None), Overloaded, type(None)]
    assert crowd.worked == ["hold", "pull"]


async def test_who_gives_up_in_the_moment_of_being_called_leaves_the_place_to_the_next():
    """Cancelled just before, or just after, its turn has come."""
    for late in (False, True):
        crowd = Crowd(1)
        for name in ("at work", "leaves", "stays"):
            await crowd.comes("pull", name)
        crowd.done.set()
        if late:
            await asyncio.sleep(0)
        crowd.tasks[1].cancel()
        await crowd.goes()
        assert (crowd.worked[0], crowd.worked[-1]) == ("at work", "stays")
        assert (crowd.lanes._free, crowd.lanes._at_work.total()) == (1, 0)


@given(st.lists(st.tuples(st.sampled_from(sorted(LANES)), st.booleans(), st.integers(0, 3)), max_size=30), st.integers(1, 4))
def test_no_place_is_lost_or_made(comes, places):
    """Whoever is cancelled while waiting, or in the very moment of being called: at the end all places are free again."""

    async def run() -> None:
        crowd = Crowd(places)
        for lane, leaves, pause in comes:
            await crowd.comes(lane, admitted=True)
            assert sum(crowd.lanes._at_work.values()) <= places
            if leaves:
                crowd.tasks[-1 - pause % len(crowd.tasks)].cancel()
            for _ in range(pause):
                await asyncio.sleep(0)
        await crowd.goes()
        assert crowd.lanes._free == places
        assert not any(crowd.lanes._queues.values())
        assert not any(crowd.lanes._at_work.values())

    asyncio.run(run())
