"""After head office was brought back from a backup: what it granted since then it does not know, so it grants nothing more
until every terminal has shown it all that it has.

A restored database begins a new life (`incarnation`). Terminals learn of it from the feed, show again where they stand, and
send what is missing. Each is whole once its journal is here to its end, as it says itself in a request that was made in this
life. No epoch of the life that is lost is given again: from now on they begin above the second of the restore, which nobody has
counted up to.
"""

import secrets
from typing import NamedTuple

from central.store import audit, feed, leases, recovery
from central.store.audit import Note
from central.store.engine import Connection
from central.store.recovery import Absent
from central.store.terminals import Key
from runtime.errors import Misconfigured
from sync import wire

OWNERS_AT_ONCE = 200  # to a position of the feed: a page has whole positions
EPOCHS_BEGIN_MS = 1_577_836_800_000  # the first second of 2020


class Recovery(NamedTuple):
    """Whether nothing is granted, and whom that waits for."""

    recovering: bool
    absent: list[Absent]


def begin(db: Connection, now_ms: int, person: str) -> str:
    """A new life, because this database is an older copy of itself; its name. Raises Misconfigured for a clock that is behind."""
    newest = recovery.newest_ms(db)
    if newest > now_ms:
        hint = "Set the clock of this machine first: no epoch may be given twice"
        raise Misconfigured("clock_behind", "this machine's clock is behind what is in the database", hint)
    floor = (now_ms - EPOCHS_BEGIN_MS) // 1000
    incarnation = secrets.token_hex(8)
    recovery.begin(db, incarnation, floor, now_ms)
    audit.add(db, Note(now_ms, person, "restore", incarnation, "no lease and no hold is granted until every terminal is back"))
    granting(db, now_ms)
    return incarnation


def granting(db: Connection, now_ms: int) -> bool:
    """Whether holds and leases may be granted. The last terminal that comes back, or is fenced, ends the recovery: from then on
    leases are told again, also to those who have read about these members meanwhile.
    """
    if not feed.office(db).recovering:
        return True
    if recovery.absent(db):
        return False
    recovery.end(db)
    owners = [("member", member) for member in leases.owners(db)]
    for first in range(0, len(owners), OWNERS_AT_ONCE):
        feed.publish(db, owners[first : first + OWNERS_AT_ONCE])
    audit.add(db, Note(now_ms, "head office", "recovered", feed.office(db).incarnation, "every terminal is back, or fenced"))
    return True


def heard(db: Connection, key: Key, request: wire.FeedRequest, now_ms: int) -> bool:
    """A terminal says, while head office recovers, where its journal ends; whether it was the last. It counts only with a cursor of
    this life, which no older request has.
    """
    office = feed.office(db)
    if not request.cursor.startswith(office.incarnation) or request.journal_seq < 0:
        return False
    recovery.mark_whole(db, key.chain, request.journal_seq, office.incarnation)
    return granting(db, now_ms)


def state(db: Connection) -> Recovery:
    """How it stands."""
    recovering = feed.office(db).recovering
    return Recovery(recovering, recovery.absent(db) if recovering else [])
