"""Late claims through the real API and the real store."""

import json
from typing import Any

from tests.till import DATE, RICH, Till, code_of, lines

KEY = "Idempotency-Key"


async def claim(shop: Till, key: str = "c1", **fields: Any) -> Any:
    body = {"till": "1", "business_date": DATE, "code": code_of(RICH), **fields}
    return (await shop.ask("/v1/claims", body, **{KEY: key})).json()


def bodies(shop: Till) -> list[Any]:
    return [json.loads(data)["body"] for kind, data in shop.records() if kind == "claim"]


async def bought(shop: Till, number: str = "77", **fields: Any) -> Any:
    """A purchase without a card."""
    return await shop.sell(3000, f"k{number}", ask={"basket": lines(3000)}, receipt_number=number, **fields)


async def test_a_purchase_without_a_card_is_claimed(shop: Till) -> None:
    """By its id or by what stands on the receipt: one record each, and the balance is head office's to say."""
    sale = await bought(shop)
    told = await claim(shop, of_receipt_number="77")
    assert (told["kind"], told["member"], told["sale"], told["refusal"]) == ("claim", RICH, sale["id"], None)
    await claim(shop, "c2", sale=sale["id"])
    assert [(body["member"], body["sale"], body["receipt_number"]) for body in bodies(shop)] == [(RICH, sale["id"], "")] * 2
    assert await shop.balance(code_of(RICH)) == 250


async def test_a_repeat_claims_once(shop: Till) -> None:
    """The same key and body; another body under it is refused."""
    await bought(shop)
    first = await claim(shop, of_receipt_number="77")
    assert await claim(shop, of_receipt_number="77") == {**first, "replayed": True}
    assert (await claim(shop, of_receipt_number="78"))["code"] == "key_reused"
    assert len(bodies(shop)) == 1


async def test_another_till_s_receipt_is_looked_for_by_head_office(shop: Till) -> None:
    """With its date, the store is the terminal's own; without one nobody can tell. An id alone always can."""
    told = await claim(shop, of_receipt_number="9", of_business_date="2026-11-20")
    assert (told["sale"], told["refusal"]) == (None, None)
    assert bodies(shop)[0] | {"fingerprint": ""} == {
        "desk": {"till": "1", "cashier": "", "business_date": DATE},
        "fingerprint": "", "member": RICH, "sale": "", "receipt_number": "9", "of_date": "2026-11-20",
    }  # fmt: skip
    assert (await claim(shop, "c2", of_receipt_number="9"))["code"] == "sale_unknown"
    assert (await claim(shop, "c3", sale="ab" * 16))["sale"] == "ab" * 16


async def test_what_is_plainly_nobody_s_to_claim_is_refused_at_once(shop: Till) -> None:
    """A member's own purchase, one too long ago, an unreadable code, several receipts of that number: no record."""
    own = await shop.sell(3000, "k1", ask={"basket": lines(3000), "code": code_of(RICH)})
    await bought(shop, "5", business_date="2026-10-01")
    await bought(shop, "6")
    await shop.sell(100, "k6b", ask={"basket": lines(100)}, receipt_number="6", business_date="2026-11-20")
    assert (await claim(shop, sale=own["id"]))["refusal"]["code"] == "sale_has_member"
    late = await claim(shop, of_receipt_number="5")
    assert late["refusal"]["sentence"] == "Too late: a purchase can be claimed for 30 days."
    assert (await claim(shop, code="hello", of_receipt_number="6"))["refusal"]["code"] == "not_a_member_code"
    assert (await claim(shop, of_receipt_number="6"))["code"] == "sale_ambiguous"
    assert (await claim(shop, sale=own["id"], business_date="2026-02-30"))["code"] == "malformed"
    assert (await claim(shop))["code"] == "malformed"
    assert bodies(shop) == []
