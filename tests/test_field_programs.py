"""Programs that the public tests of other systems play over several steps, or with settings of their own, as our files say them."""

import pytest

from posd.trial import play
from sync.program_file import parse

NAME = {"en": "it"}
POINTS = {"points": {"name": NAME}}


def told(sections, steps, member=None):
    """The answers about `steps` by a program of these sections."""
    program, mistakes = parse({"code": "field", "version": 1, "name": NAME, **sections})
    assert program is not None, mistakes
    assert mistakes == []
    return play(program, steps, member or {"handle": "m"})


def basket(*lines, **more):
    """A basket of (product, pieces, price of a piece), with a table of more about the line where there is a fourth."""
    return {
        "lines": [{"product": line[0], "quantity": line[1], "unit_price": line[2], **dict(*line[3:])} for line in lines],
        **more,
    }


def promotion(kind, **settings):
    """A promotion for everybody."""
    return {"name": NAME, "type": kind, "members_only": False, **settings}


def reward(kind, unit, cost, **settings):
    """A reward."""
    return {"name": NAME, "type": kind, "unit": unit, "cost": cost, **settings}


@pytest.mark.parametrize(
    ("each", "pens", "back", "balances"),
    [(70, 1, "all", [120, 200]), (35, 2, [{"line": "1", "quantity": 1}], [120, 160])],
)
def test_a_refund_takes_back_what_was_earned_and_gives_back_what_was_spent(each, pens, back, balances):
    """In proportion (Odoo, pos_loyalty: points a pen, ten percent off for 150 of 200)."""
    sections = {
        "units": POINTS,
        "accruals": {"pens": {"type": "per_piece", "unit": "points", "give": each, "lines": {"products": ["pen"]}}},
        "rewards": {"ten": reward("percent_off", "points", 150, percent=10)},
    }
    steps = [{"basket": basket(("pen", pens, "50.00")), "choose": ["ten"]}, {"return": {"of": 1, "lines": back}}]
    answers = told(sections, steps, {"handle": "m", "units": {"points": 200}})
    assert [one["units"]["points"]["after"] for one in answers] == balances


WALLET = {
    "units": {"wallet": {"name": NAME, "worth": "0.01", "at_once": False}},
    "accruals": {"fill": {"type": "per_money", "unit": "wallet", "every": "0.01", "lines": {"products": ["top_up"]}}},
    "rewards": {"wallet": reward("pay", "wallet", 1)},
}


def test_a_wallet_filled_up_in_the_same_basket_keeps_the_new_money():
    """Odoo: 10.00 of it pay, and 50.00 are there afterwards."""
    steps = [{"basket": basket(("a", 1, "100.00"), ("top_up", 1, "50.00")), "choose": {"wallet": "max"}}]
    (answer,) = told(WALLET, steps, {"handle": "m", "units": {"wallet": 1000}})
    assert answer["units_paid_minor"] == 1000
    assert answer["units"]["wallet"]["after"] == 5000


def test_a_gift_card_that_is_brought_back_is_empty():
    """Odoo: what the sale put on it is taken off again."""
    steps = [{"basket": basket(("top_up", 1, "50.00"))}, {"return": {"of": 1}}]
    answers = told(WALLET, steps)
    assert [one["units"]["wallet"]["after"] for one in answers] == [5000, 0]
    assert answers[1]["returned"]["refund_minor"] == 5000


def test_a_card_that_pays_all_leaves_discounts_their_turn():
    """Odoo: the card pays 90.00 after ten percent, whatever was scanned first."""
    sections = {**WALLET, "promotions": {"ten": promotion("percent_off", percent=10, when={"codes": ["ten"]})}}
    steps = [{"basket": basket(("c", 1, "100.00"), codes=["ten"]), "choose": {"wallet": "max"}}]
    (answer,) = told(sections, steps, {"handle": "m", "units": {"wallet": 10_000}})
    assert (answer["off_minor"], answer["to_pay_minor"], answer["units"]["wallet"]["after"]) == (1000, 0, 1000)


@pytest.mark.parametrize(("pieces", "total", "shipping"), [(1, 7000, 1000), (2, 12_000, 0)])
def test_free_shipping_from_an_amount_after_discounts(pieces, total, shipping):
    """Sylius: half off the goods, then free shipping above 100.00 of what the goods come to."""
    goods = {"exclude_products": ["shipping"]}
    least = {"goods": goods, "amount_min": "100.00", "of": "after_discounts"}
    sections = {
        "promotions": {
            "half": promotion("percent_off", percent=50, lines=goods),
            "free": promotion("percent_off", percent=100, lines={"products": ["shipping"]}, when={"basket": least}),
        },
    }
    (answer,) = told(sections, [{"basket": basket(("shirt", pieces, "120.00"), ("shipping", 1, "10.00"))}])
    assert answer["total_minor"] == total
    assert answer["lines"][1]["net_minor"] == shipping


@pytest.mark.parametrize(("policy", "total"), [("first", 28_800), ("best", 25_600), ("all", 23_040)])
def test_two_discounts_on_the_whole_order(policy, total):
    """Odoo refuses the second, Solidus takes the better, others take both."""
    rules = {"ten": promotion("percent_off", percent=10), "twenty": promotion("percent_off", percent=20)}
    sections = {"policies": {"order_discounts": policy}, "promotions": rules}
    (answer,) = told(sections, [{"basket": basket(("cabinet", 1, "320.00"))}])
    assert answer["total_minor"] == total


def test_a_coupon_for_the_next_order():
    """Odoo: two articles give one, which this order cannot use and the next one can, once."""
    sections = {
        "units": {"coupon": {"name": NAME, "at_once": False}},
        "accruals": {"next": {"type": "per_sale", "unit": "coupon", "when": {"lines": {"quantity_min": 2}}}},
        "rewards": {"bin": reward("free_pieces", "coupon", 1, buy=0, lines={"products": ["bin"]})},
    }
    one, two = basket(("bin", 1, "47.00")), basket(("bin", 2, "47.00"))
    steps = [{"basket": bought, "choose": {"bin": "max"}} for bought in (one, two, one, one)]
    assert [answer["total_minor"] for answer in told(sections, steps)] == [4700, 9400, 0, 4700]


def test_points_of_a_hundredth():
    """Odoo: 0.01 of a point for 1.00, each worth 1.00; 3.39 and the 1.61 of this order take 5.00 off."""
    sections = {
        "units": POINTS,
        "accruals": {"one": {"type": "per_money", "unit": "points", "every": "1.00"}},
        "rewards": {"off": reward("amount_off", "points", 1, amount="0.01")},
        "policies": {"earn_on": "rung"},
    }
    sold = basket(("a", 1, "140.00", {"tax": 15, "prices": "without_tax"}))
    steps = [{"basket": sold, "choose": {"off": "max"}}]
    (answer,) = told(sections, steps, {"handle": "m", "units": {"points": 339}})
    assert (answer["total_minor"], answer["units"]["points"]["after"]) == (15_600, 0)


@pytest.mark.parametrize(("pieces", "off"), [(1, 1000), (2, 1500), (3, 2000), (4, 2000)])
def test_the_first_piece_more_off_than_the_next(pieces, off):
    """Solidus's flexible rate: 10.00 off the first, 5.00 off each of two more."""
    rules = {
        "more": promotion("amount_off", amount="5.00", each_piece=True, pieces=1),
        "each": promotion("amount_off", amount="5.00", each_piece=True, pieces=3),
    }
    (answer,) = told({"promotions": rules}, [{"basket": basket(("a", pieces, "50.00"))}])
    assert answer["off_minor"] == off


@pytest.mark.parametrize(("pieces", "percent"), [(1, 0), (5, 10), (9, 10), (10, 20)])
def test_the_more_pieces_the_more_percent(pieces, percent):
    """Solidus: a share by how many eligible pieces there are."""
    rules = {
        f"from_{least}": promotion("percent_off", percent=share, group="steps", when={"lines": {"quantity_min": least}})
        for least, share in ((10, 20), (5, 10))
    }
    (answer,) = told({"promotions": rules}, [{"basket": basket(("a", pieces, "10.00"))}])
    assert answer["off_minor"] == pieces * 10 * percent


@pytest.mark.parametrize(
    ("lines", "off"), [([("a", 1), ("b", 1)], 0), ([("a", 2), ("b", 1)], 0), ([("a", 1), ("b", 1), ("c", 1)], 300)]
)
def test_one_of_each_of_a_range(lines, off):
    """Oscar's coverage condition: different products, not pieces."""
    rules = {"set": promotion("amount_off", amount="3.00", when={"lines": {"products_min": 3}})}
    (answer,) = told({"promotions": rules}, [{"basket": basket(*((name, pieces, "10.00") for name, pieces in lines))}])
    assert answer["off_minor"] == off


@pytest.mark.parametrize(("tax", "points"), [("included", 117), ("excluded", 100)])
def test_points_before_or_after_tax(tax, points):
    """Square: the program says which."""
    sections = {
        "units": POINTS,
        "accruals": {"one": {"type": "per_money", "unit": "points", "every": "1.00", "whole_steps": True}},
        "policies": {"earn_tax": tax},
    }
    (answer,) = told(sections, [{"basket": basket(("a", 1, "117.00", {"tax": 17}))}])
    assert answer["units"]["points"]["earned"] == points


def test_the_tier_that_is_reached_says_what_a_point_costs():
    """ERPNext: the rule of the tier chosen with this purchase counted collects its points."""
    steps = [{"code": "bronze", "name": NAME}, {"code": "gold", "name": NAME, "from_pieces": 20_000}]
    per = {"type": "per_money", "unit": "points"}
    sections = {
        "units": {**POINTS, "spent": {"name": NAME}},
        "tiers": {"unit": "spent", "review": "never", "step": steps},
        "accruals": {
            "spent": {"type": "per_money", "unit": "spent", "every": "1.00", "by_tier": False},
            "bronze": {**per, "every": "1000.00", "when": {"tiers": ["bronze"]}},
            "gold": {**per, "every": "500.00", "when": {"tiers": ["gold"]}},
        },
        "policies": {"accrual_tier": "reached"},
    }
    member = {"handle": "m", "units": {"spent": 18_000}}
    answers = told(sections, [{"basket": basket(("a", 1, "1000.00"))}, {"basket": basket(("a", 1, "1000.00"))}], member)
    assert [one["units"]["points"]["earned"] for one in answers] == [1, 2]
    assert [one["member"]["tier"]["after"] for one in answers] == ["bronze", "gold"]
