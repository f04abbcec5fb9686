"""What a member gets by itself."""

import pytest

from loyalty.awards import Happened, decide
from loyalty.goods import ALL
from loyalty.member import Member
from loyalty.program import Award, Challenge, Program

DAY = "2026-11-18"
FIRST = Happened("sale", first=True, spent_minor=5000)


def awarded(happened, *, awards=None, challenges=None, day=DAY, **known):
    """What follows for a member of whom this is known."""
    program = Program("bare", 1, "ILS", {}, {}, {}, {}, challenges=challenges or {}, awards=awards or {})
    return decide(program, Member("h", **known), happened, day)


def challenge(**fields):
    """Three of something for ten points."""
    return Challenge(
        "per_sale", {}, **{"goal": 3, "settings": None, "lines": ALL, "prize_unit": "point", "prize": 10, **fields}
    )


@pytest.mark.parametrize(
    ("fields", "balances", "gives", "takes"),
    [
        ({}, {}, {}, {}),
        ({}, {"count/c": 2}, {}, {}),
        ({}, {"count/c": 3}, {"won/c": 1, "point": 10}, {"count/c": 3}),
        ({}, {"count/c": 7}, {"won/c": 2, "point": 20}, {"count/c": 6}),
        ({}, {"count/c": -3}, {}, {}),
        ({"prize_unit": "", "prize": 0}, {"count/c": 3}, {"won/c": 1}, {"count/c": 3}),
        ({"times_max": 2}, {"count/c": 9}, {"won/c": 2, "point": 20}, {"count/c": 6}),
        ({"times_max": 2}, {"count/c": 9, "won/c": 1}, {"won/c": 1, "point": 10}, {"count/c": 3}),
        ({"times_max": 2}, {"count/c": 9, "won/c": 2}, {}, {}),
        ({"times_max": 2}, {"count/c": 9, "won/c": 3}, {}, {}),
    ],
)
def test_a_goal_is_paid_for_with_what_was_counted(fields, balances, gives, takes):
    """As often as it is reached, and no more often than the rule says."""
    found = awarded(Happened("sale"), challenges={"c": challenge(**fields)}, balances=balances)
    assert (dict(found.gives), dict(found.takes), found.referrer) == (gives, takes, ())


@pytest.mark.parametrize(
    ("missing", "won", "gives", "takes"),
    [
        (1, 1, {"count/c": 2}, {"won/c": 1, "point": 10}),
        (3, 1, {}, {"won/c": 1, "point": 10}),
        (3, 2, {}, {"won/c": 1, "point": 10}),
        (4, 2, {"count/c": 2}, {"won/c": 2, "point": 20}),
        (4, 1, {}, {"won/c": 1, "point": 10}),
        (1, 0, {}, {}),
    ],
)
def test_a_prize_whose_goal_was_brought_back_goes_back(missing, won, gives, takes):
    """And what was counted beyond what came back is counted again."""
    gone = Happened("return", missing={"count/c": missing, "other": 9})
    found = awarded(gone, challenges={"c": challenge()}, balances={"won/c": won, "count/c": 8})
    assert (dict(found.gives), dict(found.takes)) == (gives, takes)
    bare = awarded(gone, challenges={"c": challenge(prize_unit="", prize=0)}, balances={"won/c": won})
    assert "point" not in dict(bare.takes)


@pytest.mark.parametrize(
    ("award", "happened", "due"),
    [
        (Award("join", "point", 5), Happened("join"), True),
        (Award("join", "point", 5), FIRST, False),
        (Award("first_purchase", "point", 5), FIRST, True),
        (Award("first_purchase", "point", 5), Happened("sale", spent_minor=5000), False),
        (Award("first_purchase", "point", 5), Happened("return", first=True), False),
        (Award("first_purchase", "point", 5, spend_min=5000), FIRST, True),
        (Award("first_purchase", "point", 5, spend_min=5001), FIRST, False),
        (Award("referred", "point", 5), FIRST, False),
        (Award("referred", "point", 5), Happened("sale", first=True, referred=True), True),
        (Award("referred", "point", 5, spend_min=1), Happened("sale", first=True, referred=True), False),
        (Award("referred", "point", 5), Happened("sale", referred=True), False),
        (Award("tier_up", "point", 5), Happened("tier_up", tier="gold"), True),
        (Award("tier_up", "point", 5, tiers=("silver", "gold")), Happened("tier_up", tier="gold"), True),
        (Award("tier_up", "point", 5, tiers=("silver",)), Happened("tier_up", tier="gold"), False),
        (Award("tier_up", "point", 5), Happened("sale", tier="gold"), False),
        (Award("birthday", "point", 5), Happened("day"), False),
        (Award("anniversary", "point", 5), Happened("day"), False),
    ],
)
def test_awards_for_what_happens(award, happened, due):
    """To the member it happens to."""
    found = dict(awarded(happened, awards={"a": award}).gives)
    assert found.pop("given/a", 0) == (due and award.on != "join")
    assert found == ({"point": 5} if due else {})


@pytest.mark.parametrize(
    ("award", "happened", "undone"),
    [
        (Award("first_purchase", "point", 5), Happened("return", first=True), True),
        (Award("first_purchase", "point", 5), Happened("return"), False),
        (Award("referred", "point", 5), Happened("return", first=True), True),
        (Award("referral", "point", 5), Happened("return", first=True, referred=True), False),
        (Award("tier_up", "point", 5), Happened("tier_down", tier="gold"), True),
        (Award("tier_up", "point", 5, tiers=("silver",)), Happened("tier_down", tier="gold"), False),
        (Award("tier_up", "point", 5), Happened("return", first=True), False),
    ],
)
def test_what_a_return_undoes_is_taken_back(award, happened, undone):
    """Only what was given; and what was given once is not given again."""
    given = awarded(happened, awards={"a": award}, balances={"given/a": 1, "point": 5})
    assert dict(given.takes) == ({"point": 5, "given/a": 1} if undone else {})
    assert awarded(happened, awards={"a": award}).takes == ()
    again = awarded(Happened("sale", True, 5000, referred=True), awards={"a": award}, balances={"given/a": 1})
    assert (again.gives, again.referrer) == ((), ())


@pytest.mark.parametrize(
    ("happened", "due"),
    [
        (Happened("sale", first=True, spent_minor=5000, referred=True), True),
        (FIRST, False),
        (Happened("sale", spent_minor=5000, referred=True), False),
        (Happened("sale", first=True, spent_minor=4999, referred=True), False),
        (Happened("join", referred=True), False),
    ],
)
def test_a_referral_is_the_other_members(happened, due):
    """With the friend's first purchase, if it is large enough."""
    referral = Award("referral", "point", 7, spend_min=5000)
    found = awarded(happened, awards={"a": referral, "b": referral})
    assert (found.takes, found.referrer) == ((), (("point", 14),) if due else ())
    assert dict(found.gives) == ({"given/a": 1, "given/b": 1} if due else {})


@pytest.mark.parametrize(
    ("known", "due"),
    [
        ({"occasions": {"birthday": (DAY, "2026-11-25")}}, True),
        ({"occasions": {"birthday": ("2026-11-11", DAY)}}, True),
        ({"occasions": {"birthday": ("2026-11-19", "2026-11-25")}}, False),
        ({"occasions": {"birthday": ("2026-11-01", "2026-11-17")}}, False),
        ({"occasions": {"name_day": (DAY, DAY)}}, False),
        ({"occasions": {"birthday": (DAY, DAY)}, "balances": {"given/a": 1}}, False),
        ({"occasions": {"birthday": (DAY, DAY)}, "balances": {"given/b": 1}}, True),
        ({}, False),
    ],
)
def test_a_birthday_comes_once(known, due):
    """Within the days that head office names, and then not again until the year is over."""
    found = awarded(Happened("day"), awards={"a": Award("birthday", "point", 5)}, **known)
    assert dict(found.gives) == ({"point": 5, "given/a": 1} if due else {})


@pytest.mark.parametrize(
    ("joined", "due"),
    [
        ("2025-11-18", True),
        ("2020-10-19", True),
        ("2020-10-18", False),
        ("2020-11-19", False),
        ("2026-11-18", False),
        ("", False),
    ],
)
def test_an_anniversary_comes_within_thirty_days(joined, due):
    """Also where nobody looked on the day itself."""
    found = awarded(Happened("day"), awards={"a": Award("anniversary", "point", 5)}, joined=joined)
    assert dict(found.gives) == ({"point": 5, "given/a": 1} if due else {})
