"""When a rule holds: who the member is, on both sides of each edge."""

import pytest

from loyalty.conditions.person import Arm, Balance, Pilot, draw, since_anniversary
from loyalty.member import Member
from loyalty.program import Plan
from loyalty.refusal import Refusal
from tests.bills import checkout, goods, why_not


def of(**fields):
    """A checkout of 10.00 by a member of whom this is known."""
    return checkout(1000, member=Member("h", **fields))


@pytest.mark.parametrize(
    "when",
    [
        {"tiers": ("gold",)},
        {"segments": ("s",)},
        {"plans": ("p",)},
        {"badges": ("b",)},
        {"balance": Balance("point")},
        {"visits": (1,)},
        {"every_visit": 1},
        {"days_away_min": 0},
        {"joined_within_days": 9},
        {"anniversary_within_days": 9},
        {"occasions": ("birthday",)},
        {"pilot": Pilot("p", 10_000)},
        {"arm": Arm("e", 1, 1)},
    ],
)
def test_without_a_member_there_is_nobody_to_ask(when):
    """Each condition on the member says so."""
    assert why_not(checkout(1000), **when) == Refusal("member_needed")


@pytest.mark.parametrize(
    ("when", "known", "refusal"),
    [
        ({"tiers": ("silver", "gold")}, {"tier": "gold"}, None),
        ({"tiers": ("silver", "gold")}, {"tier": "bronze"}, Refusal("other_tier", {"tiers": "silver, gold"})),
        ({"segments": ("a", "b")}, {"segments": ("z", "b")}, None),
        ({"segments": ("a", "b")}, {"segments": ("z",)}, Refusal("segment_needed")),
        ({"plans": ("x", "y")}, {}, Refusal("plan_needed", {"plans": "x, y"})),
        ({"badges": ("x", "y")}, {"balances": {"won/y": 1}}, None),
        ({"badges": ("x", "y")}, {"balances": {"won/x": 0, "x": 1}}, Refusal("badge_needed")),
        ({"balance": Balance("point", 5)}, {"balances": {"point": 5}}, None),
        ({"balance": Balance("point", 5)}, {"balances": {"point": 4}}, Refusal("balance_other", {"unit": "point"})),
        ({"balance": Balance("point", 1)}, {}, Refusal("balance_other", {"unit": "point"})),
        ({"balance": Balance("point", 0, 0)}, {}, None),
        ({"balance": Balance("point", 0, 0)}, {"balances": {"point": 1}}, Refusal("balance_other", {"unit": "point"})),
        ({"balance": Balance("point")}, {"balances": {"point": 10**9}}, None),
        ({"visits": (1, 10)}, {"visits": 0}, None),
        ({"visits": (1, 10)}, {"visits": 9}, None),
        ({"visits": (1, 10)}, {"visits": 1}, Refusal("other_visit", {"visits": "1, 10"})),
        ({"every_visit": 5}, {"visits": 4}, None),
        ({"every_visit": 5}, {"visits": 9}, None),
        ({"every_visit": 5}, {"visits": 5}, Refusal("visits_missing", {"missing": 4})),
        ({"every_visit": 5}, {"visits": 8}, Refusal("visits_missing", {"missing": 1})),
        ({"days_away_min": 30}, {"last_visit": "2026-10-19"}, None),
        ({"days_away_min": 30}, {"last_visit": "2026-10-20"}, Refusal("seen_lately", {"days": 30})),
        ({"days_away_min": 30}, {}, Refusal("seen_lately", {"days": 30})),
        ({"joined_within_days": 7}, {"joined": "2026-11-18"}, None),
        ({"joined_within_days": 7}, {"joined": "2026-11-11"}, None),
        ({"joined_within_days": 7}, {"joined": "2026-11-10"}, Refusal("joined_long_ago", {"days": 7})),
        ({"joined_within_days": 7}, {"joined": "2026-11-19"}, Refusal("joined_long_ago", {"days": 7})),
        ({"joined_within_days": 7}, {}, Refusal("joined_long_ago", {"days": 7})),
        ({"anniversary_within_days": 7}, {"joined": "2025-11-18"}, None),
        ({"anniversary_within_days": 7}, {"joined": "2020-11-11"}, None),
        ({"anniversary_within_days": 7}, {"joined": "2020-11-10"}, Refusal("no_anniversary")),
        ({"anniversary_within_days": 7}, {"joined": "2026-11-18"}, Refusal("no_anniversary")),
        ({"anniversary_within_days": 7}, {"joined": "2020-11-19"}, Refusal("no_anniversary")),
        ({"anniversary_within_days": 7}, {}, Refusal("no_anniversary")),
        ({"occasions": ("a", "b")}, {"occasions": {"b": ("2026-11-18", "2026-11-20")}}, None),
        ({"occasions": ("a", "b")}, {"occasions": {"b": ("2026-11-01", "2026-11-18")}}, None),
        (
            {"occasions": ("a", "b")},
            {
                "occasions": {
                    "a": ("2026-11-01", "2026-11-17"),
                    "b": ("2026-11-19", "2026-12-01"),
                    "c": ("2026-01-01", "2027-01-01"),
                }
            },
            Refusal("no_occasion", {"occasions": "a, b"}),
        ),
    ],
)
def test_who_the_member_is(when, known, refusal):
    """Each on both sides of its edge, on 18 November 2026."""
    assert why_not(of(**known), **when) == refusal


@pytest.mark.parametrize(
    ("runs_until", "bought", "at_once", "holds"),
    [
        ("2026-11-18", "tea", True, True),
        ("2026-11-17", "tea", True, False),
        ("", "card", True, True),
        ("", "card", False, False),
    ],
)
def test_a_plan_runs_to_its_last_day(runs_until, bought, at_once, holds):
    """Or from the moment it is bought, if it says so."""
    member = Member("h", plans={"gold": runs_until} if runs_until else {})
    rules = {"plans": {"gold": Plan({}, "card", months=1, at_once=at_once)}}
    assert (why_not(checkout(goods(bought, 100), member=member, rules=rules), plans=("silver", "gold")) is None) == holds
    assert why_not(checkout(goods(bought, 100), member=member, rules=rules), plans=("silver",)) is not None
    assert why_not(checkout(goods(bought, 100), rules=rules), plans=("gold",)) == Refusal("member_needed")


@pytest.mark.parametrize(
    ("joined", "today", "days"),
    [
        ("2020-02-29", "2024-02-29", 0),
        ("2020-02-29", "2025-03-01", 0),
        ("2020-02-29", "2025-03-02", 1),
        ("2020-02-29", "2025-02-28", 365),
        ("2020-02-29", "2024-02-28", 364),
        ("2020-02-29", "2021-02-28", -1),
        ("2020-12-31", "2022-01-01", 1),
        ("2020-06-15", "2021-06-14", -1),
        ("2020-06-15", "2021-06-15", 0),
        ("2020-06-15", "2020-06-15", -1),
        ("2020-06-15", "2021-07-01", 16),
        ("2020-06-15", "2022-05-20", 339),
    ],
)
def test_days_since_the_anniversary(joined, today, days):
    """Who joined on 29 February celebrates on the first of March; before the first anniversary there is none."""
    assert since_anniversary(joined, today) == days


def test_where_a_member_falls_is_frozen():
    """The first 8 bytes of a SHA-256, big end first: the same in every version."""
    assert [draw("spring", handle, 10_000) for handle in ("00112233445566778899", "a")] == [4376, 5445]
    assert draw("spring", "a", 1) == 0


def test_a_pilot_is_its_share_of_the_members():
    """Whoever falls below it; at nothing nobody, at the whole everybody."""
    member = of()
    at = draw("spring", "h", 10_000)
    assert why_not(member, pilot=Pilot("spring", at + 1)) is None
    assert why_not(member, pilot=Pilot("spring", at)) == Refusal("not_in_pilot")
    shares = [
        sum(why_not(checkout(1, member=Member(f"{n:020x}")), pilot=Pilot("x", bp)) is None for n in range(400))
        for bp in (0, 2500, 10_000)
    ]
    assert shares[0] == 0
    assert 70 < shares[1] < 130
    assert shares[2] == 400


def test_each_member_draws_one_arm():
    """Numbered from 1, and every one has somebody."""
    drawn = []
    for number in range(60):
        member = checkout(1, member=Member(f"{number:020x}"))
        (arm,) = [arm for arm in (1, 2, 3) if why_not(member, arm=Arm("e", arm, 3)) is None]
        drawn.append(arm)
        others = [why_not(member, arm=Arm("e", other, 3)) for other in {1, 2, 3} - {arm}]
        assert others == [Refusal("other_arm")] * 2
        assert arm == 1 + draw("e", f"{number:020x}", 3)
    assert set(drawn) == {1, 2, 3}
