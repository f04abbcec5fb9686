"""What is out of bounds is refused, and the sentence names it by the field that a till or a clerk wrote."""

import pytest

from loyalty import bounds
from loyalty.agreement import Facts, Hold
from loyalty.basket import Basket, Line, Tender
from loyalty.code import Strength
from loyalty.ledger import Entry
from loyalty.moment import Moment
from loyalty.sale import TillReference

FIELDS = {
    Line: {"id": "1", "product": "p", "amount_minor": 1},
    Tender: {"kind": "cash", "amount_minor": 1},
    Basket: {"lines": (Line("1", "p", 1),)},
    Hold: {"id": "h", "unit": "point", "pieces": 1},
    Facts: {
        "handle": "h",
        "strength": Strength.SIGNED,
        "tier": "",
        "balances": {"point": 1},
        "spendable": {"point": 1},
        "provisional": False,
    },
    Entry: {"source": "a", "target": "b", "unit": "point", "pieces": 1},
    Moment: {"wall_ms": 0, "utc_offset_minutes": 0, "local_date": "2026-11-18"},
}


@pytest.mark.parametrize("made", FIELDS)
def test_the_plain_fields_are_within(made):
    """So that a refusal below is about the one field that was changed."""
    assert made(**FIELDS[made])


@pytest.mark.parametrize(
    ("made", "field", "wrong", "named"),
    [
        (Line, "id", "", "id"),
        (Line, "product", "", "product"),
        (Line, "amount_minor", 1.0, "amount_minor"),
        (Line, "quantity_milli", 0, "quantity_milli"),
        (Line, "name", 1, "name"),
        (Line, "category", 1, "category"),
        (Line, "tax_bp", -1, "tax_bp"),
        (Line, "tags", ("",), "tag"),
        (Line, "tags", ("x",) * 51, "number of tags"),
        (Line, "levy_minor", 2, "levy_minor"),
        (Line, "floor_minor", -1, "floor_minor"),
        (Tender, "kind", "", "kind"),
        (Tender, "amount_minor", -1, "amount_minor"),
        (Basket, "lines", (), "number of lines"),
        (Basket, "currency", "", "currency"),
        (Basket, "codes", ("",), "code"),
        (Basket, "paying", ("",), "code"),
        (Basket, "codes", ("x",) * 51, "number of codes"),
        (Basket, "paying", ("x",) * 51, "number of codes"),
        (Basket, "lines", tuple(Line(str(n), "p", bounds.AMOUNT_MINOR_MAX) for n in range(2)), "total of the basket"),
        (Hold, "id", "", "id"),
        (Hold, "unit", "", "unit"),
        (Hold, "pieces", 0, "pieces"),
        (Facts, "handle", "", "handle"),
        (Facts, "balances", {"": 1}, "unit"),
        (Facts, "spendable", {"": 1}, "unit"),
        (Facts, "balances", {"point": 1.0}, "balance"),
        (Facts, "spendable", {"point": 1.0}, "balance"),
        (Facts, "joined", "once", "date"),
        (Facts, "last_visit", "once", "date"),
        (Facts, "occasions", {"birthday": ("", "once")}, "date"),
        (Facts, "occasions", {"birthday": ("once", "")}, "date"),
        (Facts, "plans", {"gold": "once"}, "date"),
        (Entry, "pieces", 0, "pieces"),
        (Moment, "wall_ms", -1, "wall_ms"),
        (Moment, "utc_offset_minutes", 1081, "utc_offset_minutes"),
        (Moment, "local_date", "today", "local_date"),
    ],
)
def test_a_refusal_names_the_field(made, field, wrong, named):
    """At its beginning, as it is written in a request or a file."""
    with pytest.raises(ValueError, match=rf"\A{named} is "):
        made(**{**FIELDS[made], field: wrong})


@pytest.mark.parametrize(
    ("made", "field", "low", "high"),
    [
        (Line, "amount_minor", -bounds.AMOUNT_MINOR_MAX, bounds.AMOUNT_MINOR_MAX),
        (Line, "levy_minor", 0, 1),
        (Line, "floor_minor", 0, bounds.AMOUNT_MINOR_MAX),
        (Line, "quantity_milli", 1, bounds.QUANTITY_MILLI_MAX),
        (Line, "tax_bp", 0, 10_000),
        (Tender, "amount_minor", 0, bounds.AMOUNT_MINOR_MAX),
        (Hold, "pieces", 1, bounds.PIECES_MAX),
        (Facts, "visits", -bounds.PIECES_MAX, bounds.PIECES_MAX),
        (Facts, "spent_minor", -bounds.PIECES_MAX, bounds.PIECES_MAX),
        (Entry, "pieces", 1, bounds.PIECES_MAX),
        (Moment, "wall_ms", 0, 253_402_300_799_999),
        (Moment, "utc_offset_minutes", -1080, 1080),
    ],
)
def test_both_ends_of_a_number_are_within(made, field, low, high):
    """And one beyond either end is not."""
    for value in (low, high):
        assert getattr(made(**{**FIELDS[made], field: value}), field) == value
    for value in (low - 1, high + 1):
        with pytest.raises(ValueError, match=rf"\A{field} is {value}; a whole number from {low} to {high} is wanted\Z"):
            made(**{**FIELDS[made], field: value})


@pytest.mark.parametrize(
    ("made", "field", "low", "high"),
    [
        (Line, "id", 1, 200),
        (Line, "product", 1, 200),
        (Line, "name", 0, 200),
        (Line, "category", 0, 200),
        (Tender, "kind", 1, 200),
        (Basket, "currency", 3, 3),
        (Hold, "id", 1, 200),
        (Hold, "unit", 1, 200),
        (Facts, "handle", 1, 200),
    ],
)
def test_both_ends_of_a_text_are_within(made, field, low, high):
    """And one character beyond either end is not."""
    for length in (low, high):
        assert getattr(made(**{**FIELDS[made], field: "x" * length}), field) == "x" * length
    for length in (high + 1, *([low - 1] if low else [])):
        with pytest.raises(ValueError, match=rf"a text of {low} to {high} characters is wanted\Z"):
            made(**{**FIELDS[made], field: "x" * length})


def test_fifty_words_are_within():
    """Tags of a line; codes and kinds of tender of a basket together. A levy may be all of a line, but not of a correction."""
    line = Line("1", "p", 5, tags=("x",) * 50, levy_minor=5)
    assert Basket((line,), codes=("x",) * 20, paying=("y",) * 30).codes == ("x",) * 20
    with pytest.raises(ValueError, match="number of codes"):
        Basket((line,), codes=("x",) * 21, paying=("y",) * 30)
    assert Line("1", "p", -5).levy_minor == 0
    with pytest.raises(ValueError, match="levy_minor is 1; a whole number from 0 to 0 "):
        Line("1", "p", -5, levy_minor=1)


@pytest.mark.parametrize(("milli", "pieces"), [(1000, 1), (3000, 3), (999, 1), (1500, 1), (2500, 1), (1, 1), (10**9, 10**6)])
def test_how_many_pieces_a_line_is(milli, pieces):
    """What is weighed is one."""
    assert Line("1", "p", 1, milli).pieces == pieces


@pytest.mark.parametrize("pieces", [-bounds.PIECES_MAX, bounds.PIECES_MAX])
def test_a_balance_may_be_an_overdraft(pieces):
    """As deep as the largest balance is high, and no deeper."""
    assert Facts(**{**FIELDS[Facts], "balances": {"point": pieces}}).balances == {"point": pieces}
    with pytest.raises(ValueError, match=r"\Abalance is "):
        Facts(**{**FIELDS[Facts], "balances": {"point": pieces + (1 if pieces > 0 else -1)}})


@pytest.mark.parametrize("code_point", [0xD800, 0xDBFF, 0xDC00, 0xDFFF])
def test_half_a_surrogate_pair_is_refused_wherever_it_stands(code_point):
    """From the first to the last of them; their neighbors are letters like any other."""
    half = chr(code_point)
    for text in (half, "a" + half, half + "a"):
        with pytest.raises(ValueError, match=r"\Aname holds half of a surrogate pair"):
            bounds.text("name", text)
    bounds.text("name", "\ud7ff\ue000😀")


def test_a_nul_is_refused():
    """And no other control character: a till's name may hold a tab."""
    with pytest.raises(ValueError, match=r"\Aname holds a NUL"):
        bounds.text("name", "a\0b")
    bounds.text("name", "a\x01\tb")


@pytest.mark.parametrize("written", ["2026-01-01", "2026-12-31", "0000-09-10", "9999-10-29", "2026-02-30"])
def test_a_date_is_looked_at_as_it_is_written(written):
    """Its digits, not whether that month had such a day."""
    bounds.date("day", written)


@pytest.mark.parametrize("written", ["2026-1-01", "2026-01-1", "2026-01-01 ", " 2026-01-01", "2026-01-01\n", "26-01-01", None])
def test_any_other_spelling_of_a_date_is_refused(written):
    """Also what only begins like one."""
    with pytest.raises(ValueError, match=r"\Aday is .*; a date such as 2026-11-21 is wanted\Z"):
        bounds.date("day", written)


@pytest.mark.parametrize("written", ["2026-02-30", "0000-09-10", "2025-02-29", "2026-04-31"])
def test_a_till_s_day_is_one_that_exists(written):
    """Lots are counted from it: what no calendar has is refused before anything is sold on it."""
    with pytest.raises(ValueError, match=rf"\Abusiness_date is '{written}'; a day that exists is wanted\Z"):
        TillReference("till-1", "", "1", written)
    TillReference("till-1", "", "1", "2028-02-29")


@pytest.mark.parametrize("wrong", ["", "0", "0g", "0A", "0aa", "א0"])
def test_hexadecimal_digits_are_lower_case_and_so_many(wrong):
    """Anything else is told."""
    bounds.hexadecimal("id", "0a", 2)
    with pytest.raises(ValueError, match=r"id is .* 2 lower-case hex digits are wanted"):
        bounds.hexadecimal("id", wrong, 2)
