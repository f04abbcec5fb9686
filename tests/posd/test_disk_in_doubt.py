"""A disk in doubt stops spending, with its reason, and no sale; and what was deleted long ago is told as that."""

import pytest

from posd.cli.status import lines as told_to_a_person
from posd.store import journal, pruning
from sync.push import FORKED, PushState
from tests.till import RICH, Till, code_of, lines

DOUBTS = [
    ("unchecked", True, "spending_unchecked", "unchecked"),
    ("frozen", FORKED, "spending_frozen", "forked"),
    ("full", True, "spending_disk_full", "disk_full"),
]


@pytest.mark.parametrize(("field", "value", "reason", "code"), DOUBTS, ids=[doubt[0] for doubt in DOUBTS])
async def test_nothing_is_spent_and_sales_accrue(shop: Till, field: str, value: object, reason: str, code: str) -> None:
    """Before payment it is refused in words and head office is not asked; on the spot the sale is booked without the reward."""
    setattr(shop.store.condition, field, value)
    agreed = await shop.agree(lines(3000), code_of(RICH), "ten_off")
    assert (agreed["agreement"], agreed["refusal"]["code"]) == (None, reason)
    assert agreed["refusal"]["sentence"]
    booked = await shop.sell(3000, "k1", ask={"basket": lines(3000), "code": code_of(RICH), "choices": [{"reward": "ten_off"}]})
    assert (booked["spent"], booked["earned"]["points"]) == ({}, 30)
    assert [refusal["code"] for refusal in booked["refusals"]] == [reason]
    assert shop.office.asked == []
    status = await shop.parts.status()
    assert status["disk"] == [code]
    assert any(line.startswith("disk:") and code in line for line in told_to_a_person(status, 0))
    setattr(shop.store.condition, field, type(value)())
    assert (await shop.agree(lines(3000), code_of(RICH), "ten_off"))["refusal"] is None


async def test_a_file_that_cannot_be_written_stops_nothing(shop: Till) -> None:
    """The high-water file is a help: it is told, and points are spent."""
    shop.store.condition.unguarded = "Input/output error"
    assert (await shop.parts.status())["disk"] == ["unguarded"]
    assert (await shop.agree(lines(3000), code_of(RICH), "ten_off"))["refusal"] is None


async def pruned_sale(shop: Till) -> str:
    """A sale that was booked, sent, backed up and deleted; its id."""
    sold = await shop.sell(3000, "old", ask={"basket": lines(3000), "code": code_of(RICH)})
    await shop.sell(1000, "new", ask={"basket": lines(1000)})
    head = await shop.store.look(journal.head)
    await shop.store.run(journal.save_push_state, PushState(head.seq, head.hash, durable_seq=head.seq))
    later_ms = shop.checkout.clock.now().wall_ms + pruning.KEPT_MS + 1
    assert await shop.store.run(pruning.prune, later_ms) == head.seq - 1
    return str(sold["id"])


async def test_a_key_of_long_ago_is_not_booked_again(shop: Till) -> None:
    """It is told that there was one, and nothing is written; its receipt is told as gone."""
    own = await pruned_sale(shop)
    before = shop.records()
    body = shop.sale(3000, ask={"basket": lines(3000), "code": code_of(RICH)})
    answer = await shop.ask("/v1/sales", body, **{"Idempotency-Key": "old"})
    assert (answer.status_code, answer.json()["code"]) == (422, "record_pruned")
    assert shop.records() == before
    receipt = await shop.client.get(f"/v1/records/{own}/receipt.txt")
    assert receipt.json()["code"] == "record_pruned"


@pytest.mark.parametrize("by", ["sale", "receipt"])
async def test_what_was_sold_long_ago_comes_back_as_an_estimate(shop: Till, by: str) -> None:
    """By the sale's id, or by the number on the till's receipt: head office makes the entries."""
    own = await pruned_sale(shop)
    named = {"sale": own} if by == "sale" else {"of_receipt_number": "1001"}
    till = {"till": "1", "cashier": "3", "receipt_number": "77", "business_date": "2026-11-22"}
    body = {**till, **named, "lines": [{"line": "1", "quantity_milli": 1000}]}
    answer = await shop.ask("/v1/returns", body, **{"Idempotency-Key": "back"})
    assert answer.status_code == 200, answer.text
    assert answer.json()["estimate"] is True
