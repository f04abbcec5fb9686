"""What could not be booked is refused by name before it is applied."""

from dataclasses import replace

import pytest

from loyalty import bounds
from loyalty.basket import Basket, Line, Tender
from loyalty.program import PromotionRule
from loyalty.quote import Choice, Discount, Donation, Extras, GiftLine, Movement, UnitTender, Use
from loyalty.rewards.free_pieces import FreePieces
from loyalty.sale import Payment, Return, ReturnedLine, Reversal, TillReference, commit
from tests.samples import agreed, basket, cafe, member, paid, sold, till

SALE = sold(cafe(), member(250, tier="silver"), basket(1290, 2300), Choice("ten_off", 2))


def moved(**changes):
    """A movement on two lines."""
    return replace(Movement("r", "point", 5, (2, 3)), **changes)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"tenders": (Tender("cash", 1),) * 21}, "number of tenders is 21; "),
        ({"accruals": (moved(unit=""),)}, "unit is "),
        ({"redemptions": (moved(unit=""),)}, "unit is "),
        ({"accruals": (moved(pieces=0),)}, "pieces is 0; a whole number from 1 "),
        ({"redemptions": (moved(pieces=bounds.PIECES_MAX + 1),)}, "pieces is "),
        ({"accruals": (moved(by_line=(5,)),)}, "a movement or discount has not one part for each line"),
        ({"accruals": (moved(by_line=(-1, 6)),)}, "part of a line is -1; a whole number from 0 "),
        ({"accruals": (moved(by_line=(2, 2)),)}, "the lines' parts of a movement do not sum to its pieces"),
        ({"discounts": (Discount("r", (1,)),)}, "a movement or discount has not one part for each line"),
        ({"discounts": (Discount("r", (-1, 0)),)}, "part of a line is -1; "),
        ({"discounts": (Discount("r", (bounds.AMOUNT_MINOR_MAX + 1, 0)),)}, "part of a line is "),
        ({"discounts": (Discount("r", (1291, 0)),)}, "the discounts take more off a line than it costs"),
        ({"discounts": (Discount("r", (1290, 0)), Discount("s", (1, 0)))}, "the discounts take more off a line than it costs"),
        ({"extras": Extras(gifts=(GiftLine("r", "mug", 1),) * 501)}, "number of extras is 501; a whole number from 0 "),
        ({"extras": Extras(gifts=(GiftLine("", "mug", 1),))}, "rule is "),
        ({"extras": Extras(gifts=(GiftLine("r", "", 1),))}, "product is "),
        ({"extras": Extras(gifts=(GiftLine("r", "mug", 0),))}, "pieces of a gift is 0; a whole number from 1 "),
        (
            {"accruals": (moved(account="member/ff/available"),)},
            "a movement names the account 'member/ff/available'; only one of p",
        ),
        ({"accruals": (moved(account="cause/trees"),)}, "a movement names the account 'cause/trees'; only one of partner/"),
        ({"redemptions": (moved(account="partner/bank"),)}, "a movement names the account 'partner/bank'; only one of cause/"),
        ({"accruals": (moved(account="partner/\0"),)}, "account holds a NUL"),
        ({"extras": Extras(tenders=(UnitTender("", "point", 1, 1),))}, "rule is "),
        ({"extras": Extras(donations=(Donation("", "trees", 1),))}, "rule is "),
        ({"extras": Extras(uses=(Use("", 1),))}, "rule is "),
        ({"extras": Extras(tenders=(UnitTender("r", "point", 1, -1),))}, "amount of the extras is -1; "),
        ({"extras": Extras(donations=(Donation("r", "trees", bounds.AMOUNT_MINOR_MAX + 1),))}, "amount of the extras is "),
        ({"extras": Extras(uses=(Use("r", 0),))}, "times is 0; a whole number from 1 "),
        ({"extras": Extras(uses=(Use("r", bounds.COST_MAX + 1),))}, "times is "),
        ({"extras": Extras(uses=(Use("r", 1, 0, ("",)),))}, "counter is "),
    ],
)
def test_a_sale_that_could_not_be_booked(changes, sentence):
    """One thing wrong with it, and a sentence that begins with its name."""
    with pytest.raises(ValueError, match=rf"\A{sentence}"):
        replace(SALE, **changes)


def test_a_sale_at_its_bounds():
    """All of a line off, a line brought back, the largest of each extra."""
    replace(SALE, discounts=(Discount("r", (1290, 2300)),), tenders=(Tender("cash", 1),) * 20)
    back = replace(SALE.basket, lines=(Line("1", "a", 5000), Line("2", "b", -100)))
    replace(SALE, basket=back, discounts=(), redemptions=(), accruals=(moved(pieces=1, by_line=(0, 1)),))
    with pytest.raises(ValueError, match="more off a line"):
        replace(SALE, basket=back, discounts=(Discount("r", (0, 1)),), redemptions=(), accruals=())
    replace(SALE, accruals=(moved(pieces=bounds.PIECES_MAX, by_line=(0, bounds.PIECES_MAX)),))
    extras = Extras(
        (UnitTender("r", "point", 1, bounds.AMOUNT_MINOR_MAX),),
        (),
        (Donation("r", "trees", bounds.AMOUNT_MINOR_MAX),),
        (Use("r", bounds.COST_MAX, 0, ("used/r",)),),
    )
    assert replace(SALE, extras=extras).extras.paid_minor == extras.donated_minor == bounds.AMOUNT_MINOR_MAX
    replace(SALE, extras=Extras(gifts=(GiftLine("r", "mug", 1),) * 500))


def test_what_was_paid():
    """The goods after all discounts, with what was donated, less what units paid."""
    extras = Extras((UnitTender("r", "point", 7, 700),), (), (Donation("r", "trees", 10), Donation("s", "sea", 5)))
    sale = replace(SALE, discounts=(Discount("r", (90, 300)),), extras=extras)
    assert (sale.total_minor, sale.paid_minor, extras.paid_minor, extras.donated_minor) == (3200, 2515, 700, 15)


@pytest.mark.parametrize(
    ("make", "named"),
    [
        (lambda: TillReference("", "", "1", "2026-11-18"), "till"),
        (lambda: TillReference("t", None, "1", "2026-11-18"), "cashier"),
        (lambda: TillReference("t", "", "", "2026-11-18"), "receipt_number"),
        (lambda: TillReference("t", "", "1", "today"), "business_date"),
        (lambda: Payment(till(), (Tender("cash", 1),) * 21, basket(1), "f"), "number of tenders"),
        (lambda: ReturnedLine("", 1), "line"),
        (lambda: ReturnedLine("1", 0), "quantity_milli"),
        (lambda: Reversal({"": 1}, {}, 0), "unit"),
        (lambda: Reversal({}, {"": 1}, 0), "unit"),
        (lambda: Reversal({}, {}, 0, {"": 1}), "unit"),
        (lambda: Reversal({"point": 0}, {}, 0), "pieces"),
        (lambda: Reversal({}, {"point": bounds.PIECES_MAX + 1}, 0), "pieces"),
        (lambda: Reversal({}, {}, 0, {"used/r": 0}), "pieces"),
        (lambda: Reversal({}, {}, -1), "refund_minor"),
        (lambda: Reversal({}, {}, bounds.AMOUNT_MINOR_MAX + 1), "refund_minor"),
        (lambda: Return(till(), "f", "o", "m", (), Reversal({}, {}, 0), False), "number of lines"),
        (lambda: Choice(""), "reward"),
        (lambda: Choice("r", 0), "times"),
        (lambda: Choice("r", bounds.COST_MAX + 1), "times"),
    ],
)
def test_what_a_till_says_is_refused_by_name(make, named):
    """At the beginning of the sentence."""
    with pytest.raises(ValueError, match=rf"\A{named} is "):
        make()


def test_the_largest_that_a_till_may_say():
    """The bounds themselves are allowed."""
    assert Payment(till(), (Tender("cash", 1),) * 20, basket(1), "f").tenders[19].kind == "cash"
    assert ReturnedLine("1", bounds.QUANTITY_MILLI_MAX).quantity_milli == bounds.QUANTITY_MILLI_MAX
    assert Choice("r", bounds.COST_MAX).times == bounds.COST_MAX
    largest = Reversal({"point": bounds.PIECES_MAX}, {"point": 1}, bounds.AMOUNT_MINOR_MAX, {"used/r": 1})
    lines = tuple(ReturnedLine(str(number), 1) for number in range(bounds.LINES_MAX))
    assert len(Return(till(), "f", "o", "m", lines, largest, False).lines) == bounds.LINES_MAX


@pytest.mark.parametrize(
    ("lines", "off", "free"),
    [
        ((("1", 800, 4), ("2", 500, 1)), (400, 0), (2, 0)),
        ((("2", 500, 1), ("1", 800, 4)), (0, 400), (0, 2)),
        ((("1", 200, 1), ("3", 900, 3)), (200, 0), (1, 0)),
        ((("3", 900, 3),), (0,), (0,)),
    ],
)
def test_free_pieces_on_a_basket_that_changed(lines, off, free):
    """They stay on their line, as many as there still are; a line that nobody quoted has none."""
    rules = cafe(promotions={"two": PromotionRule("free_pieces", {"en": "2+2"}, FreePieces(1, partial=True))})
    quoted = Basket((Line("1", "a", 800, 4000), Line("2", "b", 500)))
    agreement = replace(agreed(rules, member(), quoted), discounts=(Discount("two", (400, 0), (2, 0)),))
    now = Basket(tuple(Line(line, "a", amount, pieces * 1000) for line, amount, pieces in lines))
    sale = commit(rules, agreement, paid(agreement, basket=now))
    assert sale.discounts == (Discount("two", off, free),)
    assert "basket_changed" in sale.flags
