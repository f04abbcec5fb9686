"""Reading scanners in tests, with a guard against hanging."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import suppress
from pathlib import Path

from drivers.ports import Scan

HANG_S = 20.0


async def following(scans: AsyncGenerator[Scan, None]) -> Scan:
    """The next scan."""
    return await asyncio.wait_for(anext(scans), HANG_S)


async def none_within(scans: AsyncGenerator[Scan, None], seconds: float) -> bool:
    """Whether nothing more comes for so long. Ends the iteration."""
    try:
        await asyncio.wait_for(anext(scans), seconds)
    except TimeoutError:
        return True
    return False


async def until(holds: Callable[[], bool]) -> None:
    """Wait until `holds`."""
    async with asyncio.timeout(HANG_S):
        while not holds():
            await asyncio.sleep(0.01)


def open_paths() -> list[str]:
    """What this process has open."""
    links = []
    for descriptor in Path("/proc/self/fd").iterdir():
        with suppress(OSError):  # the one that lists them is closed by now
            links.append(str(descriptor.readlink()))
    return links
