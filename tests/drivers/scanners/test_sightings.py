"""One code held up is one scan."""

from drivers.scanners.sightings import TEXTS_MAX, Sightings


def test_a_code_in_view_is_one_scan() -> None:
    """As long as a code stays in view it is not new, however long that is."""
    seen = Sightings(3.0)
    assert [seen.is_new("A", at_s / 10) for at_s in range(200)] == [True] + [False] * 199


def test_a_code_shown_again_is_new() -> None:
    """Out of view for the set time, it is a new scan; a little less, it is not."""
    seen = Sightings(3.0)
    assert [seen.is_new("A", at_s) for at_s in (0.0, 2.9, 5.8, 8.8)] == [True, False, False, True]


def test_codes_do_not_hide_each_other() -> None:
    """Another code is new at once, and the first still is not."""
    seen = Sightings(3.0)
    assert [seen.is_new(text, at_s) for text, at_s in (("A", 0.0), ("B", 0.1), ("A", 0.2), ("B", 0.3))] == [
        True,
        True,
        False,
        False,
    ]


def test_zero_counts_every_sighting() -> None:
    """With 0 seconds each sighting is a scan."""
    seen = Sightings(0)
    assert [seen.is_new("A", 1.0) for _ in range(3)] == [True] * 3


def test_old_texts_are_forgotten() -> None:
    """A terminal that sees new codes all day does not keep them."""
    seen = Sightings(3.0)
    for number in range(1000):
        seen.is_new(str(number), number * 1.0)
    assert len(seen._last_s) < 10


def test_however_many_are_shown_few_are_kept() -> None:
    """Where no code is to count again for an hour, the last TEXTS_MAX are remembered, and one that stays in view is among them."""
    seen = Sightings(3600.0)
    for number in range(3 * TEXTS_MAX):
        assert seen.is_new(str(number), number / 100)
        assert seen.is_new("held up", number / 100) == (number == 0)
    assert len(seen._last_s) == TEXTS_MAX
    assert not any(seen.is_new(str(number), 3.0 * TEXTS_MAX) for number in range(2 * TEXTS_MAX + 1, 3 * TEXTS_MAX))
