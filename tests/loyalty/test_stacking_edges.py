"""Which offers apply together."""

import pytest

from loyalty.goods import Goods
from loyalty.member import Member
from loyalty.moment import Place
from loyalty.program import Limits
from loyalty.refusal import Refusal
from loyalty.rewards.amount_off import AmountOff
from loyalty.rewards.bundle import Bundle
from loyalty.rewards.free_pieces import FreePieces
from loyalty.rewards.gift import Gift
from loyalty.rewards.pay import Pay
from loyalty.rewards.percent_off import PercentOff
from loyalty.stacking import COMBINATIONS_MAX
from tests.bills import goods
from tests.offers import gives, looked_at, most, sells, told, why

A = Goods(products=("a",))


def test_one_after_the_other_on_what_is_left():
    """Promotions before rewards, the higher priority before all."""
    rules = {"reward": sells(AmountOff(300)), "tenth": gives(PercentOff(1000)), "first": gives(AmountOff(500), priority=1)}
    outcome = looked_at(rules, {"reward": 1})
    assert list(told(outcome).items()) == [("first", 500), ("tenth", 100), ("reward", 300)]
    assert (outcome.saved, outcome.bill.total, outcome.bill.spendable["point"]) == (900, 600, 100)
    assert [one.benefit.code for one in outcome.taken] == ["first", "tenth", "reward"]


def test_a_reward_is_taken_only_if_it_was_chosen():
    """Else it says how often it may be."""
    outcome = looked_at({"reward": sells(AmountOff(300))})
    assert told(outcome) == {"reward": None}
    assert most(outcome, "reward") == 2  # five times would fit into the basket, the points pay for two
    assert looked_at({"reward": sells(AmountOff(300))}, {"reward": 2}).saved == 600


def test_too_many_are_refused():
    """And none is taken; how often it could have been is told."""
    outcome = looked_at({"reward": sells(AmountOff(300))}, {"reward": 3})
    assert why(outcome, "reward") == Refusal("choice_too_many", {"times": 3, "times_max": 2})
    assert (outcome.saved, most(outcome, "reward")) == (0, 2)


@pytest.mark.parametrize(
    ("cost", "refusal"),
    [
        (200, None),
        (201, Refusal("pieces_unconfirmed", {"confirmed": 200, "have": 250, "cost": 201, "unit": "point"})),
        (250, Refusal("pieces_unconfirmed", {"confirmed": 200, "have": 250, "cost": 250, "unit": "point"})),
        (251, Refusal("pieces_missing", {"missing": 1, "have": 250, "cost": 251, "unit": "point"})),
    ],
)
def test_what_the_points_pay_for(cost, refusal):
    """What is confirmed; what waits is said, and what is missing."""
    assert why(looked_at({"reward": sells(AmountOff(300), cost)}), "reward") == refusal


def test_more_confirmed_than_there_is_does_not_wait():
    """What was spent here since."""
    spent = Member("h", balances={"point": 50}, spendable={"point": 200})
    expected = Refusal("pieces_missing", {"missing": 50, "have": 50, "cost": 100, "unit": "point"})
    assert why(looked_at({"reward": sells(AmountOff(300))}, member=spent), "reward") == expected
    nothing = Refusal("pieces_missing", {"missing": 100, "have": 0, "cost": 100, "unit": "point"})
    assert why(looked_at({"reward": sells(AmountOff(300))}, member=Member("h")), "reward") == nothing


def test_what_this_sale_earns_pays_too():
    """Where the policies let it: it is added to what may be spent."""
    outcome = looked_at({"reward": sells(AmountOff(300))}, {"reward": 3}, own={"point": 100})
    assert (outcome.saved, outcome.bill.spendable["point"]) == (900, 0)


def test_without_a_member():
    """Rewards and members' promotions say so; a promotion for everybody is given."""
    rules = {"ours": gives(AmountOff(100)), "all": gives(AmountOff(50), members_only=False), "reward": sells(AmountOff(300))}
    assert told(looked_at(rules, member=None)) == {"ours": "member_needed", "all": 50, "reward": "member_needed"}


def test_a_gate_is_asked_before_anything_is_given():
    """On the bill as the offers before have left it."""
    rules = {"first": gives(AmountOff(600)), "second": gives(AmountOff(100), when={"amount_min": 901})}
    assert why(looked_at(rules), "second") == Refusal("amount_missing", {"missing_minor": 1})
    assert told(looked_at({**rules, "first": gives(AmountOff(599))})) == {"first": 599, "second": 100}


def test_an_exclusive_offer_stands_alone():
    """The first that gives anything; all others are told which."""
    rules = {
        "plain": gives(AmountOff(900)),
        "alone": gives(AmountOff(100), exclusive=True),
        "later": gives(AmountOff(700), exclusive=True),
    }
    outcome = looked_at(rules)
    assert told(outcome) == {"plain": "not_together", "alone": 100, "later": "not_together"}
    assert why(outcome, "plain") == Refusal("not_together", {"other": "alone"})


def test_an_exclusive_offer_that_gives_nothing_stands_in_nobodys_way():
    """It still says why."""
    rules = {"alone": gives(AmountOff(100), exclusive=True, when={"amount_min": 9000}), "plain": gives(AmountOff(900))}
    outcome = looked_at(rules)
    assert told(outcome) == {"alone": "amount_missing", "plain": 900}
    assert why(outcome, "alone") == Refusal("amount_missing", {"missing_minor": 7500})


def test_an_exclusive_reward_counts_when_it_is_chosen():
    """Until then it is only offered."""
    rules = {"plain": gives(AmountOff(900)), "alone": sells(AmountOff(100), exclusive=True)}
    assert told(looked_at(rules)) == {"plain": 900, "alone": None}
    assert told(looked_at(rules, {"alone": 1})) == {"plain": "not_together", "alone": 100}


def test_of_a_group_one_is_taken():
    """The first that gives anything; another group is another matter."""
    rules = {
        "none": gives(AmountOff(100), group="g", when={"amount_min": 9000}),
        "one": gives(AmountOff(200), group="g"),
        "two": gives(AmountOff(300), group="g"),
        "other": gives(AmountOff(50), group="h"),
    }
    outcome = looked_at(rules)
    assert told(outcome) == {"none": "amount_missing", "one": 200, "two": "other_of_group", "other": 50}
    assert why(outcome, "two") == Refusal("other_of_group", {"other": "one"})


@pytest.mark.parametrize(
    ("policy", "off"),
    [
        ("all", {"small": 100, "part": 200, "big": 500}),
        ("first", {"small": 100, "part": 200, "big": "other_order_discount"}),
        ("best", {"small": "other_is_better", "part": 200, "big": 500}),
    ],
)
def test_discounts_on_the_whole_basket(policy, off):
    """All of them, the first, or the best; one on some goods is none."""
    part = gives(AmountOff(200), lines=Goods(products=("a",)))
    rules = {"small": gives(AmountOff(100)), "part": part, "big": gives(AmountOff(500))}
    outcome = looked_at(rules, order_discounts=policy)
    assert told(outcome) == off
    if policy == "first":
        assert why(outcome, "big") == Refusal("other_order_discount", {"other": "small"})


def test_the_best_combination():
    """Half of the bread before three off the rest is worth less than the three alone, by the group they share."""
    rules = {"one": gives(AmountOff(200), group="g"), "two": gives(AmountOff(300), group="g"), "three": gives(AmountOff(50))}
    outcome = looked_at(rules, stacking="best")
    assert told(outcome) == {"one": "other_is_better", "two": 300, "three": 50}
    assert (outcome.saved, outcome.tried, outcome.bound_hit) == (350, 8, False)


def test_the_best_may_be_an_exclusive_one():
    """Or all the others together; of equals the file's order."""
    rules = {"a": gives(AmountOff(300)), "b": gives(AmountOff(200)), "alone": gives(AmountOff(600), exclusive=True)}
    assert told(looked_at(rules, stacking="best")) == {"a": "not_together", "b": "not_together", "alone": 600}
    for less in (500, 499):
        outcome = looked_at({**rules, "alone": gives(AmountOff(less), exclusive=True)}, stacking="best")
        assert told(outcome) == {"a": 300, "b": 200, "alone": "other_is_better"}


def test_what_the_member_chose_stays():
    """Also where something else would save more."""
    rules = {"reward": sells(AmountOff(100), group="g", priority=1), "more": gives(AmountOff(900), group="g")}
    assert told(looked_at(rules, {"reward": 1}, stacking="best")) == {"reward": 100, "more": "other_of_group"}


def test_the_search_is_bounded_and_says_so():
    """Nine offers have 511 combinations; the best of those tried is taken, and never less than the file's order gives."""
    rules = {f"r{n}": gives(AmountOff(n + 1), group="g" if n % 2 else "") for n in range(9)}
    outcome = looked_at(rules, stacking="best")
    assert (outcome.tried, outcome.bound_hit) == (COMBINATIONS_MAX, True)
    assert outcome.saved >= looked_at(rules).saved
    assert not looked_at(dict(list(rules.items())[:8]), stacking="best").bound_hit


@pytest.mark.parametrize(
    ("limits", "balances", "times"),
    [
        (Limits(), {}, 5),
        (Limits(per_basket=2), {}, 2),
        (Limits(per_day=3), {"used_day/r": 2}, 1),
        (Limits(per_day=3), {"used_day/r": 3}, 0),
        (Limits(per_day=3), {"used/r": 3, "used_month/r": 3}, 3),
        (Limits(per_month=3), {"used_month/r": 1}, 2),
        (Limits(per_member=3), {"used/r": 1}, 2),
        (Limits(per_member=3), {"used/r": 4}, 0),
        (Limits(per_basket=4, per_day=3, per_month=2, per_member=9), {}, 2),
        (Limits(budget_uses=4), {}, 4),
    ],
)
def test_limits_of_uses(limits, balances, times):
    """For each basket, day, month and member, and of the whole program."""
    bread = (goods("a", 1000, 10),)
    outcome = looked_at({"r": gives(FreePieces(1), limits=limits)}, member=Member("h", balances=balances), lines=bread)
    assert told(outcome) == {"r": times * 100 if times else "limit_reached"}
    rewards = looked_at({"r": sells(FreePieces(1), 0, limits=limits)}, member=Member("h", balances=balances), lines=bread)
    assert most(rewards, "r") == times


@pytest.mark.parametrize(("left", "times"), [({"budget/r": 1}, 1), ({"budget/r": 0}, 0), ({"budget/other": 0}, 4)])
def test_a_budget_of_uses_is_what_the_place_has_left(left, times):
    """Where nobody knows, the whole of it."""
    rules = {"r": gives(FreePieces(1), limits=Limits(budget_uses=4), members_only=False)}
    outcome = looked_at(rules, member=None, lines=(goods("a", 1000, 10),), place=Place(budget_left=left))
    assert told(outcome) == {"r": times * 100 if times else "limit_reached"}


@pytest.mark.parametrize(
    ("policy", "left", "off"),
    [
        ("refuse", None, "budget_exceeded"),
        ("reduce", None, 250),
        ("refuse", 300, 300),
        ("refuse", 299, "budget_exceeded"),
        ("reduce", 299, 299),
        ("reduce", 0, "budget_exceeded"),
    ],
)
def test_a_budget_of_money(policy, left, off):
    """What would exceed it is refused, or reduced to it."""
    rules = {"r": gives(AmountOff(300), limits=Limits(budget_amount=250))}
    place = None if left is None else Place(budget_left={"budget/r": left})
    assert told(looked_at(rules, place=place, budget_short=policy)) == {"r": off}


def test_units_that_pay_are_within_a_budget_too():
    """What they pay is what they cost."""
    rules = {"r": sells(Pay(10), 1, limits=Limits(budget_amount=100))}
    assert told(looked_at(rules, {"r": 10})) == {"r": 0}
    assert told(looked_at(rules, {"r": 11})) == {"r": "budget_exceeded"}


def test_an_amount_at_most():
    """Of one rule in one basket."""
    assert told(looked_at({"r": gives(PercentOff(5000), limits=Limits(amount_max=300))})) == {"r": 300}


def test_units_pay_after_all_discounts():
    """Whatever their priority."""
    rules = {"wallet": sells(Pay(10), 1, priority=9), "tenth": gives(PercentOff(1000))}
    outcome = looked_at(rules, {"wallet": 100})
    assert list(told(outcome).items()) == [("tenth", 150), ("wallet", 0)]
    assert (outcome.bill.paid, outcome.bill.due, outcome.bill.spendable["point"]) == (1000, 1350, 100)
    assert most(looked_at(rules), "wallet") == 135


def test_pieces_make_one_quantity_reward():
    """What the first has used the second cannot count; free pieces cost nothing any more."""
    rules = {"two": gives(FreePieces(2)), "three": gives(Bundle(quantity=3, price=1))}
    outcome = looked_at(rules, lines=(goods("a", 500, 5),))
    assert told(outcome) == {"two": 100, "three": "goods_missing"}
    assert (outcome.bill.free, outcome.bill.given) == ([2], {0: 1})


def test_a_promotion_repeats_where_its_type_does():
    """Three for two, three times; an amount only once."""
    assert told(looked_at({"r": gives(FreePieces(2))}, lines=(goods("a", 900, 9),))) == {"r": 300}
    assert told(looked_at({"r": gives(AmountOff(100))})) == {"r": 100}


def test_a_gift_is_something():
    """Although nothing comes off."""
    outcome = looked_at({"r": gives(Gift("mug"))})
    assert told(outcome) == {"r": 0}
    assert outcome.taken[0].given.gifts == (("mug", 1),)


def test_what_rounds_to_nothing_is_nothing():
    """A promotion that takes nothing off was not given."""
    assert told(looked_at({"r": gives(PercentOff(1))}, lines=(goods("a", 100),))) == {"r": "nothing_left"}


def test_what_gave_nothing_stands_in_nobodys_way():
    """Neither in its group nor on the shelf."""
    rules = {"none": gives(PercentOff(1), group="g"), "one": gives(AmountOff(50), group="g")}
    assert told(looked_at(rules, lines=(goods("a", 100),))) == {"none": "nothing_left", "one": 50}
    rules = {"none": gives(FreePieces(1, percent=1)), "two": gives(Bundle(quantity=2, price=60))}
    assert told(looked_at(rules, lines=(goods("a", 80, 2),))) == {"none": "nothing_left", "two": 20}


@pytest.mark.parametrize(
    ("one", "two", "off"),
    [
        (PercentOff(1000), gives(PercentOff(2000), lines=A, group="g"), 100),
        (PercentOff(1000), gives(AmountOff(200), group="g"), 100),
        (AmountOff(200), gives(PercentOff(1000), lines=A, group="g"), 200),
    ],
    ids=str,
)
def test_of_a_group_one_is_taken_whatever_their_types(one, two, off):
    """Also where a discount is found in one go, before or behind one that takes a longer look."""
    first = gives(one, group="g", lines=A if isinstance(one, PercentOff) else Goods())
    outcome = looked_at({"one": first, "two": two})
    assert told(outcome) == {"one": off, "two": "other_of_group"}
    assert why(outcome, "two") == Refusal("other_of_group", {"other": "one"})


def test_goods_that_are_not_there_take_nobodys_place_in_a_group():
    """And what rounds to nothing says that nothing is left."""
    none = gives(PercentOff(1000), lines=Goods(products=("z",)), group="g")
    assert told(looked_at({"n": none, "p": gives(PercentOff(1000), lines=A, group="g")})) == {"n": "goods_missing", "p": 100}
    assert told(looked_at({"p": gives(PercentOff(1), lines=A)}, lines=(goods("a", 10),))) == {"p": "nothing_left"}


def test_a_share_of_some_goods_is_within_what_may_come_off():
    """Above a floor, no more than the whole basket costs, and under the conditions of its rule."""
    floored = (goods("a", 1000, floor_minor=950), goods("b", 500))
    assert told(looked_at({"p": gives(PercentOff(1000), lines=A)}, lines=floored)) == {"p": 50}
    corrected = (goods("a", 1000), goods("b", -900))
    assert told(looked_at({"p": gives(PercentOff(5000), lines=A)}, lines=corrected)) == {"p": 100}
    assert told(looked_at({"p": gives(PercentOff(1000), lines=A, when={"amount_min": 1501})})) == {"p": "amount_missing"}
