"""A basket from a file: what its lines may say, what they mean, and every mistake in them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loyalty.basket import Basket
from loyalty.program import Mistake
from posd.trial import goods, shape
from runtime import toml_file
from tests.posd.trial.programs import built

LINE = {"amount": "21.00"}


def basket(values, program=None) -> Basket:
    """The basket that `values` mean."""
    found, wrong = toml_file.check(shape.Basket, values)
    assert found, wrong
    made, wrong = goods.basket_of(program or built(), found)
    assert made, wrong
    return made


def line(**values):
    """The first line of a basket that costs enough."""
    return basket({"lines": [values, {"amount": "1000.00"}]}).lines[0]


def mistakes(values) -> list[Mistake]:
    """All that is wrong with a basket."""
    found, wrong = toml_file.check(shape.Basket, values)
    return wrong if found is None else goods.basket_of(built(), found)[1] + goods.budgets_of(built(), found)[1]


@pytest.mark.parametrize(
    ("said", "minor"),
    [
        ({"amount": "21.00"}, 2100),
        ({"amount": "21"}, 2100),
        ({"amount": "0.5"}, 50),
        ({"amount": "-3.10"}, -310),
        ({"amount_minor": 2100}, 2100),
        ({"amount_minor": -1}, -1),
        ({"unit_price": "10.50"}, 1050),
        ({"unit_price": "10.50", "quantity": 3}, 3150),
        ({"unit_price": "10.50", "quantity": "0.750"}, 788),
        ({"unit_price": "-10.50", "quantity": "0.750"}, -788),
        ({"amount": "21.00", "quantity": 3}, 2100),
    ],
)
def test_what_a_line_costs_is_said_in_one_of_three_ways(said, minor):
    """For the whole line, or for a piece; a half of a minor unit goes away from nothing."""
    assert line(**said).amount_minor == minor


@pytest.mark.parametrize(("said", "milli"), [(2, 2000), ("2", 2000), ("0.750", 750), ("0.75", 750), ("1.5", 1500)])
def test_a_quantity_is_pieces_or_thousandths(said, milli):
    """A whole number, or a text with up to three places."""
    assert line(amount="1.00", quantity=said).quantity_milli == milli


def test_lines_are_numbered_where_they_say_nothing():
    """And a product without a code has its line's."""
    lines = basket({"lines": [LINE, {**LINE, "id": 7}, {**LINE, "product": "tea"}]}).lines
    assert [(one.id, one.product) for one in lines] == [("1", "1"), ("7", "7"), ("3", "tea")]


def test_the_rest_of_a_line_is_taken_as_it_stands():
    """A percentage in basis points; the lowest price of a piece for all pieces, rounded up."""
    found = line(
        amount="21.00", quantity="1.5", name="קפה", category="drinks/hot", tags=["a"], tax="17.5", levy="0.30", floor="1.01",
        reduced=True, discountable=False,
    )  # fmt: skip
    assert (found.name, found.category, found.tags, found.tax_bp) == ("קפה", "drinks/hot", ("a",), 1750)
    assert (found.levy_minor, found.floor_minor, found.reduced, found.discountable) == (30, 152, True, False)


def test_the_basket_says_where_and_how():
    """The currency is the program's, the ways to pay those of the tenders, where it says nothing."""
    found = basket({"lines": [LINE], "codes": ["SUMMER"], "paying": ["card"]})
    assert (found.currency, found.codes, found.paying) == ("ILS", ("SUMMER",), ("card",))
    shaped, _ = toml_file.check(shape.Basket, {"lines": [LINE], "currency": "USD"})
    made, _ = goods.basket_of(built(), shaped, ("cash",))
    assert (made.currency, made.paying) == ("USD", ("cash",))


def test_prices_without_tax_are_taken_with_it():
    """For all lines or for one; a levy has none, a lowest price has."""
    bare = {"amount": "100.00", "tax": 17, "floor": "10.00"}
    found = basket({"prices": "without_tax", "lines": [bare, {**bare, "prices": "with_tax"}, {**bare, "levy": "10.00"}]})
    assert [one.amount_minor for one in found.lines] == [11700, 10000, 11530]
    assert [one.floor_minor for one in found.lines] == [1170, 1000, 1170]


@pytest.mark.parametrize(("per", "amounts"), [("line", [6, 6, 6]), ("rate", [6, 6, 5])])
def test_tax_is_rounded_as_the_program_says(per, amounts):
    """Line by line, or once for the rate."""
    program = built(policies={"tax_rounded_per": per})
    lines = [{"amount": "0.05", "tax": 10}] * 3
    found = basket({"prices": "without_tax", "lines": lines}, program)
    assert [one.amount_minor for one in found.lines] == amounts


@given(st.lists(st.tuples(st.integers(1, 10**6), st.sampled_from([0, 5, 10, 17])), min_size=1, max_size=8))
def test_tax_by_rate_is_exact_in_sum(drawn):
    """What is added to the lines of a rate is the rate's tax, rounded once."""
    lines = [{"amount_minor": minor, "tax": rate} for minor, rate in drawn]
    found = basket({"prices": "without_tax", "lines": lines}).lines
    for rate in {rate for _, rate in drawn}:
        net = sum(minor for minor, one in drawn if one == rate)
        gross = sum(one.amount_minor for one in found if one.tax_bp == rate * 100)
        assert gross - net == (2 * net * rate + 100) // 200


@pytest.mark.parametrize(
    ("said", "key", "wrong", "wanted"),
    [
        ({"amount": 21.5}, "lines.0.amount", 'money is a text such as "12.50"', "it says 21.5"),
        ({"amount": 21}, "lines.0.amount", 'money is a text such as "12.50"', "it says 21"),
        ({"amount": "1.234"}, "lines.0.amount", 'money is a text such as "12.50"', "it says '1.234'"),
        ({"amount_minor": 2.5}, "lines.0.amount_minor", "it says 2.5", "a whole number is wanted"),
        ({"amount_minor": True}, "lines.0.amount_minor", "it says true", "a whole number is wanted"),
        ({}, "lines.0", "a line says once what it costs", "it says {}"),
        ({"amount": "1", "unit_price": "1"}, "lines.0", "a line says once what it costs: amount or", "it says {'amount'"),
        ({"amount": "1", "quantity": 0.5}, "lines.0.quantity", "a quantity is a whole number such as 2", "it says 0.5"),
        ({"amount": "1", "quantity": 0}, "lines.0.quantity", "a quantity is more than nothing", "it says 0"),
        ({"amount": "1", "quantity": "-1"}, "lines.0.quantity", "a quantity is a whole number", "it says '-1'"),
        ({"amount": "1", "tax": 17.5}, "lines.0.tax", "a share is a percentage", "it says 17.5"),
        ({"amount": "1", "tax": 101}, "lines.0", "tax_bp is 10100", "a whole number from 0 to 10000"),
        ({"amount": "1", "levy": "1.01"}, "lines.0.levy", "it is more than the line costs", "a part of"),
        ({"amount": "1", "floor": "-1"}, "lines.0.floor", "money is a text", "it says '-1'"),
        ({"amount": "1", "id": ""}, "lines.0.id", "it is ''; a text of 1 to 200", "it says ''"),
        ({"amount": "1", "name": "a\0"}, "lines.0.name", "it holds a NUL", "it says 'a"),
        ({"amount": "1", "discountable": "no"}, "lines.0.discountable", "it says 'no'", "true or false is wanted"),
        ({"amount": "1", "prices": "net"}, "lines.0.prices", "it says 'net'", "'with_tax' or 'without_tax' is wanted"),
        ({"amount": "1", "colour": "red"}, "lines.0.colour", "there is no such key", "one of: id, product"),
        ({"amount": "1", "amout": "1"}, "lines.0.amout", "there is no such key", "did you mean 'amount'?"),
        ({"amount": "99999999", "quantity": "999999"}, None, "", ""),
        ({"unit_price": "99999999", "quantity": "999999"}, "lines.0", "amount_minor is", "a whole number from"),
    ],
)
def test_a_mistake_in_a_line_is_told_with_what_is_wanted(said, key, wrong, wanted):
    """By its place and its key."""
    found = mistakes({"lines": [said]})
    if key is None:
        assert not found
        return
    assert [one.key for one in found] == [key]
    assert found[0].wrong.startswith(wrong)
    assert found[0].wanted.startswith(wanted)


@pytest.mark.parametrize(
    ("said", "key", "wrong"),
    [
        ({}, "lines", "it is missing"),
        ({"lines": []}, "lines", "there is no line"),
        ({"lines": {}}, "lines", "it says {}"),
        ({"lines": [LINE], "currency": "shekel"}, "currency", "a currency is three capital letters"),
        ({"lines": [LINE], "channel": ""}, "channel", "it is ''"),
        ({"lines": [LINE], "codes": ["x"] * 51}, "codes", "Tuple should have at most 50 items"),
        ({"lines": [{"amount": "-1"}]}, "lines", "total of the basket is -100"),
        ({"lines": [LINE, {**LINE, "id": "1"}]}, "lines.1.id", "another line has the id '1'"),
        ({"lines": [LINE], "budget_left": {"x": 1}}, "budget_left.x", "the program has no budget 'x'"),
        ([], "", "it says []"),
    ],
)
def test_a_mistake_in_a_basket_is_told(said, key, wrong):
    """Whatever its shape."""
    found = mistakes(said)
    assert [one.key for one in found] == [key]
    assert found[0].wrong.startswith(wrong)


def test_every_mistake_is_told_at_once():
    """All lines are looked at."""
    found = mistakes({"lines": [{"amount": 1}, {}, {"amount": "1", "tax": -1}], "x": 1})
    assert [one.key for one in found] == ["lines.0.amount", "lines.1", "lines.2.tax", "x"]


def test_what_is_left_of_a_budget_is_money_or_uses():
    """As the rule's own budget is."""
    limited = {"type": "percent_off", "name": {"en": "x"}, "percent": 10, "members_only": False}
    program = built(
        promotions={
            "money": {**limited, "limits": {"budget_amount": "100.00"}},
            "uses": {**limited, "limits": {"budget_uses": 5}},
        }
    )

    def left(**values):
        return goods.budgets_of(program, toml_file.check(shape.Basket, {"lines": [LINE], "budget_left": values})[0])

    assert left(money="12.5", uses=3) == ({"budget/money": 1250, "budget/uses": 3}, [])
    _, wrong = left(money=3, uses="12.50", usess=1)
    assert [(one.key, one.wanted) for one in wrong] == [
        ("budget_left.money", 'an amount such as "1000.00"'),
        ("budget_left.uses", "a whole number of uses"),
        ("budget_left.usess", "did you mean 'uses'?"),
    ]
