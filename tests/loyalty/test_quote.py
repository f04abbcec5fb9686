"""The whole answer for a basket."""

import copy
from dataclasses import replace

import pytest
from hypothesis import given

from loyalty.accruals.per_money import PerMoney
from loyalty.basket import Basket, Line
from loyalty.member import Member
from loyalty.program import AccrualRule
from loyalty.quote import TIMES_MAX, Choice, Movement, Offer, movement, nets, pieces_by_unit, quote
from loyalty.refusal import Refusal
from loyalty.rewards.amount_off import AmountOff
from tests.samples import HANDLE, NOW, basket, cafe, member
from tests.strategies import baskets, checkouts, programs


def answer(asked):
    """The quote of a drawn checkout."""
    return quote(asked.program, asked.member, asked.basket, NOW, asked.choices)


@given(checkouts)
def test_a_quote_is_repeatable_and_changes_nothing(asked):
    """The same arguments, the same answer, and the arguments are as they were."""
    before = copy.deepcopy(asked)
    assert answer(asked) == answer(before)
    assert asked == before


@given(checkouts)
def test_nothing_is_spent_that_is_not_there(asked):
    """Neither more than is confirmed nor more than the balance, whatever is chosen, and whatever is offered could be paid."""
    quoted = answer(asked)
    for unit, spent in pieces_by_unit(quoted.redemptions).items():
        assert 0 < spent <= asked.member.spendable[unit]
        assert spent <= asked.member.balances[unit]
    for offer in quoted.offers:
        if offer.times_max:
            assert offer.times_max * offer.cost <= asked.member.spendable[offer.unit]


@given(checkouts)
def test_no_line_is_discounted_below_zero(asked):
    """And what is to be paid is the basket less the discounts."""
    quoted = answer(asked)
    assert min(nets(asked.basket, quoted.discounts)) >= 0
    off = sum(part for discount in quoted.discounts for part in discount.by_line)
    assert all(part >= 0 for discount in quoted.discounts for part in discount.by_line)
    assert quoted.to_pay_minor + off == asked.basket.total_minor
    assert off == sum(offer.off_minor for offer in quoted.offers)


@given(checkouts)
def test_the_lines_parts_sum_to_the_whole(asked):
    """Of every accrual and redemption, none negative."""
    quoted = answer(asked)
    for moved in (*map(movement, quoted.accruals), *quoted.redemptions):
        assert sum(moved.by_line) == moved.pieces > 0
        assert min(moved.by_line) >= 0
        assert len(moved.by_line) == len(asked.basket.lines)


@given(checkouts)
def test_every_rule_has_its_sentence(asked):
    """The trace names each reward and each accrual, and each choice that no reward answers."""
    quoted = answer(asked)
    unknown = [code for code in dict.fromkeys(c.reward for c in asked.choices) if code not in asked.program.rewards]
    named = [step.rule for step in quoted.trace]
    assert named == [*asked.program.rewards, *unknown, *asked.program.accruals]


@given(checkouts)
def test_a_choice_is_taken_or_refused(asked):
    """Whole: as often as was wanted, or not at all and with the reason."""
    quoted = answer(asked)
    for offer in quoted.offers:
        wanted = sum(choice.times for choice in asked.choices if choice.reward == offer.reward)
        assert offer.times == (0 if offer.refusal else wanted)
        assert (offer.off_minor > 0) == (offer.times > 0)


@given(checkouts)
def test_the_forecast_is_balance_plus_earned_less_spent(asked):
    """Unit by unit."""
    quoted = answer(asked)
    for unit in asked.program.units:
        earned = sum(m.pieces for m in quoted.accruals if m.unit == unit)
        spent = sum(m.pieces for m in quoted.redemptions if m.unit == unit)
        assert quoted.forecast.get(unit, 0) == asked.member.balances.get(unit, 0) + earned - spent


@given(programs(), baskets())
def test_a_free_basket_earns_nothing(program, bought):
    """Lines of 0.00 raise no error and make no movement."""
    free = tuple(replace(line, amount_minor=0) for line in bought.lines)
    quoted = quote(program, member(5000), Basket(free), NOW)
    assert (quoted.accruals, quoted.redemptions, quoted.to_pay_minor) == ((), (), 0)


def test_a_coffee_earns_a_point_a_shekel():
    """35.90 earn 35 points, shared by what was paid for each line."""
    quoted = quote(cafe(), member(), basket(1290, 2300), NOW)
    points, standing = quoted.accruals
    assert movement(points) == Movement("points", "point", 35, (13, 22))
    assert standing.pieces == 35
    assert (quoted.tier, quoted.program_version, quoted.program_hash) == ("bronze", 3, "c" * 64)


@pytest.mark.parametrize(("tier", "points"), [("bronze", 33), ("silver", 50), ("gold", 67), ("gone", 33)])
def test_a_tier_multiplies_before_rounding_down(tier, points):
    """33.90 at 150 % are 50, not 49; the unit that counts standing is not multiplied."""
    quoted = quote(cafe(), member(tier=tier), basket(3390), NOW)
    assert [m.pieces for m in quoted.accruals] == [points, 33]
    assert [step.params["percent"] for step in quoted.trace if step.code.startswith("earned")] == [
        {"silver": 150, "gold": 200}.get(tier, 100),
        100,
    ]


def test_a_reward_is_taken():
    """Twice 10.00 off for 200 points, laid on the lines by what is due, and only the rest earns."""
    quoted = quote(cafe(), member(250), basket(1000, 3000), NOW, (Choice("ten_off", 2),))
    assert quoted.offers == (Offer("ten_off", "point", 100, 2, 2, 2000),)
    assert quoted.discounts[0].by_line == (500, 1500)
    assert (quoted.redemptions[0].pieces, quoted.redemptions[0].by_line) == (200, (50, 150))
    assert quoted.to_pay_minor == 2000
    assert quoted.accruals[0].pieces == 20
    assert quoted.forecast == {"point": 70, "standing": 20}
    assert [(step.rule, step.code) for step in quoted.trace] == [
        ("ten_off", "taken"),
        ("points", "earned"),
        ("standing", "earned"),
    ]
    assert quoted.trace[0].params == {"pieces": 200, "unit": "point", "off_minor": 2000}
    assert quoted.trace[1].params == {"pieces": 20, "unit": "point", "paid_minor": 2000, "percent": 100}


def test_the_pieces_follow_the_discount():
    """Two lines that bear 0.05 each cost the same pieces, though one was dearer: a return gives back what it takes."""
    small = cafe(rewards={"r": replace(cafe().rewards["ten_off"], cost=1000, settings=AmountOff(10))})
    quoted = quote(small, member(1000), basket(15, 14), NOW, (Choice("r"),))
    assert quoted.discounts[0].by_line == (5, 5)
    assert quoted.redemptions[0].by_line == (500, 500)


def test_two_choices_of_one_reward_add_up():
    """The clerk pressed twice."""
    twice = quote(cafe(), member(250), basket(4000), NOW, (Choice("ten_off"), Choice("ten_off")))
    assert twice.offers[0].times == 2


def test_an_offer_is_bounded_by_points_and_by_the_basket():
    """250 points pay twice; 19.99 have room once; and a rule may say once."""
    assert quote(cafe(), member(250), basket(9000), NOW).offers[0].times_max == 2
    assert quote(cafe(), member(250), basket(1999), NOW).offers[0].times_max == 1
    once = cafe(rewards={"ten_off": replace(cafe().rewards["ten_off"], settings=AmountOff(1000, times_max=1))})
    assert quote(once, member(250), basket(9000), NOW).offers[0].times_max == 1
    assert quote(cafe(), member(10**9), basket(10**9), NOW).offers[0].times_max == 10**6


def test_what_is_offered_says_so():
    """The trace of a reward that was not taken has its price."""
    step = quote(cafe(), member(250), basket(9000), NOW).trace[0]
    assert (step.code, step.params) == ("offered", {"times_max": 2, "cost": 100, "unit": "point"})


def test_missing_points_are_counted():
    """60 points more, says the refusal."""
    quoted = quote(cafe(), member(40), basket(9000), NOW, (Choice("ten_off"),))
    refusal = Refusal("pieces_missing", {"missing": 60, "have": 40, "cost": 100, "unit": "point"})
    assert quoted.offers == (Offer("ten_off", "point", 100, 0, refusal=refusal),)
    assert (quoted.discounts, quoted.redemptions, quoted.to_pay_minor) == ((), (), 9000)
    assert (quoted.trace[0].code, quoted.trace[0].params) == ("pieces_missing", refusal.params)


def test_points_that_head_office_has_not_confirmed_pay_nothing():
    """130 in the balance, 90 of them confirmed: the reward waits, which is told apart from points that are not there."""
    refusal = quote(cafe(), member(130, confirmed=90), basket(9000), NOW).offers[0].refusal
    assert refusal == Refusal("pieces_unconfirmed", {"confirmed": 90, "have": 130, "cost": 100, "unit": "point"})
    assert quote(cafe(), member(90), basket(9000), NOW).offers[0].refusal.code == "pieces_missing"
    short = quote(cafe(), member(60, confirmed=0), basket(9000), NOW).offers[0].refusal
    assert (short.code, short.params["have"], short.params["missing"]) == ("pieces_missing", 60, 40)


def test_points_that_were_spent_since_pay_nothing():
    """Confirmed were 200, but this terminal's own records left 150: one reward, not two."""
    assert quote(cafe(), member(150, confirmed=200), basket(9000), NOW).offers[0].times_max == 1


def test_an_overdraft_misses_more_than_the_cost():
    """100 points are needed by one who owes 20."""
    assert quote(cafe(), member(-20), basket(9000), NOW).offers[0].refusal.params["missing"] == 120


def test_a_small_basket_has_no_room():
    """9.50 lack 0.50 for ten off."""
    refusal = quote(cafe(), member(250), basket(950), NOW).offers[0].refusal
    assert refusal == Refusal("basket_too_small", {"missing_minor": 50})


def test_too_many_are_refused_and_none_is_taken():
    """Three were wanted, two could be paid: nothing is taken on a guess."""
    quoted = quote(cafe(), member(250), basket(9000), NOW, (Choice("ten_off", 3),))
    refusal = Refusal("choice_too_many", {"times": 3, "times_max": 2})
    assert quoted.offers == (Offer("ten_off", "point", 100, 2, refusal=refusal),)
    assert (quoted.discounts, quoted.redemptions) == ((), ())


def test_an_unknown_reward_is_refused():
    """It appears among the offers with its reason."""
    quoted = quote(cafe(), member(250), basket(9000), NOW, (Choice("free_car"),))
    assert quoted.offers[-1] == Offer("free_car", "", 0, 0, refusal=Refusal("unknown_reward", {"reward": "free_car"}))
    assert quoted.to_pay_minor == 9000


def test_without_a_member_nothing_is_earned_or_taken():
    """The basket is priced all the same."""
    quoted = quote(cafe(), None, basket(9000), NOW, (Choice("ten_off"),))
    assert (quoted.tier, quoted.accruals, quoted.redemptions, quoted.forecast) == ("", (), (), {})
    assert quoted.offers[0].refusal == Refusal("member_needed")
    assert [step.code for step in quoted.trace] == ["member_needed", "no_member"]
    assert quoted.to_pay_minor == 9000


def test_a_provisional_member_accrues():
    """A validly signed code that the cache does not know yet: nothing to spend, everything to earn."""
    quoted = quote(cafe(), Member(HANDLE, provisional=True), basket(9000), NOW)
    assert quoted.accruals[0].pieces == 90
    assert quoted.offers[0].refusal.code == "pieces_missing"


def test_two_rewards_share_one_balance_and_one_basket():
    """The second finds what the first left of both."""
    ten = cafe().rewards["ten_off"]
    program = cafe(rewards={"first": ten, "second": ten})
    quoted = quote(program, member(150), basket(1500), NOW, (Choice("first"), Choice("second")))
    assert [offer.times for offer in quoted.offers] == [1, 0]
    assert quoted.offers[1].refusal.params["have"] == 50
    richer = quote(program, member(500), basket(1500), NOW, (Choice("first"), Choice("second")))
    assert richer.offers[1].refusal == Refusal("basket_too_small", {"missing_minor": 500})


def test_a_rule_that_gives_nothing_makes_no_movement():
    """0.99 earn no point, and the trace says 0."""
    quoted = quote(cafe(), member(), basket(99), NOW)
    assert quoted.accruals == ()
    assert quoted.trace[1].params["pieces"] == 0


def test_several_pieces_for_a_step_of_money():
    """3 points for every 2.50: 10.00 earn 12, and 9.99 earn 11, not 9: only the whole is rounded."""
    program = cafe(accruals={"a": AccrualRule("per_money", "point", PerMoney(250, 3))})
    lines = (Line("1", "p", 1000),)
    assert quote(program, member(), Basket(lines), NOW).accruals[0].pieces == 12
    assert quote(program, member(), Basket((replace(lines[0], amount_minor=999),)), NOW).accruals[0].pieces == 11


@pytest.mark.parametrize("times", [0, -1, True, 1.0, TIMES_MAX + 1])
def test_a_choice_is_at_least_once(times):
    """Minus one of a reward would raise the price and give pieces away."""
    with pytest.raises(ValueError, match="times"):
        Choice("ten_off", times)
