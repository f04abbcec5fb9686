"""What a booked sale prints, through the real API and the real store."""

from dataclasses import replace

from tests.till import CARD, RICH, Till, code_of, lines, row


async def test_a_receipt_says_what_expires_next(shop: Till) -> None:
    """As head office told it by lot, less what this sale has reserved of it."""
    balances = {"points": {"/2098-01-31": 130, "/2099-01-31": 200}, "status": {"": 0}}
    await shop.learns(replace(row(RICH, codes=(CARD,)), balances=balances))
    agreed = await shop.agree(lines(3000), code_of(RICH), "ten_off")
    booked = await shop.sell(2000, "k1", agreement=agreed["agreement"])
    receipt = (await shop.client.get(f"/v1/records/{booked['id']}/receipt.txt")).text
    assert "Points: 30 valid until Jan 31, 2098" in receipt
