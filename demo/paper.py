"""The printer of the demo: a real listener on TCP 9100's protocol that keeps each receipt as a picture."""

import asyncio
import threading
import time
from pathlib import Path

from demo.shop import Failed, free_port
from drivers.virtual_printer import TcpPort, VirtualPrinter

PRINTED_S = 20.0


class Paper:
    """A virtual printer on a thread of its own; `folder` fills with PNG files."""

    def __init__(self, folder: Path) -> None:
        """Listens when this returns."""
        folder.mkdir(parents=True)
        self.folder = folder
        self.port = free_port()
        ready = threading.Event()
        threading.Thread(target=lambda: asyncio.run(self._listen(ready)), daemon=True).start()
        if not ready.wait(PRINTED_S):
            raise Failed("the printer does not listen")

    def wait_for(self, count: int) -> Path:
        """The newest picture, once there are `count` of them; Failed when they do not come."""
        end = time.monotonic() + PRINTED_S
        while time.monotonic() < end:
            found = sorted(self.folder.glob("*.png"))
            if len(found) >= count:
                return found[-1]
            time.sleep(0.05)
        raise Failed(f"the printer has {len(list(self.folder.glob('*.png')))} receipts, not {count}")

    async def _listen(self, ready: threading.Event) -> None:
        async with VirtualPrinter(TcpPort(self.port), self.folder):
            ready.set()
            await asyncio.Event().wait()
