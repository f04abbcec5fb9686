"""What is frozen before payment is what was quoted, to the last field."""

from dataclasses import replace

import pytest

from loyalty.agreement import Agreement, Facts, Hold, agree
from loyalty.code import Strength
from loyalty.quote import Choice, quote
from tests.samples import HANDLE, NOW, basket, cafe, holds_for, member

HELD = (Hold("h1", "point", 60), Hold("h2", "point", 40))


def quoted(*choices):
    """What a silver member of the cafe is answered."""
    return quote(cafe(), member(250, tier="silver", standing=1200, confirmed=200), basket(1290, 2300), NOW, choices)


def test_an_agreement_is_the_quote():
    """Basket, discounts, spends, program and moment, and the facts that it all stood on."""
    answer = quoted(Choice("ten_off"))
    assert agree(answer, "a" * 32, Strength.ROTATING, HELD) == Agreement(
        id="a" * 32,
        basket=answer.basket,
        member=Facts(
            HANDLE,
            Strength.ROTATING,
            "silver",
            {"point": 250, "standing": 1200},
            {"point": 200, "standing": 1200},
            provisional=False,
        ),
        program_version=3,
        program_hash="c" * 64,
        choices=(Choice("ten_off"),),
        discounts=answer.discounts,
        redemptions=answer.redemptions,
        holds=HELD,
        to_pay_minor=2590,
        moment=NOW,
    )


def test_a_provisional_member_stays_one():
    """Head office must know that the terminal had only a signature to go by."""
    answer = quote(cafe(), replace(member(), provisional=True), basket(1290), NOW)
    assert agree(answer, "a" * 32, Strength.SIGNED, ()).member.provisional


def test_the_facts_are_a_copy():
    """What the cache learns later does not change what was promised."""
    answer = quoted()
    frozen = agree(answer, "a" * 32, Strength.SIGNED, ())
    answer.member.balances["point"] = answer.member.spendable["point"] = 0
    assert (frozen.member.balances["point"], frozen.member.spendable["point"]) == (250, 200)


def test_without_a_member_there_are_no_facts():
    """And nothing to hold."""
    answer = quote(cafe(), None, basket(1290), NOW)
    assert agree(answer, "a" * 32, Strength.PLAIN, ()).member is None
    with pytest.raises(AssertionError):
        agree(answer, "a" * 32, Strength.PLAIN, HELD)


@pytest.mark.parametrize("holds", [(), HELD[:1], (Hold("h1", "point", 99),), (Hold("h1", "standing", 100),)])
def test_what_is_spent_must_be_held(holds):
    """To the last piece, and in the unit that is spent."""
    with pytest.raises(AssertionError):
        agree(quoted(Choice("ten_off")), "a" * 32, Strength.SIGNED, holds)


def test_more_may_be_held_than_is_spent():
    """A lease comes in round numbers."""
    answer = quoted(Choice("ten_off"))
    held = (*holds_for(answer), Hold("h9", "standing", 5))
    assert agree(answer, "a" * 32, Strength.SIGNED, held).holds == held
