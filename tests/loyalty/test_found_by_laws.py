"""Examples that the laws of tests/laws found, each mended since."""

from dataclasses import replace

from loyalty.basket import Basket, Line
from loyalty.goods import Goods
from loyalty.program import Limits, Policies, RewardRule
from loyalty.quote import Choice, quote
from loyalty.rewards.amount_off import AmountOff
from loyalty.rewards.donate import RoundUp
from loyalty.rewards.free_pieces import FreePieces
from loyalty.rewards.pay import Pay
from tests.samples import NOW, basket, cafe, member

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
