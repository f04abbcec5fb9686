"""Closing a till's day through the real API and the real store."""

import json
from pathlib import Path
from typing import Any

import pytest

from posd.cli.close_day import lines as told_lines
from posd.cli.close_day import receipts_in
from posd.store import journal
from runtime.errors import Rejected
from tests.till import DATE, RICH, Till, code_of, lines, till

KEY = "Idempotency-Key"


async def close(shop: Till, receipts: dict[str, int]) -> Any:
    said = [{"receipt_number": number, "amount_minor": amount} for number, amount in receipts.items()]
    return (await shop.ask(f"/v1/days/{DATE}/close", {"till": "1", "receipts": said})).json()


def closings(shop: Till) -> list[Any]:
    return [json.loads(data)["body"] for kind, data in shop.records() if kind == "day_close"]


async def test_what_each_side_lacks_is_named(shop: Till) -> None:
    """Unheard, unlisted, differing, and promises left open; other tills and other dates are none of this day's business."""
    await shop.sell(3000, "k1", ask={"basket": lines(3000), "code": code_of(RICH)}, receipt_number="1")
    await shop.sell(500, "k2", ask={"basket": lines(500)}, receipt_number="2")
    await shop.sell(700, "k3", ask={"basket": lines(700)}, receipt_number="3")
    await shop.sell(700, "k4", ask={"basket": lines(700)}, receipt_number="4", till="2")
    await shop.sell(700, "k5", ask={"basket": lines(700)}, receipt_number="5", business_date="2026-11-22")
    promised = await shop.agree(lines(900))
    told = await close(shop, {"1": 3000, "2": 555, "9": 100})
    assert (told["unheard"], told["unlisted"], told["settled"]) == (["9"], ["3"], False)
    assert told["differing"] == [{"receipt_number": "2", "till_minor": 555, "booked_minor": 500}]
    assert [one["agreement"] for one in told["open_agreements"]] == [promised["agreement"]]
    assert closings(shop) == [{"till": "1", "business_date": DATE, "receipts": {"1": 3000, "2": 555, "9": 100}}]


async def test_the_last_word_counts_and_the_same_word_is_one_record(shop: Till) -> None:
    """A repeat books nothing and is told as it stands now; a late receipt makes another record, and so does going back."""
    first = await close(shop, {"1": 500})
    assert (first["unheard"], first["replayed"]) == (["1"], False)
    await shop.sell(500, "k1", ask={"basket": lines(500)}, receipt_number="1")
    again = await close(shop, {"1": 500})
    assert (again["id"], again["replayed"], again["settled"]) == (first["id"], True, True)
    more = await close(shop, {"1": 500, "2": 5})
    back = await close(shop, {"1": 500})
    assert len({first["id"], more["id"], back["id"]}) == 3
    assert [one["receipts"] for one in closings(shop)] == [{"1": 500}, {"1": 500, "2": 5}, {"1": 500}]


async def test_an_exchange_is_one_receipt(shop: Till) -> None:
    """A sale and a return under one number took what is left; a return without its original has no amount to compare."""
    sale = await shop.sell(3000, "k1", ask={"basket": lines(3000)}, receipt_number="1")
    back = {"till": "1", "business_date": DATE, "lines": [{"line": "1", "quantity_milli": 1000}]}
    await shop.sell(800, "k2", ask={"basket": lines(800)}, receipt_number="2")
    await shop.ask("/v1/returns", {**back, "receipt_number": "2", "sale": sale["id"]}, **{KEY: "k3"})
    await shop.ask("/v1/returns", {**back, "receipt_number": "3", "sale": "ab" * 16}, **{KEY: "k4"})
    assert (await close(shop, {"1": 3000, "2": -2200, "3": -777}))["settled"]


async def test_a_deleted_receipt_was_heard_of(shop: Till) -> None:
    """Of a pruned record only its number is left: the till's word is taken for the amount."""
    await shop.sell(500, "k1", ask={"basket": lines(500)}, receipt_number="1")

    def forget(db: Any) -> None:
        db.execute("INSERT INTO pruned (id, receipt_number, business_date) VALUES (?, 'old', ?)", (b"x" * 16, DATE))

    await shop.store.run(forget)
    assert (await close(shop, {"1": 500, "old": 70}))["settled"]
    assert (await close(shop, {"1": 500}))["settled"]  # whose till it was nobody knows any more


async def test_a_receipt_is_found_on_whatever_day(shop: Till) -> None:
    """By number alone, by number and date, among many dates and also where there are none."""
    assert await shop.store.look(journal.find_receipt, "7", "") == []
    for day in range(10, 20):
        await shop.sell(500, f"k{day}", ask={"basket": lines(500)}, receipt_number="7", business_date=f"2026-11-{day}")
        await shop.sell(500, f"m{day}", ask={"basket": lines(500)}, receipt_number="8", business_date=f"2026-11-{day}")
    found = await shop.store.look(journal.find_receipt, "7", "")
    assert [seq for seq, _, _ in found] == list(range(20, 1, -2))
    assert len(await shop.store.look(journal.find_receipt, "7", "2026-11-12")) == 1
    assert await shop.store.look(journal.find_receipt, "7", "2026-12-12") == []
    plan = await shop.store.look(lambda db: db.execute("EXPLAIN QUERY PLAN " + journal._BY_RECEIPT, ("", "7")).fetchall())
    assert not any(step[3].startswith("SCAN journal") and "INDEX" not in step[3] for step in plan)


async def test_mistakes_are_told_and_close_nothing(shop: Till) -> None:
    """Numbers that come twice, days that there are not, amounts that are none."""
    path = f"/v1/days/{DATE}/close"
    one = {"receipt_number": "1", "amount_minor": 5}
    for where, body in (
        (path, {"till": "1", "receipts": [one, one]}),
        (path, {"till": "1", "receipts": [{**one, "amount_minor": 1.0}]}),
        (path, {"till": "", "receipts": []}),
        (path, {"receipts": []}),
        ("/v1/days/2026-02-30/close", {"till": "1", "receipts": []}),
        ("/v1/days/yesterday/close", {"till": "1", "receipts": []}),
    ):
        answer = await shop.ask(where, body)
        assert (answer.status_code, answer.json()["code"]) == (422, "malformed")
    assert closings(shop) == []


async def test_a_terminal_that_is_not_enrolled_closes_nothing(tmp_path: Path) -> None:
    """As it books nothing."""
    async with till(tmp_path, enrolled=False) as stranger:
        answer = await stranger.ask(f"/v1/days/{DATE}/close", {"till": "1", "receipts": []})
        assert (answer.status_code, answer.json()["code"]) == (409, "not_enrolled")


def test_the_file_of_the_command(tmp_path: Path) -> None:
    """Numbers and amounts, less than nothing too; every other line is a mistake that names itself."""
    file = tmp_path / "receipts.csv"
    file.write_text("1001,18.50\n1002, 7\n\n1003,-2.5\n")
    found = [(one["receipt_number"], one["amount_minor"]) for one in receipts_in(file)]
    assert found == [("1001", 1850), ("1002", 700), ("1003", -250)]
    for wrong in ("1001", "1001,x", ",5", "1001,1.234", "1001,1e3"):
        file.write_text(f"1000,1\n{wrong}\n")
        with pytest.raises(Rejected, match="line 2"):
            receipts_in(file)
    with pytest.raises(Rejected):
        receipts_in(tmp_path / "none.csv")


def test_the_answer_of_the_command() -> None:
    """One line for each thing that a person must look at, or that there is none."""
    told: dict[str, Any] = {
        "id": "ab",
        "replayed": True,
        "unheard": ["9"],
        "unlisted": ["3"],
        "differing": [{"receipt_number": "2", "till_minor": -555, "booked_minor": 500}],
        "open_agreements": [{"agreement": "cd", "to_pay_minor": 905}],
    }
    assert told_lines(told) == [
        "closed as ab, as before",
        "never heard of: 9",
        "not on the till: 3",
        "differs: 2, till -5.55, here 5.00",
        "left open: agreement cd, 9.05",
    ]
    nothing = {"unheard": [], "unlisted": [], "differing": [], "open_agreements": []}
    assert told_lines({**told, **nothing, "replayed": False}) == ["closed as ab", "till and posd agree"]
