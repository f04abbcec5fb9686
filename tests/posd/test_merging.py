"""Merged members at the terminal: both cards go on working, and what is not confirmed yet goes along."""

import json
from typing import Any

from tests.till import CARD, DATE, POOR, RICH, Till, code_of, lines, row

KEY = "Idempotency-Key"


async def merge(shop: Till, key: str = "m1", **fields: Any) -> Any:
    body = {"till": "1", "business_date": DATE, "code": code_of(POOR), "into": code_of(RICH), **fields}
    return (await shop.ask("/v1/members/merge", body, **{KEY: key})).json()


async def seen(shop: Till, code: str) -> Any:
    return (await shop.ask("/v1/members/look-up", {"code": code})).json()


def bodies(shop: Till, kind: str = "alias") -> list[Any]:
    return [json.loads(data)["body"] for one, data in shop.records() if one == kind]


async def test_two_cards_are_shown_and_a_record_says_so(shop: Till) -> None:
    """The one that goes, the one that stays; a repeat is the same record."""
    told = await merge(shop)
    assert (told["kind"], told["merged"], told["member"], told["refusal"]) == ("alias", POOR, RICH, None)
    assert await merge(shop) == {**told, "replayed": True}
    assert (await merge(shop, into=code_of("dd" * 10)))["code"] == "key_reused"
    assert [(body["member"], body["into"]) for body in bodies(shop)] == [(POOR, RICH)]


async def test_a_number_is_no_card_in_hand(shop: Till) -> None:
    """Both must be signed, both somebody's, and not the same one."""
    assert (await merge(shop, code=CARD))["refusal"]["code"] == "merge_needs_cards"
    assert (await merge(shop, into="hello"))["refusal"]["code"] == "not_a_member_code"
    assert (await merge(shop, code=code_of(RICH)))["refusal"]["code"] == "merge_same_member"
    assert bodies(shop) == []


async def merged(shop: Till, points: int = 290, **changes: Any) -> None:
    """Head office has done it."""
    await shop.learns(row(POOR, 0, merged_into=RICH), row(RICH, points, codes=(CARD,), **changes))


async def test_both_cards_are_one_member_s(shop: Till) -> None:
    """The balance, the name and what is booked are those of the one that stays, whichever card is shown."""
    await merged(shop)
    for code in (code_of(POOR), code_of(RICH), CARD):
        found = (await seen(shop, code))["member"]
        assert (found["handle"], await shop.balance(code)) == (RICH, 290)
    booked = await shop.sell(3000, "k1", ask={"basket": lines(3000), "code": code_of(POOR)})
    assert (booked["member"], await shop.balance(code_of(RICH))) == (RICH, 320)
    assert (await merge(shop))["refusal"]["code"] == "merge_same_member"


async def test_a_plain_card_of_the_one_that_went(shop: Till) -> None:
    """Its number goes on working too."""
    await shop.learns(row(POOR, 0, merged_into=RICH, codes=("2900000000025",)), row(RICH, 290))
    assert (await seen(shop, "2900000000025"))["member"]["handle"] == RICH


async def test_what_head_office_had_not_heard_goes_along_once(shop: Till) -> None:
    """A sale before the merge, on top of the new balance until head office says that it is in it."""
    sale = await shop.sell(3000, "k1", ask={"basket": lines(3000), "code": code_of(POOR)})
    assert await shop.balance(code_of(POOR)) == 70
    await merged(shop)
    assert await shop.balance(code_of(RICH)) == 320
    await merged(shop, 320, includes=(sale["id"],))
    assert await shop.balance(code_of(POOR)) == 320


async def test_a_promise_from_before_is_kept_and_undone(shop: Till) -> None:
    """Its hold was the one's, and ends by the other's sale or void."""
    await shop.learns(row(POOR, 240))
    first, second = [await shop.agree(lines(3000), code_of(POOR), "ten_off") for _ in range(2)]
    holds = [one.id for one in shop.office.asked]
    await shop.learns(row(POOR, 40, includes=tuple(holds)))
    assert await shop.balance(code_of(POOR)) == 40
    await merged(shop)
    await shop.ask(f"/v1/agreements/{first['agreement']}/cancel", {})
    booked = await shop.sell(2000, "k1", agreement=second["agreement"])
    assert (booked["member"], booked["spent"]) == (POOR, {"points": 100})
    assert await shop.balance(code_of(RICH)) == 290 + 100 + 20


async def test_a_card_keeps_its_own_generation_and_its_own_bar(shop: Till) -> None:
    """A lost card that was replaced stays refused; a barred card stays barred, and so are all cards of a barred member."""
    await shop.learns(row(POOR, 0, merged_into=RICH, generation=2), row(RICH, 290))
    assert (await seen(shop, code_of(POOR, 1)))["refusal"]["code"] == "code_replaced"
    assert (await seen(shop, code_of(POOR, 2)))["member"]["handle"] == RICH
    await shop.learns(row(POOR, 0, merged_into=RICH, blocked=True))
    assert (await seen(shop, code_of(POOR)))["refusal"]["code"] == "member_blocked"
    assert (await seen(shop, code_of(RICH)))["member"]["handle"] == RICH
    await shop.learns(row(POOR, 0, merged_into=RICH), row(RICH, 290, blocked=True))
    assert (await seen(shop, code_of(POOR)))["refusal"]["code"] == "member_blocked"


async def test_a_chain_of_merges_ends_at_the_last(shop: Till) -> None:
    """As head office tells it: everybody's cards at once, in whatever order; and a restored one may know less."""
    last = "dd" * 10
    await merged(shop)
    await shop.learns(row(POOR, 0, merged_into=last), row(RICH, 0, merged_into=last), row(last, 300))
    assert {(await seen(shop, code_of(handle)))["member"]["handle"] for handle in (POOR, RICH, last)} == {last}
    await shop.learns(row(RICH, 250))
    assert await shop.balance(code_of(RICH)) == 250
