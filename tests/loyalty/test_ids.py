"""Ids that are the same however often they are made, and never the same for two things."""

import hashlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loyalty.ids import random_id, record_id
from tests.strategies import texts

triples = st.tuples(*[st.one_of(texts, st.sampled_from(['","', '"', "", "a", "\\"]))] * 3)


@given(triples, triples)
def test_two_triples_never_meet(one, other):
    """Also where a text holds the other's separators."""
    assert (record_id(*one) == record_id(*other)) == (one == other)


def test_a_known_id():
    """The algorithm is frozen: an id made by an old version must be made again by a new one."""
    made = record_id("t-07", "2026-11-18", "קבלה 1234")
    spelled = '["t-07","2026-11-18","קבלה 1234"]'
    assert json.loads(spelled) == ["t-07", "2026-11-18", "קבלה 1234"]
    assert made == hashlib.sha256(spelled.encode()).hexdigest()[:32] == "95c2b6b02629c898b9b5af29b3e0c1d3"


def test_the_same_receipt_number_of_two_days_or_terminals_differs():
    """Receipt 1234 of two stores or of two years never meets."""
    same = {record_id(t, d, "1234") for t in ("a", "b") for d in ("2026-11-18", "2027-11-18")}
    assert len(same) == 4


def test_a_random_id_is_its_entropy():
    """32 hex digits of 16 bytes, and of no other number."""
    assert random_id(bytes(range(16))) == "000102030405060708090a0b0c0d0e0f"
    with pytest.raises(AssertionError):
        random_id(b"short")
