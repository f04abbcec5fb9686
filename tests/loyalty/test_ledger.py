"""Entries and their sums."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loyalty import bounds
from loyalty.ledger import ISSUED, REDEEMED, Entry, available, balances, held

accounts = st.sampled_from([ISSUED, REDEEMED, available("a"), available("b"), held("h")])
entries = st.lists(
    st.builds(
        lambda pair, unit, pieces: Entry(*pair, unit, pieces),
        st.lists(accounts, min_size=2, max_size=2, unique=True),
        st.sampled_from(["point", "stamp"]),
        st.integers(1, bounds.PIECES_MAX),
    )
)


@given(entries)
def test_all_accounts_of_a_unit_sum_to_zero(booked):
    """What one account has, another lacks."""
    sums = balances(booked)
    for unit in {unit for _, unit in sums}:
        assert sum(pieces for (_, of), pieces in sums.items() if of == unit) == 0


@given(entries, st.randoms())
def test_order_does_not_matter(booked, random):
    """A balance is a sum."""
    shuffled = list(booked)
    random.shuffle(shuffled)
    assert balances(shuffled) == balances(booked)


def test_an_entry_moves_from_source_to_target():
    """The source has less, the target more, and each unit is on its own."""
    moved = [
        Entry(ISSUED, available("a"), "point", 7),
        Entry(available("a"), held("h"), "point", 3),
        Entry(ISSUED, "x", "stamp", 1),
    ]
    assert balances(moved) == {
        ("program/issued", "point"): -7,
        ("member/a/available", "point"): 4,
        ("hold/h", "point"): 3,
        ("program/issued", "stamp"): -1,
        ("x", "stamp"): 1,
    }


@pytest.mark.parametrize("pieces", [0, -1, True, 1.0, bounds.PIECES_MAX + 1])
def test_an_entry_moves_something(pieces):
    """A positive whole number of pieces, within bounds."""
    with pytest.raises(ValueError, match="pieces"):
        Entry("a", "b", "point", pieces)


def test_an_entry_goes_somewhere():
    """From an account to itself is a bug."""
    with pytest.raises(AssertionError):
        Entry("a", "a", "point", 1)
