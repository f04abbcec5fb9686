"""Giving stored records their effect: each once, in a transaction of its own, and none ever waits behind another's trouble."""

import asyncio
import hashlib
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from central import claims, days, effects, merging, people
from central.effects import Effect
from central.store import holds, records
from central.store.engine import Connection, Store
from central.store.ledger import Cause
from runtime.errors import Rejected, Unavailable
from sync import wire

RECORDS_PER_LOOK = 200
LOOK_AGAIN_S = 10.0  # another head office process may have stored something and died

Apply = Callable[[Connection, Effect, Any], str | None]
"""Do what a body says; the id of the sale that must come first, if it has not. Raises Rejected for a dead letter."""

APPLY: Mapping[str, Apply] = {
    "enrol": effects.enrol,
    "sale": effects.sale,
    "return": effects.give_back,
    "void": effects.void,
    "lease_return": effects.lease_return,
    "day_close": days.close,
    "join": people.join,
    "claim": claims.claim,
    "alias": merging.alias,
    "promised": effects.promised,
}
"""What each kind of record does."""


class Outcome(NamedTuple):
    """What became of a record: applied, repeated, waiting, dead or kept; and why."""

    state: str
    reason: str = ""
    waits_for: str | None = None


def apply_record(db: Connection, key: int, now_ms: int) -> str:
    """Give the stored record `key` its effect, if it is still pending; its state."""
    stored = records.take(db, key)
    if stored is None:
        return "gone"
    trial = db.begin_nested()
    try:
        outcome = _outcome(db, stored, now_ms)
    except (Rejected, ValueError) as error:
        trial.rollback()
        effects.in_vain(db, stored, now_ms)
        outcome = Outcome("dead", f"{error.code}: {error}" if isinstance(error, Rejected) else f"malformed_body: {error}")
    else:
        trial.commit()
    records.settle(db, key, *outcome)
    return outcome.state


def _outcome(db: Connection, stored: records.Stored, now_ms: int) -> Outcome:
    envelope = wire.read_envelope(stored.bytes)
    body = wire.read_body(envelope)
    if body is None:
        return Outcome("kept", f"{envelope.kind} version {envelope.version} is not known to this release")
    fingerprint = _fingerprint(envelope, body)
    before = records.applied(db, envelope.id)
    if before == fingerprint:
        return Outcome("repeated", "this id has had its effect already")
    if before is not None:
        raise Rejected("same_id_other_content", "another record with this id, of other content, was applied before")
    if holds.get(db, envelope.id):
        raise Rejected("same_id_other_content", "a hold has this id, and entries in the ledger under it")
    effect = Effect(stored.key, envelope, Cause(envelope.id, stored.terminal, now_ms))
    missing = APPLY[envelope.kind](db, effect, body)
    if missing:
        return Outcome("waiting", f"for sale {missing}", missing)
    records.mark_applied(db, envelope.id, fingerprint, stored.key)
    if envelope.kind == "sale":
        records.wake(db, claims.names_of(db, effect, body.till))
    return Outcome("applied")


def _fingerprint(envelope: wire.Envelope, body: Any) -> str:
    """What the till asked for, where it did; else the body itself. Two kinds never look alike."""
    told = getattr(body, "fingerprint", None) or hashlib.sha256(bytes(envelope.body)).hexdigest()
    return hashlib.sha256(f"{envelope.kind} {told}".encode("utf-8", "surrogatepass")).hexdigest()


class Applier:
    """Gives pending records their effect, oldest first, whenever it is woken."""

    def __init__(self, store: Store, now_ms: Callable[[], int], told: Callable[[], None]) -> None:
        """`told` is called after each look that changed something."""
        self._store = store
        self._now_ms = now_ms
        self._told = told
        self._wake = asyncio.Event()
        self._set_aside: set[int] = set()

    def wake(self) -> None:
        """There is something to do."""
        self._wake.set()

    async def run(self) -> None:
        """Look for ever; first at what the release before this one may not have known."""
        await self._take_up_kept()
        while True:
            self._wake.clear()
            await self.apply_pending()
            try:
                async with asyncio.timeout(LOOK_AGAIN_S):
                    await self._wake.wait()
            except TimeoutError:
                continue

    async def apply_pending(self) -> None:
        """Apply all that is pending. A bug in one record is raised, and that record is set aside until the next start, so that
        it does not stand in the way of the others.
        """
        while keys := await self._store.read(records.pending, self._set_aside, RECORDS_PER_LOOK):
            for key in keys:
                await self._apply(key)
            self._told()

    async def _take_up_kept(self) -> None:
        """What was kept of kinds that are known here is pending again; of a version that is not known it will be kept again."""
        last = 0
        while keys := await self._store.read(records.kept, list(APPLY), last, RECORDS_PER_LOOK):
            await self._store.run(records.replay_these, keys)
            last = keys[-1]

    async def _apply(self, key: int) -> None:
        self._set_aside.add(key)
        try:
            await self._store.run(apply_record, key, self._now_ms())
        except Unavailable:
            self._set_aside.discard(key)
            raise
        self._set_aside.discard(key)
