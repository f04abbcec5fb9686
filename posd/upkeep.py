"""What the terminal does for its own disk while nobody looks: checks it, keeps room on it, deletes what it need not keep."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import structlog

from posd.clock import wall_ms
from posd.store import checking, journal, pruning, snapshots
from posd.store.checking import Checked, Flaw
from posd.store.database import Store, look_at
from posd.store.writer import damaged

ROUND_S = 60.0  # whoever makes room on a full disk need not wait for it
ROUNDS_A_DAY = 24 * 60
BREATH_S = 0.01  # between two slices of a check: sales come first

log = structlog.get_logger()


@dataclass
class Upkeep:
    """Of the `store` whose database is in `state_dir`. `changed` is called when its condition has; `checked` is set once nothing of
    the last stop is in question any more.
    """

    store: Store
    state_dir: Path
    changed: Callable[[], None] = lambda: None
    checked: asyncio.Event = field(default_factory=asyncio.Event)

    async def run(self) -> None:
        """For ever. A database that is found damaged ends the store: the next start sets it aside."""
        if self.store.condition.unchecked:
            await self.check()
        self.checked.set()
        rounds = 0
        while True:
            await asyncio.sleep(ROUND_S)
            rounds += 1
            await self.sweep()
            if self.store.condition.full:
                await self.store.make_ballast()
                self.changed()
            if rounds % ROUNDS_A_DAY == 0:
                self._judge(await asyncio.to_thread(self._pages, quick=True))
                await self.prune()

    async def check(self) -> None:
        """Everything: each page of the file, each record of the journal. What is wrong ends the store; else it may spend again."""
        flaw = await asyncio.to_thread(self._pages) or await self._chain()
        self._judge(flaw)
        if flaw is None and self.store.condition.unchecked:
            self.store.condition.unchecked = False
            log.info("journal checked after an unclean stop")
            self.changed()

    async def prune(self) -> int:
        """Delete what head office has in a backup and nobody needs here; how many records."""
        pruned = 0
        while some := await self.store.run(pruning.prune, wall_ms()):
            pruned += some
            await asyncio.sleep(BREATH_S)
        if pruned:
            log.info("journal pruned", records=pruned)
        return pruned

    async def sweep(self) -> int:
        """Delete the members of before the last snapshot; how many rows."""
        swept = 0
        while some := await self.store.run(snapshots.sweep):
            swept += some
            await asyncio.sleep(BREATH_S)
        return swept

    async def _chain(self) -> Flaw | None:
        checked = Checked(await self.store.look(journal.anchor), more=True)
        while checked.more:
            checked = await self.store.look(checking.some, checked.head)
            await asyncio.sleep(BREATH_S)
        return checked.flaw

    def _pages(self, *, quick: bool = False) -> Flaw | None:
        with look_at(self.state_dir) as db:
            return checking.pages(db, quick=quick)

    def _judge(self, flaw: Flaw | None) -> None:
        if flaw:
            self.store.fail(damaged(f"record {flaw.seq}: {flaw.why}" if flaw.seq else flaw.why))
