"""Each value of each policy, on the smallest checkout that tells it from the others."""

import dataclasses
from collections.abc import Callable
from typing import Any, Literal, get_args, get_origin, get_type_hints

import pytest

from loyalty.accruals.per_money import PerMoney
from loyalty.accruals.per_piece import PerPiece
from loyalty.agreement import Hold
from loyalty.basket import Basket, Line, Tender
from loyalty.claiming import too_late
from loyalty.code import Strength
from loyalty.goods import Goods
from loyalty.leases import shortfall
from loyalty.member import Member
from loyalty.moment import Place
from loyalty.posting import post, return_entries
from loyalty.program import AccrualRule, Limits, Policies, Program, PromotionRule, RewardRule, Tier, Tiers, Unit
from loyalty.quote import Choice, Quote, nets, quote
from loyalty.reverse import Back, reverse
from loyalty.rewards.amount_off import AmountOff
from loyalty.rewards.bundle import Bundle
from loyalty.rewards.free_pieces import FreePieces
from loyalty.rewards.pay import Pay
from loyalty.rewards.percent_off import PercentOff
from loyalty.sale import ReturnedLine, commit
from loyalty.tax import by_rate, with_tax
from tests.samples import HANDLE, NOW, agreed, paid

NAME = {"he": "שם"}
FOOD, ORDER = Goods(categories=("food",)), Goods()
POINT = AccrualRule("per_money", "point", PerMoney(100))


def program(policies: dict[str, Any], **parts: Any) -> Program:
    """A program of these parts, with two units."""
    units = {"point": Unit(NAME), "card": Unit(NAME, worth=1)}
    return Program(
        "p", 1, "ILS", NAME, units, parts.pop("accruals", {}), parts.pop("rewards", {}), policies=Policies(**policies), **parts
    )


def promotion(kind: str, settings: Any, **more: Any) -> PromotionRule:
    """A promotion for everybody."""
    return PromotionRule(kind, NAME, settings, members_only=False, **more)


def lines(*told: dict[str, Any]) -> Basket:
    """A basket of lines with ids "1", "2" ..."""
    return Basket(tuple(Line(**{"id": str(n), "product": f"p{n}", **one}) for n, one in enumerate(told, 1)))


def asked(rules: Program, basket: Basket, *choices: Choice, points: int = 0, **facts: Any) -> Quote:
    """The quote for a member with so many points."""
    have = {"point": points, "card": 5000}
    return quote(rules, Member(HANDLE, balances=have, spendable=have, **facts), basket, NOW, choices)


def earned(answer: Quote) -> int:
    """The points."""
    return sum(one.pieces for one in answer.accruals if one.unit == "point")


def offs(answer: Quote) -> tuple[int, ...]:
    """What came off each line."""
    return tuple(
        line.amount_minor - net for line, net in zip(answer.basket.lines, nets(answer.basket, answer.discounts), strict=True)
    )


TEN_PERCENT = {"ten": promotion("percent_off", PercentOff(1000))}


def earn_on(policies: dict[str, Any]) -> object:
    """100.00 with 10 % off food and 50.00 without."""
    food = promotion("percent_off", PercentOff(1000), lines=FOOD)
    rules = program(policies, accruals={"a": POINT}, promotions={"food": food})
    return earned(asked(rules, lines({"amount_minor": 10000, "category": "food"}, {"amount_minor": 5000})))


def order_discounts_lower_goods(policies: dict[str, Any]) -> object:
    """Points for food only; 10 % off everything."""
    rules = program(policies, accruals={"a": dataclasses.replace(POINT, lines=FOOD)}, promotions=TEN_PERCENT)
    return earned(asked(rules, lines({"amount_minor": 10000, "category": "food"}, {"amount_minor": 5000})))


def earn_on_levies(policies: dict[str, Any]) -> object:
    """A bottle of 10.00 with 3.00 of deposit in it."""
    return earned(asked(program(policies, accruals={"a": POINT}), lines({"amount_minor": 1000, "levy_minor": 300})))


def earn_on_unit_tenders(policies: dict[str, Any]) -> object:
    """50.00 of 100.00 paid from a card."""
    rules = program(policies, accruals={"a": POINT}, rewards={"card": RewardRule("pay", NAME, "card", 1, Pay(1))})
    return earned(asked(rules, lines({"amount_minor": 10000}), Choice("card", 5000)))


def free_pieces_earn(policies: dict[str, Any]) -> object:
    """Three coffees, one of them free, a stamp for each."""
    stamps = {"a": AccrualRule("per_piece", "point", PerPiece())}
    rules = program(policies, accruals=stamps, promotions={"f": promotion("free_pieces", FreePieces(2))})
    return earned(asked(rules, lines({"amount_minor": 3000, "quantity_milli": 3000})))


def tenders_without_accrual(policies: dict[str, Any]) -> object:
    """40.00 of 100.00 paid by voucher."""
    rules = program(policies, accruals={"a": POINT})
    agreement = agreed(rules, Member(HANDLE), lines({"amount_minor": 10000}))
    payment = paid(agreement, tenders=(Tender("voucher", 4000), Tender("cash", 6000)))
    return sum(one.pieces for one in commit(rules, agreement, payment).accruals)


def accrual_rounding(policies: dict[str, Any]) -> object:
    """A point for a shekel on 2.50 and on 3.50."""
    rules = program(policies, accruals={"a": POINT})
    return earned(asked(rules, lines({"amount_minor": 250}))), earned(asked(rules, lines({"amount_minor": 320})))


def accrual_rounded_per(policies: dict[str, Any]) -> object:
    """Two lines of 1.60."""
    return earned(asked(program(policies, accruals={"a": POINT}), lines({"amount_minor": 160}, {"amount_minor": 160})))


def accrual_tier(policies: dict[str, Any]) -> object:
    """100.00 that make a member of bronze gold, who earns twice as much."""
    steps = (Tier("bronze", NAME), Tier("gold", NAME, from_pieces=100, accrual_percent=200))
    qualifying = AccrualRule("per_money", "card", PerMoney(100, by_tier=False))
    rules = program(policies, accruals={"rank": qualifying, "a": POINT}, tiers=Tiers("card", steps))
    member = Member(HANDLE, tier="bronze")
    return earned(quote(rules, member, lines({"amount_minor": 10000}), NOW))


def earn_tax(policies: dict[str, Any]) -> object:
    """117.00, of which 17.00 are tax."""
    return earned(asked(program(policies, accruals={"a": POINT}), lines({"amount_minor": 11700, "tax_bp": 1700})))


def spend_in_same_sale(policies: dict[str, Any]) -> object:
    """120.00 earn 120 points or, with 10.00 off for 100 of them, 110."""
    rewards = {"ten": RewardRule("amount_off", NAME, "point", 100, AmountOff(1000))}
    answer = asked(program(policies, accruals={"a": POINT}, rewards=rewards), lines({"amount_minor": 12000}), Choice("ten"))
    return answer.to_pay_minor, answer.forecast["point"]


def threshold(policies: dict[str, Any]) -> object:
    """5.00 off from 100.00 on, after 10 % off 105.00."""
    late = promotion("amount_off", AmountOff(500), when={"amount_min": 10000})
    return asked(program(policies, promotions={**TEN_PERCENT, "late": late}), lines({"amount_minor": 10500})).to_pay_minor


def threshold_tax(policies: dict[str, Any]) -> object:
    """5.00 off from 100.00 on, for 110.00 with 17 % tax in it."""
    late = promotion("amount_off", AmountOff(500), when={"amount_min": 10000})
    return asked(program(policies, promotions={"late": late}), lines({"amount_minor": 11000, "tax_bp": 1700})).to_pay_minor


def amount_off_tax(policies: dict[str, Any]) -> object:
    """10.00 off 60.00 with 20 % tax in it (Vendure's own example)."""
    rules = program(policies, promotions={"off": promotion("amount_off", AmountOff(1000))})
    return asked(rules, lines({"amount_minor": 6000, "tax_bp": 2000})).to_pay_minor


def percent_rounding(policies: dict[str, Any]) -> object:
    """10 % of 1.25, of 1.35 and of 1.21."""
    rules = program(policies, promotions=TEN_PERCENT)
    return [offs(asked(rules, lines({"amount_minor": amount})))[0] for amount in (125, 135, 121)]


def percent_rounded_per(policies: dict[str, Any]) -> object:
    """10 % of three lines that end in 4 (as in Saleor's own example), and of three pieces of 1.35."""
    rules = program(policies, promotions=TEN_PERCENT)
    three = {"amount_minor": 405, "quantity_milli": 3000}
    return offs(asked(rules, lines(*({"amount_minor": amount} for amount in (104, 204, 304)), three)))


def remainder(policies: dict[str, Any]) -> object:
    """4.01 off three lines of 2.00: two agorot are over."""
    rules = program(policies, promotions={"off": promotion("amount_off", AmountOff(401))})
    return offs(asked(rules, lines(*({"amount_minor": 200} for _ in range(3)))))


def amount_overlap(policies: dict[str, Any]) -> object:
    """5.00 off A (6.00) and B (4.00), then 10.00 off A alone."""
    both, alone = Goods(products=("p1", "p2")), Goods(products=("p1",))
    rules = program(
        policies,
        promotions={
            "both": promotion("amount_off", AmountOff(500), lines=both),
            "alone": promotion("amount_off", AmountOff(1000), lines=alone),
        },
    )
    return offs(asked(rules, lines({"amount_minor": 600}, {"amount_minor": 400}, {"amount_minor": 1000})))


def pick(policies: dict[str, Any]) -> object:
    """Of 5.00, 3.00 and 4.00 one is free."""
    rules = program(policies, promotions={"f": promotion("free_pieces", FreePieces(2))})
    return offs(asked(rules, lines(*({"amount_minor": amount} for amount in (500, 300, 400)))))


def free_piece(policies: dict[str, Any]) -> object:
    """Buy two, get one, with three in the basket."""
    rules = program(policies, promotions={"f": promotion("free_pieces", FreePieces(2))})
    answer = asked(rules, lines({"amount_minor": 3000, "quantity_milli": 3000}))
    return answer.to_pay_minor, [(one.product, one.pieces) for one in answer.extras.gifts]


def stacking(policies: dict[str, Any]) -> object:
    """Two for 9.00 comes first and spoils four for 12.00, which would save more."""
    promotions = {
        "two": promotion("bundle", Bundle(2, price=900), priority=1),
        "four": promotion("bundle", Bundle(4, price=1200)),
    }
    return asked(program(policies, promotions=promotions), lines({"amount_minor": 2000, "quantity_milli": 4000})).to_pay_minor


def order_discounts(policies: dict[str, Any]) -> object:
    """10 % and then 20 % off 100.00."""
    promotions = {**TEN_PERCENT, "twenty": promotion("percent_off", PercentOff(2000))}
    return asked(program(policies, promotions=promotions), lines({"amount_minor": 10000})).to_pay_minor


def reduced_goods(policies: dict[str, Any]) -> object:
    """10 % off everything, one of the lines being cheaper on the shelf already."""
    rules = program(policies, promotions=TEN_PERCENT)
    return offs(asked(rules, lines({"amount_minor": 1000}, {"amount_minor": 1000, "reduced": True})))


def budget_short(policies: dict[str, Any]) -> object:
    """15.00 off with 10.00 of the budget left."""
    rules = program(policies, promotions={"off": promotion("amount_off", AmountOff(1500), limits=Limits(budget_amount=10000))})
    moment = dataclasses.replace(NOW, place=Place(budget_left={"budget/off": 1000}))
    return quote(rules, None, lines({"amount_minor": 5000}), moment).to_pay_minor


def _returned(policies: dict[str, Any]) -> tuple[dict[str, int], dict[str, int]]:
    """A line of 90.00 that earned a bonus and one of 10.00, bought for 100 points less 10.00; the second comes back."""
    rules = program(
        policies,
        accruals={"a": dataclasses.replace(POINT, lines=Goods(products=("p1",)))},
        rewards={"ten": RewardRule("amount_off", NAME, "point", 100, AmountOff(1000), lines=Goods(products=("p1",)))},
    )
    have = {"point": 100}
    basket = lines({"amount_minor": 10000}, {"amount_minor": 1000})
    agreement = agreed(rules, Member(HANDLE, balances=have, spendable=have), basket, Choice("ten"))
    sale = commit(rules, agreement, paid(agreement))
    undone = reverse(rules, sale, Back({}, (ReturnedLine("2", 1000),), NOW.local_date))
    whole = reverse(rules, sale, Back({}, (ReturnedLine("1", 1000), ReturnedLine("2", 1000)), NOW.local_date))
    return undone.taken_back, whole.given_back


def return_share(policies: dict[str, Any]) -> object:
    """The second line earned nothing itself, and is a tenth of the money."""
    return _returned(policies)[0]


def give_back_spent(policies: dict[str, Any]) -> object:
    """All of it comes back."""
    return _returned(policies)[1]


def give_back_uses(policies: dict[str, Any]) -> object:
    """A promotion that is had once, and the whole sale comes back."""
    once = PromotionRule("amount_off", NAME, AmountOff(500), limits=Limits(per_member=1))
    rules = program(policies, promotions={"once": once})
    agreement = agreed(rules, Member(HANDLE), lines({"amount_minor": 5000}))
    sale = commit(rules, agreement, paid(agreement))
    return reverse(rules, sale, Back({}, (ReturnedLine("1", 1000),), NOW.local_date)).uses


def negative_balance(policies: dict[str, Any]) -> object:
    """50 earned, of which 20 are pending and 20 were spent: 30 of 50 are left."""
    rules = program(policies, accruals={"a": POINT})
    agreement = agreed(rules, Member(HANDLE), lines({"amount_minor": 5000}))
    sale = commit(rules, agreement, paid(agreement))
    undone = reverse(rules, sale, Back({}, (ReturnedLine("1", 1000),), NOW.local_date))
    mine = f"member/{HANDLE}/available"
    accounts = {(mine, "point"): {"": 10, "2027-01-01/": 20}}
    posted = post(rules, accounts, return_entries(HANDLE, undone), NOW.local_date)
    return sum(entry.pieces for entry in posted.entries)


def tax_rounded_per(policies: dict[str, Any]) -> object:
    """Two lines of 1.03 before 17 % tax: 0.35 of tax once, 0.18 and 0.18 line by line."""
    priced = with_tax(
        lines(*({"amount_minor": 103, "tax_bp": 1700} for _ in range(2))).lines, Policies(**policies).tax_rounded_per
    )
    amounts = tuple(line.amount_minor for line in priced)
    return sum(amounts), sum(one.tax_minor for one in by_rate(priced, amounts, Policies(**policies).tax_rounded_per))


def lease_min_strength(policies: dict[str, Any]) -> object:
    """A signed code, a lease that covers what is spent, and no word from head office."""
    rules = program(policies)
    refused = shortfall(rules, [Hold("1" * 32, "points", 100, "2" * 32, 100)], Strength.SIGNED)
    return refused.code if refused else "spent"


def claim_days(policies: dict[str, Any]) -> object:
    """A purchase of the first of the month, claimed on the first of the next."""
    refused = too_late(program(policies), "2026-10-01", "2026-11-01")
    return refused.code if refused else "claimed"


CASES: list[tuple[Callable[[dict[str, Any]], object], object, object]] = [
    (earn_on, "paid", 140), (earn_on, "rung", 150), (earn_on, "undiscounted_lines", 50),
    (order_discounts_lower_goods, False, 100), (order_discounts_lower_goods, True, 90),
    (earn_on_levies, False, 7), (earn_on_levies, True, 10),
    (earn_on_unit_tenders, True, 100), (earn_on_unit_tenders, False, 50),
    (free_pieces_earn, False, 2), (free_pieces_earn, True, 3),
    (lease_min_strength, "rotating", "lease_needs_code"), (lease_min_strength, "signed", "spent"),
    (claim_days, 30, "claim_late"), (claim_days, 31, "claimed"),
    (tenders_without_accrual, (), 100), (tenders_without_accrual, ("voucher",), 60),
    (accrual_rounding, "down", (2, 3)), (accrual_rounding, "half_up", (3, 3)), (accrual_rounding, "half_even", (2, 3)),
    (accrual_rounding, "up", (3, 4)),
    (accrual_rounded_per, "order", 3), (accrual_rounded_per, "line", 2),
    (accrual_tier, "held", 100), (accrual_tier, "reached", 200),
    (earn_tax, "included", 117), (earn_tax, "excluded", 100),
    (spend_in_same_sale, True, (11000, 10)), (spend_in_same_sale, False, (12000, 120)),
    (threshold, "after_discounts", 9450), (threshold, "before_discounts", 8950),
    (threshold_tax, "included", 10500), (threshold_tax, "excluded", 11000),
    (amount_off_tax, "included", 5000), (amount_off_tax, "excluded", 4800),
    (percent_rounding, "half_up", [13, 14, 12]), (percent_rounding, "half_even", [12, 14, 12]),
    (percent_rounding, "down", [12, 13, 12]), (percent_rounding, "up", [13, 14, 13]),
    (percent_rounded_per, "order", (10, 20, 31, 41)), (percent_rounded_per, "line", (10, 20, 30, 41)),
    (percent_rounded_per, "piece", (10, 20, 30, 42)),
    (remainder, "largest", (134, 134, 133)), (remainder, "first", (135, 133, 133)), (remainder, "last", (133, 133, 135)),
    (amount_overlap, "others_first", (600, 400, 0)), (amount_overlap, "by_share", (600, 200, 0)),
    (pick, "cheapest", (0, 300, 0)), (pick, "dearest", (500, 0, 0)), (pick, "first", (500, 0, 0)),
    (free_piece, "in_basket", (2000, [])), (free_piece, "extra", (3000, [("p1", 1)])),
    (stacking, "in_order", 1800), (stacking, "best", 1200),
    (order_discounts, "all", 7200), (order_discounts, "first", 9000), (order_discounts, "best", 8000),
    (reduced_goods, "included", (100, 100)), (reduced_goods, "excluded", (100, 0)),
    (budget_short, "refuse", 5000), (budget_short, "reduce", 4000),
    (return_share, "lines", {}), (return_share, "money", {"point": 9}),
    (give_back_spent, True, {"point": 100}), (give_back_spent, False, {}),
    (give_back_uses, True, {"used/once": 1}), (give_back_uses, False, {}),
    (negative_balance, "within_balance", 30), (negative_balance, "pending_only", 20), (negative_balance, "allowed", 50),
    (tax_rounded_per, "rate", (241, 35)), (tax_rounded_per, "line", (242, 36)),
]  # fmt: skip


@pytest.mark.parametrize(("scene", "value", "expected"), CASES, ids=lambda one: getattr(one, "__name__", str(one)))
def test_a_policy_decides(scene: Callable[[dict[str, Any]], object], value: object, expected: object) -> None:
    """As docs/programs.md says of this value."""
    assert scene({scene.__name__: value}) == expected


def test_every_value_of_every_policy_is_tried() -> None:
    """And the default is the one that a program has which says nothing."""
    tried = {(scene.__name__, value) for scene, value, _ in CASES}
    wanted = set()
    for name, hint in get_type_hints(Policies).items():
        plain: dict[object, tuple[object, ...]] = {bool: (True, False), int: (30, 31)}
        values = get_args(hint) if get_origin(hint) is Literal else plain.get(hint, ((), ("voucher",)))
        wanted |= {(name, value) for value in values}
    assert tried == wanted
    for scene, value, expected in CASES:
        if value == getattr(Policies(), scene.__name__):
            assert scene({}) == expected
