"""The high-water file: how far the journal has come, kept elsewhere, so that an older copy of the database is recognized.

It is written ahead of the journal in steps, so that most sales cost no second sync; at a stop it says where exactly that ends.
After a crash a copy that is older by fewer than STEP records may pass: head office finds that by the chain.
"""

import json
from dataclasses import dataclass, replace

from posd.store import journal
from posd.store.condition import ROLLED_BACK, Condition
from posd.store.db import Db
from posd.store.folder import Folder

FILE = "highwater.json"
STEP = 64
MARGIN = STEP // 2  # what one transaction may append without the journal getting ahead of its mark


@dataclass(frozen=True, slots=True)
class Mark:
    """Of which journal, and the seq that it has not passed; `exact` after a stop, when it ended there."""

    terminal: str
    epoch: int
    chain: str
    seq: int
    exact: bool = False


@dataclass
class HighWater:
    """The file in `folder` and what it says; a folder that fails is told by the condition, and sales go on."""

    folder: Folder
    condition: Condition
    mark: Mark

    def keep_ahead(self, db: Db) -> None:
        """Write the file anew when the journal comes near its mark; after each transaction."""
        if journal.head(db).seq + MARGIN > self.mark.seq:
            self.write(_ahead(db))

    def stop(self, db: Db) -> None:
        """Say where the journal ends; nothing is appended after this. Where it ended before it was rolled back stays."""
        before = self.mark.seq if self.condition.frozen == ROLLED_BACK else 0
        self.write(replace(_ahead(db), seq=max(journal.head(db).seq, before), exact=True))

    def write(self, mark: Mark) -> None:
        """Replace the file, unless the terminal is not enrolled."""
        self.mark = mark  # also when it cannot be written: the next try comes a step later, and no sale waits for it
        if not mark.terminal:
            return
        try:
            self.folder.write(FILE, json.dumps([mark.terminal, mark.epoch, mark.chain, mark.seq, mark.exact]).encode())
            self.condition.unguarded = ""
        except OSError as error:
            self.condition.unguarded = str(error)


def watch(db: Db, folder: Folder, condition: Condition) -> HighWater:
    """Compare the file with the journal at a start; `condition` says when the journal has come from before."""
    seen = _read(folder, condition)
    water = HighWater(folder, condition, _ahead(db))
    if seen and is_older(db, seen):
        condition.frozen = ROLLED_BACK
        water.mark = replace(water.mark, seq=max(water.mark.seq, seen.seq)) if seen.chain == water.mark.chain else seen
    else:
        water.write(water.mark)
    return water


def is_older(db: Db, seen: Mark) -> bool:
    """Whether the database was, when the file was written, further than it is now, or another one was in its place.

    A database that is not enrolled is a new one, and that of another terminal has nothing to do with it.
    """
    now = _ahead(db)
    if now.terminal != seen.terminal or now.epoch > seen.epoch:
        return False
    return now.epoch < seen.epoch or now.chain != seen.chain or now.seq - (STEP if seen.exact else 0) < seen.seq


def _ahead(db: Db) -> Mark:
    me = journal.identity(db)
    return Mark(me.terminal, me.epoch, me.chain, journal.head(db).seq + STEP)


def _read(folder: Folder, condition: Condition) -> Mark | None:
    try:
        found = folder.read(FILE)
        return Mark(*json.loads(found)) if found else None
    except (OSError, ValueError, TypeError) as error:
        condition.unguarded = str(error)
        return None
