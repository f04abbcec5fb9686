"""What happens now, to every page that listens: a page that does not read is let go."""

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from typing import Any

WAITING_MAX = 64  # events a page may fall behind


@dataclass(frozen=True, slots=True)
class Event:
    """`kind` is scan, booked, link or printer."""

    kind: str
    body: dict[str, Any]


@dataclass
class Events:
    """The pages that listen."""

    _pages: set["asyncio.Queue[Event | None]"] = field(default_factory=set)
    closed: bool = False

    def send(self, event: Event) -> None:
        """Tell everybody."""
        for page in list(self._pages):
            if page.full():
                self._pages.discard(page)
                page.get_nowait()
                page.put_nowait(None)
            else:
                page.put_nowait(event)

    def close(self) -> None:
        """End every stream, so that stopping does not wait for a page that stays open."""
        self.closed = True
        for page in self._pages:
            if page.full():
                page.get_nowait()
            page.put_nowait(None)

    async def stream(self) -> AsyncGenerator[Event, None]:
        """Everything from now on."""
        page: asyncio.Queue[Event | None] = asyncio.Queue(WAITING_MAX)
        if self.closed:
            return
        self._pages.add(page)
        try:
            while (event := await page.get()) is not None:
                yield event
        finally:
            self._pages.discard(page)
