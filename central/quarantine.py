"""What a person decides about records that are stored and have no effect yet."""

from typing import NamedTuple

from central import strangers
from central.store import audit, quarantine
from central.store.audit import Note
from central.store.engine import Connection
from central.store.quarantine import StrangerRow, Waiting
from runtime.errors import Rejected

KEY_CHARS = 8


class Held(NamedTuple):
    """One line in quarantine as a person sees it; `why` is `forked`, `fenced` or `unknown`."""

    name: str
    why: str
    store: str
    terminal: str
    records: int
    since_ms: int


class Verdict(NamedTuple):
    """Who decides, and why."""

    person: str
    reason: str


def held(db: Connection) -> list[Held]:
    """All that waits for a person."""
    lines = [
        Held(_line(one), "forked" if one.forked else "fenced", one.store, one.name, one.records, one.since_ms)
        for one in quarantine.waiting(db)
    ]
    unknown = [one for one in quarantine.strangers(db) if not one.rejected]
    return lines + [Held(_stranger(one), "unknown", "", one.who.code, one.head.seq, one.since_ms) for one in unknown]


def accept(db: Connection, name: str, verdict: Verdict, now_ms: int) -> int:
    """Let what is in quarantine under `name` have its effect; how many records. Raises Rejected."""
    line = _find(db, name)
    count = quarantine.decide(db, line.chain, "pending")
    audit.add(db, Note(now_ms, verdict.person, "accept", name, f"{count} records: {verdict.reason}"))
    return count


def admit(db: Connection, name: str, place: strangers.Place, now_ms: int) -> int:
    """Let the unknown terminal `name` be the one at `place`, with all that was kept of it; how many records. Raises Rejected."""
    for one in quarantine.strangers(db):
        if _stranger(one) == name:
            return strangers.admit(db, one, place, now_ms)
    raise _unknown(name)


def reject(db: Connection, name: str, verdict: Verdict, now_ms: int) -> int:
    """Let it never have one. It stays stored. Raises Rejected."""
    for one in quarantine.strangers(db):
        if _stranger(one) == name:
            quarantine.reject_stranger(db, one.id, now_ms)
            count = one.head.seq
            break
    else:
        count = quarantine.decide(db, _find(db, name).chain, "rejected")
    audit.add(db, Note(now_ms, verdict.person, "reject", name, f"{count} records: {verdict.reason}"))
    return count


def _find(db: Connection, name: str) -> Waiting:
    for one in quarantine.waiting(db):
        if _line(one) == name:
            return one
    raise _unknown(name)


def _line(one: Waiting) -> str:
    """As its key is called; with the number of the branch where it has forked."""
    return f"{one.terminal}.{one.epoch}" + (f"+{one.branch}" if one.branch else "")


def _stranger(one: StrangerRow) -> str:
    """With the beginning of its key, because two may say that they are the same."""
    return f"{one.who.code}.{one.who.epoch}@{one.who.public_key[:KEY_CHARS]}"


def _unknown(name: str) -> Rejected:
    return Rejected("quarantine_unknown", f"nothing is in quarantine under {name!r}", "See: posd-central quarantine list")
