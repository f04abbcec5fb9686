"""The bounds of what a till may say."""

import pytest

from loyalty import bounds
from loyalty.basket import Basket, Line, Tender
from loyalty.moment import Moment
from loyalty.sale import ReturnedLine, TillReference

NOT_COUNTS = [True, False, 1.0, 1.5, "1", None, -1, 10**30, float("nan"), float("inf")]
NOT_TEXTS = [1, None, b"a", "x" * 201, "\ud800", "a\udfffb", "a\0b"]


@pytest.mark.parametrize("wrong", NOT_COUNTS)
@pytest.mark.parametrize("field", ["amount_minor", "quantity_milli", "tax_bp"])
def test_a_line_takes_whole_numbers_only(field, wrong):
    """No boolean, float, text, negative or absurd number; only an amount may be the till's own correction."""
    if (field, wrong) == ("amount_minor", -1):
        wrong = -(10**30)
    with pytest.raises(ValueError, match=f"{field} is"):
        Line(**{"id": "1", "product": "p", "amount_minor": 1, field: wrong})


@pytest.mark.parametrize("wrong", NOT_TEXTS)
@pytest.mark.parametrize("field", ["id", "product", "name", "category"])
def test_a_line_takes_texts_that_can_be_carried(field, wrong):
    """No half surrogates and no NUL: neither UTF-8 nor PostgreSQL has room for them."""
    with pytest.raises(ValueError, match=field):
        Line(**{"id": "1", "product": "p", "amount_minor": 1, field: wrong})


@pytest.mark.parametrize("field", ["id", "product"])
def test_a_line_has_an_id_and_a_product(field):
    """An empty one is none."""
    with pytest.raises(ValueError, match=field):
        Line(**{"id": "1", "product": "p", "amount_minor": 1, field: ""})


def test_a_line_of_nothing_is_no_line():
    """A quantity is at least a thousandth; an amount may be zero, a tax rate at most the whole."""
    with pytest.raises(ValueError, match="quantity_milli"):
        Line("1", "p", 0, quantity_milli=0)
    with pytest.raises(ValueError, match="tax_bp"):
        Line("1", "p", 0, tax_bp=10_001)
    assert Line("1", "p", 0, quantity_milli=1, tax_bp=10_000).amount_minor == 0


def test_the_largest_values_fit():
    """The bounds themselves are allowed."""
    line = Line("x" * 200, "p" * 200, bounds.AMOUNT_MINOR_MAX, bounds.QUANTITY_MILLI_MAX, name="ש" * 200)
    assert Basket((line,)).total_minor == bounds.AMOUNT_MINOR_MAX


def test_a_basket_has_lines_with_ids_of_their_own():
    """Empty baskets, repeated ids and endless ones are refused."""
    with pytest.raises(ValueError, match="number of lines"):
        Basket(())
    with pytest.raises(ValueError, match="same id"):
        Basket((Line("1", "a", 1), Line("1", "b", 2)))
    with pytest.raises(ValueError, match="number of lines"):
        Basket(tuple(Line(str(n), "p", 1) for n in range(bounds.LINES_MAX + 1)))
    assert Basket(tuple(Line(str(n), "p", 1) for n in range(bounds.LINES_MAX))).total_minor == bounds.LINES_MAX


def test_a_basket_as_a_whole_is_bounded():
    """Two lines that pass alone may be too much together."""
    with pytest.raises(ValueError, match="total of the basket"):
        Basket((Line("1", "a", bounds.AMOUNT_MINOR_MAX), Line("2", "b", 1)))


@pytest.mark.parametrize("currency", ["", "IL", "SHEKEL", 376])
def test_a_currency_has_three_letters(currency):
    """ISO 4217."""
    with pytest.raises(ValueError, match="currency"):
        Basket((Line("1", "a", 1),), currency)


@pytest.mark.parametrize("wrong", NOT_COUNTS)
def test_a_tender_takes_whole_numbers_only(wrong):
    """As a line does."""
    with pytest.raises(ValueError, match="amount_minor"):
        Tender("cash", wrong)


@pytest.mark.parametrize("wrong", [*NOT_TEXTS, ""])
def test_a_tender_has_a_kind(wrong):
    """The till's word for it."""
    with pytest.raises(ValueError, match="kind"):
        Tender(wrong, 1)


@pytest.mark.parametrize("wrong", [*NOT_COUNTS, 0])
def test_a_returned_line_brings_something_back(wrong):
    """At least a thousandth of a piece."""
    with pytest.raises(ValueError, match="quantity_milli"):
        ReturnedLine("1", wrong)


@pytest.mark.parametrize(
    "date", ["", "2026-13-01", "2026-00-10", "2026-11-32", "2026-11-00", "18/11/2026", "٢٠٢٦-11-18", 20261118]
)
def test_a_date_is_a_date(date):
    """ISO 8601 with ASCII digits, for the till's business date and for the store's calendar."""
    with pytest.raises(ValueError, match="business_date"):
        TillReference("t", "", "1", date)
    with pytest.raises(ValueError, match="local_date"):
        Moment(0, 0, date)


@pytest.mark.parametrize("field", ["till", "receipt_number"])
def test_a_till_and_its_receipt_have_names(field):
    """Only the cashier may be nameless."""
    fields = {"till": "t", "cashier": "", "receipt_number": "1", "business_date": "2026-11-18"}
    assert TillReference(**fields).cashier == ""
    with pytest.raises(ValueError, match=field):
        TillReference(**{**fields, field: ""})


@pytest.mark.parametrize(("wall_ms", "offset"), [(-1, 0), (True, 0), (253_402_300_800_000, 0), (0, 1081), (0, -1081), (0, 1.5)])
def test_a_moment_is_an_instant_on_earth(wall_ms, offset):
    """Milliseconds up to the year 9999, and offsets that exist."""
    with pytest.raises(ValueError, match=r"wall_ms|utc_offset_minutes"):
        Moment(wall_ms, offset, "2026-11-18")


def test_a_moment_may_be_west_of_greenwich():
    """The bounds themselves are allowed, on both sides."""
    assert Moment(0, -1080, "1970-01-01").utc_offset_minutes == -1080
    assert Moment(253_402_300_799_999, 1080, "9999-12-31").utc_offset_minutes == 1080
