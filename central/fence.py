"""Ending an epoch: the terminal that has it may hold, lease and read nothing more. What it still sends is kept in quarantine."""

from central.store import audit, chains, terminals
from central.store.audit import Note
from central.store.engine import Connection
from runtime.errors import Rejected

BY_ITSELF = "head office"
"""Who fences in the audit log when no person did."""


def fence(db: Connection, terminal: int, now_ms: int, reason: str, person: str = BY_ITSELF) -> bool:
    """End the epoch that `terminal` has; False if it had none that was alive.

    What it holds stays out of reach: the terminal out there may still be spending it, so it never goes back to what is available by
    itself. It may come back under a new epoch only, by a new one-time code.
    """
    if not chains.fence(db, terminal, now_ms):
        return False
    audit.add(db, Note(now_ms, person, "fence", terminals.by_id(db, terminal).code, reason))
    return True


def fence_by_code(db: Connection, code: str, now_ms: int, reason: str, person: str) -> bool:
    """As `fence`, of the terminal that records call `code`. Raises Rejected for one that is not there."""
    terminal = terminals.by_code(db, code)
    if terminal is None:
        raise Rejected("terminal_unknown", f"there is no terminal {code!r}", "See: posd-central terminal list --json")
    return fence(db, terminal.id, now_ms, reason, person)
