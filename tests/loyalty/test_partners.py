"""What partners owe for a sale, and what of it they get back."""

from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loyalty.accruals.per_money import PerMoney
from loyalty.basket import Basket, Line
from loyalty.ledger import ISSUED, Entry, available
from loyalty.partners import Cost, costs, costs_back
from loyalty.posting import post, return_entries, sale_entries
from loyalty.program import AccrualRule, Goods, PromotionRule, RewardRule
from loyalty.quote import Choice, Discount
from loyalty.reverse import Back, reverse
from loyalty.rewards.amount_off import AmountOff
from loyalty.rewards.gift import Gift
from loyalty.rewards.pay import Pay
from loyalty.rewards.percent_off import PercentOff
from loyalty.sale import ReturnedLine
from tests.samples import HANDLE, cafe, member, sold
from tests.strategies import baskets

MINE = available(HANDLE)
NAME = {"en": "name"}
DAY = "2026-11-18"
CHEESE = Goods(categories=("cheese",))
BASKET = Basket((Line("1", "feta", 3590, 400, category="cheese"), Line("2", "rice", 1200)))


def program(**changes):
    """The dairy pays for a fifth off the cheese and gives a knife to members; the bank pays for points, ten off and the wallet."""
    rules = cafe(
        accruals={
            "ours": AccrualRule("per_money", "point", PerMoney(100, by_tier=False)),
            "theirs": AccrualRule("per_money", "point", PerMoney(100, by_tier=False), partner="bank"),
        },
        promotions={
            "fifth": PromotionRule("percent_off", NAME, PercentOff(2000), CHEESE, members_only=False, partner="dairy"),
            "shekel": PromotionRule("amount_off", NAME, AmountOff(100), members_only=False),
            "knife": PromotionRule("gift", NAME, Gift("KNIFE", 2), partner="dairy"),
        },
        rewards={
            "ten_off": RewardRule("amount_off", NAME, "point", 100, AmountOff(1000), partner="bank"),
            "wallet": RewardRule("pay", NAME, "point", 1, Pay(10), partner="bank"),
            "own": RewardRule("amount_off", NAME, "point", 1, AmountOff(7)),
        },
        partners={"bank": NAME, "dairy": NAME},
        tiers=None,
    )
    return replace(rules, **changes)


def back(*lines, before=None):
    """These lines come back, each with so many thousandths."""
    return Back(before or {}, tuple(ReturnedLine(line, milli) for line, milli in lines), DAY)


def summed(found):
    """Costs as sums; what comes to nothing is none."""
    sums = Counter()
    for *key, amount in found:
        sums[tuple(key)] += amount
    return dict(sums)


def test_a_partner_owes_what_its_rules_take_off():
    """7.18 of the cheese; what the program gives by itself is nobody's, and what is handed over is counted."""
    assert costs(program(), sold(program(), member(), BASKET)) == (
        Cost("dairy", "discount", "fifth", "ILS", 718),
        Cost("dairy", "gift", "knife", "KNIFE", 2),
    )


def test_who_buys_does_not_matter():
    """A promotion for everybody is the partner's cost without a member too; there is no gift, which is for members."""
    assert costs(program(), sold(program(), None, BASKET)) == (Cost("dairy", "discount", "fifth", "ILS", 718),)


def test_what_units_pay_is_a_partner_s_cost_too():
    """Ten shekels off, and 3.00 of the wallet, for which the member spent pieces; each by its rule."""
    sale = sold(program(), member(500), BASKET, Choice("ten_off"), Choice("wallet", 30), Choice("own"))
    found = {(one.partner, one.rule): one.amount for one in costs(program(), sale) if one.kind == "discount"}
    assert found == {("dairy", "fifth"): 718, ("bank", "ten_off"): 1000, ("bank", "wallet"): 300}


def test_a_line_that_comes_back_brings_its_part():
    """The rice was not reduced by the dairy; a quarter of the cheese is a quarter of its discount, rounded down."""
    sale = sold(program(), member(), BASKET)
    assert costs_back(program(), sale, back(("2", 1000))) == ()
    assert costs_back(program(), sale, back(("1", 100))) == (Cost("dairy", "discount", "fifth", "ILS", 179),)
    rest = costs_back(program(), sale, back(("1", 300), before={"1": 100}))
    assert rest == (Cost("dairy", "discount", "fifth", "ILS", 718 - 179),)


def test_a_rule_that_stands_on_a_sale_twice_is_owed_twice():
    """No quote of ours says a rule twice; a record may, and all of it left the shop."""
    once = sold(program(), member(), BASKET)
    twice = replace(
        once,
        discounts=(Discount("fifth", (18, 0)), Discount("fifth", (700, 0))),
        extras=replace(once.extras, gifts=once.extras.gifts * 2),
    )
    assert costs(program(), twice) == (
        Cost("dairy", "discount", "fifth", "ILS", 718),
        Cost("dairy", "gift", "knife", "KNIFE", 4),
    )
    assert costs_back(program(), twice, back(("1", 400))) == (Cost("dairy", "discount", "fifth", "ILS", 718),)


def test_a_return_that_was_refused_gives_nobody_anything():
    """To ask for it is a mistake of whoever asks."""
    with pytest.raises(AssertionError, match="returned_more_than_sold"):
        costs_back(program(), sold(program(), member(), BASKET), back(("1", 401)))


@pytest.mark.parametrize("share", ["lines", "money"])
@given(basket=baskets(), data=st.data())
def test_returns_of_everything_give_back_what_was_owed(share, basket, data):
    """However a sale is cut up, over however many returns, the parts sum to the whole of each rule; none is below nothing, and what
    units have cost comes back as it was issued.
    """
    anything = replace(program().promotions["fifth"], lines=Goods())
    rules = program(policies=replace(program().policies, return_share=share), promotions={"fifth": anything})
    chosen = [Choice(reward, data.draw(st.integers(1, 9))) for reward in data.draw(st.permutations(list(rules.rewards)))]
    sale = sold(rules, data.draw(st.sampled_from([member(900), None])), basket, *chosen)
    owed = {key: amount for key, amount in summed(costs(rules, sale)).items() if key[1] == "discount"}
    marks = [data.draw(st.sets(st.integers(1, line.quantity_milli), max_size=3)) for line in basket.lines]
    cuts = []
    for line, some in zip(basket.lines, marks, strict=True):
        ends = sorted(some | {line.quantity_milli})
        cuts += [(line.id, end - begun) for begun, end in zip([0, *ends], ends, strict=False)]
    parts, before = [], Counter()
    for line, milli in data.draw(st.permutations(cuts)):
        parts += costs_back(rules, sale, back((line, milli), before=dict(before)))
        before[line] += milli
    assert all(part.amount > 0 for part in parts)
    assert summed(parts) == owed == summed(costs_back(rules, sale, back(*cuts)))


def test_pieces_are_told_as_they_were_posted():
    """48 points from the bank, and of the twelve for the rice only ten were left to take."""
    sale = sold(program(promotions={}), member(), BASKET)
    posted = post(program(), {}, sale_entries(sale), DAY).entries
    assert costs(program(), sale, posted) == (Cost("bank", "units", "", "point", 47),)
    came = back(("2", 1000))
    undone = reverse(program(), sale, came)
    have = {(MINE, "point"): {"": 10}}
    entries = post(program(), have, return_entries(HANDLE, undone), DAY).entries
    assert [(one.target, one.pieces) for one in entries] == [("partner/bank", 10)]
    assert costs_back(program(), sale, came, entries) == (Cost("bank", "units", "", "point", 10),)


def test_what_is_only_counted_is_nobody_s_cost():
    """A cap of the day and the rest that is carried on are counted by the program, whoever bears the points."""
    rule = AccrualRule("per_money", "point", PerMoney(1000, carry=True, by_tier=False), pieces_max_day=9, partner="bank")
    rules = program(promotions={}, accruals={"theirs": rule})
    sale = sold(rules, member(), BASKET)
    assert {one.unit: one.account for one in sale.accruals} == {
        "point": "partner/bank", "earned_day/theirs": "", "rest/theirs": "",
    }  # fmt: skip
    posted = post(rules, {}, sale_entries(sale), DAY).entries
    assert costs(rules, sale, posted) == (Cost("bank", "units", "", "point", 4),)
    entries = post(
        rules, {(MINE, "point"): {"": 9}}, return_entries(HANDLE, reverse(rules, sale, back(("1", 400), ("2", 1000)))), DAY
    )
    assert {(one.target, one.unit) for one in entries.entries if one.target.startswith("partner/")} == {
        ("partner/bank", "point")
    }


def test_pieces_that_only_became_younger_cost_nothing():
    """They go back to the partner and come again in another lot; the club's own are not looked at."""
    sale = sold(program(promotions={}), member(), BASKET)
    bank = "partner/bank"
    posted = [
        Entry(bank, MINE, "point", 47, "/2027-01-02"),
        Entry(MINE, bank, "point", 5, "/2027-01-01"),
        Entry(bank, MINE, "point", 5, "/2027-01-02"),
        Entry(ISSUED, MINE, "point", 47, "/2027-01-02"),
    ]
    assert costs(program(), sale, posted) == (Cost("bank", "units", "", "point", 47),)
    assert costs(program(), sale, posted[1:]) == ()


def test_of_another_program_nobody_knows_whose_a_rule_is():
    """A sale that was made with rules that are not here is nobody's cost, but for its pieces; so is a rule that is not in them."""
    sale = sold(program(), member(), BASKET)
    other = replace(program(), hash="e" * 64)
    posted = [Entry("partner/bank", MINE, "point", 3)]
    assert costs(other, sale, posted) == (Cost("bank", "units", "", "point", 3),)
    assert costs_back(other, sale, back(("1", 400))) == ()
    assert costs(program(promotions={}, rewards={}), sale) == ()
