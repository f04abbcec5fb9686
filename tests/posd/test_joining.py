"""Joining at the till through the real API and the real store, with head office out of reach."""

import contextlib
import json
import sqlite3
import time
from pathlib import Path
from typing import Any

from loyalty.joining import content_hash
from posd.clock import clock_in
from posd.store import joining, journal
from posd.storing import StoredCache, StoredJournal
from sync.joining import AttachmentAnswer, AttachmentRequest, PoolRow
from sync.loop import Sync
from sync.push import PushState
from tests.till import CARD, DATE, RICH, Till, code_of, lines, row, till

KEY = "Idempotency-Key"
BLANKS = ("aa" * 10, "bb" * 10, "cc" * 10)
PHONE = "050-123-4567"
DESK = {"till": "1", "cashier": "3", "business_date": DATE, "consent": "terms 3"}
YEAR_MS = 366 * 86_400_000
PLAIN = "2900000000025"


async def pool(shop: Till, *handles: str) -> None:
    """Head office gives codes of nobody's."""
    await shop.learns(PoolRow(tuple(code_of(handle) for handle in handles or BLANKS)))


async def join(shop: Till, key: str = "j1", **fields: Any) -> Any:
    """Somebody joins; the answer."""
    body = {**DESK, "first_name": "חברה", "phone": PHONE, **fields}
    return (await shop.ask("/v1/members", body, **{KEY: key})).json()


async def seen(shop: Till, code: str) -> Any:
    return (await shop.ask("/v1/members/look-up", {"code": code})).json()["member"]


def bodies(shop: Till, kind: str = "join") -> list[Any]:
    return [json.loads(data)["body"] for one, data in shop.records() if one == kind]


def attachments(shop: Till) -> list[Any]:
    with contextlib.closing(sqlite3.connect(f"file:{shop.path}?mode=ro", uri=True)) as db:
        return db.execute("SELECT seq, content FROM attachment ORDER BY seq").fetchall()


async def test_who_joins_is_a_member_at_once(shop: Till) -> None:
    """With a code of the pool and a slip that has it; greeted by name, earning, and not yet confirmed."""
    shop.parts.settings = shop.parts.settings.model_copy(update={"printing": "till"})
    await pool(shop)
    told = await join(shop)
    assert (told["kind"], told["replayed"], told["refusal"], told["member"]) == ("join", False, None, BLANKS[0])
    assert told["code"] == code_of(BLANKS[0])
    assert "חברה" in told["receipt"]["text"]
    assert "הקוד שלכם" in told["receipt"]["text"]
    found = await seen(shop, told["code"])
    assert (found["first_name"], found["provisional"], found["joined"]) == ("חברה", True, DATE)
    await shop.sell(3000, "k1", ask={"basket": lines(3000), "code": told["code"]})
    assert await shop.balance(told["code"]) == 30
    assert (await shop.client.get("/v1/status")).json()["blank_codes"] == 2


async def test_the_record_says_nothing_of_the_person(shop: Till) -> None:
    """Name and number are in the attachment alone; the record has its hash, and the request's print leaves them out."""
    await pool(shop)
    await join(shop)
    ((_, record),) = [one for one in shop.records() if one[0] == "join"]
    assert not [word for word in ("חברה", "501234567", "123-4567") if word in record.decode()]
    ((seq, content),) = attachments(shop)
    assert json.loads(content)["phone"] == "+972501234567"
    (body,) = bodies(shop)
    assert (seq, body["attachment"], body["consent"]) == (2, content_hash(content), "terms 3")
    await join(shop, "j2", first_name="אחר", phone="")
    assert bodies(shop)[1]["fingerprint"] == body["fingerprint"]
    assert bodies(shop)[1]["attachment"] != body["attachment"]


async def test_a_repeat_joins_nobody(shop: Till) -> None:
    """The same key gets the same member and the same code; with another body it is refused."""
    await pool(shop)
    first = await join(shop)
    content = shop.content()
    again = await join(shop)
    assert again == {**first, "replayed": True}
    assert (await join(shop, consent="terms 4"))["code"] == "key_reused"
    assert shop.content() == content


async def test_a_card_that_was_handed_out(shop: Till) -> None:
    """A signed code that is nobody's becomes theirs and takes nothing of the pool; once somebody's it is refused."""
    shop.parts.settings = shop.parts.settings.model_copy(update={"printing": "till"})
    await pool(shop)
    card = code_of("dd" * 10)
    await shop.sell(1000, "k1", ask={"basket": lines(1000), "code": card})  # bought before joining
    told = await join(shop, code=card)
    assert (told["member"], told["code"], told["refusal"]) == ("dd" * 10, "", None)
    assert "הכרטיס שלכם" in told["receipt"]["text"]
    assert "הקוד" not in told["receipt"]["text"], "the slip has none"
    assert await shop.store.look(joining.left) == 3
    assert (await seen(shop, card))["first_name"] == "חברה"
    assert await shop.balance(card) == 10
    before = shop.content()
    assert (await join(shop, "j2", code=card))["refusal"]["code"] == "member_already"
    await shop.learns(row(RICH, 250, joined="2026-01-01"))
    assert (await join(shop, "j3", code=code_of(RICH)))["refusal"]["code"] == "member_already"
    await shop.learns(row("ee" * 10, 0))  # head office has heard of purchases with this card, and of nobody who joined with it
    assert (await join(shop, "j4", code=code_of("ee" * 10)))["refusal"] is None
    assert len(shop.content()["journal"]) == len(before["journal"]) + 1


async def test_a_plain_card_of_nobodys(shop: Till) -> None:
    """Its number is the new member's, beside a code of the pool; one that is somebody's, or some product's, is refused."""
    await pool(shop)
    told = await join(shop, code=PLAIN)
    assert (told["member"], bodies(shop)[0]["code"]) == (BLANKS[0], PLAIN)
    assert (await seen(shop, PLAIN))["first_name"] == (await seen(shop, told["code"]))["first_name"] == "חברה"
    await shop.learns(row(RICH, 250, codes=(CARD,), joined="2026-01-01"))
    for code, why in ((CARD, "member_already"), ("7290000066318", "product_code"), ("hello", "not_a_member_code")):
        assert (await join(shop, f"j{code}", code=code))["refusal"]["code"] == why
    assert await shop.store.look(joining.left) == 2


async def test_an_empty_pool_says_so_until_head_office_fills_it(shop: Till) -> None:
    """Nothing is written; codes that have expired or whose key is not known are passed by."""
    assert (await join(shop))["refusal"]["sentence"].startswith("No new cards here.")
    await shop.learns(PoolRow((code_of(BLANKS[0], expires_s=1_700_000_001), "PL1:RUBBISH")))
    assert (await join(shop))["refusal"]["code"] == "no_blank_codes"
    assert (bodies(shop), attachments(shop)) == ([], [])
    await pool(shop)
    assert (await join(shop))["member"] == BLANKS[0]


async def test_no_code_is_given_twice(shop: Till) -> None:
    """Whatever head office says of the pool: also one that was restored and sends an old one again."""
    await pool(shop, *BLANKS[:2])
    given = [(await join(shop, "j1"))["member"]]
    await pool(shop, *BLANKS[1:])
    given.append((await join(shop, "j2"))["member"])
    await pool(shop, *BLANKS)
    given.append((await join(shop, "j3"))["member"])
    assert sorted(given) == sorted(BLANKS)
    assert (await join(shop, "j4"))["refusal"]["code"] == "no_blank_codes"


async def test_a_clock_that_is_years_ahead_spoils_no_card(shop: Till) -> None:
    """A card is over only if head office's clock says so too: it is joined and claimed with, and no pool is thrown away."""
    await pool(shop)
    card = code_of("dd" * 10)
    sold = await shop.sell(1000, "k1", ask={"basket": lines(1000)})
    shop.checkout.link.heard_ms, shop.checkout.link.clock_offset_ms = time.time_ns() // 1_000_000, None
    shop.checkout.clock = clock_in("", ticks=lambda: time.time_ns() // 1_000_000 + 100 * YEAR_MS)  # the codes end in 2096
    told = await join(shop)
    assert (told["refusal"], told["member"], await shop.store.look(joining.left)) == (None, BLANKS[0], 2)
    assert (await join(shop, "j2", code=card))["refusal"] is None
    claim = {"till": "1", "cashier": "3", "business_date": DATE, "code": card, "sale": sold["id"]}
    assert (await shop.ask("/v1/claims", claim, **{KEY: "c1"})).json()["refusal"] is None
    merge = {"till": "1", "cashier": "3", "business_date": DATE, "code": card, "into": told["code"]}
    assert (await shop.ask("/v1/members/merge", merge, **{KEY: "m1"})).json()["refusal"] is None


async def test_what_cannot_be_joined_with(shop: Till) -> None:
    """A number that is none is the cashier's to correct; no consent, no member; an unenrolled terminal has none."""
    await pool(shop)
    assert (await join(shop, phone="12"))["refusal"]["code"] == "phone_invalid"
    for wrong in ({"consent": ""}, {"first_name": "x" * 61}, {"language": "fr"}, {"business_date": "2026-02-30"}, {"age": 7}):
        assert (await join(shop, **wrong))["code"] == "malformed"
    assert (await join(shop, first_name="", phone=""))["refusal"] is None
    assert await shop.store.look(joining.left) == 2


async def test_an_unenrolled_terminal_joins_nobody(tmp_path: Path) -> None:
    """As it books nothing."""
    async with till(tmp_path, enrolled=False) as stranger:
        assert (await join(stranger))["code"] == "not_enrolled"


class Office:
    """Head office for attachments: what it says of each, and what it was sent."""

    def __init__(self, outcome: str) -> None:
        self.outcome = outcome
        self.sent: list[AttachmentRequest] = []

    async def attach(self, request: AttachmentRequest) -> AttachmentAnswer:
        self.sent.append(request)
        return AttachmentAnswer(self.outcome)


async def sends(shop: Till, office: Office) -> list[str]:
    """One round of the loop, with everything pushed already; what was sent."""
    sync = Sync(office, StoredJournal(shop.store), StoredCache(shop.store), shop.checkout.link, lambda: 5, "0.1")  # type: ignore[arg-type]
    await sync.push_all()
    return [one.record for one in office.sent]


async def acknowledged(shop: Till, seq: int) -> None:
    head = await shop.store.look(journal.hash_at, seq)
    await shop.store.run(journal.save_push_state, PushState(seq, head or "", "one"))


async def test_an_attachment_goes_once_its_record_is_there(shop: Till) -> None:
    """Not before; it stays while head office has no such record, and is gone from the disk once it is stored."""
    await pool(shop)
    told = [await join(shop, key) for key in ("j1", "j2")]
    await acknowledged(shop, 2)
    found = await shop.store.look(joining.next_attachment)
    assert found
    assert (found.record, found.seq) == (told[0]["id"], 2)
    await acknowledged(shop, 3)
    assert await sends(shop, Office("unknown")) == [told[0]["id"]]
    assert len(attachments(shop)) == 2
    assert await sends(shop, Office("stored")) == [one["id"] for one in told]
    assert attachments(shop) == []
    with contextlib.closing(sqlite3.connect(shop.path)) as db:
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    assert b"501234567" not in shop.path.read_bytes()
    assert await sends(shop, Office("stored")) == []


async def test_an_attachment_that_is_not_what_its_record_says_is_not_kept(shop: Till) -> None:
    """Nobody can use it: it goes, and the log says so without it."""
    await pool(shop)
    await join(shop)
    await acknowledged(shop, 2)
    await sends(shop, Office("wrong"))
    assert attachments(shop) == []
