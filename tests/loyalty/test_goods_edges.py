"""Which goods a rule means."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loyalty.basket import Line
from loyalty.goods import ALL, Goods, index, matches, pick
from tests.bills import goods

MILK = goods("milk", 600, category="food/dairy", tags=("fresh", "kosher"))
CHEESE = goods("cheese", 3000, 2, category="food/dairy/hard", reduced=True)
BREAD = goods("bread", 900, category="food", tags=("fresh",))
SOAP = goods("soap", 1000, category="foodless")
LINES = (MILK, CHEESE, BREAD, SOAP)

words = st.lists(st.sampled_from(["a", "b", "a/b", "a/b/c", "ab", ""]), max_size=2).map(tuple)
some_goods = st.builds(
    Goods,
    products=words,
    categories=words,
    tags=words,
    exclude_products=words,
    exclude_categories=words,
    exclude_tags=words,
    price_min=st.sampled_from([0, 0, 100]),
    price_max=st.sampled_from([0, 0, 150]),
    reduced=st.sampled_from(["", "", "only", "never"]),
)
some_lines = st.lists(
    st.builds(
        Line,
        id=st.just("x"),
        product=st.sampled_from(["a", "b", "ab"]),
        amount_minor=st.sampled_from([-100, 0, 99, 100, 150, 151, 300]),
        quantity_milli=st.sampled_from([1000, 1500, 2000]),
        category=st.sampled_from(["", "a", "a/b", "a/b/c", "ab", "b"]),
        tags=st.lists(st.sampled_from(["a", "b", "ab"]), max_size=3).map(tuple),
        reduced=st.booleans(),
    ),
    max_size=5,
)


def found(**fields):
    """The products of LINES that such goods mean."""
    return [LINES[place].product for place in pick(Goods(**fields))(index(LINES))]


@given(some_goods, some_lines)
def test_what_is_looked_up_is_what_matches(wanted, lines):
    """The fast way and the plain one, in the order of the basket."""
    plain = tuple(place for place, line in enumerate(lines) if matches(wanted, line))
    assert pick(wanted)(index(lines)) == plain


@pytest.mark.parametrize(
    ("fields", "products"),
    [
        ({}, ["milk", "cheese", "bread", "soap"]),
        ({"products": ("soap",)}, ["soap"]),
        ({"products": ("soap", "milk")}, ["milk", "soap"]),
        ({"products": ("wine",)}, []),
        ({"categories": ("food",)}, ["milk", "cheese", "bread"]),
        ({"categories": ("food/dairy",)}, ["milk", "cheese"]),
        ({"categories": ("food/dairy/hard",)}, ["cheese"]),
        ({"categories": ("dairy",)}, []),
        ({"tags": ("fresh",)}, ["milk", "bread"]),
        ({"tags": ("none",)}, []),
        ({"tags": ("kosher", "fresh")}, ["milk", "bread"]),
        ({"products": ("soap",), "tags": ("kosher",)}, ["milk", "soap"]),
        ({"products": ("soap",), "categories": ("food/dairy",), "tags": ("fresh",)}, ["milk", "cheese", "bread", "soap"]),
        ({"exclude_products": ("milk",)}, ["cheese", "bread", "soap"]),
        ({"exclude_categories": ("food/dairy",)}, ["bread", "soap"]),
        ({"exclude_tags": ("fresh",)}, ["cheese", "soap"]),
        ({"categories": ("food",), "exclude_tags": ("kosher",)}, ["cheese", "bread"]),
        ({"products": ("milk", "soap"), "exclude_products": ("milk",)}, ["soap"]),
        ({"price_min": 1000}, ["cheese", "soap"]),
        ({"price_min": 1001}, ["cheese"]),
        ({"price_min": 1501}, []),
        ({"price_max": 900}, ["milk", "bread"]),
        ({"price_max": 1499}, ["milk", "bread", "soap"]),
        ({"price_max": 1500}, ["milk", "cheese", "bread", "soap"]),
        ({"reduced": "only"}, ["cheese"]),
        ({"reduced": "never"}, ["milk", "bread", "soap"]),
    ],
)
def test_goods_mean(fields, products):
    """Any of what is named, none of what is excluded; a category with all below it; the price of one piece."""
    assert found(**fields) == products
    assert [line.product for line in LINES if matches(Goods(**fields), line)] == products


def test_a_tag_said_twice_is_one():
    """A line is found once."""
    lines = (goods("a", 100, tags=("x", "x")), goods("b", 100, tags=("x",)))
    assert pick(Goods(tags=("x",)))(index(lines)) == (0, 1)


def test_an_index_has_every_level_of_a_category():
    """And places that rise."""
    made = index(LINES)
    assert made.categories == {"food/dairy": [0, 1], "food": [0, 1, 2], "food/dairy/hard": [1], "foodless": [3]}
    assert made.products == {"milk": [0], "cheese": [1], "bread": [2], "soap": [3]}
    assert made.tags == {"fresh": [0, 2], "kosher": [0]}
    assert (made.lines, made.all) == (LINES, (0, 1, 2, 3))
    assert pick(ALL)(made) == (0, 1, 2, 3)
