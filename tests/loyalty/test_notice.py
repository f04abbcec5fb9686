"""How long members of a club must have been told before something gets worse for them."""

from dataclasses import replace

import pytest

from loyalty.notice import notice
from tests.samples import cafe

OLD = cafe()
DEARER = cafe(rewards={"ten_off": replace(cafe().rewards["ten_off"], cost=120)})
CHEAPER = cafe(rewards={"ten_off": replace(cafe().rewards["ten_off"], cost=80)})
FIXED = {"open_ended": False, "ends": "2027-06-30"}


def test_what_is_not_worse_may_begin_today():
    """Better or the same needs no notice, in a fixed term neither."""
    for new in (OLD, CHEAPER):
        assert notice(OLD, new, "2026-11-21").earliest == "2026-11-21"
    assert notice(replace(OLD, **FIXED), replace(CHEAPER, **FIXED), "2026-11-21").worse == ()


@pytest.mark.parametrize(
    ("today", "earliest"), [("2026-11-21", "2027-02-21"), ("2026-11-30", "2027-02-28"), ("2027-11-30", "2028-02-29")]
)
def test_a_worse_version_of_an_open_ended_club_waits_three_months(today, earliest):
    """To the same day of the month, or its last."""
    found = notice(OLD, DEARER, today)
    assert (found.earliest, found.fixed_term) == (earliest, False)
    assert [change.key for change in found.worse] == ["rewards.ten_off.cost"]


def test_a_fixed_term_is_kept_to_its_end():
    """The day after its last one; after that, today."""
    old, new = replace(OLD, **FIXED), replace(DEARER, **FIXED)
    found = notice(old, new, "2026-11-21")
    assert (found.earliest, found.fixed_term) == ("2027-07-01", True)
    assert notice(old, new, "2027-08-01").earliest == "2027-08-01"
    assert notice(replace(old, ends="9999-12-31"), new, "2026-11-21").earliest == "9999-12-31"
