"""Giving leases back: at once when head office wants one, and after a long time without use; and saying again what is promised to
a head office that was restored.
"""

import asyncio

from posd.checkout import Checkout
from posd.store import agreements, leases

TICK_S = 600  # unused leases are counted in days


async def keep(checkout: Checkout, news: asyncio.Event) -> None:
    """Look for ever, whenever there are `news` of head office and every TICK_S; time is counted by the monotonic clock."""
    loop = asyncio.get_running_loop()
    counted_s = int(loop.time())
    while True:
        news.clear()
        elapsed_s = int(loop.time()) - counted_s
        if elapsed_s >= TICK_S or await checkout.store.look(leases.due) or await checkout.store.look(agreements.unsaid):
            counted_s += elapsed_s
            await checkout.return_leases(elapsed_s)
        try:
            async with asyncio.timeout(TICK_S):
                await news.wait()
        except TimeoutError:
            continue
