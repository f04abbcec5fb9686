"""The steps of a trace speak of what a thing is: money that is paid, pieces that are spent, what costs nothing."""

from dataclasses import replace
from pathlib import Path

from loyalty.basket import Basket, Line
from loyalty.member import Member
from loyalty.program import RewardRule
from loyalty.quote import Choice, quote
from loyalty.refusal import Refusal
from loyalty.rewards.donate import Donate
from loyalty.rewards.gift import Gift
from sync.program_file import load
from tests.samples import HANDLE, NOW, cafe

PROGRAM, _ = load(Path(__file__).parents[1] / "corner.toml")
BASKET = Basket((Line("1", "tea", 3050),))


def steps(*choices: Choice, **balances: int) -> dict[str, tuple[str, dict[str, int | str]]]:
    """The code and the parameters of each rule's step."""
    member = Member(HANDLE, balances=balances, spendable=balances)
    return {step.rule: (step.code, dict(step.params)) for step in quote(PROGRAM, member, BASKET, NOW, choices).trace}


def test_a_tender_speaks_of_money() -> None:
    """What may be paid, what was paid, and what is too much; never of thousands of times."""
    assert steps(wallet=2000)["wallet"] == ("payable", {"most_minor": 2000, "unit": "wallet"})
    assert steps(wallet=9000)["wallet"] == ("payable", {"most_minor": 3050, "unit": "wallet"})
    assert steps(Choice("wallet", 1500), wallet=2000)["wallet"] == ("paid", {"paid_minor": 1500, "unit": "wallet"})
    assert steps(Choice("wallet", 2001), wallet=2000)["wallet"] == ("paid_too_much", {"most_minor": 2000})


def test_a_discount_that_is_too_often_speaks_of_times() -> None:
    """Whatever is no tender."""
    member = Member(HANDLE, balances={"next_time": 2}, spendable={"next_time": 2})
    (offer,) = [one for one in quote(PROGRAM, member, BASKET, NOW, (Choice("five_off", 3),)).offers if one.reward == "five_off"]
    assert offer.refusal == Refusal("choice_too_many", {"times": 3, "times_max": 2})


def test_what_takes_nothing_off_speaks_of_no_discount() -> None:
    """A gift for pieces is spent, and that is all; a discount says how much."""
    mug = RewardRule("gift", {"en": "Mug"}, "stamps", 5, Gift("mug"))
    program = replace(PROGRAM, rewards={"mug": mug})
    member = Member(HANDLE, balances={"stamps": 5}, spendable={"stamps": 5})
    told = {step.rule: step for step in quote(program, member, BASKET, NOW, (Choice("mug"),)).trace}
    assert (told["mug"].code, told["mug"].params) == ("spent", {"pieces": 5, "unit": "stamps"})
    assert steps(Choice("five_off"), next_time=1)["five_off"] == (
        "taken",
        {"pieces": 1, "unit": "next_time", "off_minor": 500},
    )


def test_a_rule_none_of_whose_goods_are_there_says_so() -> None:
    """Not that nothing was earned on nothing."""
    rules = [rule for rule, (code, _) in steps().items() if code == "no_goods"]
    assert rules
    assert all(rule in PROGRAM.accruals for rule in rules)


def test_only_what_a_tier_makes_more_is_a_percentage() -> None:
    """Everybody else earns what it says."""
    club, bought = cafe(), Basket((Line("1", "tea", 3050),))
    for tier, code in (("bronze", "earned"), ("gold", "earned_by_tier")):
        found = {step.rule: step.code for step in quote(club, Member(HANDLE, tier=tier), bought, NOW).trace}
        assert (found["points"], found["standing"]) == (code, "earned")


def test_units_for_a_cause_name_it() -> None:
    """Whom they go to, not only that they are gone."""
    gift = RewardRule("donate", {"en": "Give"}, "points", 10, Donate("trees"))
    program = replace(PROGRAM, rewards={"give": gift}, causes={"trees": {"en": "Trees"}})
    member = Member(HANDLE, balances={"points": 40}, spendable={"points": 40})
    told = {step.rule: step for step in quote(program, member, BASKET, NOW, (Choice("give", 3),)).trace}
    assert (told["give"].code, told["give"].params) == ("donated", {"pieces": 30, "unit": "points", "cause": "trees"})


def test_what_costs_no_units_is_offered_free() -> None:
    """Until it is chosen."""
    assert steps()["round_up"][0] == "offered_free"
    assert steps(Choice("round_up"))["round_up"] == ("rounded_up", {"donated_minor": 50})
