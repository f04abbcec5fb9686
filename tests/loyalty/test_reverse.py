"""What a return undoes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loyalty import bounds
from loyalty.basket import Basket, Line
from loyalty.ledger import ISSUED, REDEEMED, Entry, available, balances, held
from loyalty.posting import post, return_entries, sale_entries
from loyalty.program import RewardRule
from loyalty.quote import Choice
from loyalty.refusal import Refusal
from loyalty.reverse import Back, reverse
from loyalty.rewards.pay import Pay
from loyalty.sale import Return, ReturnedLine, Reversal
from tests.samples import HANDLE, basket, cafe, member, sold, till
from tests.strategies import checkouts

MEMBER = available(HANDLE)
NOTHING = Reversal({}, {}, 0)


def undo(sale, before, lines):
    """Bring `lines` of a sale back on the day they were sold, by the cafe's policies."""
    return reverse(cafe(), sale, Back(before, lines, sale.till.business_date))


def everything(sale):
    """All lines of a sale, whole."""
    return tuple(ReturnedLine(line.id, line.quantity_milli) for line in sale.basket.lines)


def bought(asked):
    """The sale of a drawn checkout."""
    return sold(asked.program, asked.member, asked.basket, *asked.choices)


def summed(reversals):
    """Many reversals as one."""
    taken, given_back = {}, {}
    for reversal in reversals:
        for one, total in ((reversal.taken_back, taken), (reversal.given_back, given_back)):
            for unit, pieces in one.items():
                total[unit] = total.get(unit, 0) + pieces
    whole = any(reversal.whole for reversal in reversals)
    return Reversal(taken, given_back, sum(reversal.refund_minor for reversal in reversals), whole=whole)


@given(checkouts)
def test_a_sale_and_its_return_leave_everything_as_it_was(asked):
    """Every balance, and all the money."""
    sale = bought(asked)
    reversal = undo(sale, {}, everything(sale))
    taken = [Entry(MEMBER, held(hold.id), hold.unit, hold.pieces) for hold in sale.holds]
    sums = balances([*taken, *sale_entries(sale), *return_entries(HANDLE, reversal)])
    assert not any(sums.values())
    assert reversal.refund_minor == sale.paid_minor


@given(checkouts, st.data())
def test_many_parts_return_what_one_does(asked, data):
    """However a return is cut up, over however many requests, the sum is exact and no part is negative."""
    sale = bought(asked)
    cuts = []
    for line in sale.basket.lines:
        marks = data.draw(st.sets(st.integers(1, line.quantity_milli), max_size=4)) | {line.quantity_milli}
        below = 0
        for mark in sorted(marks):
            cuts.append(ReturnedLine(line.id, mark - below))
            below = mark
    parts, before = [], {}
    for cut in data.draw(st.permutations(cuts)):
        parts.append(undo(sale, before, (cut,)))
        before[cut.line] = before.get(cut.line, 0) + cut.quantity_milli
    assert summed(parts) == undo(sale, {}, everything(sale)) == undo(sale, {}, tuple(cuts))


@given(checkouts, st.data())
def test_more_than_was_sold_is_refused(asked, data):
    """Also when it comes in parts, and the refusal says how much is left."""
    sale = bought(asked)
    line = data.draw(st.sampled_from(sale.basket.lines))
    before = data.draw(st.integers(0, line.quantity_milli))
    too_much = ReturnedLine(line.id, line.quantity_milli - before + 1)
    left = {"line": line.id, "left_milli": line.quantity_milli - before}
    assert undo(sale, {line.id: before}, (too_much,)) == Refusal("returned_more_than_sold", left)


def test_a_line_twice_in_one_request_adds_up():
    """Two of three pieces and two more are one too many; two and one are all."""
    sale = sold(cafe(), member(), Basket((Line("1", "p", 3000, 3000),)))
    two, one = ReturnedLine("1", 2000), ReturnedLine("1", 1000)
    assert undo(sale, {}, (two, two)) == Refusal("returned_more_than_sold", {"line": "1", "left_milli": 1000})
    assert undo(sale, {}, (two, one)) == undo(sale, {}, (ReturnedLine("1", 3000),))


def test_other_stores_may_have_taken_more_back_than_there_was():
    """Then nothing is left, not less than nothing."""
    refusal = undo(sold(cafe(), member(), basket(1000)), {"1": 1500}, (ReturnedLine("1", 1),))
    assert refusal == Refusal("returned_more_than_sold", {"line": "1", "left_milli": 0})


def test_an_unknown_line_is_refused():
    """Whatever else the request returns."""
    sale = sold(cafe(), member(), basket(1000))
    assert undo(sale, {}, (ReturnedLine("1", 1000), ReturnedLine("7", 1))) == Refusal("line_not_in_sale", {"line": "7"})


def test_a_returned_line_brings_its_own_part_back():
    """Of 40.00 with 20.00 off for 200 points, the line of 10.00 refunds 5.00, gives 50 points back and takes 5."""
    sale = sold(cafe(), member(250), basket(1000, 3000), Choice("ten_off", 2))
    reversal = undo(sale, {}, (ReturnedLine("1", 1000),))
    assert reversal == Reversal({"point": 5, "standing": 5}, {"point": 50}, 500)


def test_weighed_goods_come_back_by_weight():
    """A third of 1.537 kg for 46.11 refunds 15.36; the rest, 30.75: together to the agora."""
    sale = sold(cafe(), member(), Basket((Line("1", "cheese", 4611, 1537),)))
    first = undo(sale, {}, (ReturnedLine("1", 512),))
    rest = undo(sale, {"1": 512}, (ReturnedLine("1", 1025),))
    assert (first.refund_minor, rest.refund_minor) == (1536, 3075)
    assert (first.taken_back["point"], rest.taken_back["point"]) == (15, 31)


def test_nothing_returned_undoes_nothing():
    """And a line that earned nothing has no unit in the reversal."""
    sale = sold(cafe(), member(), basket(50, 0))
    assert undo(sale, {}, ()) == NOTHING
    assert undo(sale, {}, (ReturnedLine("1", 1000), ReturnedLine("2", 1000))) == Reversal({}, {}, 50, whole=True)


def test_the_call_changes_no_argument():
    """`returned_before` is the caller's."""
    before = {"1": 200}
    undo(sold(cafe(), member(), basket(1000)), before, (ReturnedLine("1", 300),))
    assert before == {"1": 200}


def test_the_entries_of_a_return():
    """Earned pieces go where they came from, spent ones to the member; without a member none."""
    reversal = Reversal({"point": 5}, {"point": 50, "stamp": 1}, 500)
    assert return_entries(HANDLE, reversal) == (
        Entry(REDEEMED, MEMBER, "point", 50),
        Entry(REDEEMED, MEMBER, "stamp", 1),
        Entry(MEMBER, ISSUED, "point", 5),
    )
    assert return_entries("", reversal) == ()


def test_pieces_that_paid_in_the_sale_that_earned_them_are_taken_back_too():
    """Of 110 earned and 200 spent, 60 are left of 150; a return of everything makes it 150 again, with no overdraft."""
    entries = return_entries(HANDLE, Reversal({"point": 110}, {"point": 200}, 0))
    posted = post(cafe(), {(MEMBER, "point"): {"": 60}}, entries, "2026-11-21")
    assert posted.missing == {}
    assert balances(posted.entries)[MEMBER, "point"] == 90


@pytest.mark.parametrize("wrong", [0, -1, True, 10**30])
def test_a_reversal_is_bounded(wrong):
    """It comes from the wire as well."""
    with pytest.raises(ValueError, match="pieces"):
        Reversal({"point": wrong}, {}, 0)
    with pytest.raises(ValueError, match="pieces"):
        Reversal({}, {"point": wrong}, 0)
    if wrong != 0 or wrong is True:
        with pytest.raises(ValueError, match="refund_minor"):
            Reversal({}, {}, wrong)


@pytest.mark.parametrize("count", [0, bounds.LINES_MAX + 1])
def test_a_return_has_lines(count):
    """At least one, and no more than a basket may have."""
    with pytest.raises(ValueError, match="number of lines"):
        Return(till(), "f", "", "", (ReturnedLine("1", 1),) * count, NOTHING, estimate=True)


def test_what_units_paid_is_no_money_for_any_line():
    """One point may pay for several lines: none of them gives back what it paid."""
    pays = {"wallet": RewardRule("pay", {"en": "pay"}, "point", 1, Pay(worth=5))}
    sale = sold(cafe(rewards=pays, accruals={}, tiers=None), member(10), basket(2, 1, 1, 3), Choice("wallet"))
    assert (sale.total_minor, sale.extras.paid_minor) == (7, 5)
    whole = [reverse(cafe(rewards=pays), sale, Back({}, (line,), "2026-11-18")).refund_minor for line in everything(sale)]
    assert sum(whole) == undo(sale, {}, everything(sale)).refund_minor == 2
