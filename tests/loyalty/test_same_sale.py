"""Units of which a sale's own pieces cannot pay in it."""

from dataclasses import replace

import pytest

from loyalty.accruals.per_money import PerMoney
from loyalty.basket import Basket, Line
from loyalty.conditions.checkout import Measure
from loyalty.goods import Goods
from loyalty.member import Member
from loyalty.program import AccrualRule, Policies, PromotionRule, RewardRule, Unit
from loyalty.quote import Choice, quote
from loyalty.rewards.amount_off import AmountOff
from loyalty.rewards.pay import Pay
from tests.samples import NOW, cafe

TOP_UP = Goods(products=("top_up",))


@pytest.mark.parametrize(("at_once", "refusal"), [(False, "paid_too_much"), (True, "")])
def test_a_wallet_that_is_filled_up_pays_the_next_time(at_once, refusal):
    """Of 150.00 with a top-up of 50.00, a wallet of 10.00 pays 10.00; or all of it, where the unit says so."""
    program = replace(
        cafe(),
        units={"wallet": Unit({"en": "wallet"}, worth=1, at_once=at_once)},
        accruals={"top_up": AccrualRule("per_money", "wallet", PerMoney(1, by_tier=False), TOP_UP)},
        rewards={"wallet": RewardRule("pay", {"en": "wallet"}, "wallet", 1, Pay())},
        tiers=None,
        policies=Policies(),
    )
    who = Member("m", balances={"wallet": 1000}, spendable={"wallet": 1000})
    bought = Basket((Line("1", "a", 10_000), Line("2", "top_up", 5000, discountable=False)))
    assert quote(program, who, bought, NOW, (Choice("wallet", 1000),)).to_pay_minor == 14_000
    more = quote(program, who, bought, NOW, (Choice("wallet", 6000),))
    assert (more.offers[0].refusal.code if more.offers[0].refusal else "") == refusal
    assert more.to_pay_minor == (9000 if at_once else 15_000)


@pytest.mark.parametrize(("least", "given"), [(9000, True), (9001, False)])
def test_a_threshold_without_tax_counts_the_levy_as_it_is(least, given):
    """102.00 with 15 % in what is no levy: 80.00 and a levy of 10.00."""
    when = {"basket": (Measure(amount_min=least, tax="excluded"),)}
    rule = PromotionRule("amount_off", {"en": "it"}, AmountOff(100), members_only=False, when=when)
    bought = Basket((Line("1", "a", 8000 * 115 // 100 + 1000, tax_bp=1500, levy_minor=1000),))
    assert bool(quote(replace(cafe(), promotions={"it": rule}), None, bought, NOW).discounts) is given
