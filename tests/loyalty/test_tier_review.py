"""A tier review that comes every so many days."""

from dataclasses import replace

import pytest

from loyalty.ledger import available
from loyalty.standing import Standing, due, on_day
from tests.samples import HANDLE, cafe


@pytest.mark.parametrize(("day", "tier"), [("2026-04-10", "silver"), ("2026-04-11", "bronze")])
def test_a_review_comes_so_many_days_after_the_last(day, tier):
    """A hundred days after the first of January, and not a day before."""
    program = cafe()
    program = replace(program, tiers=replace(program.tiers, review="days", review_days=100))
    accounts = {(available(HANDLE), "standing"): {"": 5}}
    member = Standing(HANDLE, accounts, tier="silver", joined="2025-01-01", reviewed="2026-01-01")
    assert on_day(program, member, day).tier == tier


def test_the_day_of_the_next_review_is_known():
    """Head office looks at the member on that day, and not only when something else happens."""
    program = cafe()
    program = replace(program, tiers=replace(program.tiers, review="days", review_days=100))
    assert due(program, Standing(HANDLE, tier="silver", reviewed="2026-01-01"), "2026-01-02") == "2026-04-11"
