"""What a booked sale prints, through the real API and the real store."""

from dataclasses import replace
from typing import Any

from loyalty.moment import Place
from tests.till import CARD, DATE, RICH, Till, code_of, lines, row


async def brought_back(shop: Till, sale: str) -> Any:
    """The answer to a return of the first line of `sale`."""
    body = {"till": "1", "receipt_number": "r1", "business_date": DATE, "sale": sale}
    answer = await shop.ask(
        "/v1/returns", {**body, "lines": [{"line": "1", "quantity_milli": 1000}]}, **{"Idempotency-Key": "r1"}
    )
    return answer.json()


async def test_a_receipt_says_what_expires_next(shop: Till) -> None:
    """As head office told it by lot, less what this sale has reserved of it."""
    balances = {"points": {"/2098-01-31": 130, "/2099-01-31": 200}, "status": {"": 0}}
    await shop.learns(replace(row(RICH, codes=(CARD,)), balances=balances))
    agreed = await shop.agree(lines(3000), code_of(RICH), "ten_off")
    booked = await shop.sell(2000, "k1", agreement=agreed["agreement"])
    receipt = (await shop.client.get(f"/v1/records/{booked['id']}/receipt.txt")).text
    assert "Points: 30 valid until Jan 31, 2098" in receipt


async def test_a_return_of_a_provisional_member_claims_no_balance(shop: Till) -> None:
    """What goes back is on the paper; what is left nobody here knows."""
    sale = await shop.sell(3000, "k1", ask={"basket": lines(3000), "code": code_of("ab" * 10)})
    back = await brought_back(shop, sale["id"])
    receipt = (await shop.client.get(f"/v1/records/{back['id']}/receipt.txt")).text
    assert "Points taken back \u2066-30\u2069" in " ".join(receipt.split())
    assert "Points balance" not in receipt
    assert "Points before" not in receipt


async def test_a_receipt_names_the_store_and_the_tier(shop: Till) -> None:
    """Of a return as of a sale: the words around a survey's code name them."""
    shop.checkout.clock = replace(shop.checkout.clock, place=Place("allenby", "t7"))
    sale = await shop.sell(3000, "k1", ask={"basket": lines(3000), "code": CARD})
    back = await brought_back(shop, sale["id"])
    for booked in (sale, back):
        told = (await shop.client.get(f"/v1/records/{booked['id']}/receipt.json")).json()["receipt"]["facts"]
        assert (told["store"], told["terminal"], told["tier"]) == ("allenby", "t7", "Bronze")
