"""What a receipt says of its own making: why so much was earned, what waits for the member, marks, and the facts for a layout."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given

from loyalty.basket import Basket, Line, Tender
from loyalty.document import Note, Receipt, Row, Title
from loyalty.layout import FACTS, UNIT_FACTS
from loyalty.member import Member
from loyalty.moment import Place
from loyalty.program import Program
from loyalty.quote import Choice
from loyalty.receipt import WHY_LINES_MAX, Bearer, Ending, as_copy, as_training, return_receipt, sale_receipt
from loyalty.sale import Reversal, looked
from tests.loyalty.test_receipt_corner import CAKE, CAKE_TOO, COFFEE, PROGRAM, TEA
from tests.samples import HANDLE, agreed, basket, cafe, member, paid, sold
from tests.strategies import Checkout, checkouts

POINTS = {"unit": "points"}


def printed(who: Member, bought: Basket, *choices: Choice, program: Program | None = None, **bearer: Any) -> Receipt:
    """The receipt of a sale, in English."""
    program = program or cafe()
    speaks_to = Bearer(who.first_name, dict(who.balances), **bearer)
    receipt = sale_receipt(sold(program, who, bought, *choices), speaks_to, program, "en", online=True)
    assert receipt is not None
    return receipt


def why(receipt: Receipt) -> list[Note]:
    """Its reasons."""
    return [block for block in receipt.blocks if isinstance(block, Note) and block.code.startswith("why")]


def test_points_are_explained_by_what_was_paid() -> None:
    """So many points on so much money."""
    assert why(printed(member(5), basket(1000, 250))) == [Note("why", {"pieces": 12, "paid_minor": 1250, **POINTS})]


def test_what_a_reward_took_off_earned_nothing() -> None:
    """The money that counted is what was left to pay."""
    receipt = printed(member(250), basket(3000), Choice("ten_off", 2))
    assert why(receipt) == [Note("why", {"pieces": 10, "paid_minor": 1000, **POINTS})]


def test_a_tier_is_said_with_its_percent() -> None:
    """Silver earns half as many again."""
    receipt = printed(member(5, tier="silver", standing=1500), basket(1000))
    assert why(receipt) == [Note("why_by_tier", {"pieces": 15, "percent": 150, "paid_minor": 1000, **POINTS})]


def test_nothing_earned_needs_no_reason() -> None:
    """A sale below the first step is not explained."""
    assert why(printed(member(5), basket(50))) == []


def test_the_unit_that_only_counts_standing_is_not_explained() -> None:
    """As it is not shown."""
    assert all(note.params["unit"] == "points" for note in why(printed(member(5), basket(99900))))


def test_at_most_two_reasons_the_largest_first() -> None:
    """The page at the till has the rest."""
    who = Member(HANDLE)
    reasons = why(printed(who, Basket((COFFEE, CAKE, TEA, CAKE_TOO)), program=PROGRAM))
    assert len(reasons) == WHY_LINES_MAX
    pieces = [int(note.params.get("pieces", 0)) for note in reasons]
    assert pieces == sorted(pieces, reverse=True)


def test_cashback_is_explained_in_money() -> None:
    """A unit that pays agora by agora is an amount here too."""
    rule = replace(PROGRAM.accruals["points"], unit="wallet")
    program = replace(PROGRAM, accruals={"cash": rule})
    (reason,) = why(printed(Member(HANDLE), Basket((TEA,)), program=program))
    assert (reason.code, reason.params["unit"]) == ("why_money", "wallet")
    assert reason.params["amount_minor"] == 10


@given(checkouts)
def test_the_reasons_are_those_of_the_sale(checkout: Checkout) -> None:
    """What is found again in a booked sale is what was booked, whatever was bought."""
    program = checkout.program
    sale = sold(program, checkout.member, checkout.basket, *checkout.choices)
    booked = [(one.rule, one.pieces) for one in sale.accruals]
    found = [(one.earning.code, one.pieces) for one in looked(program, sale) if one.pieces and one.earning.challenge is None]
    assert all(one in booked for one in found)


def test_the_tenders_really_used_explain() -> None:
    """A voucher earns nothing, so what it paid is not in the reason."""
    program = cafe()
    agreement = agreed(program, member(5), basket(1000))
    payment = replace(paid(agreement), tenders=(Tender("cash", 400), Tender("voucher", 600)))
    from loyalty.sale import commit

    sale = commit(program, agreement, payment)
    receipt = sale_receipt(sale, Bearer("", {"point": 5}), program, "en", online=True)
    assert receipt is not None
    earned = sum(one.pieces for one in sale.accruals if one.unit == "point")
    assert [note.params["pieces"] for note in why(receipt)] == ([earned] if earned else [])


@pytest.mark.parametrize(
    ("expiring", "said"),
    [
        ({}, Note("offer", {"reward": "Use the ₪5 coupon"})),
        ({"next_time": (1, "2026-12-01")}, Note("offer_until", {"reward": "Use the ₪5 coupon", "date": "2026-12-01"})),
    ],
)
def test_an_offer_says_its_last_day_once(expiring: dict[str, tuple[int, str]], said: Note) -> None:
    """What expires of it is not told a second time among the pieces that expire."""
    who = Member(HANDLE, balances={"next_time": 1}, spendable={"next_time": 1})
    codes = {"offer", "offer_until", "expires"}
    blocks = printed(who, Basket((TEA,)), program=PROGRAM, expiring=expiring).blocks
    assert [block for block in blocks if getattr(block, "code", "") in codes] == [said]


def test_no_coupon_no_offer() -> None:
    """Of somebody without one nothing is said."""
    blocks = printed(Member(HANDLE), Basket((TEA,)), program=PROGRAM).blocks
    assert not any(getattr(block, "code", "").startswith("offer") for block in blocks)


def test_marks_stand_first() -> None:
    """A copy of what was made in training says both."""
    receipt = as_copy(as_training(printed(member(5), basket(1000))))
    assert receipt.blocks[:2] == (Title("copy"), Title("training"))
    assert receipt.facts == printed(member(5), basket(1000)).facts


def test_the_facts_of_a_sale() -> None:
    """Everything that words may name: who, what, where, and each unit's counts."""
    program, who = cafe(), member(250, tier="silver", standing=1500)
    sale = sold(program, who, basket(3000), Choice("ten_off"))
    sale = replace(sale, moment=replace(sale.moment, place=Place("allenby", "t7")))
    receipt = sale_receipt(sale, Bearer("חבר", dict(who.balances)), program, "en", online=False)
    assert receipt is not None
    assert {name: receipt.facts[name] for name in ("club", "name", "tier", "number", "date", "store", "terminal", "online")} == {
        "club": "Cafe Club", "name": "חבר", "tier": "Silver", "number": "1234", "date": "2026-11-18",
        "store": "allenby", "terminal": "t7", "online": 0,
    }  # fmt: skip
    counts = {name: receipt.facts[f"{name}.point"] for name in UNIT_FACTS}
    assert counts == {"before": 250, "earned": 30, "spent": 100, "balance": 180, "worth": 1800, "unit": "points"}


def test_the_facts_of_a_coupon() -> None:
    """Its name and its last day, for the words around a code."""
    receipt = printed(Member(HANDLE), Basket((CAKE, CAKE_TOO)), program=PROGRAM)
    assert (receipt.facts["coupon"], receipt.facts["coupon_until"]) == ("₪5 coupon", "2026-12-18")
    without = printed(Member(HANDLE), Basket((TEA,)), program=PROGRAM)
    assert (without.facts["coupon"], without.facts["coupon_until"]) == ("", "")


def test_of_a_provisional_member_no_balance_is_a_fact() -> None:
    """A layout's words could claim it otherwise."""
    facts = printed(Member(HANDLE, provisional=True), basket(1000)).facts
    assert "balance.point" not in facts
    assert facts["earned.point"] == 10
    assert "balance.point" not in printed(member(5), basket(1000), known=False).facts  # gone from the cache since the agreement


def test_the_facts_of_a_return() -> None:
    """It says that it is one; what was taken back counts as spent."""
    ending = Ending("1240", "2026-11-18", online=True)
    receipt = return_receipt(Reversal({"point": 30}, {"point": 100}, 0), Bearer("חבר", {"point": 180}), cafe(), "en", ending)
    assert (receipt.facts["returned"], receipt.facts["number"]) == (1, "1240")
    assert (receipt.facts["earned.point"], receipt.facts["spent.point"], receipt.facts["balance.point"]) == (100, 30, 250)


def test_the_facts_of_a_return_say_what_its_rows_say() -> None:
    """Of 80 to take back 30 are there: the row and the facts both take 30, and the balance falls no lower than nothing."""
    ending = Ending("1240", "2026-11-18", online=True)
    receipt = return_receipt(Reversal({"point": 80}, {}, 0), Bearer("", {"point": 30}), cafe(), "en", ending)
    rows = {block.code: block.pieces for block in receipt.blocks if isinstance(block, Row)}
    assert rows == {"before": 30, "taken_back": -30, "balance": 0}
    facts = {name: receipt.facts[f"{name}.point"] for name in ("before", "spent", "balance", "worth")}
    assert facts == {"before": 30, "spent": 30, "balance": 0, "worth": 0}


def test_a_return_says_where_it_was_and_of_which_tier() -> None:
    """As a sale does: a survey's code needs the store."""
    ending = Ending("1240", "2026-11-18", online=True, place=Place("allenby", "t7"))
    receipt = return_receipt(Reversal({}, {}, 0), Bearer("", {}, tier="silver"), cafe(), "en", ending)
    assert {name: receipt.facts[name] for name in ("store", "terminal", "tier")} == {
        "store": "allenby", "terminal": "t7", "tier": "Silver",
    }  # fmt: skip


def test_a_return_of_somebody_whose_balance_nobody_knows_claims_none() -> None:
    """What goes back is told whole, since nobody can say that less is there; no balance is a row or a fact."""
    ending = Ending("1240", "2026-11-18", online=True)
    bearer = Bearer("", {}, known=False)
    receipt = return_receipt(Reversal({"point": 80}, {"point": 100}, 0), bearer, cafe(), "en", ending)
    rows = {block.code: block.pieces for block in receipt.blocks if isinstance(block, Row)}
    assert rows == {"taken_back": -80, "given_back": 100}
    assert not {"before.point", "balance.point", "worth.point"} & set(receipt.facts)
    assert (receipt.facts["earned.point"], receipt.facts["spent.point"]) == (100, 80)


@given(checkouts)
def test_every_fact_is_one_that_words_may_name(checkout: Checkout) -> None:
    """And the other way round there is a default for each that a receipt lacks."""
    sale = sold(checkout.program, checkout.member, checkout.basket, *checkout.choices)
    receipt = sale_receipt(sale, Bearer("", {}), checkout.program, "he", online=True)
    if receipt is None:
        return
    assert all(name in FACTS or name.partition(".")[0] in UNIT_FACTS for name in receipt.facts)
    assert all(isinstance(value, int | str) for value in receipt.facts.values())


def test_a_line_without_a_price_is_no_trouble() -> None:
    """Nothing paid, nothing earned, nothing explained."""
    assert why(printed(member(5), Basket((Line("1", "gift", 0),)))) == []
