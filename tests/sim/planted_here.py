"""Bugs of head office, as patches over real functions; planted.py has the table."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import sqlalchemy as sa
import structlog

from central import effects, holds, ingest, standings
from central import programs as office_programs
from central.lineage import Place
from central.store import holds as hold_rows
from central.store import leases as lease_rows
from central.store import ledger, members, records, spending, tables
from loyalty import standing
from loyalty.agreement import Hold
from loyalty.leases import give_back
from loyalty.posting import void_entries
from loyalty.sale import Void
from runtime.errors import Rejected, Unavailable
from sync.wire import HoldAnswer
from tests.sim.town import MORNING_MS

TIMER_MS = 60_000


# head office


def last_of_a_batch_lost() -> Mapping[str, Any]:
    real = records.store

    def store(db: Any, chain: int, batch: Any, *given: Any) -> None:
        real(db, chain, batch[:-1] if len(batch) > 1 else batch, *given)

    return {"central.store.records.store": store}


def wrong_clocks_refused() -> Mapping[str, Any]:
    real = ingest.read_records

    def read_records(*given: Any) -> Any:
        found = real(*given)
        for number, (envelope, _) in enumerate(found, 1):
            if abs(envelope.wall - MORNING_MS) > 30 * 86_400_000:
                raise ingest.malformed(number, "its time cannot be")
        return found

    return {"central.ingest.read_records": read_records}


def hold_freed_by_a_timer() -> Mapping[str, Any]:
    real = holds.hold

    def hold(db: Any, terminal: int, request: Any, now_ms: int, *given: Any) -> HoldAnswer:
        hold_of, member_of = spending.HOLD.c, tables.MEMBER.c
        old = sa.select(hold_of.id, hold_of.unit, hold_of.pieces, member_of.handle).join(tables.MEMBER)
        for own, unit, pieces, handle in db.execute(
            old.where(hold_of.state == "open", hold_of.made_ms < now_ms - TIMER_MS)
        ).fetchall():
            member, known = members.by_handle(db, handle, lock=True), hold_rows.get(db, own)
            now = standings.now_in(db, now_ms)
            before = standings.load(db, member, [own])
            back = void_entries(Void("", (Hold(own, unit, pieces),), handle))
            hold_rows.end(db, known)
            cause = ledger.Cause(f"timer/{own}", ledger.NO_TERMINAL, now_ms)
            after = standing.book(now.program, before, back, now.day)
            standings.save(db, now, cause, standings.Change(member, before, after))
        return real(db, terminal, request, now_ms, *given)

    return {"central.holds.hold": hold}


def lease_freed_by_a_timer() -> Mapping[str, Any]:
    real = holds.hold

    def hold(db: Any, terminal: int, request: Any, now_ms: int, *given: Any) -> HoldAnswer:
        lease_of, member_of = spending.LEASE.c, tables.MEMBER.c
        old = sa.select(lease_of.id, member_of.handle).join(tables.MEMBER)
        for own, handle in db.execute(old.where(lease_of.state == "open", lease_of.used_ms < now_ms - TIMER_MS)).fetchall():
            member, row = members.by_handle(db, handle, lock=True), lease_rows.get(db, own)
            now, before = standings.now_in(db, now_ms), standings.load(db, member)
            lease_rows.save(db, row._replace(state="ended"))
            after = give_back(now.program, before, row.lease, {}, now.day)
            cause = ledger.Cause(f"timer/{own}", ledger.NO_TERMINAL, now_ms)
            standings.save(db, now, cause, standings.Change(member, before, after))
        return real(db, terminal, request, now_ms, *given)

    return {"central.holds.hold": hold}


def steps_not_kept() -> Mapping[str, Any]:
    return {"central.changing.refusal": lambda *_: None}


def everything_granted() -> Mapping[str, Any]:
    return {"central.holds._refusal": lambda *_: None}


def no_tombstone() -> Mapping[str, Any]:
    def end(db: Any, member: Any, cause: Any, listed: Any) -> tuple[str, ...]:
        for hold in listed:
            if known := effects._own(db, member, cause, hold):
                hold_rows.end(db, known)
        return ()

    return {"central.effects._end": end}


def holds_outlive_sales() -> Mapping[str, Any]:
    return {"central.effects._end": lambda *_: ()}


def returned_again() -> Mapping[str, Any]:
    return {"central.store.sales.returned_before": lambda *_: {}}


def overtaking_return_dies() -> Mapping[str, Any]:
    real = effects.give_back

    def give_back(*given: Any) -> None:
        if missing := real(*given):
            raise Rejected("sale_unknown", missing)

    return {"central.apply.APPLY": {**_apply(), "return": give_back}}


def nobody_wakes_returns() -> Mapping[str, Any]:
    return {"central.store.records.wake": lambda *_: None}


def poison_in_the_queue() -> Mapping[str, Any]:
    real = records.settle

    def settle(db: Any, key: int, state: str, *given: Any) -> None:
        if state == "dead":
            raise Unavailable("poison", "this record cannot be applied", "")
        real(db, key, state, *given)

    return {"central.store.records.settle": settle}


def handle_in_the_log() -> Mapping[str, Any]:
    real = effects.sale

    def sale(db: Any, effect: Any, body: Any) -> None:
        if body.member:
            structlog.get_logger().info("sold", member=body.member.handle)
        real(db, effect, body)

    return {"central.apply.APPLY": {**_apply(), "sale": sale}}


def program_of_today() -> Mapping[str, Any]:
    def program_of(db: Any, version: int) -> Any:
        return next(office_programs.newest_first(db))

    return {"central.effects.program_of": program_of}


def half_an_entry() -> Mapping[str, Any]:
    real = ledger._sums

    def sums(entries: Any) -> Any:
        found = real(entries)
        for account, unit, lot in list(found):
            if account.startswith("hold/"):
                del found[account, unit, lot]
        return found

    return {"central.store.ledger._sums": sums}


def amount_of_the_basket() -> Mapping[str, Any]:
    real = effects._transaction

    def transaction(effect: Any, till: Any, body: Any, *given: Any) -> Any:
        return real(effect, till, body, *given)._replace(amount_minor=body.basket.total_minor)

    return {"central.effects._transaction": transaction}


def forks_not_seen() -> Mapping[str, Any]:
    def found(lines: Any, pushed: Any, _: Any) -> Place:
        line = lines[0]
        return Place("gap" if pushed.base.seq > line.head.seq else "stored", line, line.head)

    return {"central.ingest.locate": found}


def second_history_thrown_away() -> Mapping[str, Any]:
    real = ingest._store

    def store(db: Any, line: Any, new: Any, *given: Any) -> Any:
        return real(db, line, [] if line.branch else new, *given)

    return {"central.ingest._store": store}


def ids_forgotten() -> Mapping[str, Any]:
    real = records.mark_applied

    def mark_applied(db: Any, own: str, *given: Any) -> None:
        db.execute(sa.delete(tables.APPLIED).where(tables.APPLIED.c.id == own))
        real(db, own, *given)

    return {"central.store.records.applied": lambda *_: None, "central.store.records.mark_applied": mark_applied}


def granting_while_restored() -> Mapping[str, Any]:
    return {"central.recovery.granting": lambda *_: True}


def gap_not_filled() -> Mapping[str, Any]:
    def next_state(state: Any, answer: Any, own: Any, sent: Any) -> Any:
        return replace(state, seq=sent.seq, hash=sent.hash, incarnation=answer.incarnation)

    return {"sync.push.next_state": next_state}


def _apply() -> Mapping[str, Any]:
    from central import apply

    return apply.APPLY
