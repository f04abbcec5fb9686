"""Whether what is earned counts the tax."""

from dataclasses import replace

import pytest

from loyalty.accruals.per_money import PerMoney
from loyalty.basket import Basket, Line
from loyalty.program import AccrualRule, Policies
from loyalty.quote import pieces_by_unit, quote
from tests.samples import NOW, cafe, member


@pytest.mark.parametrize(("tax", "points"), [("included", 129), ("excluded", 112)])
def test_money_counts_with_its_tax_or_without(tax, points):
    """117.00 at 17 percent are 100.00 without it; goods without tax count as they are."""
    program = replace(
        cafe(),
        accruals={"points": AccrualRule("per_money", "point", PerMoney(100))},
        policies=Policies(earn_tax=tax),
        tiers=None,
    )
    bought = Basket((Line("1", "a", 11_700, tax_bp=1700), Line("2", "b", 999), Line("3", "c", 270, tax_bp=2000)))
    assert pieces_by_unit(quote(program, member(), bought, NOW).accruals)["point"] == points
