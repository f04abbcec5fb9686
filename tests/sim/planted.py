"""Bugs that others have shipped, planted one at a time into the real code: a simulator that misses one of them has no teeth.

Each is what somebody could write tomorrow, as patches over real functions, and the faults under which it shows itself soon.
Where they come from: research/reliability.md 1.4 and 3.1.
"""

import itertools
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from typing import Any
from unittest.mock import patch

import sqlalchemy as sa
import structlog

from central import effects, feed, holds, standings
from central import programs as office_programs
from central.store import feed as feed_rows
from central.store import holds as hold_rows
from central.store import ledger, members, records, sales, tables
from loyalty import standing
from loyalty.agreement import Hold
from loyalty.ids import record_id
from loyalty.posting import void_entries
from loyalty.sale import Void
from posd import booking
from posd.store import agreements, journal, opening, pages
from posd.store import members as terminal_members
from runtime.errors import Misconfigured, Rejected, Unavailable
from sync import loop
from sync.wire import HoldAnswer
from tests.sim.faults import Faults
from tests.sim.town import MORNING_MS

LOSSY = Faults(lose_request=0.2, lose_reply=0.3, duplicate=0.3, delay=0.2, partition=1.0, restless_till=1.0)
CRASHY = Faults(terminal_dies=0.05, terminal_crash=2.0, office_dies=0.02, office_crash=1.0, lose_reply=0.2, restless_till=1.0)
POWER = Faults(terminal_dies=0.05, terminal_crash=6.0)
RESTLESS = Faults(restless_till=1.0)
BUSY = Faults(restless_till=1.0, program_change=4.0, new_card=1.0, lose_reply=0.1, lose_request=0.1)
CLOCKS = Faults(clock_jump=6.0)
APART = Faults(partition=4.0, swizzle=1.0, lose_reply=0.1)
FULL = Faults(disk_full=6.0)

TIMER_MS = 60_000


@dataclass(frozen=True)
class Planted:
    """A bug: what it is, under which faults it is looked for, and what of the real code it replaces."""

    faults: Faults
    patches: Callable[[], Mapping[str, Any]]

    @contextmanager
    def in_place(self) -> Iterator[None]:
        """The bug is there."""
        with ExitStack() as stack:
            for target, bug in self.patches().items():
                stack.enter_context(patch(target, bug))
            yield


# the terminal


def _new_id_on_retry() -> Mapping[str, Any]:
    numbers = itertools.count()
    return {"posd.checkout.record_id": lambda terminal, date, key: record_id(terminal, date, f"{key} {next(numbers)}")}


def _synced_now_and_then() -> Mapping[str, Any]:
    pragmas = tuple(one.replace("synchronous=FULL", "synchronous=NORMAL") for one in opening.PRAGMAS)
    return {"tests.sim.store.open_on.__defaults__": (pragmas,)}


def _names_not_synced() -> Mapping[str, Any]:
    real = opening.prepare

    def prepare(db: Any, folder: Any, *given: Any) -> bool:
        with patch.object(folder, "sync", lambda: None):
            return real(db, folder, *given)

    return {"tests.sim.store.prepare": prepare}


def _cursor_before_rows() -> Mapping[str, Any]:
    async def save_page(self: Any, entities: Any, state: Any) -> None:
        await self.store.run(journal.save_pull_state, state)
        await self.store.run(pages.save_page, entities, state)

    return {"posd.storing.StoredCache.save_page": save_page}


def _void_forgotten() -> Mapping[str, Any]:
    def give_up(db: Any, refused: Any, void: Void, *_: Any) -> None:
        ids = [(bytes.fromhex(hold.id),) for hold in (*refused, *void.holds)]
        db.executemany("UPDATE hold SET state = 'refused' WHERE id = ?", ids)

    return {"posd.store.agreements.give_up": give_up}


def _nothing_recovered() -> Mapping[str, Any]:
    return {"posd.store.agreements.void_unanswered": lambda *_: 0}


def _cancelled_without_void() -> Mapping[str, Any]:
    def cancel(db: Any, agreement: str, *_: Any) -> Any:
        kept = agreements.find(db, agreement)
        if kept and kept.state == agreements.OPEN:
            agreements.end(db, agreement, agreements.CANCELLED)
        return kept

    return {"posd.store.agreements.cancel": cancel}


def _refused_after_payment() -> Mapping[str, Any]:
    real = booking.keep

    def keep(db: Any, paid: Any, this: Any) -> Any:
        kept = agreements.find(db, paid.agreement) if paid.agreement else None
        if kept and kept.state != agreements.OPEN:
            raise Rejected("agreement_over", "it is over")
        return real(db, paid, this)

    return {"posd.booking.keep": keep}


def _quoted_again() -> Mapping[str, Any]:
    return {"posd.booking.keep": booking.before}


def _not_looked_before() -> Mapping[str, Any]:
    return {"posd.booking._before": lambda *_: None}


def _key_is_enough() -> Mapping[str, Any]:
    real = booking._before

    def before(db: Any, own: Any, fingerprint: str) -> Any:
        try:
            return real(db, own, fingerprint)
        except Rejected:
            found = journal.find(db, own)
            assert found
            body = booking._sale(found[2])
            return real(db, own, body.fingerprint)

    return {"posd.booking._before": before}


def _spent_without_asking() -> Mapping[str, Any]:
    real = agreements.save

    async def reserve(self: Any, quote: Any, asked: tuple[Hold, ...]) -> None:
        await self.store.run(agreements.ask_holds, quote.member.handle, asked)

    return {"posd.checkout.Checkout._reserve": reserve, "posd.store.agreements.save": real}


def _included_twice() -> Mapping[str, Any]:
    real = terminal_members.save
    return {"posd.store.pages._SAVE": {**pages._SAVE, pages.MemberRow: lambda db, row: real(db, replace(row, includes=()))}}


def _full_disk_raised() -> Mapping[str, Any]:
    return {"posd.store.writer.trouble": lambda error: None}


# what travels


def _silence_is_yes() -> Mapping[str, Any]:
    real = loop.Sync.push_all

    async def push_all(self: Any) -> None:
        try:
            await real(self)
        except Unavailable:
            state = await self.journal.push_state()
            last = state.seq + len(await self.journal.records_after(state.seq, 500, 1 << 18))
            await self.journal.save_push_state(replace(state, seq=last, hash=await self.journal.hash_at(last)))
            raise

    return {"sync.loop.Sync.push_all": push_all}


def _tried_once() -> Mapping[str, Any]:
    async def push_for_ever(self: Any) -> None:
        while True:
            try:
                await self.push_all()
            except (Unavailable, Misconfigured):
                self.link.changed()
            await self.link.wake.wait()
            self.link.wake.clear()

    return {"sync.loop.Sync.push_for_ever": push_for_ever}


def _late_rows_passed_over() -> Mapping[str, Any]:
    real = feed_rows.changes_after

    def changes_after(db: Any, *given: Any) -> Any:
        found = real(db, *given)
        return found[:-1] if len(found) > 1 and found[-1].position % 3 == 0 else found

    return {"central.store.feed.changes_after": changes_after}


def _counted_from_the_page() -> Mapping[str, Any]:
    real = feed.read_page

    def read_page(*given: Any, **named: Any) -> Any:
        found = real(*given, **named)
        life, _, position = found.page.cursor.split(".")
        return found._replace(page=replace(found.page, cursor=f"{life}.{position}.{position}"))

    return {"central.feed.read_page": read_page}


# head office


def _last_of_a_batch_lost() -> Mapping[str, Any]:
    real = records.store

    def store(db: Any, chain: int, batch: Any, *given: Any) -> None:
        real(db, chain, batch[:-1] if len(batch) > 1 else batch, *given)

    return {"central.store.records.store": store}


def _wrong_clocks_refused() -> Mapping[str, Any]:
    from central import ingest

    real = ingest.read_records

    def read_records(batch: Any) -> Any:
        found = real(batch)
        for number, (envelope, _) in enumerate(found, 1):
            if abs(envelope.wall - MORNING_MS) > 30 * 86_400_000:
                raise ingest.malformed(number, "its time cannot be")
        return found

    return {"central.ingest.read_records": read_records}


def _hold_freed_by_a_timer() -> Mapping[str, Any]:
    real = holds.hold

    def hold(db: Any, terminal: int, request: Any, now_ms: int, *given: Any) -> HoldAnswer:
        hold_of, member_of = tables.HOLD.c, tables.MEMBER.c
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


def _everything_granted() -> Mapping[str, Any]:
    return {"central.holds._refusal": lambda *_: None}


def _no_tombstone() -> Mapping[str, Any]:
    def end(db: Any, member: Any, cause: Any, listed: Any) -> None:
        for hold in listed:
            if known := effects._own(db, member, cause, hold):
                hold_rows.end(db, known)

    return {"central.effects._end": end}


def _holds_outlive_sales() -> Mapping[str, Any]:
    return {"central.effects._end": lambda *_: None}


def _returned_again() -> Mapping[str, Any]:
    return {"central.store.sales.returned_before": lambda *_: {}}


def _overtaking_return_dies() -> Mapping[str, Any]:
    real = effects.give_back

    def give_back(*given: Any) -> None:
        if missing := real(*given):
            raise Rejected("sale_unknown", missing)

    return {"central.apply.APPLY": {**_apply(), "return": give_back}}


def _nobody_wakes_returns() -> Mapping[str, Any]:
    return {"central.store.records.wake": lambda *_: None}


def _poison_in_the_queue() -> Mapping[str, Any]:
    real = records.settle

    def settle(db: Any, key: int, state: str, *given: Any) -> None:
        if state == "dead":
            raise Unavailable("poison", "this record cannot be applied", "")
        real(db, key, state, *given)

    return {"central.store.records.settle": settle}


def _handle_in_the_log() -> Mapping[str, Any]:
    real = effects.sale

    def sale(db: Any, effect: Any, body: Any) -> None:
        if body.member:
            structlog.get_logger().info("sold", member=body.member.handle)
        real(db, effect, body)

    return {"central.apply.APPLY": {**_apply(), "sale": sale}}


def _program_of_today() -> Mapping[str, Any]:
    def program_of(db: Any, version: int) -> Any:
        return next(office_programs.newest_first(db))

    return {"central.effects.program_of": program_of}


def _half_an_entry() -> Mapping[str, Any]:
    real = ledger._sums

    def sums(entries: Any) -> Any:
        found = real(entries)
        for account, unit, lot in list(found):
            if account.startswith("hold/"):
                del found[account, unit, lot]
        return found

    return {"central.store.ledger._sums": sums}


def _amount_of_the_basket() -> Mapping[str, Any]:
    real = sales.add

    def add(db: Any, row: Any) -> None:
        real(db, row._replace(amount_minor=row.amount_minor + (100 if "tenders_differ" in row.flags else 0)))

    return {"central.store.sales.add": add}


def _apply() -> Mapping[str, Any]:
    from central import apply

    return apply.APPLY


BUGS: Mapping[str, Planted] = {
    "a retry gets an id of its own": Planted(LOSSY, _new_id_on_retry),
    "synchronous is NORMAL": Planted(POWER, _synced_now_and_then),
    "the folder is not synced": Planted(POWER, _names_not_synced),
    "the cursor is saved before its rows": Planted(CRASHY, _cursor_before_rows),
    "nobody voids what may have been granted": Planted(LOSSY, _void_forgotten),
    "a start voids nothing": Planted(CRASHY, _nothing_recovered),
    "a cancelled agreement keeps its holds": Planted(RESTLESS, _cancelled_without_void),
    "a commit on a cancelled agreement is refused": Planted(RESTLESS, _refused_after_payment),
    "a commit is quoted again": Planted(BUSY, _quoted_again),
    "a key is not looked for": Planted(RESTLESS, _not_looked_before),
    "a key alone is enough": Planted(RESTLESS, _key_is_enough),
    "points are spent without asking": Planted(APART, _spent_without_asking),
    "what is included is counted again": Planted(RESTLESS, _included_twice),
    "a full disk is nobody's business": Planted(FULL, _full_disk_raised),
    "silence is taken for a yes": Planted(LOSSY, _silence_is_yes),
    "a failed push waits for the next sale": Planted(LOSSY, _tried_once),
    "rows that commit late are passed over": Planted(LOSSY, _late_rows_passed_over),
    "what is included is counted from the page": Planted(BUSY, _counted_from_the_page),
    "the last record of a batch is lost": Planted(APART, _last_of_a_batch_lost),
    "records of wrong clocks are refused": Planted(CLOCKS, _wrong_clocks_refused),
    "a timer frees holds": Planted(RESTLESS, _hold_freed_by_a_timer),
    "every hold is granted": Planted(RESTLESS, _everything_granted),
    "a void leaves no tombstone": Planted(LOSSY, _no_tombstone),
    "a sale leaves its holds open": Planted(RESTLESS, _holds_outlive_sales),
    "goods come back twice for money": Planted(RESTLESS, _returned_again),
    "a return that overtakes its sale dies": Planted(APART, _overtaking_return_dies),
    "a return waits for ever": Planted(APART, _nobody_wakes_returns),
    "a poisoned record blocks the queue": Planted(RESTLESS, _poison_in_the_queue),
    "a member's handle is logged": Planted(RESTLESS, _handle_in_the_log),
    "head office goes by the program of today": Planted(BUSY, _program_of_today),
    "a balance forgets one side": Planted(RESTLESS, _half_an_entry),
    "head office books another amount": Planted(RESTLESS, _amount_of_the_basket),
}
"""Every planted bug by name."""
