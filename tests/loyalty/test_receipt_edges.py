"""The loyalty block where a unit, a tier or a language is missing."""

from dataclasses import replace

import pytest

from loyalty.document import Bar, Note, Row, Title
from loyalty.program import Tier, Tiers
from loyalty.quote import Choice
from loyalty.receipt import Bearer, Ending, return_receipt, sale_receipt
from loyalty.sale import Reversal
from tests.samples import basket, cafe, member, sold

ENDING = Ending("1240", "2026-11-18", online=True)
POINTS = {"unit": "points"}


def printed(program, who, bought, *choices, balances=None):
    """The blocks in English; `balances` is what the receipt knows of the member, if it differs from the quote's."""
    bearer = Bearer(who.first_name, dict(who.balances) if balances is None else balances)
    return sale_receipt(sold(program, who, bought, *choices), bearer, program, "en", online=True).blocks


def test_a_unit_without_a_balance_counts_from_zero():
    """A member's first purchase: nothing before, and what was earned is the balance."""
    assert printed(cafe(tiers=None), member(), basket(500), balances={})[2:5] == (
        Row("before", 0, POINTS),
        Row("earned", 5, POINTS, signed=True),
        Row("balance", 5, POINTS, worth_minor=50, strong=True),
    )


def test_the_bar_starts_at_nothing():
    """Without a standing the whole way is ahead."""
    assert printed(cafe(), member(), basket(50), balances={})[-2:] == (
        Bar("next_tier", 0, 100, {"missing": 1000, "tier": "Silver", "unit": "standing"}),
        Note("number", {"number": "1234", "date": "2026-11-18"}),
    )


def test_the_bar_is_empty_on_the_very_step():
    """A step that is ten pieces wide shows ten percent for one piece and none for none."""
    steps = (Tier("a", {"en": "A"}), Tier("b", {"en": "B"}, 10), Tier("c", {"en": "C"}, 20))
    program = cafe(tiers=Tiers("standing", steps))
    bars = [printed(program, member(standing=have), basket(50))[-2] for have in (10, 11)]
    assert [(bar.filled, bar.params["missing"]) for bar in bars] == [(0, 10), (10, 9)]


@pytest.mark.parametrize(("language", "name"), [("he", "זהב"), ("en", "Gold")])
def test_the_highest_tier_is_named_in_the_receipts_language(language, name):
    """The congratulation speaks to the member."""
    who = member(standing=5000)
    receipt = sale_receipt(sold(cafe(), who, basket(50)), Bearer("", {"standing": 5000}), cafe(), language, online=True)
    assert Note("highest_tier", {"tier": name}) in receipt.blocks


def test_a_unit_is_shown_for_any_one_reason():
    """It has a balance, or something was earned, or something was spent; the others are not spoken of."""
    program = cafe(tiers=None, accruals={})
    who = member(100)
    kept = printed(program, who, basket(5000), balances={"standing": 3})
    assert [(row.code, row.params["unit"]) for row in kept if isinstance(row, Row)] == [
        ("before", "standing"),
        ("balance", "standing"),
    ]
    spent = printed(program, who, basket(5000), Choice("ten_off"), balances={})
    assert [(row.code, row.pieces) for row in spent if isinstance(row, Row)] == [
        ("before", 0),
        ("spent", -100),
        ("balance", -100),
    ]
    earned = printed(cafe(tiers=None, rewards={}), member(), basket(100), balances={})
    assert [row.code for row in earned if isinstance(row, Row)] == ["before", "earned", "balance"] * 2


@pytest.mark.parametrize(
    ("taken", "given", "balances", "rows"),
    [
        ({"point": 5}, {}, {"point": 7}, [("before", 7), ("taken_back", -5), ("balance", 2)]),
        ({"point": 5}, {}, {"point": 3}, [("before", 3), ("taken_back", -3), ("balance", 0)]),
        ({"point": 5}, {"point": 4}, {}, [("before", 0), ("taken_back", -4), ("given_back", 4), ("balance", 0)]),
        ({"point": 5}, {}, {}, [("before", 0), ("balance", 0)]),
        ({}, {"point": 5}, {}, [("before", 0), ("given_back", 5), ("balance", 5)]),
        ({}, {}, {"point": 7}, [("before", 7), ("balance", 7)]),
        ({}, {}, {}, []),
    ],
)
def test_a_return_shows_what_moved_or_is_there(taken, given, balances, rows):
    """A unit that the receipt knows no balance of counts from zero, no more is taken than there is, and nothing is no row."""
    receipt = return_receipt(Reversal(taken, given, 500), Bearer("", balances), cafe(), "en", ENDING)
    assert [(row.code, row.pieces) for row in receipt.blocks if isinstance(row, Row)] == rows


def test_a_return_takes_what_is_not_there_where_the_program_allows_it():
    """The balance falls below nothing."""
    program = replace(cafe(), policies=replace(cafe().policies, negative_balance="allowed"))
    receipt = return_receipt(Reversal({"point": 5}, {}, 500), Bearer("", {"point": 3}), program, "en", ENDING)
    assert [(row.code, row.pieces) for row in receipt.blocks if isinstance(row, Row)] == [
        ("before", 3),
        ("taken_back", -5),
        ("balance", -2),
    ]


def test_a_return_of_coupons_speaks_of_none_by_number():
    """They are given back and canceled; points are counted."""
    coupon = replace(cafe().rewards["ten_off"], cost=1)
    units = {**cafe().units, "point": replace(cafe().units["point"], worth=0)}
    program = replace(cafe(), rewards={"ten_off": coupon}, units=units)
    receipt = return_receipt(Reversal({"point": 1}, {"point": 2}, 500), Bearer("", {"point": 3}), program, "en", ENDING)
    assert [row.code for row in receipt.blocks if isinstance(row, Row)] == ["before", "canceled", "restored", "balance"]


def test_a_tier_that_is_held_until_a_review_is_not_still_to_come():
    """The way is to the one above it, however little counts now."""
    silver = replace(member(), tier="silver")
    bars = [one for one in printed(cafe(), silver, basket(50), balances={}) if isinstance(one, Bar)]
    assert [(bar.filled, bar.params["tier"]) for bar in bars] == [(0, "Gold")]


def test_a_return_is_in_the_members_language_and_the_programs_currency():
    """All of it."""
    program = replace(cafe(), currency="EUR")
    receipt = return_receipt(Reversal({}, {}, 500), Bearer("", {}), program, "en", ENDING)
    assert (receipt.language, receipt.currency, receipt.blocks[0]) == ("en", "EUR", Title("club", {"club": "Cafe Club"}))
