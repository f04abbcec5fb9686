"""What goes wrong by itself: each nemesis is a function of a table, waits for its hours and strikes, until the world heals."""

import asyncio
import contextlib
import random
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from central import claims, members, merging, people, programs
from central.store.audit import Clerk
from runtime.errors import Rejected
from tests.sim.faults import HOUR_S, MINUTE_S
from tests.sim.rules import parsed, program
from tests.sim.town import MORNING_MS, SIGNER

HOUR_MS = 3600 * 1000
YEAR_MS = 365 * 24 * HOUR_MS
FULL_ROOM_BYTES = 20_000
WHO = ("clerk", "they called")


async def terminal_crash(world: Any, chance: random.Random) -> None:
    """Somebody kills posd, or trips over the cable."""
    chance.choice(world.terminals).crash(chance.choice(("kill", "cut")))


async def office_crash(world: Any, chance: random.Random) -> None:
    """Head office's process dies between any two awaits."""
    world.office.crash()


async def partition(world: Any, chance: random.Random) -> None:
    """Some shops lose their line for minutes or hours."""
    cut_off = world.network.cut_off
    names = [one.name for one in world.terminals if chance.random() < 0.5]
    for_s = chance.random() ** 2 * 4 * HOUR_S
    world.marks.sometimes("terminal offline for hours", when=bool(names) and for_s > HOUR_S)
    cut_off |= dict.fromkeys(names)
    await asyncio.sleep(for_s)
    for name in names:
        cut_off.pop(name, None)


async def swizzle(world: Any, chance: random.Random) -> None:
    """Lines go one by one, and come back one by one in another order."""
    cut_off = world.network.cut_off
    names = [one.name for one in world.terminals if chance.random() < 0.7]
    chance.shuffle(names)
    for name in names:
        cut_off[name] = None
        await asyncio.sleep(chance.uniform(0, 5 * MINUTE_S))
    chance.shuffle(names)
    for name in names:
        cut_off.pop(name, None)
        await asyncio.sleep(chance.uniform(0, 5 * MINUTE_S))


async def clock_jump(world: Any, chance: random.Random) -> None:
    """A terminal's clock is set to something else, up to ten years off, or has lost its battery."""
    terminal = chance.choice(world.terminals)
    small, large = chance.randint(-HOUR_MS, HOUR_MS), chance.randint(-10 * YEAR_MS, 10 * YEAR_MS)
    terminal.skew_ms = chance.choice((0, small, large, large, -world.now_ms()))
    world.marks.sometimes("clock wrong", when=abs(terminal.skew_ms) > YEAR_MS)


async def disk_full(world: Any, chance: random.Random) -> None:
    """A log file of somebody else's eats the rest of the disk; later somebody notices."""
    disk = chance.choice(world.terminals).disk
    disk.bytes_max = disk.used_bytes + chance.randrange(FULL_ROOM_BYTES)
    await asyncio.sleep(chance.random() ** 2 * HOUR_S)
    disk.bytes_max = 1 << 40


async def program_change(world: Any, chance: random.Random) -> None:
    """Head office publishes the next version, in force at once or within the hour."""
    town = world.town
    version = town.version + 1
    now_ms = world.now_ms()
    effective_ms = now_ms + chance.choice((0, 0, chance.randrange(HOUR_MS)))
    queued = any(terminal.up and terminal.behind() for terminal in world.terminals)
    world.marks.sometimes("program changed between sale and apply", when=queued and effective_ms == now_ms)
    world.office.write(programs.publish, parsed(version), program(version), now_ms, effective_ms)
    town.version = version
    world.office.news.tell()


async def new_card(world: Any, chance: random.Random) -> None:
    """A member has lost the card; whoever found it, or the member, still uses the old one now and then."""
    town = world.town
    handle = chance.choice(town.handles)
    member = world.office.write(members.new_card, handle)
    town.codes.append(members.card(member, SIGNER, MORNING_MS // 1000 - 1000).text)
    world.office.news.tell()


async def backup(world: Any, chance: random.Random) -> None:
    """Head office makes a backup."""
    world.office.back_up()


async def restore(world: Any, chance: random.Random) -> None:
    """Head office's disk has died; the last backup comes back, or the one before."""
    if world.office.backups:
        world.office.restore(chance.choice(world.office.backups[-2:]))


async def rollback(world: Any, chance: random.Random) -> None:
    """Somebody plays an image of a terminal's disk back that is minutes or hours old."""
    terminal = chance.choice(world.terminals)
    then = terminal.image()
    await asyncio.sleep(chance.random() ** 2 * 4 * HOUR_S)
    if then:
        terminal.roll_back(then)
        world.marks.sometimes("terminal rolled back")


async def clone(world: Any, chance: random.Random) -> None:
    """Somebody copies a terminal's disk into another machine, which is switched on beside it."""
    terminal = chance.choice(world.terminals)
    if then := terminal.image():
        world.marks.sometimes("terminal cloned")
        world.opens(terminal.copied(len(world.terminals), then))


async def clerk(world: Any, chance: random.Random) -> None:
    """Somebody at head office claims a purchase for a member who has called, merges two cards, or erases what a member gave."""
    chance.choice((_clerk_claims, _clerk_merges, _clerk_erases))(world, chance)
    world.office.news.tell()


def _clerk_claims(world: Any, chance: random.Random) -> None:
    if sold := [one for one in world.oracle.sold if one.booked and not one.sale.member][-12:]:
        _clerk_tries(world, claims.claim_by_clerk, _somebody(world, chance), chance.choice(sold).booked.id, Clerk(*WHO))


def _clerk_merges(world: Any, chance: random.Random) -> None:
    _clerk_tries(world, merging.merge, _somebody(world, chance), _somebody(world, chance), Clerk(*WHO))


def _clerk_erases(world: Any, chance: random.Random) -> None:
    handle = chance.choice(world.town.joined) if world.town.joined else _somebody(world, chance)
    _clerk_tries(world, people.erase, handle, Clerk(*WHO))


def _clerk_tries(world: Any, what: Callable[..., Any], *given: Any) -> None:
    """It may be too late, or head office may not have heard yet."""
    with contextlib.suppress(Rejected):
        world.office.write(what, *given, world.now_ms())
        world.marks.sometimes(f"clerk: {what.__name__}")


def _somebody(world: Any, chance: random.Random) -> str:
    return chance.choice((*world.town.handles, *world.town.joined))


Nemesis = Callable[[Any, random.Random], Awaitable[None]]
NEMESES: Mapping[str, Nemesis] = {
    "terminal_crash": terminal_crash,
    "office_crash": office_crash,
    "partition": partition,
    "swizzle": swizzle,
    "clock_jump": clock_jump,
    "disk_full": disk_full,
    "program_change": program_change,
    "new_card": new_card,
    "backup": backup,
    "restore": restore,
    "rollback": rollback,
    "clone": clone,
    "clerk": clerk,
}
"""By the field of Faults that says how often in an hour."""


async def haunt(world: Any, name: str) -> None:
    """Strike at random times, as often as the seed's faults say."""
    chance, per_hour = world.stream(name), getattr(world.faults, name)
    while per_hour:
        await asyncio.sleep(chance.expovariate(per_hour) * HOUR_S)
        world.note(name, "strikes")
        await NEMESES[name](world, chance)
