"""A sale that is claimed afterwards earns as if the card had been shown, and costs what it cost."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loyalty.basket import Tender
from loyalty.claiming import claimed, too_late
from loyalty.program import Policies
from loyalty.refusal import Refusal
from tests.samples import basket, cafe, member, sold

AMOUNTS = st.lists(st.integers(1, 100_000), min_size=1, max_size=4)


@given(AMOUNTS, st.sampled_from(["", "silver", "gold"]))
def test_it_earns_what_showing_the_card_would_have(amounts: list[int], tier: str) -> None:
    """By the program stamped on the sale, in the member's tier; the money is the till's."""
    who = member(500, tier=tier)
    without = sold(cafe(), None, basket(*amounts))
    mine, shown = claimed(cafe(), without, who), sold(cafe(), who, basket(*amounts))
    assert mine.accruals == shown.accruals
    assert (mine.paid_minor, mine.tenders, mine.discounts) == (without.paid_minor, without.tenders, without.discounts)
    assert (mine.holds, mine.redemptions, mine.choices) == ((), (), ())
    assert mine.member
    assert (mine.member.handle, mine.till, mine.moment) == (who.handle, without.till, without.moment)


def test_it_accrues_on_the_tenders_really_used() -> None:
    """A voucher earns nothing, then as now; what was odd about the sale stays told."""
    paid = replace(
        sold(cafe(), None, basket(10_000)), tenders=(Tender("voucher", 4000), Tender("cash", 6000)), flags=("basket_changed",)
    )
    mine = claimed(cafe(), paid, member())
    assert [one.pieces for one in mine.accruals] == [60, 60]
    assert mine.flags == ("basket_changed",)


@pytest.mark.parametrize(("days", "day", "late"), [
    (30, "2026-11-30", False), (30, "2026-12-01", False), (30, "2026-12-02", True), (0, "2026-11-01", False),
    (0, "2026-11-02", True), (30, "2026-10-15", False),
])  # fmt: skip
def test_how_late(days: int, day: str, late: bool) -> None:
    """So many days after the sale's business date, by the tills' own dates; a date before it is some till's slip."""
    program = cafe(policies=Policies(claim_days=days))
    wanted = Refusal("claim_late", {"days": days}) if late else None
    assert too_late(program, "2026-11-01", day) == wanted
