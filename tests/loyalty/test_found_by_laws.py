"""Examples that the laws of tests/laws found, each mended since."""


from loyalty.program import RewardRule
from loyalty.quote import Choice, quote
from loyalty.rewards.amount_off import AmountOff
from loyalty.rewards.donate import RoundUp
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
