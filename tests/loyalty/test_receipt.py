"""The loyalty block as a document."""

from dataclasses import replace

import pytest
from hypothesis import given

from loyalty.basket import Basket
from loyalty.document import Bar, Note, Receipt, Row, Title
from loyalty.member import Member
from loyalty.program import Tier, Tiers
from loyalty.quote import Choice
from loyalty.receipt import Bearer, Ending, as_copy, name_in, return_receipt, sale_receipt
from loyalty.sale import Reversal
from tests.samples import HANDLE, basket, cafe, member, sold
from tests.strategies import checkouts

ENDING = Ending("1240", "2026-11-18", online=True)
POINTS = {"unit": "נקודות"}


def printed(who: Member, bought: Basket, *choices: Choice, online: bool = True, language: str = "he") -> Receipt:
    """The receipt of a sale at the cafe."""
    bearer = Bearer(who.first_name, dict(who.balances))
    return sale_receipt(sold(cafe(), who, bought, *choices), bearer, cafe(), language, online=online)


def test_a_sale_with_a_reward():
    """Whole, in the order it is read: club, name, before, earned, spent, balance, why, the way to silver, number."""
    receipt = printed(member(250, standing=400), basket(1000, 3000), Choice("ten_off", 2))
    assert (receipt.language, receipt.currency) == ("he", "ILS")
    assert receipt.blocks == (
        Title("club", {"club": "מועדון בית הקפה"}),
        Note("hello", {"name": "חבר"}),
        Row("before", 250, POINTS),
        Row("earned", 20, POINTS, signed=True),
        Row("spent", -200, POINTS, signed=True),
        Row("balance", 70, POINTS, worth_minor=700, strong=True),
        Note("why", {"pieces": 20, "paid_minor": 2000, **POINTS}),
        Bar("next_tier", 42, 100, {"missing": 580, "tier": "כסף", "unit": "נקודות מעמד"}),
        Note("number", {"number": "1234", "date": "2026-11-18"}),
    )


def test_offline_it_says_so():
    """Before the number."""
    blocks = printed(member(5), basket(1000), online=False).blocks
    assert [block.code for block in blocks[-2:]] == ["offline", "number"]
    assert all(block.code != "offline" for block in printed(member(5), basket(1000)).blocks)


@pytest.mark.parametrize(
    ("standing", "filled", "missing", "tier"),
    [(0, 0, 1000, "Silver"), (-30, 0, 1030, "Silver"), (999, 99, 1, "Silver"), (1000, 0, 4000, "Gold"), (4999, 99, 1, "Gold")],
)
def test_the_bar_fills_from_step_to_step(standing, filled, missing, tier):
    """It is never full before the step is reached, and never less than empty."""
    (bar,) = [
        block for block in printed(member(5, standing=standing), basket(1), language="en").blocks if isinstance(block, Bar)
    ]
    assert (bar.filled, bar.whole) == (filled, 100)
    assert bar.params == {"missing": missing, "tier": tier, "unit": "standing"}


def test_the_highest_tier_has_no_bar():
    """A word instead; also when this very sale reached it."""
    for standing in (5000, 4990):
        blocks = printed(member(5, standing=standing), basket(1000), language="en").blocks
        assert Note("highest_tier", {"tier": "Gold"}) in blocks
        assert not any(isinstance(block, Bar) for block in blocks)


def test_without_tiers_there_is_no_bar():
    """Nor a word of one; and the unit that counted standing is one like any other."""
    program = cafe(tiers=None)
    sale = sold(program, member(5), basket(1000))
    blocks = sale_receipt(sale, Bearer("", {"point": 5}), program, "en", online=True).blocks
    rows = ["before", "earned", "balance"]
    assert [block.code for block in blocks] == ["club", *rows, *rows, "why", "why", "number"]


def test_a_standing_that_pays_for_rewards_is_shown():
    """Where one unit is both, the member sees its balance."""
    program = cafe(tiers=Tiers("point", (Tier("t", {"he": "ארד"}),)))
    sale = sold(program, member(5), basket(1000))
    blocks = sale_receipt(sale, Bearer("", {"point": 5}), program, "he", online=True).blocks
    assert Row("balance", 15, POINTS, worth_minor=150, strong=True) in blocks


def test_no_member_no_block():
    """There is nobody to speak to."""
    sale = sold(cafe(), None, basket(1000))
    assert sale_receipt(sale, Bearer("", {}), cafe(), "he", online=True) is None


def test_a_nameless_member_is_not_greeted():
    """No empty hello."""
    assert "hello" not in [block.code for block in printed(replace(member(5), first_name=""), basket(1000)).blocks]


def test_a_provisional_member_is_told_no_balance():
    """The terminal knows none: what was earned is named, nothing before it and nothing after."""
    blocks = printed(Member(HANDLE, provisional=True), basket(1000)).blocks
    assert [block.code for block in blocks] == ["club", "earned", "why", "number"]


def test_nothing_moved_and_nothing_there_is_not_shown():
    """A member with no points who earns none reads no zeros."""
    blocks = printed(member(0), basket(50)).blocks
    assert not any(isinstance(block, Row) for block in blocks)


def test_an_overdraft_is_worth_nothing():
    """The count is shown as it is, its worth never below zero."""
    (balance,) = [block for block in printed(member(-50), basket(1000)).blocks if block.code == "balance"]
    assert (balance.pieces, balance.worth_minor) == (-40, 0)


@given(checkouts)
def test_before_and_movements_make_the_balance(asked):
    """The column adds up, for every unit that is shown."""
    who = replace(asked.member, provisional=False)
    sale = sold(asked.program, who, asked.basket, *asked.choices)
    receipt = sale_receipt(sale, Bearer(who.first_name, dict(who.balances)), asked.program, "he", online=True)
    running = 0
    for row in (block for block in receipt.blocks if isinstance(block, Row)):
        if row.code == "balance":
            assert row.pieces == running
        running = row.pieces if row.code == "before" else running + row.pieces
    bars = [block for block in receipt.blocks if isinstance(block, Bar)]
    assert all(0 <= bar.filled < bar.whole and bar.params["missing"] > 0 for bar in bars)


def test_a_return():
    """What was earned is taken back, what was spent is given back."""
    bearer = Bearer("חבר", {"point": 70, "standing": 20})
    receipt = return_receipt(Reversal({"point": 5, "standing": 5}, {"point": 50}, 500), bearer, cafe(), "he", ENDING)
    assert receipt.blocks == (
        Title("club", {"club": "מועדון בית הקפה"}),
        Note("hello", {"name": "חבר"}),
        Note("returned"),
        Row("before", 70, POINTS),
        Row("taken_back", -5, POINTS, signed=True),
        Row("given_back", 50, POINTS, signed=True),
        Row("balance", 115, POINTS, worth_minor=1150, strong=True),
        Note("number", {"number": "1240", "date": "2026-11-18"}),
    )


def test_a_return_offline():
    """Without points there is only the word, the warning and the number."""
    receipt = return_receipt(Reversal({}, {}, 500), Bearer("", {}), cafe(), "en", replace(ENDING, online=False))
    assert [block.code for block in receipt.blocks] == ["club", "returned", "offline", "number"]


def test_a_copy_says_so_first():
    """And is otherwise the same."""
    receipt = printed(member(5), basket(1000))
    assert as_copy(receipt) == replace(receipt, blocks=(Title("copy"), *receipt.blocks))


def test_a_name_falls_back():
    """The language asked for, else English, else any, else nothing."""
    assert name_in({"he": "ארד", "en": "Bronze"}, "he") == "ארד"
    assert name_in({"he": "ארד", "en": "Bronze"}, "fr") == "Bronze"
    assert name_in({"he": "ארד"}, "fr") == "ארד"
    assert name_in({}, "fr") == ""
