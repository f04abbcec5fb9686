"""What a quote says beside discounts and points: tenders, gifts, donations, uses, reserves; and a basket in another currency."""

from dataclasses import replace

import pytest

from loyalty.accruals.per_money import PerMoney
from loyalty.basket import Basket
from loyalty.member import Member
from loyalty.program import AccrualRule, Limits, Policies, Program, PromotionRule, RewardRule, Unit
from loyalty.quote import Choice, Discount, Donation, GiftLine, Movement, UnitTender, Use, quote
from loyalty.refusal import Refusal
from loyalty.rewards.amount_off import AmountOff
from loyalty.rewards.donate import Donate, RoundUp
from loyalty.rewards.free_pieces import FreePieces
from loyalty.rewards.gift import Gift
from loyalty.rewards.pay import Pay
from tests.bills import NOW, goods

WHO = Member("h", balances={"point": 250, "used/x": 1}, spendable={"point": 200})
LINES = (goods("a", 1000, 2), goods("b", 500))


def sells(kind, settings, cost=100, **fields):
    """A reward for so many points."""
    return RewardRule(kind, {}, "point", cost, settings, **fields)


def asked(rewards, *choices, member=WHO, lines=LINES, currency="ILS", **fields):
    """A quote for 15.00, with the rewards chosen as often as `choices` say."""
    policies = {name: fields.pop(name) for name in set(fields) & set(Policies.__slots__)}
    units = {"point": Unit({})}
    program = Program("bare", 1, "ILS", {}, units, fields.pop("accruals", {}), rewards, policies=Policies(**policies), **fields)
    basket = Basket(tuple(replace(line, id=str(place)) for place, line in enumerate(lines)), currency)
    return quote(program, member, basket, NOW, tuple(Choice(*one) for one in choices))


def test_another_currency():
    """Each reward says so, whatever is unknown says that, and nothing is earned."""
    rewards = {"ten": sells("amount_off", AmountOff(100), 70)}
    answer = asked(
        rewards, ("ten",), ("gone", 2), currency="EUR", accruals={"r": AccrualRule("per_money", "point", PerMoney(1))}
    )
    ten, gone = answer.offers
    assert (ten.reward, ten.unit, ten.cost, ten.times_max, ten.times) == ("ten", "point", 70, 0, 0)
    assert (ten.refusal, gone.refusal) == (Refusal("other_currency"), Refusal("unknown_reward", {"reward": "gone"}))
    assert [(step.rule, step.code) for step in answer.trace][:1] == [("ten", "other_currency")]
    assert (answer.discounts, answer.accruals, answer.redemptions, answer.to_pay_minor) == ((), (), (), 1500)


def test_units_that_pay():
    """A tender and no discount; the lines share what it spends by what they cost."""
    answer = asked({"wallet": sells("pay", Pay(10), 2)}, ("wallet", 60))
    assert answer.extras.tenders == (UnitTender("wallet", "point", 120, 600),)
    assert answer.redemptions == (Movement("wallet", "point", 120, (80, 40)),)
    assert (answer.discounts, answer.total_minor, answer.to_pay_minor) == ((), 1500, 900)


def test_gifts_and_causes():
    """What is handed over, what is given in money, and what in points, to the cause's own account."""
    rewards = {
        "mug": sells("gift", Gift("mug", pieces=2)),
        "trees": sells("donate", Donate("trees"), 5),
        "change": sells("round_up", RoundUp(400, "sea"), 0),
    }
    answer = asked(rewards, ("mug",), ("trees", 3), ("change",))
    assert answer.extras.gifts == (GiftLine("mug", "mug", 2),)
    assert answer.extras.donations == (Donation("change", "sea", 100),)
    assert (answer.total_minor, answer.to_pay_minor) == (1600, 1600)
    assert answer.redemptions == (
        Movement("mug", "point", 100, (67, 33)),
        Movement("trees", "point", 15, (10, 5), account="cause/trees"),
    )


def test_what_is_spent_on_a_free_basket():
    """The lines share it evenly."""
    answer = asked({"mug": sells("gift", Gift("mug"))}, ("mug",), lines=(goods("a", 0), goods("b", 0)))
    assert answer.redemptions[0].by_line == (50, 50)


@pytest.mark.parametrize(
    ("limits", "counters"),
    [
        (Limits(per_basket=9), ()),
        (Limits(per_day=9), ("used_day/r",)),
        (Limits(per_month=9), ("used_month/r",)),
        (Limits(per_member=9), ("used/r",)),
        (Limits(per_day=9, per_month=9, per_member=9), ("used_day/r", "used_month/r", "used/r")),
        (Limits(budget_amount=9000), ()),
    ],
)
def test_uses_are_counted(limits, counters):
    """How often, at what cost to the budget, and by which counters."""
    off = asked({"r": sells("amount_off", AmountOff(300), limits=limits)}, ("r", 2))
    assert off.extras.uses == (Use("r", 2, 600, counters),)
    paid = asked({"r": sells("pay", Pay(10), 1, limits=limits)}, ("r", 5))
    assert paid.extras.uses == (Use("r", 5, 50, counters),)


def test_what_is_not_limited_is_not_counted():
    """A reward without limits has no uses."""
    assert asked({"r": sells("amount_off", AmountOff(300))}, ("r",)).extras.uses == ()


def test_free_pieces_are_named():
    """On their lines, beside what comes off."""
    promotions = {"three": PromotionRule("free_pieces", {}, FreePieces(1))}
    answer = asked({}, promotions=promotions)
    assert answer.discounts == (Discount("three", (500, 0), (1, 0)),)
    assert asked({"r": sells("amount_off", AmountOff(300))}, ("r",)).discounts == (Discount("r", (200, 100)),)


def test_the_forecast_leaves_the_counters_out():
    """What was there, with what is earned, less what is spent."""
    earning = {"r": AccrualRule("per_money", "point", PerMoney(100), pieces_max_day=99)}
    answer = asked({"ten": sells("amount_off", AmountOff(500))}, ("ten",), accruals=earning)
    assert answer.forecast == {"point": 250 + 10 - 100}
    assert asked({}, member=None).forecast == {}


@pytest.mark.parametrize(
    ("spendable", "times", "reserves", "off"),
    [(200, 1, {"point": 100}, 100), (200, 2, {"point": 200}, 200), (195, 2, {"point": 195}, 200), (0, 0, {}, 0), (0, 1, {}, 0)],
)
def test_what_must_be_reserved(spendable, times, reserves, off):
    """What is spent, as far as the member has it: the rest is what this very sale earns."""
    earning = {"r": AccrualRule("per_money", "point", PerMoney(100))}
    who = Member("h", balances={"point": spendable}, spendable={"point": spendable})
    answer = asked(
        {"one": sells("amount_off", AmountOff(100))}, *([("one", times)] if times else []), member=who, accruals=earning
    )
    assert (answer.reserves, 1500 - answer.to_pay_minor) == (reserves, off)


@pytest.mark.parametrize(
    ("policy", "pending_days", "code"), [(True, 0, None), (False, 0, "pieces_missing"), (True, 1, "pieces_missing")]
)
def test_pieces_of_this_sale_pay_in_it(policy, pending_days, code):
    """If the policies let them, and if they are not pending."""
    program = Program(
        "bare", 1, "ILS", {}, {"point": Unit({}, pending_days=pending_days)},
        {"r": AccrualRule("per_money", "point", PerMoney(100))}, {"one": sells("gift", Gift("mug"), 15)},
        policies=Policies(spend_in_same_sale=policy),
    )  # fmt: skip
    basket = Basket(tuple(replace(line, id=str(place)) for place, line in enumerate(LINES)))
    answer = quote(program, Member("h"), basket, NOW, (Choice("one"),))
    assert (answer.offers[0].refusal.code if answer.offers[0].refusal else None) == code
    assert answer.reserves == {}


def test_a_sale_never_spends_more_of_itself_than_it_earns():
    """What pays lowers what is earned: the points of 15.00 do not take off what they were earned on."""
    earning = {"r": AccrualRule("per_money", "point", PerMoney(100))}
    answer = asked({"off": sells("amount_off", AmountOff(1000), 15)}, ("off",), member=Member("h"), accruals=earning)
    assert (answer.discounts, [one.pieces for one in answer.accruals]) == ((), [15])
    assert answer.offers[0].refusal.code == "pieces_missing"
