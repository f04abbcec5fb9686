"""Bugs of the terminal, and of what travels, as patches over real functions; planted.py has the table."""

import itertools
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from central import feed
from central.store import feed as feed_rows
from loyalty.ids import record_id
from loyalty.sale import Void
from posd import booking, checkout
from posd.store import agreements, journal, opening, pages
from posd.store import members as terminal_members
from runtime.errors import Misconfigured, Rejected, Unavailable
from sync import loop, wire

# the terminal


def new_id_on_retry() -> Mapping[str, Any]:
    numbers = itertools.count()
    return {"posd.checkout.record_id": lambda terminal, date, key: record_id(terminal, date, f"{key} {next(numbers)}")}


def synced_now_and_then() -> Mapping[str, Any]:
    pragmas = tuple(one.replace("synchronous=FULL", "synchronous=NORMAL") for one in opening.PRAGMAS)
    return {"tests.sim.store.open_on.__defaults__": (pragmas, None)}


def names_not_synced() -> Mapping[str, Any]:
    return {"tests.sim.disk.Disk.sync": lambda _: None}


def cursor_before_rows() -> Mapping[str, Any]:
    async def save_page(self: Any, entities: Any, state: Any) -> None:
        await self.store.run(journal.save_pull_state, state)
        await self.store.run(pages.save_page, entities, state)

    return {"posd.storing.StoredCache.save_page": save_page}


def void_forgotten() -> Mapping[str, Any]:
    def give_up(db: Any, refused: Any, void: Void, *_: Any) -> None:
        ids = [(bytes.fromhex(hold.id),) for hold in (*refused, *void.holds)]
        db.executemany("UPDATE hold SET state = 'refused' WHERE id = ?", ids)

    return {"posd.store.agreements.give_up": give_up}


def nothing_recovered() -> Mapping[str, Any]:
    return {"posd.store.agreements.void_unanswered": lambda *_: 0}


def cancelled_without_void() -> Mapping[str, Any]:
    def cancel(db: Any, agreement: str, _: Any, void_id: str) -> Any:
        kept = agreements.find(db, agreement)
        if kept and kept.state == agreements.OPEN:
            agreements.end(db, agreement, agreements.CANCELLED, void_id)
        return kept

    return {"posd.store.agreements.cancel": cancel}


def refused_after_payment() -> Mapping[str, Any]:
    real = booking.keep

    def keep(db: Any, paid: Any, this: Any) -> Any:
        kept = agreements.find(db, paid.agreement) if paid.agreement else None
        if kept and kept.state != agreements.OPEN:
            raise Rejected("agreement_over", "it is over")
        return real(db, paid, this)

    return {"posd.booking.keep": keep}


def quoted_again() -> Mapping[str, Any]:
    return {"posd.booking.keep": booking.before}


def not_looked_before() -> Mapping[str, Any]:
    return {"posd.booking._before": lambda *_: None}


def key_is_enough() -> Mapping[str, Any]:
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


def spent_without_asking() -> Mapping[str, Any]:
    async def reserve(self: Any, answer: Any) -> Any:
        asked = checkout._holds(answer.quote)
        return await self.store.run(agreements.ask_holds, answer.quote.member.handle, asked) if asked else ()

    return {"posd.checkout.Checkout._reserve": reserve}


def own_clock_only() -> Mapping[str, Any]:
    return {"posd.sights.Sight.passed_s": property(lambda self: self.wall_ms // 1000)}


def lease_spent_again() -> Mapping[str, Any]:
    return {"loyalty.leases.Purse.left": property(lambda self: self.granted)}


def included_twice() -> Mapping[str, Any]:
    real = terminal_members.save
    return {"posd.store.pages._SAVE": {**pages._SAVE, pages.MemberRow: lambda db, row: real(db, replace(row, includes=()))}}


def snapshot_includes_nothing() -> Mapping[str, Any]:
    return {"posd.store.snapshots._note_included": lambda db, rows: None}


def full_disk_raised() -> Mapping[str, Any]:
    return {"posd.store.writer.trouble": lambda error: None}


# what travels


def silence_is_yes() -> Mapping[str, Any]:
    real = loop.Sync.push_all

    async def push_all(self: Any) -> None:
        try:
            await real(self)
        except Unavailable:
            state = await self.journal.push_state()
            last = state.seq + len(await self.journal.records_after(state.seq, 500, wire.BATCH_BYTES_MAX))
            await self.journal.save_push_state(replace(state, seq=last, hash=await self.journal.hash_at(last)))
            raise

    return {"sync.loop.Sync.push_all": push_all}


def tried_once() -> Mapping[str, Any]:
    async def push_for_ever(self: Any) -> None:
        while True:
            try:
                await self.push_all()
            except (Unavailable, Misconfigured):
                self.link.changed()
            await self.link.wake.wait()
            self.link.wake.clear()

    return {"sync.loop.Sync.push_for_ever": push_for_ever}


def late_rows_passed_over() -> Mapping[str, Any]:
    real = feed_rows.changes_after

    def changes_after(db: Any, *given: Any) -> Any:
        found = real(db, *given)
        return found[:-1] if len(found) > 1 and found[-1].position % 3 == 0 else found

    return {"central.store.feed.changes_after": changes_after}


def counted_from_the_page() -> Mapping[str, Any]:
    real = feed.answer

    def answer(*given: Any, **named: Any) -> Any:
        found = real(*given, **named)
        if found.page.snapshot:
            return found
        life, _, position = found.page.cursor.split(".")
        return found._replace(page=replace(found.page, cursor=f"{life}.{position}.{position}"))

    return {"central.feed.answer": answer}
