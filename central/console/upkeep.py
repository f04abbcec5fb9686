"""The page of what head office itself needs a person for: quarantine, recovery, checks, backups."""

from collections.abc import Mapping
from typing import Any

from central import quarantine, recovery
from central.quarantine import Verdict
from central.store import copies, pages
from central.store.engine import Connection
from runtime.errors import Rejected


def page(db: Connection) -> dict[str, Any]:
    """What it shows."""
    return {
        "recovery": recovery.state(db),
        "held": quarantine.held(db),
        "kept": pages.kept(db),
        "check": copies.last(db, "check"),
        "backup": copies.last(db, "backup"),
    }


def decide(db: Connection, person: str, fields: Mapping[str, str], now_ms: int) -> None:
    """Accept or reject what is in quarantine under a name, as a form says. Raises Rejected."""
    reason = fields.get("reason", "").strip()
    if not reason:
        raise Rejected("reason_short", "a reason is wanted")
    act = quarantine.accept if fields.get("verdict") == "accept" else quarantine.reject
    act(db, fields.get("name", ""), Verdict(person, reason), now_ms)
