"""Lots: which day pieces become ready, which day they go, and in which order they are taken."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loyalty import lots
from loyalty.goods import ALL
from loyalty.program import Challenge, Plan, Program, Unit

DAY = "2026-11-18"  # a Wednesday
HELD = {
    "": 5,
    "/2026-11-18": 4,
    "/2026-11-17": 3,
    "2026-11-18/2026-12-31": 2,
    "2026-11-19/2026-12-30": 7,
    "2026-11-20/": 6,
    "/x": 0,
}

days = st.dates(date(2020, 1, 1), date(2030, 1, 1)).map(lambda day: day.isoformat())
some_lots = st.dictionaries(
    st.one_of(st.just(""), st.builds(lots.lot_named, st.one_of(st.just(""), days), st.one_of(st.just(""), days))),
    st.integers(0, 20),
    max_size=6,
)


def program(**changes):
    """A program of nothing but what is given."""
    return Program("bare", 1, "ILS", {}, **{"units": {}, "accruals": {}, "rewards": {}, **changes})


def challenge(**fields):
    """A challenge that counts something."""
    return Challenge("per_sale", {}, 3, None, ALL, **fields)


@pytest.mark.parametrize(("ready", "expires", "lot"), [("", "", ""), ("a", "", "a/"), ("", "b", "/b"), ("a", "b", "a/b")])
def test_a_lot_is_named_by_its_life(ready, expires, lot):
    """And its life is read from its name."""
    assert lots.lot_named(ready, expires) == lot
    assert lots.life(lot) == (ready, expires)


@pytest.mark.parametrize(
    ("unit", "lot"),
    [
        (Unit({}), ""),
        (Unit({}, pending_days=14), "2026-12-02/"),
        (Unit({}, expire_days=30), "/2026-12-18"),
        (Unit({}, expire_months=3), "/2027-02-18"),
        (Unit({}, expire_months=1, expire_days=13), "/2027-01-01"),
        (Unit({}, expire_days=30, expire_at="month_end"), "/2026-12-31"),
        (Unit({}, expire_months=14, expire_at="year_end"), "/2028-12-31"),
        (Unit({}, pending_days=1, expire_months=12), "2026-11-19/2027-11-18"),
        (Unit({}, expire_at="month_end"), ""),
    ],
)
def test_the_lot_of_what_is_earned(unit, lot):
    """Pending first, then spendable until the day, the month's end or the year's end."""
    assert lots.lot_for(program(units={"point": unit}), "point", DAY) == lot


@pytest.mark.parametrize(
    ("unit", "lot"),
    [
        ("unknown", ""),
        ("used_day/r", "/2026-11-18"),
        ("earned_day/r", "/2026-11-18"),
        ("used_month/r", "/2026-11-30"),
        ("earned_month/r", "/2026-11-30"),
        ("used/r", ""),
        ("rest/r", ""),
        ("count/gone", ""),
        ("count/ever", ""),
        ("count/rolling", "/2026-11-24"),
        ("count/weekly", "/2026-11-21"),
        ("count/streak", "/2026-11-28"),
        ("count/yearly", "/2026-12-31"),
        ("step/streak", "/2026-11-21"),
        ("step/ever", ""),
        ("count/daily", "/2026-11-19"),
        ("won/weekly", ""),
        ("given/award", "/2027-10-18"),
    ],
)
def test_the_lot_of_a_counter(unit, lot):
    """Until the end of what it counts within; of a streak, the end of the period after this one."""
    counting = {
        "ever": challenge(),
        "rolling": challenge(within_days=7),
        "weekly": challenge(period="week"),
        "streak": challenge(period="week", streak=True),
        "yearly": challenge(period="year"),
        "daily": challenge(period="day", streak=True),
    }
    assert lots.lot_for(program(challenges=counting), unit, DAY) == lot


@pytest.mark.parametrize(
    ("plan", "held", "lot"),
    [
        ({"days": 30}, {}, "2026-11-18/2026-12-17"),
        ({"months": 12}, {}, "2026-11-18/2027-11-17"),
        ({"months": 1, "days": 1}, {}, "2026-11-18/2026-12-18"),
        ({"months": 1}, {"2026-01-01/2026-12-31": 1}, "2027-01-01/2027-01-31"),
        ({"months": 1}, {"2026-01-01/2026-11-18": 1}, "2026-11-19/2026-12-18"),
        ({"months": 1}, {"2026-01-01/2026-11-17": 1}, "2026-11-18/2026-12-17"),
        ({"months": 1}, {"2026-01-01/2026-12-31": 0}, "2026-11-18/2026-12-17"),
        ({"months": 1}, {"a/2026-12-31": 1, "b/2027-06-30": 1, "c/2027-01-31": 1}, "2027-07-01/2027-07-31"),
    ],
)
def test_the_lot_of_a_plan(plan, held, lot):
    """From today, or from the day after the one that runs; a month is up to the day before the same day."""
    assert lots.plan_lot(program(plans={"gold": Plan({}, "p", **plan)}), "gold", held, DAY) == lot


def test_what_there_is_on_a_day():
    """Spendable from the first day to the last, both included; the pending ones are there and cannot be spent."""
    assert lots.spendable(HELD, DAY) == 5 + 4 + 2
    assert lots.standing(HELD, DAY) == 5 + 4 + 2 + 7 + 6
    assert lots.spendable({"": -3, "/2026-11-18": 1}, DAY) == -2
    assert lots.expired(HELD, DAY) == (("/2026-11-17", 3),)
    assert lots.expired({"/2026-11-01": 0, "/2026-10-02": 1, "/2026-10-01": 1, "": -1}, DAY) == (
        ("/2026-10-01", 1),
        ("/2026-10-02", 1),
    )


@pytest.mark.parametrize(
    ("pieces", "parts"),
    [
        (1, (("/2026-11-18", 1),)),
        (4, (("/2026-11-18", 4),)),
        (5, (("/2026-11-18", 4), ("2026-11-18/2026-12-31", 1))),
        (7, (("/2026-11-18", 4), ("2026-11-18/2026-12-31", 2), ("", 1))),
        (11, (("/2026-11-18", 4), ("2026-11-18/2026-12-31", 2), ("", 5))),
    ],
)
def test_the_first_to_expire_is_spent_first(pieces, parts):
    """Those that never expire last; nothing that is pending or gone."""
    assert lots.take(HELD, pieces, DAY) == parts


def test_what_is_not_there_is_an_overdraft():
    """In the lot of pieces without a life."""
    assert sum(pieces for _, pieces in lots.take(HELD, 20, DAY)) == 20
    assert lots.take({"/2026-12-01": 2}, 5, DAY) == (("/2026-12-01", 2), ("", 3))
    assert lots.take({}, 5, DAY) == (("", 5),)


def test_of_two_that_expire_together_the_one_ready_earlier_goes_first():
    """A stable order, whatever the order of the books."""
    held = {"2026-11-02/2026-12-01": 1, "2026-11-01/2026-12-01": 1}
    assert lots.take(held, 1, DAY) == (("2026-11-01/2026-12-01", 1),)


@given(some_lots, st.integers(1, 60), days)
def test_taking_keeps_the_books(held, pieces, day):
    """All is taken, never more of a lot than it has, but for the overdraft; and what is left is what was, less it."""
    parts = dict(lots.take(held, pieces, day)) if lots.spendable(held, day) >= pieces else {}
    assert sum(parts.values()) in (0, pieces)
    assert all(0 < part <= held[lot] for lot, part in parts.items())
    left = {lot: have - parts.get(lot, 0) for lot, have in held.items()}
    assert lots.spendable(left, day) == lots.spendable(held, day) - sum(parts.values())


@pytest.mark.parametrize(
    ("pieces", "own", "back"),
    [
        (3, "2026-11-20/", ((("2026-11-20/", 3),), 3, 0)),
        (8, "2026-11-20/", ((("2026-11-20/", 6), ("2026-11-19/2026-12-30", 2)), 8, 0)),
        (3, "gone/", ((("2026-11-19/2026-12-30", 3),), 3, 0)),
        (15, "", ((("2026-11-19/2026-12-30", 7), ("2026-11-20/", 6), ("", 2)), 13, 0)),
        (
            16,
            "2026-11-18/2026-12-31",
            ((("2026-11-19/2026-12-30", 7), ("2026-11-20/", 6), ("2026-11-18/2026-12-31", 2), ("/2026-11-18", 1)), 13, 0),
        ),
        (
            30,
            "gone/",
            (
                (("2026-11-19/2026-12-30", 7), ("2026-11-20/", 6), ("/2026-11-18", 4), ("2026-11-18/2026-12-31", 2), ("", 5)),
                13,
                6,
            ),
        ),
    ],
)
def test_what_a_return_takes_back(pieces, own, back):
    """Pending ones first, its own lot before others; then its own; then the first to expire; and what is nowhere is said."""
    assert lots.take_back(HELD, pieces, own, DAY) == back


@pytest.mark.parametrize(
    ("pieces", "parts"), [(0, []), (1, [("a", 1)]), (2, [("a", 2)]), (3, [("a", 2), ("c", 1)]), (9, [("a", 2), ("c", 3)])]
)
def test_the_first_pieces_of_parts(pieces, parts):
    """An empty part is none."""
    assert lots.first((("a", 2), ("b", 0), ("c", 3)), pieces) == parts


def test_what_expires_when():
    """The next first; what expires today is still to be spent; two lots of one day are one."""
    held = {**HELD, "2026-01-01/2026-12-31": 10, "/2026-12-01": -2}
    assert lots.forecast(held, DAY) == (("2026-11-18", 4), ("2026-12-30", 7), ("2026-12-31", 12))


def test_one_piece_counts_and_none_does_not():
    """In what expires, in what is extended and in what is taken back."""
    held = {"/2026-12-01": 1, "/2026-12-02": 0, "2026-11-19/": 1, "2026-11-20/": 0}
    assert lots.forecast(held, DAY) == (("2026-12-01", 1),)
    assert lots.extended(held, "/2027-01-01", DAY) == (("/2026-12-01", 1),)
    assert lots.take_back(held, 9, "", DAY) == ((("2026-11-19/", 1), ("/2026-12-01", 1)), 1, 7)


def test_activity_makes_pieces_as_young_as_the_newest():
    """All that are in force and expire before it; neither itself nor what lives longer."""
    held = {"": 5, "/2026-11-17": 1, "/2026-11-18": 2, "/2026-12-31": 3, "a/2026-12-31": 4, "/2027-01-01": 6, "/2026-12-01": 0}
    assert lots.extended(held, "/2026-12-31", DAY) == (("/2026-11-18", 2),)
    assert lots.extended(held, "/2027-01-01", DAY) == (("/2026-11-18", 2), ("/2026-12-31", 3), ("a/2026-12-31", 4))
    assert lots.extended({"/2026-12-31": 3, "": 5}, "", DAY) == (("/2026-12-31", 3),)


@pytest.mark.parametrize(
    ("period", "day", "last"),
    [
        ("day", DAY, DAY),
        ("week", "2026-11-15", "2026-11-21"),
        ("week", DAY, "2026-11-21"),
        ("week", "2026-11-21", "2026-11-21"),
        ("week", "2026-11-22", "2026-11-28"),
        ("month", DAY, "2026-11-30"),
        ("month", "2026-12-31", "2026-12-31"),
        ("month", "2028-02-01", "2028-02-29"),
        ("year", DAY, "2026-12-31"),
    ],
)
def test_the_last_day_of_a_period(period, day, last):
    """A week ends on Saturday."""
    assert lots.end_of(period, day) == last


@pytest.mark.parametrize(
    ("day", "months", "later"),
    [
        ("2026-11-18", 0, "2026-11-18"),
        ("2026-11-18", 1, "2026-12-18"),
        ("2026-11-18", 2, "2027-01-18"),
        ("2026-12-18", 12, "2027-12-18"),
        ("2026-01-31", 1, "2026-02-28"),
        ("2028-01-31", 1, "2028-02-29"),
        ("2026-08-31", 13, "2027-09-30"),
    ],
)
def test_months_later(day, months, later):
    """The same day, or the last of a shorter month."""
    assert lots.months_later(day, months) == later
