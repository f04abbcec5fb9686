"""The names of what is counted beside the units."""

from loyalty import counters


def test_a_counters_name_is_frozen():
    """Ledgers hold it for years."""
    assert [
        counters.used("r"),
        counters.used("r", "day"),
        counters.earned("r", "month"),
        counters.rest("r"),
        counters.counted("c"),
        counters.stepped("c"),
        counters.won("c"),
        counters.given("a"),
        counters.plan("p"),
        counters.budget("r"),
    ] == ["used/r", "used_day/r", "earned_month/r", "rest/r", "count/c", "step/c", "won/c", "given/a", "plan/p", "budget/r"]


def test_a_unit_of_a_program_is_no_counter():
    """By the slash."""
    assert counters.is_counter("used/r")
    assert not counters.is_counter("point")
