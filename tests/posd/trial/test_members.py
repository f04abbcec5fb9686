"""A member from a file: what is known of one, and every mistake in it."""

import pytest

from loyalty.standing import member_on
from posd.trial import person, shape
from runtime import toml_file
from tests.posd.trial.programs import built, cafe

DAY = "2026-11-21"


def made(program, **values):
    """The member on DAY."""
    found, wrong = toml_file.check(shape.Member, values)
    assert found, wrong
    standing, wrong = person.standing(program, found, DAY)
    assert standing, wrong
    return member_on(standing, DAY)


def mistakes(program, values):
    """All that is wrong with a member."""
    found, wrong = toml_file.check(shape.Member, values)
    return wrong if found is None else person.standing(program, found, DAY)[1]


def test_nothing_need_be_said():
    """A member with nothing stands on the lowest step."""
    member = made(cafe())
    assert (member.handle, member.tier, member.visits, member.balances) == ("member", "bronze", 0, {})


def test_a_number_of_pieces_can_be_spent_at_once_and_for_ever():
    """And the qualifying pieces say how high the member stands, where the file does not."""
    member = made(cafe(), units={"points": 150, "status": 700})
    assert (member.balances, member.spendable) == ({"points": 150, "status": 700}, {"points": 150, "status": 700})
    assert member.tier == "silver"
    assert made(cafe(), units={"status": 700}, tier="gold").tier == "gold"


def test_lots_are_pending_then_ready_then_gone():
    """Pending ones are in the balance and cannot be spent."""
    lots = [
        {"pieces": 1, "expires": "2026-11-20"},
        {"pieces": 10, "expires": DAY},
        {"pieces": 100, "ready": "2026-11-22"},
        {"pieces": 1000},
    ]
    member = made(built(), units={"points": lots})
    assert (member.balances["points"], member.spendable["points"]) == (1110, 1010)


def test_the_facts_stand_as_they_are_written():
    """A window of one day may be one day."""
    occasions = {"birthday": ["2026-11-20", "2026-11-27"], "wedding": "2026-12-01"}
    member = made(
        built(), handle="m7", visits=4, spent="180.00", joined="2025-01-02", last_visit="2026-10-01",
        segments=["students"], occasions=occasions,
    )  # fmt: skip
    assert (member.handle, member.visits, member.spent_minor) == ("m7", 4, 18000)
    assert (member.joined, member.last_visit, member.segments) == ("2025-01-02", "2026-10-01", ("students",))
    assert member.occasions == {"birthday": ("2026-11-20", "2026-11-27"), "wedding": ("2026-12-01", "2026-12-01")}


def test_uses_count_for_each_period_they_fall_in():
    """A number is so many today, this month and ever."""
    assert made(built(), used={"ten_off": 2}).balances == {"used/ten_off": 2, "used_month/ten_off": 2, "used_day/ten_off": 2}
    assert made(built(), used={"ten_off": {"ever": 5, "month": 1}}).balances == {"used/ten_off": 5, "used_month/ten_off": 1}


def test_counters_and_plans():
    """By their names; a plan has its last day."""
    program = built(
        plans={"gold": {"name": {"en": "Gold"}, "product": "gold-card", "months": 12}},
        challenges={
            "five": {"type": "per_sale", "give": 1, "name": {"en": "five"}, "goal": 5, "prize_unit": "points", "prize": 9}
        },
    )
    member = made(program, counters={"count/five": 3, "rest/points": 40}, plans={"gold": "2027-01-01"})
    assert member.plans == {"gold": "2027-01-01"}
    assert (member.balances["count/five"], member.balances["rest/points"]) == (3, 40)


@pytest.mark.parametrize(
    ("values", "key", "wrong", "wanted"),
    [
        ({"units": {"pints": 1}}, "units.pints", "the program has no unit 'pints'", "did you mean 'points'?"),
        ({"units": {"points": "1"}}, "units.points.0.pieces", "it says '1'", "a whole number is wanted"),
        ({"units": {"points": 1.5}}, "units.points.0.pieces", "it says 1.5", "a whole number is wanted"),
        ({"units": {"points": [{}]}}, "units.points.0.pieces", "it is missing", "add it"),
        (
            {"units": {"points": [{"pieces": 1, "expires": "2026-02-30"}]}},
            "units.points.0.expires",
            'a day is a text such as "2026-11-21"',
            "it says '2026-02-30'",
        ),
        (
            {"units": {"points": [{"pieces": 1, "ready": "2027-01-01", "expires": "2026-12-31"}]}},
            "units.points.0.ready",
            "it is after they expire",
            "a day before that",
        ),
        ({"tier": "golden"}, "tier", "the program has no tier 'golden'", "did you mean 'gold'?"),
        ({"used": {"x": 1}}, "used.x", "the program has no reward or promotion 'x'", "one of: ten_off"),
        ({"used": {"ten_off": -1}}, "used.ten_off.ever", "it says -1", "at least 0 is wanted"),
        ({"counters": {"x": 1}}, "counters.x", "the program has no counter 'x'", "one of: earned_day/points"),
        ({"plans": {"gold": "2027-01-01"}}, "plans.gold", "the program has no plan 'gold'", "nothing"),
        ({"plans": {"gold": 1}}, "plans.gold", "a day is a text", "it says 1"),
        ({"joined": "yesterday"}, "joined", "a day is a text", "it says 'yesterday'"),
        (
            {"occasions": {"birthday": ["2026-11-20"]}},
            "occasions.birthday",
            "a window is its first and its last day",
            "it says",
        ),
        (
            {"occasions": {"x": ["2026-11-20", "2026-11-19"]}},
            "occasions.x",
            "a window is its first and its last day",
            "it says",
        ),
        ({"visits": -1}, "visits", "it says -1", "at least 0 is wanted"),
        ({"spent": 180}, "spent", "money is a text", "it says 180"),
        ({"phone": "050"}, "phone", "there is no such key", "one of: handle"),
        ([], "", "it says []", "a table is wanted"),
    ],
)
def test_a_mistake_is_told_with_what_is_wanted(values, key, wrong, wanted):
    """By its key."""
    found = mistakes(cafe(), values)
    assert key in [one.key for one in found]
    first = next(one for one in found if one.key == key)
    assert first.wrong.startswith(wrong)
    assert first.wanted.startswith(wanted)
