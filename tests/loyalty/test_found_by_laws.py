"""Examples that the laws of tests/laws found, each mended since."""

from dataclasses import replace

from loyalty.agreement import Hold, agree
from loyalty.basket import Basket, Line
from loyalty.code import Strength
from loyalty.goods import Goods
from loyalty.ledger import ISSUED, Entry, available
from loyalty.program import Award, Limits, Plan, Policies, PromotionRule, RewardRule
from loyalty.quote import Choice, nets, quote
from loyalty.reverse import Back, reverse
from loyalty.rewards.amount_off import AmountOff
from loyalty.rewards.bundle import Bundle, Slot
from loyalty.rewards.donate import RoundUp
from loyalty.rewards.free_pieces import FreePieces
from loyalty.rewards.pay import Pay
from loyalty.sale import ReturnedLine, commit
from loyalty.standing import Standing, after_return, after_sale, book, given, member_on
from tests.samples import HANDLE, NOW, basket, cafe, member, paid, sold

NAME = {"en": "a name"}


def round_up(to: int) -> RewardRule:
    """The small change for a cause."""
    return RewardRule("round_up", NAME, "point", 0, RoundUp(to, "trees"))


def test_rounding_up_twice_rounds_what_is_to_be_paid():
    """12.34 are 13.00 with the first, and nothing is left for the second to round."""
    program = cafe(rewards={"shekel": round_up(100), "dime": round_up(10)})
    quoted = quote(program, member(), basket(1234), NOW, (Choice("shekel"), Choice("dime")))
    assert (quoted.to_pay_minor, quoted.extras.donated_minor) == (1300, 66)
    assert quoted.offers[1].refusal.code == "nothing_to_round"


def test_rounding_up_comes_after_all_discounts():
    """Also after those that stand behind it in the file."""
    program = cafe(rewards={"shekel": round_up(100), "off": RewardRule("amount_off", NAME, "point", 1, AmountOff(130))})
    quoted = quote(program, member(5), basket(1234), NOW, (Choice("shekel"), Choice("off")))
    assert (quoted.to_pay_minor, quoted.extras.donated_minor) == (1200, 96)


def test_a_reward_that_gives_nothing_costs_nothing():
    """A free piece of goods that are not in the basket is no reason to take a member's points."""
    free = RewardRule("free_pieces", NAME, "point", 5, FreePieces(buy=0), lines=Goods(products=("p1",)))
    bought = Basket((Line("1", "p1", 1), Line("2", "p2", 1000)))
    cheap = replace(free, settings=FreePieces(buy=0, percent=100))
    quoted = quote(cafe(rewards={"free": cheap}), member(5), bought, NOW, (Choice("free"),))
    assert (quoted.redemptions, quoted.offers[0].refusal.code) == ((), "nothing_left")
    assert quote(cafe(rewards={"free": free}), member(5), bought, NOW, (Choice("free"),)).redemptions[0].pieces == 5


def test_what_pays_keeps_to_its_budget_too():
    """Whole pieces pay: where the budget is shorter than what the member wants, nothing is paid of it."""
    wallet = RewardRule("pay", NAME, "point", 1, Pay(worth=100), limits=Limits(budget_amount=250))
    program = cafe(rewards={"wallet": wallet}, policies=Policies(budget_short="reduce"))
    three = quote(program, member(5), basket(1000), NOW, (Choice("wallet", 3),))
    assert (three.extras.paid_minor, three.offers[0].refusal.code) == (0, "budget_exceeded")
    assert quote(program, member(5), basket(1000), NOW, (Choice("wallet", 2),)).extras.paid_minor == 200


def test_a_line_in_two_slots_keeps_its_floor():
    """A bundle of a thing and the same thing takes no more off the line than may come off."""
    slots = (Slot(Goods(products=("p1",))), Slot(Goods(products=("p1",))), Slot(Goods(products=("p2",))))
    half = PromotionRule("bundle", NAME, Bundle(slots=slots, percent=5000))
    bought = Basket((Line("1", "p1", 2000, 2000, floor_minor=1900), Line("2", "p2", 3000)))
    quoted = quote(cafe(promotions={"half": half}), member(), bought, NOW)
    assert nets(bought, quoted.discounts) == (1900, 656)


def test_what_is_discounted_takes_no_levy_off_the_rest():
    """With `undiscounted_lines` a reduced bottle earns nothing, and its deposit lowers nothing that others earn."""
    program = cafe(policies=Policies(earn_on="undiscounted_lines"))
    bought = Basket((Line("1", "p1", 1000, levy_minor=300, reduced=True), Line("2", "p2", 1000)))
    assert quote(program, member(), bought, NOW).accruals[0].pieces == 10


def test_a_membership_that_comes_back_as_a_negative_line_is_not_sold():
    """The till's own correction gives nothing, and opens no door to what members of the plan get."""
    plans = {"club": Plan(NAME, "club", months=1)}
    off = PromotionRule("amount_off", NAME, AmountOff(100), when={"plans": ("club",)})
    program = cafe(plans=plans, promotions={"off": off})
    bought = Basket((Line("1", "club", -100), Line("2", "p2", 1000)))
    quoted = quote(program, member(), bought, NOW)
    assert not [one for one in quoted.accruals if one.unit == "plan/club"]
    assert quoted.discounts == ()


def test_the_best_combination_may_be_no_promotion_at_all():
    """A promotion that stands in the way of the better reward the member chose is left out."""
    small = PromotionRule("amount_off", NAME, AmountOff(500), group="one")
    large = RewardRule("amount_off", NAME, "point", 1, AmountOff(1000), group="one")
    program = cafe(promotions={"small": small}, rewards={"large": large}, policies=Policies(stacking="best"))
    quoted = quote(program, member(1), basket(2000), NOW, (Choice("large"),))
    assert (quoted.to_pay_minor, quoted.discounts[0].rule) == (1000, "large")


def test_no_least_amount_is_no_condition():
    """What comes to less than nothing before its tax is at most 0.05 all the same."""
    off = PromotionRule("amount_off", NAME, AmountOff(100), when={"amount_max": 5})
    program = cafe(promotions={"off": off}, policies=Policies(threshold_tax="excluded"))
    bought = Basket((Line("1", "p1", -100), Line("2", "p2", 105, tax_bp=1800)))
    assert quote(program, member(), bought, NOW).to_pay_minor == 0


def test_what_a_wallet_pays_is_no_money_spent():
    """Brought back, a purchase that points paid in part leaves what the member has spent as it was."""
    wallet = RewardRule("pay", NAME, "point", 1, Pay(worth=100))
    program = cafe(rewards={"wallet": wallet}, tiers=None)
    day = NOW.local_date
    before = book(program, Standing(HANDLE, visits=1, spent_minor=500), [Entry(ISSUED, available(HANDLE), "point", 3)], day)
    quoted = quote(program, member_on(before, day), basket(1000), NOW, (Choice("wallet", 3),))
    agreement = agree(quoted, "a" * 32, Strength.SIGNED, (Hold("1" * 32, "point", 3),))
    sale = commit(program, agreement, paid(agreement))
    bought = after_sale(program, before, sale, day)
    assert bought.spent_minor == 500 + 700
    back = reverse(program, sale, Back({}, (ReturnedLine("1", 1000),), day))
    assert after_return(program, bought, back, day).spent_minor == 500


def test_a_first_purchase_brought_back_is_no_second_welcome():
    """What it gave goes back with it, and comes again with the next one; so nobody earns by buying and returning."""
    program = cafe(awards={"welcome": Award("first_purchase", "point", 50)}, tiers=None, accruals={})
    day = NOW.local_date
    standing = Standing(HANDLE)
    for _ in range(2):
        sale = sold(program, member_on(standing, day), basket(1000))
        standing = after_sale(program, standing, sale, day)
        assert member_on(standing, day).balances["point"] == 50
        back = reverse(program, sale, Back({}, (ReturnedLine("1", 1000),), day))
        standing = after_return(program, standing, back, day)
        assert not standing.accounts


def test_a_tier_that_a_return_gives_back_is_no_rise():
    """Who spends what the tier counts falls. Brought back, the tier is there again; what rising to it gave is not given twice."""
    rewards = {"off": RewardRule("amount_off", NAME, "standing", 100, AmountOff(1))}
    program = cafe(rewards=rewards, accruals={}, awards={"risen": Award("tier_up", "point", 50)})
    day = NOW.local_date
    before = given(program, Standing(HANDLE), (("standing", 5000),), day)
    assert (before.tier, member_on(before, day).balances["point"]) == ("gold", 50)
    sale = sold(program, member_on(before, day), basket(1000), Choice("off", 5))
    fallen = after_sale(program, before, sale, day)
    assert fallen.tier == "silver"
    back = after_return(program, fallen, reverse(program, sale, Back({}, (ReturnedLine("1", 1000),), day)), day)
    assert (back.tier, member_on(back, day).balances["point"]) == ("gold", 50)
