"""Bugs of what happens at a counter beside sales, as patches over real functions; planted.py has the table."""

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from central.store import claims as claim_rows
from central.store import members
from central.store.counter import CLAIM
from loyalty import day
from runtime.errors import Rejected


def second_claim_counts() -> Mapping[str, Any]:
    real = claim_rows.add

    def add(db: Any, claimed: Any, now_ms: int) -> None:
        db.execute(sa.delete(CLAIM).where(CLAIM.c.sale == claimed.sale))
        real(db, claimed, now_ms)

    return {"central.claims._must_be_free": lambda *_: None, "central.store.claims.add": add}


def merge_forgets_what_is_late() -> Mapping[str, Any]:
    def member_of(db: Any, handle: str, now_ms: int) -> Any:
        return members.by_handle(db, handle, lock=True) or members.add_provisional(db, handle, now_ms)

    return {"central.effects.member_of": member_of}


def dropped_before_it_is_heard() -> Mapping[str, Any]:
    async def attach_all(self: Any) -> None:
        while found := await self.journal.next_attachment():
            await self.journal.drop_attachment(found.seq)
            await self.office.attach(found)

    return {"sync.loop.Sync._attach_all": attach_all}


def attachment_kept() -> Mapping[str, Any]:
    async def attach_all(self: Any) -> None:
        if found := await self.journal.next_attachment():
            await self.office.attach(found)

    return {"sync.loop.Sync._attach_all": attach_all}


def unknown_is_dead() -> Mapping[str, Any]:
    def member_of(db: Any, handle: str, _: int) -> Any:
        if member := members.current(db, handle, lock=True):
            return member
        raise Rejected("member_unknown", f"there is no member {handle}")

    return {"central.effects.member_of": member_of}


def receipt_not_told_missing() -> Mapping[str, Any]:
    def apart(*given: Any) -> day.Apart:
        return day.apart(*given)._replace(unheard=())

    return {"posd.closing.apart": apart}


def code_given_twice() -> Mapping[str, Any]:
    def take(db: Any) -> str | None:
        row = db.execute("SELECT code FROM blank ORDER BY code LIMIT 1").fetchone()
        return row[0] if row else None

    return {"posd.store.joining.take": take}
