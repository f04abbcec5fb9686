"""What the routes work with."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from drivers.ports import Display, Scanner, Sighted
from posd import keys, quoting
from posd.checkout import Checkout
from posd.displaying import Displaying
from posd.events import Events
from posd.layout import in_use
from posd.printing import Watched
from posd.scanning import Scanning
from posd.settings import Settings
from posd.store import agreements, joining, journal, leases, members, pages, print_jobs
from posd.version import VERSION


@dataclass
class Parts:
    """One running posd. `paper` wakes the printing, `news` the giving back of leases; `enrol` takes a one-time code."""

    settings: Settings
    checkout: Checkout
    events: Events
    scanning: Scanning
    scanners: tuple[Scanner, ...] = ()
    displaying: Displaying | None = None
    display: Display | None = None
    paper: asyncio.Event = field(default_factory=asyncio.Event)
    news: asyncio.Event = field(default_factory=asyncio.Event)
    printer: Watched | None = None
    lost: Callable[[], None] = lambda: None

    async def status(self) -> dict[str, Any]:
        """Everything a person wants to know at a glance; the same for the page, `posd status` and a monitor."""
        store, link = self.checkout.store, self.checkout.link
        me = await store.look(journal.identity)
        queued, since_ms = await store.look(journal.queued)
        push = await store.look(journal.push_state)
        pull = await store.look(journal.pull_state)
        waiting = await store.look(agreements.still_open)
        program = await self.checkout.program()
        receipts = await asyncio.to_thread(in_use, await store.look(pages.layout))
        unreadable = await store.look(quoting.program_unreadable, self.checkout.now().wall_ms)
        return {
            "version": VERSION,
            "enrolled": bool(me.terminal),
            "terminal": me.terminal,
            "key": keys.fingerprint(self.settings.state_path) if me.terminal else "",
            "name": me.name,
            "store": me.store,
            "online": link.online,
            "trouble": push.trouble or link.trouble or ("program_unreadable" if unreadable else ""),
            "last_contact_ms": link.last_contact_ms,
            "clock_offset_ms": link.clock_offset_ms,
            "clock_in_doubt": self.checkout.clock_in_doubt,
            "queued_records": queued,
            "queued_since_ms": since_ms,
            "acknowledged_seq": push.seq,
            "caught_up": pull.caught_up,
            "members": await store.look(members.count),
            "program": {"code": program.code, "version": program.version} if program.version else None,
            "disk": store.condition.troubles(),
            "open_agreements": len(waiting),
            "blank_codes": await store.look(joining.left),
            "consent": self.settings.consent,
            "leases": (await store.look(leases.told))._asdict(),
            "printing": self.settings.printing,
            "layout": {"name": receipts.layout.name, "version": receipts.layout.version, "trouble": receipts.trouble},
            "prints": await store.look(print_jobs.counts),
            "printer": self.printer.told() if self.printer else None,
            "scanners": [_told(scanner) for scanner in self.scanners],
            "display": {"name": self.display.name, "lag_s": round(self.display.lag_s(), 1)} if self.display else None,
        }


def _told(scanner: Scanner) -> dict[str, Any]:
    trouble = scanner.trouble() if isinstance(scanner, Sighted) else ""
    return {"name": scanner.name, "lag_s": round(scanner.lag_s(), 1), "trouble": trouble}
