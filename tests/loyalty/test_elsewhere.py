"""Pieces that come from a partner or go to a cause, and what a return does with them."""

from dataclasses import replace

from loyalty.accruals.per_money import PerMoney
from loyalty.ledger import ISSUED, REDEEMED, available, balances
from loyalty.posting import return_entries, sale_entries, spent_lots
from loyalty.program import AccrualRule, RewardRule
from loyalty.quote import Choice
from loyalty.reverse import Back, reverse
from loyalty.rewards.amount_off import AmountOff
from loyalty.rewards.donate import Donate
from loyalty.sale import ReturnedLine
from tests.samples import HANDLE, basket, cafe, member, sold

MINE = available(HANDLE)
NAME = {"en": "name"}


def program():
    """A point a shekel from the program and one from the bank; ten points off, or ten for the trees."""
    return cafe(
        accruals={
            "ours": AccrualRule("per_money", "point", PerMoney(100, by_tier=False)),
            "theirs": AccrualRule("per_money", "point", PerMoney(100, by_tier=False), partner="bank"),
        },
        rewards={
            "off": RewardRule("amount_off", NAME, "point", 10, AmountOff(100)),
            "trees": RewardRule("donate", NAME, "point", 10, Donate("trees")),
        },
        causes={"trees": NAME},
        partners={"bank": NAME},
        tiers=None,
    )


def test_a_unit_that_is_spent_and_donated_goes_to_both():
    """Twenty points are worth two shekels, thirty are given: each where it belongs, though one hold covers them."""
    sums = balances(sale_entries(sold(program(), member(100), basket(5000), Choice("off", 2), Choice("trees", 3))))
    assert (sums[REDEEMED, "point"], sums["cause/trees", "point"]) == (20, 30)
    assert (sums[ISSUED, "point"], sums["partner/bank", "point"]) == (-48, -48)


def test_everything_goes_back_to_where_it_came_from():
    """In one return or in two, no account is left with anything."""
    for parts in ((1000,), (400, 600)):
        sale = sold(program(), member(100), basket(5000), Choice("off", 2), Choice("trees", 3))
        holds = {(f"hold/{hold.id}", hold.unit): hold.pieces for hold in sale.holds}
        entries, before = [*sale_entries(sale)], 0
        for milli in parts:
            undone = reverse(program(), sale, Back({"1": before}, (ReturnedLine("1", milli),), "2026-11-18"))
            before += milli
            entries += return_entries(HANDLE, undone, spent_lots(entries))
        left = {key: pieces for key, pieces in balances(entries).items() if pieces}
        assert left.pop((MINE, "point")) == sum(holds.values())
        assert left == {key: -pieces for key, pieces in holds.items()}


def test_what_is_not_given_back_stays_with_the_cause():
    """By the policy; what a partner issued goes back to it all the same."""
    strict = replace(program(), policies=replace(program().policies, give_back_spent=False))
    sale = sold(strict, member(100), basket(5000), Choice("trees", 3))
    undone = reverse(strict, sale, Back({}, (ReturnedLine("1", 1000),), "2026-11-18"))
    assert (undone.given_back, undone.elsewhere) == ({}, {"partner/bank": {"point": 50}})
