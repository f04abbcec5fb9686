"""How high a member stands, and when that is looked at again."""

import pytest

from loyalty.member import Member
from loyalty.program import Program, Tier, Tiers
from loyalty.tiers import Ruled, due, missing, rule

STEPS = (Tier("bronze", {}), Tier("silver", {}, 100), Tier("gold", {}, 200), Tier("black", {}, 300))


def program(**fields):
    """A ladder of four steps."""
    return Program("bare", 1, "ILS", {}, {}, {}, {}, tiers=Tiers("standing", STEPS, **fields))


def who(tier, have):
    """A member who stands there with so many qualifying pieces."""
    return Member("h", tier=tier, balances={"standing": have, "point": 10**6})


@pytest.mark.parametrize("review", ["always", "never", "yearly", "calendar_year"])
@pytest.mark.parametrize(
    ("tier", "have", "reached"), [("bronze", 100, "silver"), ("silver", 300, "black"), ("bronze", 299, "gold")]
)
def test_a_member_rises_at_once(review, tier, have, reached):
    """Over several steps; a yearly review is a year from then on."""
    reviewed = "2026-11-18" if review == "yearly" else "2026-01-01"
    assert rule(program(review=review), who(tier, have), "2026-01-01", "2026-11-18") == Ruled(reached, reviewed, rose=True)


@pytest.mark.parametrize("tier", ["", "gone"])
def test_who_stands_nowhere_is_put_where_they_belong(tier):
    """A new member on the lowest step, which is no rise."""
    assert rule(program(), who(tier, 0), "2026-01-01", "2026-11-18") == Ruled("bronze", "2026-01-01")
    assert rule(program(), who(tier, 100), "2026-01-01", "2026-11-18") == Ruled("silver", "2026-01-01", rose=True)
    assert rule(program(), who(tier, 200), "2026-01-01", "2026-11-18") == Ruled("gold", "2026-01-01", rose=True)
    assert rule(program(review="yearly"), who(tier, 0), "2026-01-01", "2026-11-18") == Ruled("bronze", "2026-11-18")
    assert rule(program(review="never"), Member("h", tier=tier), "2026-01-01", "2026-11-18").tier == "bronze"


def test_without_tiers_nobody_stands_anywhere():
    """Whatever was believed of them."""
    bare = Program("bare", 1, "ILS", {}, {}, {}, {})
    assert rule(bare, who("gold", 500), "2026-01-01", "2026-11-18") == Ruled("", "2026-01-01")
    assert missing(bare, who("gold", 5)) is None


@pytest.mark.parametrize(
    ("review", "downgrade", "reset", "ruled"),
    [
        ("always", "to_balance", False, Ruled("silver", "2027-01-01")),
        ("always", "one_step", False, Ruled("gold", "2027-01-01")),
        ("always", "to_balance", True, Ruled("silver", "2027-01-01")),
        ("yearly", "to_balance", False, Ruled("silver", "2027-01-01")),
        ("yearly", "one_step", True, Ruled("gold", "2027-01-01", reset=True)),
        ("calendar_year", "to_balance", True, Ruled("silver", "2027-01-01", reset=True)),
        ("never", "to_balance", True, Ruled("black", "2026-01-01")),
    ],
)
def test_falling_is_for_a_review(review, downgrade, reset, ruled):
    """To where the balance is, or one step; the pieces are taken away where the program says so."""
    rules = program(review=review, downgrade=downgrade, reset=reset)
    assert rule(rules, who("black", 150), "2026-01-01", "2027-01-01") == ruled


@pytest.mark.parametrize("downgrade", ["to_balance", "one_step"])
def test_who_has_enough_stays(downgrade):
    """Also at a review, which is then done."""
    rules = program(review="yearly", downgrade=downgrade, reset=True)
    assert rule(rules, who("gold", 200), "2026-01-01", "2027-01-01") == Ruled("gold", "2027-01-01", reset=True)
    assert rule(rules, who("gold", 0), "2026-01-01", "2026-12-31") == Ruled("gold", "2026-01-01")


@pytest.mark.parametrize(
    ("review", "reviewed", "day", "looked_at"),
    [
        ("always", "2026-11-18", "2026-11-18", True),
        ("never", "2000-01-01", "2026-11-18", False),
        ("yearly", "2025-11-18", "2026-11-17", False),
        ("yearly", "2025-11-18", "2026-11-18", True),
        ("calendar_year", "2026-01-01", "2026-12-31", False),
        ("calendar_year", "2026-12-31", "2027-01-01", True),
    ],
)
def test_when_a_member_is_looked_at_again(review, reviewed, day, looked_at):
    """A year after the last time, or when the year is new."""
    assert due(Tiers("standing", STEPS, review=review), reviewed, day) is looked_at


@pytest.mark.parametrize(
    ("tier", "have", "to_come"),
    [
        ("bronze", 0, ("silver", 100)),
        ("bronze", 99, ("silver", 1)),
        ("bronze", 100, ("gold", 100)),
        ("silver", 0, ("gold", 200)),
        ("gone", 30, ("silver", 70)),
        ("gold", 250, ("black", 50)),
        ("gold", 300, None),
        ("black", 0, None),
    ],
)
def test_what_is_missing_to_the_next_tier(tier, have, to_come):
    """Above where one stands and above what one has."""
    assert missing(program(), who(tier, have)) == to_come
    assert missing(program(), Member("h", tier="bronze")) == ("silver", 100)
