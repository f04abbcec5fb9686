"""When a rule holds: what is in the basket, what it is paid with, and where."""

import pytest

from loyalty.conditions import CONDITIONS, checks, gate
from loyalty.conditions.checkout import Measure, place
from loyalty.goods import ALL, Goods, pick
from loyalty.moment import Moment, Place
from loyalty.refusal import Refusal
from tests.bills import checkout, goods, why_not

MILK, BREAD = Goods(products=("milk",)), Goods(products=("bread",))


def test_a_rule_without_conditions_has_no_gate():
    """It is not asked at all."""
    assert gate({}, {}, pick(ALL)) is None
    assert checks({}, pick(ALL)) == ()


def test_all_of_when_and_the_first_that_fails_says_why():
    """In the order of the table, whatever the order of the file."""
    when: dict[str, object] = {"weekdays": ("sun",), "amount_min": 1001, "codes": ("X",)}
    assert [name for name in CONDITIONS if name in when] == ["weekdays", "amount_min", "codes"]
    assert why_not(checkout(1000), **when).code == "other_weekday"
    when["weekdays"] = ("wed",)
    assert why_not(checkout(1000), **when) == Refusal("amount_missing", {"missing_minor": 1})
    assert why_not(checkout(1001), **when) == Refusal("code_needed")
    assert why_not(checkout(1001, codes=("X",)), **when) is None


def test_not_all_of_unless():
    """A rule that leaves out Wednesdays below 20.00 holds on every other day, and on a Wednesday from 20.00 on."""
    unless = {"weekdays": ("wed",), "amount_max": 1999}
    check = gate({}, unless, pick(ALL))
    assert check(checkout(1999)) == Refusal("excluded")
    assert check(checkout(2000)) is None
    assert gate({}, {**unless, "weekdays": ("thu",)}, pick(ALL))(checkout(1999)) is None
    milk = gate({}, {"lines": Measure(amount_min=500)}, pick(MILK))
    assert [milk(checkout(goods("milk", paid), 900)) for paid in (499, 500)] == [None, Refusal("excluded")]
    both = gate({"amount_min": 1000}, unless, pick(ALL))
    assert [both(checkout(paid)) for paid in (999, 1000)] == [
        Refusal("amount_missing", {"missing_minor": 1}),
        Refusal("excluded"),
    ]


@pytest.mark.parametrize(
    ("measure", "bought", "refusal"),
    [
        (Measure(MILK), [goods("bread", 500)], Refusal("goods_missing", {"missing": 1})),
        (Measure(MILK), [goods("milk", 500)], None),
        (Measure(MILK), [goods("milk", -500)], Refusal("goods_missing", {"missing": 1})),
        (Measure(MILK), [goods("milk", 0)], None),
        (Measure(MILK, quantity_min=3), [goods("milk", 500, 2)], Refusal("goods_missing", {"missing": 1})),
        (Measure(MILK, quantity_min=3), [goods("milk", 500, 2), goods("milk", 250)], None),
        (Measure(MILK, quantity_min=2), [goods("milk", 500, quantity_milli=2500)], Refusal("goods_missing", {"missing": 1})),
        (Measure(MILK, quantity_max=2), [goods("milk", 500, 3)], Refusal("goods_too_many", {"most": 2})),
        (Measure(MILK, quantity_max=2), [goods("milk", 500, 2)], None),
        (Measure(MILK, quantity_max=2), [goods("bread", 500, 3)], None),
        (Measure(MILK, quantity_min=1, quantity_max=2), [goods("bread", 500)], Refusal("goods_missing", {"missing": 1})),
        (Measure(MILK, amount_min=500), [goods("milk", 499)], Refusal("amount_missing", {"missing_minor": 1})),
        (Measure(MILK, amount_min=500), [goods("milk", 500)], None),
        (Measure(MILK, amount_min=500), [goods("milk", 300), goods("bread", 900), goods("milk", 200)], None),
        (Measure(MILK, amount_max=500), [goods("milk", 501)], Refusal("amount_too_high", {"most_minor": 500})),
        (Measure(MILK, amount_max=500), [goods("milk", 500)], None),
        (Measure(MILK, amount_max=500), [goods("bread", 900)], None),
        (Measure(MILK, quantity_min=2, amount_min=500), [goods("milk", 900)], Refusal("goods_missing", {"missing": 1})),
        (
            Measure(MILK, quantity_min=2, amount_min=500),
            [goods("milk", 400, 2)],
            Refusal("amount_missing", {"missing_minor": 100}),
        ),
    ],
)
def test_so_much_of_some_goods(measure, bought, refusal):
    """In the basket, or among the rule's own lines."""
    bill = checkout(*bought, 1000, -50)
    assert why_not(bill, basket=(measure,)) == refusal
    assert why_not(bill, own=MILK, lines=Measure(**{name: getattr(measure, name) for name in measure.__slots__})) == refusal


def test_the_rules_own_lines_are_not_the_measures_goods():
    """`lines` measures what the rule is about."""
    bill = checkout(goods("milk", 500), goods("bread", 900))
    assert why_not(bill, own=BREAD, lines=Measure(amount_min=900)) is None
    assert why_not(bill, own=MILK, lines=Measure(amount_min=900)) == Refusal("amount_missing", {"missing_minor": 400})


def test_several_measures_must_all_be_there():
    """A sandwich and a drink."""
    both = (Measure(MILK), Measure(BREAD, quantity_min=2))
    assert why_not(checkout(goods("milk", 500), goods("bread", 900)), basket=both) == Refusal("goods_missing", {"missing": 1})
    assert why_not(checkout(goods("bread", 900, 2)), basket=both) == Refusal("goods_missing", {"missing": 1})
    assert why_not(checkout(goods("milk", 500), goods("bread", 900, 2)), basket=both) is None


@pytest.mark.parametrize(
    ("policies", "measure", "amount"),
    [
        ({}, {}, 1000),
        ({"threshold": "before_discounts"}, {}, 1180),
        ({"threshold": "before_discounts"}, {"of": "after_discounts"}, 1000),
        ({}, {"of": "before_discounts"}, 1180),
        ({"threshold_tax": "excluded"}, {}, 847),
        ({}, {"tax": "excluded"}, 847),
        ({"threshold_tax": "excluded"}, {"tax": "included"}, 1000),
        ({}, {"of": "before_discounts", "tax": "excluded"}, 1000),
    ],
)
@pytest.mark.parametrize("own", [ALL, MILK])
def test_which_money_is_measured(own, policies, measure, amount):
    """After or before the discounts so far, with or without tax: as the policies say, unless the rule says it itself."""
    bill = checkout(goods("milk", 1180, tax_bp=1800), *([goods("bread", 400)] if own == MILK else []), rules=policies)
    bill.take([(0, 180)])
    for least, refusal in ((amount, None), (amount + 1, Refusal("amount_missing", {"missing_minor": 1}))):
        assert why_not(bill, own=own, lines=Measure(amount_min=least, **measure)) == refusal


def test_an_amount_at_most():
    """The bound itself is within."""
    assert why_not(checkout(1000), amount_max=1000) is None
    assert why_not(checkout(600, 401), amount_max=1000) == Refusal("amount_too_high", {"most_minor": 1000})


@pytest.mark.parametrize(
    ("name", "field", "code"),
    [("stores", "store", "other_store"), ("terminals", "terminal", "other_terminal"), ("channels", "channel", "other_channel")],
)
def test_where_it_is(name, field, code):
    """One of those named, and the refusal names them."""
    here = checkout(1000, moment=Moment(0, 0, "2026-11-18", place=Place(**{field: "b"})))
    assert why_not(here, **{name: ("a", "b")}) is None
    assert why_not(here, **{name: ("a", "c")}) == Refusal(code, {"places": "a, c"})
    made = place(field, code)(("a", "c"), pick(ALL))  # as the table makes it when it is imported
    assert [made(one) for one in (here, checkout(1000, moment=Moment(0, 0, "2026-11-18", place=Place(**{field: "c"}))))] == [
        Refusal(code, {"places": "a, c"}),
        None,
    ]


def test_codes_and_tenders():
    """Any one of those asked for, among those given."""
    assert why_not(checkout(1000, codes=("Z", "B")), codes=("A", "B")) is None
    assert why_not(checkout(1000, codes=("Z",)), codes=("A", "B")) == Refusal("code_needed")
    assert why_not(checkout(1000, paying=("cash", "card")), tenders=("card", "app")) is None
    assert why_not(checkout(1000, paying=("cash",)), tenders=("card", "app")) == Refusal(
        "tender_needed", {"tenders": "card, app"}
    )
