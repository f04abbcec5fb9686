"""By what time a code is judged."""

import pytest

from posd.clock import OFFSET_MS_MAX
from posd.sights import SIGHT_S_MAX, SIGHTS_MAX, Sight, Sights

NOW_MS = 1_795_000_000_000
NOW_S = NOW_MS // 1000
YEARS_MS = 10 * 365 * 24 * 3600 * 1000


@pytest.mark.parametrize("offset_ms", [0, 40_000, -40_000, OFFSET_MS_MAX, -OFFSET_MS_MAX])
def test_a_clock_is_corrected_by_head_offices(offset_ms: int):
    """A changing part is of a phone's clock, and that is nearer to head office's than a till's may be."""
    assert Sight(NOW_MS, offset_ms).exact_s == (NOW_MS + offset_ms) // 1000


@pytest.mark.parametrize("offset_ms", [OFFSET_MS_MAX + 1, -OFFSET_MS_MAX - 1, YEARS_MS, -YEARS_MS])
def test_a_clock_that_is_far_off_proves_no_changing_part(offset_ms: int):
    """Ours or head office's: one of them is wrong."""
    assert Sight(NOW_MS, offset_ms).exact_s is None


@pytest.mark.parametrize("offset_ms", [0, YEARS_MS, -YEARS_MS])
def test_a_code_is_over_only_if_both_clocks_say_so(offset_ms: int):
    """Neither a head office in the year 2036 nor a terminal there refuses a card by itself."""
    assert Sight(NOW_MS, offset_ms).passed_s == min(NOW_MS, NOW_MS + offset_ms) // 1000


def test_a_clock_that_jumps_while_the_line_is_down_ends_no_code() -> None:
    """How far head office's was from it says nothing any more; what head office's was then has passed for certain."""
    sight = Sight(NOW_MS + 8 * 365 * 86_400_000, 0, heard_ms=NOW_MS - 60_000)
    assert sight.passed_s == NOW_S - 60


def test_after_a_start_without_head_office_the_clock_counts_if_it_went_on():
    """It is later than head office's last word: a power cut during an outage does not end spending."""
    sight = Sight(NOW_MS, heard_ms=NOW_MS - 3_600_000)
    assert (sight.passed_s, sight.exact_s, sight.rules_ms) == (NOW_S - 3600, NOW_S, NOW_MS)


@pytest.mark.parametrize("wall_ms", [0, NOW_MS - 1, -YEARS_MS])
def test_after_a_start_in_1970_no_changing_part_counts(wall_ms: int):
    """It is earlier than head office's last word, so it is wrong; and no card is over because of it."""
    sight = Sight(wall_ms, heard_ms=NOW_MS)
    assert (sight.passed_s, sight.exact_s, sight.rules_ms) == (wall_ms // 1000, None, NOW_MS)


def test_before_head_office_was_ever_heard_our_clock_is_all_there_is():
    """A new terminal."""
    sight = Sight(NOW_MS)
    assert (sight.passed_s, sight.exact_s, sight.rules_ms) == (NOW_S, NOW_S, NOW_MS)


@pytest.mark.parametrize(("offset_ms", "rules_ms"), [(0, NOW_MS), (OFFSET_MS_MAX, NOW_MS), (YEARS_MS, NOW_MS + YEARS_MS)])
def test_the_rules_go_by_our_clock_unless_it_is_in_doubt(offset_ms: int, rules_ms: int):
    """It runs evenly; only a wrong one gives way to head office's."""
    assert Sight(NOW_MS, offset_ms).rules_ms == rules_ms


def test_a_code_is_judged_by_when_it_came_into_sight():
    """The till asks for the same basket minutes later with the code that it scanned first."""
    sights, first, later = Sights(), Sight(NOW_MS, 5), Sight(NOW_MS + 600_000, 7)
    assert sights.of("PL1:A:1", first, 100.0) == first
    assert sights.of("PL1:A:1", later, 100.0 + SIGHT_S_MAX) == first
    assert sights.of("PL1:A:2", later, 700.0) == later


def test_not_for_ever():
    """After a quarter of an hour it is another visit, or a photo."""
    sights, first, later = Sights(), Sight(NOW_MS, 5), Sight(NOW_MS + 901_000, 7)
    sights.of("PL1:A:1", first, 100.0)
    assert sights.of("PL1:A:1", later, 101.0 + SIGHT_S_MAX) == later
    assert sights.of("PL1:A:1", first, 102.0 + SIGHT_S_MAX) == later


def test_a_code_that_does_not_change_is_judged_now():
    """Nothing is kept of cards and of goods."""
    sights, later = Sights(), Sight(NOW_MS + 1)
    sights.of("PL1:A", Sight(NOW_MS), 0.0)
    assert sights.of("PL1:A", later, 1.0) == later
    assert not sights._first


def test_only_so_many_are_remembered():
    """The oldest is forgotten first."""
    sights = Sights()
    for number in range(SIGHTS_MAX + 10):
        sights.of(f"PL1:A:{number}", Sight(number), float(number))
    assert len(sights._first) == SIGHTS_MAX
    assert sights.of("PL1:A:9", Sight(-1), 99.0) == Sight(-1)
    assert sights.of("PL1:A:73", Sight(-1), 99.0) == Sight(73)
