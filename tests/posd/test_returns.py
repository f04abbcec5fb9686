"""Returns through the real API and the real store: in parts, by receipt number, of another store's sale."""

import asyncio
from contextlib import aclosing
from typing import Any

import pytest

from sync import program_file
from sync.wire import ProgramRow
from tests.till import CAFE, DATE, RICH, Till, code_of, lines, row

KEY = "Idempotency-Key"


def kinds(shop: Till) -> list[str]:
    return [kind for kind, _ in shop.records()]


async def sold(shop: Till, **fields: Any) -> Any:
    """Three pieces for 30.00 and one thing for 5.00."""
    basket = {"lines": [{"id": "a", "product": "p", "amount_minor": 3000, "quantity_milli": 3000}, *lines(500)["lines"]]}
    return await shop.sell(3500, "k1", ask={"basket": basket, "code": code_of(RICH)}, **fields)


async def bring(shop: Till, key: str, line: str, milli: int, **of: Any) -> Any:
    till_says = {"till": "1", "receipt_number": f"r{key}", "business_date": DATE}
    answer = await shop.ask(
        "/v1/returns", {**till_says, "lines": [{"line": line, "quantity_milli": milli}], **of}, **{KEY: key}
    )
    return answer.json()


async def test_returns_in_parts_sum_to_the_whole(shop: Till) -> None:
    """Each part takes its share back; more than was sold is refused and books nothing."""
    sale = await sold(shop)
    parts = [await bring(shop, f"r{n}", "a", 1000, sale=sale["id"]) for n in range(3)]
    assert [part["refund_minor"] for part in parts] == [1000] * 3
    assert sum(part["taken_back"]["points"] for part in parts) == 30
    assert await shop.balance(code_of(RICH)) == 255
    content = shop.content()
    assert (await bring(shop, "r9", "a", 1, sale=sale["id"]))["code"] == "returned_more_than_sold"
    assert (await bring(shop, "r9", "z", 1, sale=sale["id"]))["code"] == "line_not_in_sale"
    assert shop.content() == content
    again = await bring(shop, "r0", "a", 1000, sale=sale["id"])
    assert again["replayed"]
    assert shop.content() == content


async def test_a_return_gives_spent_points_back(shop: Till) -> None:
    """What the reward cost comes back with the goods."""
    agreed = await shop.agree(lines(3000), code_of(RICH), "ten_off")
    sale = await shop.sell(2000, "k1", agreement=agreed["agreement"])
    back = await bring(shop, "r1", "1", 1000, sale=sale["id"])
    assert (back["given_back"], back["taken_back"]["points"], back["refund_minor"]) == ({"points": 100}, 20, 2000)
    assert await shop.balance(code_of(RICH)) == 250


@pytest.mark.parametrize(("policy", "taken"), [("allowed", 30), ("within_balance", 12)])
async def test_a_return_tells_everybody_what_it_really_took(shop: Till, policy: str, taken: int) -> None:
    """The till, the display and the receipt: no more points than there are, unless a balance may fall below nothing."""
    _, values = program_file.load(CAFE)
    strict = {**values, "version": 2, "policies": {**values["policies"], "negative_balance": policy}}
    await shop.learns(ProgramRow("cafe", 2, 0, strict))
    sale = await shop.sell(3000, "k1", ask={"basket": lines(3000), "code": code_of(RICH)})
    await shop.learns(row(RICH, 12, includes=(sale["id"],)))  # the rest was spent elsewhere
    async with aclosing(shop.parts.events.stream()) as events:
        told = asyncio.ensure_future(anext(events))
        await asyncio.sleep(0)
        back = await bring(shop, "r1", "1", 1000, sale=sale["id"])
        moved = (await told).body["moved"]
    assert (back["taken_back"]["points"], moved["points"]) == (taken, -taken)


async def test_a_return_finds_its_sale_by_receipt_number(shop: Till) -> None:
    """By number; by number and date where the number alone is not enough; and never by guessing."""
    await sold(shop, receipt_number="77")
    assert (await bring(shop, "r1", "a", 1000, of_receipt_number="77"))["refund_minor"] == 1000
    await shop.sell(100, "k2", ask={"basket": lines(100)}, receipt_number="77", business_date="2026-11-22")
    assert (await bring(shop, "r2", "a", 1000, of_receipt_number="77"))["code"] == "sale_ambiguous"
    dated = await bring(shop, "r2", "a", 1000, of_receipt_number="77", of_business_date=DATE)
    assert dated["refund_minor"] == 1000
    assert (await bring(shop, "r3", "a", 1, of_receipt_number="78"))["code"] == "sale_unknown"


async def test_a_sale_of_another_store_comes_back_as_an_estimate(shop: Till) -> None:
    """Head office makes the entries; the terminal books what it saw."""
    back = await bring(shop, "r1", "a", 1000, sale="ab" * 16)
    assert (back["estimate"], back["refund_minor"], back["taken_back"]) == (True, None, {})
    assert kinds(shop) == ["enrol", "return"]


async def test_a_return_of_a_return_is_refused(shop: Till) -> None:
    """Only sales come back."""
    sale = await sold(shop)
    back = await bring(shop, "r1", "a", 1000, sale=sale["id"])
    assert (await bring(shop, "r2", "a", 1000, sale=back["id"]))["code"] == "sale_unknown"
