"""From what was promised to what is booked."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loyalty import bounds
from loyalty.agreement import Facts, Hold, agree
from loyalty.basket import Basket, Line, Tender
from loyalty.code import Strength
from loyalty.ledger import ISSUED, REDEEMED, Entry, available, balances, held
from loyalty.posting import sale_entries, void_entries
from loyalty.quote import Choice, Discount, Movement, movement, nets, quote
from loyalty.refusal import Refusal
from loyalty.sale import Payment, Void, commit
from tests.samples import HANDLE, NOW, agreed, basket, cafe, holds_for, member, paid, sold, till
from tests.strategies import baskets, checkouts, tenders

MEMBER = available(HANDLE)


def agreed_on(asked):
    """The agreement of a drawn checkout."""
    return agreed(asked.program, asked.member, asked.basket, *asked.choices)


@given(checkouts)
def test_an_agreement_freezes_the_quote(asked):
    """Basket, discounts, spends and the program's version are the quote's own."""
    quoted = quote(asked.program, asked.member, asked.basket, NOW, asked.choices)
    frozen = agree(quoted, "a" * 32, Strength.PLAIN, holds_for(quoted))
    for name in ("basket", "choices", "discounts", "redemptions", "to_pay_minor", "program_version", "program_hash"):
        assert getattr(frozen, name) == getattr(quoted, name)
    who = asked.member
    facts = Facts(who.handle, Strength.PLAIN, quoted.tier, who.balances, who.spendable, who.provisional)
    assert (frozen.member, frozen.made_ms, frozen.id) == (facts, NOW.wall_ms, "a" * 32)


def test_what_a_quote_spends_must_be_held():
    """Nothing is promised that no reservation stands behind, and nobody's pieces are held for nobody."""
    quoted = quote(cafe(), member(250), basket(4000), NOW, (Choice("ten_off", 2),))
    for holds in ((), (Hold("h", "point", 199),), (Hold("h", "standing", 200),)):
        with pytest.raises(AssertionError):
            agree(quoted, "a", Strength.SIGNED, holds)
    assert agree(quoted, "a", Strength.SIGNED, (Hold("g", "point", 150), Hold("h", "point", 50))).holds
    with pytest.raises(AssertionError):
        agree(quote(cafe(), None, basket(4000), NOW), "a", Strength.SIGNED, (Hold("h", "point", 1),))


@given(checkouts)
def test_a_commit_keeps_the_promise(asked):
    """Paid as agreed, the sale has the quote's discounts, redemptions and accruals, and no flag."""
    quoted = quote(asked.program, asked.member, asked.basket, NOW, asked.choices)
    sale = sold(asked.program, asked.member, asked.basket, *asked.choices)
    assert (sale.discounts, sale.redemptions) == (quoted.discounts, quoted.redemptions)
    assert sale.accruals == tuple(map(movement, quoted.accruals))
    assert (sale.paid_minor, sale.flags) == (quoted.to_pay_minor, ())


@given(checkouts, baskets(), tenders, st.sampled_from(["", "cancelled", "committed", "unknown"]))
def test_a_commit_is_never_refused(asked, other, tendered, ended):
    """Whatever was paid, with whatever: what was spent stays, no line falls below zero, what is odd is flagged."""
    agreement = agreed_on(asked)
    sale = commit(asked.program, agreement, Payment(till(), tendered, other, "f", ended))
    assert [(m.rule, m.pieces) for m in sale.redemptions] == [(m.rule, m.pieces) for m in agreement.redemptions]
    assert [d.rule for d in sale.discounts] == [d.rule for d in agreement.discounts]
    assert min(nets(other, sale.discounts)) >= 0
    for carried, promised in zip(sale.discounts, agreement.discounts, strict=True):
        assert sum(carried.by_line) <= sum(promised.by_line)
    assert (f"agreement_{ended}" in sale.flags) == bool(ended)
    assert ("basket_changed" in sale.flags) == (other != asked.basket)
    assert ("tenders_differ" in sale.flags) == (sum(t.amount_minor for t in tendered) != sale.paid_minor)
    assert (sale.basket, sale.tenders, sale.holds) == (other, tendered, agreement.holds)
    sale_entries(sale)


def test_a_basket_that_changed_keeps_its_discounts_line_by_line():
    """A line that is gone loses its part, a cheaper one bears what it can, a new one gets none; the spend stands."""
    agreement = agreed(cafe(), member(200), basket(1000, 3000, 4000), Choice("ten_off", 2))
    assert agreement.discounts == (Discount("ten_off", (250, 750, 1000)),)
    changed = Basket((Line("3", "p3", 600), Line("9", "p9", 5000), Line("2", "p2", 3000)))
    sale = commit(cafe(), agreement, paid(agreement, basket=changed))
    assert sale.discounts == (Discount("ten_off", (600, 0, 750)),)
    assert sale.redemptions == (Movement("ten_off", "point", 200, (89, 0, 111)),)
    assert sale.flags == ("basket_changed", "tenders_differ")
    assert sale.paid_minor == 7250


def test_a_spend_whose_discount_nothing_bears_lies_by_cost():
    """The pieces were spent all the same, and each line brings its part back."""
    agreement = agreed(cafe(), member(100), basket(1000), Choice("ten_off"))
    changed = Basket((Line("8", "x", 500), Line("9", "y", 700), Line("10", "z", 0)))
    sale = commit(cafe(), agreement, paid(agreement, basket=changed))
    assert sale.discounts == (Discount("ten_off", (0, 0, 0)),)
    assert sale.redemptions == (Movement("ten_off", "point", 100, (42, 58, 0)),)


@pytest.mark.parametrize(
    ("tendered", "points"),
    [
        ((("cash", 10000),), (40, 60)),
        ((("voucher", 2500), ("card", 7500)), (30, 45)),
        ((("voucher", 10000),), None),
        ((("voucher", 99999),), None),
        ((("voucher", 5000), ("voucher", 4950)), None),
        ((("voucher", 9900), ("cash", 100)), (0, 1)),
        ((), (40, 60)),
    ],
)
def test_a_tender_without_accrual_earns_nothing(tendered, points):
    """A voucher's part is taken off what earns, never below zero; the rest is shared by the lines."""
    agreement = agreed(cafe(), member(), basket(4000, 6000))
    sale = commit(cafe(), agreement, paid(agreement, tenders=tuple(Tender(*tender) for tender in tendered)))
    earned = {movement.rule: movement.by_line for movement in sale.accruals}
    assert earned.get("points") == points


@given(checkouts, tenders)
def test_tenders_without_accrual_never_earn_more(asked, tendered):
    """Each rule gives at most what it gives for cash."""
    agreement = agreed_on(asked)
    sale = commit(asked.program, agreement, paid(agreement, tenders=tendered))
    cash = {movement.rule: movement.pieces for movement in commit(asked.program, agreement, paid(agreement)).accruals}
    assert all(movement.pieces <= cash[movement.rule] for movement in sale.accruals)


def test_the_tier_of_the_agreement_earns():
    """What was believed when it was promised counts, and is stamped on the sale."""
    sale = sold(cafe(), member(tier="gold"), basket(1000))
    assert sale.accruals[0].pieces == 20
    assert sale.member.tier == "gold"
    assert (sale.engine, sale.program_version, sale.program_hash, sale.agreement) == (1, 3, "c" * 64, "a" * 32)


def test_a_sale_without_a_member_moves_nothing():
    """It is committed all the same."""
    sale = sold(cafe(), None, basket(4000))
    assert (sale.member, sale.accruals, sale.paid_minor) == (None, (), 4000)
    assert sale_entries(sale) == ()


def test_the_entries_of_a_sale():
    """Issued to the member, redeemed out of the hold."""
    sale = sold(cafe(), member(250), basket(4000), Choice("ten_off", 2))
    hold = held(sale.holds[0].id)
    assert sale_entries(sale) == (
        Entry(ISSUED, MEMBER, "point", 20),
        Entry(ISSUED, MEMBER, "standing", 20),
        Entry(hold, REDEEMED, "point", 200),
    )


def test_what_a_hold_has_left_goes_back():
    """Of 150 and 80 held, 200 are spent: 30 return to the member."""
    quoted = quote(cafe(), member(250), basket(4000), NOW, (Choice("ten_off", 2),))
    agreement = agree(quoted, "a", Strength.SIGNED, (Hold("g", "point", 150), Hold("h", "point", 80), Hold("i", "stamp", 5)))
    moved = [entry for entry in sale_entries(commit(cafe(), agreement, paid(agreement))) if entry.source != ISSUED]
    assert moved == [
        Entry("hold/g", REDEEMED, "point", 150),
        Entry("hold/h", REDEEMED, "point", 50),
        Entry("hold/h", MEMBER, "point", 30),
        Entry("hold/i", MEMBER, "stamp", 5),
    ]


def test_what_no_hold_covers_is_booked_against_the_member():
    """A record that spends more than it held left the shop all the same: head office books it."""
    sale = replace(sold(cafe(), member(250), basket(4000), Choice("ten_off", 2)), holds=(Hold("h", "point", 120),))
    assert sale_entries(sale)[2:] == (Entry("hold/h", REDEEMED, "point", 120), Entry(MEMBER, REDEEMED, "point", 80))


@given(checkouts, st.lists(st.tuples(st.sampled_from(["point", "stamp", "standing"]), st.integers(1, 500)), max_size=4))
def test_a_sale_uses_its_holds_up(asked, more):
    """Every hold's account ends at zero, the member has what the forecast said, and nothing is made or lost."""
    quoted = quote(asked.program, asked.member, asked.basket, NOW, asked.choices)
    extra = tuple(Hold(f"x{n}", unit, pieces) for n, (unit, pieces) in enumerate(more))
    agreement = agree(quoted, "a", Strength.SIGNED, (*extra, *holds_for(quoted)))
    taken = [Entry(MEMBER, held(hold.id), hold.unit, hold.pieces) for hold in agreement.holds]
    sums = balances([*taken, *sale_entries(commit(asked.program, agreement, paid(agreement)))])
    assert not any(pieces for (account, _), pieces in sums.items() if account.startswith("hold/"))
    for unit in asked.program.units:
        assert asked.member.balances.get(unit, 0) + sums.get((MEMBER, unit), 0) == quoted.forecast.get(unit, 0)
        assert sum(pieces for (_, of), pieces in sums.items() if of == unit) == 0


def test_a_void_gives_its_holds_back():
    """Each whole."""
    void = Void("a", (Hold("g", "point", 150), Hold("h", "stamp", 8)), HANDLE)
    assert void_entries(void) == (Entry("hold/g", MEMBER, "point", 150), Entry("hold/h", MEMBER, "stamp", 8))


@pytest.mark.parametrize(
    "wrong",
    [
        {"accruals": (Movement("points", "point", 5, (5,)),)},
        {"accruals": (Movement("points", "point", 5, (2, 2)),)},
        {"accruals": (Movement("points", "point", 5, (6, -1)),)},
        {"accruals": (Movement("points", "point", 0, (0, 0)),)},
        {"accruals": (Movement("points", "point", 10**30, (10**30, 0)),)},
        {"accruals": (Movement("points", "", 5, (5, 0)),)},
        {"redemptions": (Movement("ten_off", "point", 5, (5, 0, 0)),)},
        {"discounts": (Discount("ten_off", (5,)),)},
        {"discounts": (Discount("ten_off", (-5, 0)),)},
        {"discounts": (Discount("ten_off", (2001, 0)),)},
        {"discounts": (Discount("a", (1500, 0)), Discount("b", (501, 0)))},
        {"tenders": (Tender("cash", 1),) * (bounds.TENDERS_MAX + 1)},
    ],
)
def test_a_sale_that_could_not_be_booked_is_none(wrong):
    """What comes from the wire is looked at as it becomes a Sale, not in the middle of applying it."""
    with pytest.raises(ValueError, match=r"\w"):
        replace(sold(cafe(), member(), basket(2000, 2000)), **wrong)


def test_too_many_tenders_are_malformed():
    """Said before anything is booked."""
    agreement = agreed(cafe(), member(), basket(2000))
    with pytest.raises(ValueError, match="tenders"):
        paid(agreement, tenders=(Tender("cash", 100),) * (bounds.TENDERS_MAX + 1))


@pytest.mark.parametrize("pieces", [0, -1, True, 10**30])
def test_a_hold_holds_something(pieces):
    """A positive whole number of pieces."""
    with pytest.raises(ValueError, match="pieces"):
        Hold("h", "point", pieces)


def test_facts_are_bounded():
    """A balance that no database column can carry is malformed."""
    with pytest.raises(ValueError, match="balance"):
        Facts(HANDLE, Strength.SIGNED, "", {"point": 10**30}, {}, provisional=False)


def test_two_discounts_share_what_a_cheaper_line_bears():
    """The second finds only what the first left of it."""
    ten = cafe().rewards["ten_off"]
    program = cafe(rewards={"first": ten, "second": ten})
    agreement = agreed(program, member(200), basket(3000), Choice("first"), Choice("second"))
    sale = commit(program, agreement, paid(agreement, basket=basket(1200)))
    assert sale.discounts == (Discount("first", (1000,)), Discount("second", (200,)))


def test_a_basket_in_another_currency_earns_and_spends_nothing():
    """A dollar is no shekel: nothing is offered, nothing is earned, and the sale is booked all the same."""
    dollars = Basket(basket(9000).lines, "USD")
    quoted = quote(cafe(), member(500), dollars, NOW, (Choice("ten_off"),))
    assert (quoted.accruals, quoted.redemptions, quoted.to_pay_minor) == ((), (), 9000)
    assert [offer.refusal for offer in quoted.offers] == [Refusal("other_currency")]
    agreement = agreed(cafe(), member(500), basket(9000))
    assert commit(cafe(), agreement, paid(agreement, basket=dollars)).accruals == ()
