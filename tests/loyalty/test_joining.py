"""What a joining member gives: a number in one spelling, and a hash in the record that says nothing."""

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loyalty.joining import Desk, Join, Person, content_hash, phone_number
from loyalty.refusal import Refusal

DESK = Desk("till-1", "7", "2026-11-21")
PERSON = Person("5a" * 16, "חברה", "+972501234567", "he", "terms 3")
JOIN = Join(DESK, "f" * 64, "00" * 10, "", "terms 3", content_hash(PERSON.content))


@pytest.mark.parametrize(
    "typed",
    [
        "050-123-4567",
        "0501234567",
        "+972 50 123 4567",
        "00972501234567",
        " (050) 123.4567 ",
        "\u200e050-1234567\u200e",
        "+972-50/1234567",
    ],
)
def test_a_number_is_one_number_however_it_is_typed(typed: str) -> None:
    """At home, from abroad, with whatever stands between the digits."""
    assert phone_number(typed) == "+972501234567"


@pytest.mark.parametrize("typed", ["5", "abc", "+0501234567", "050123456x", "+", "0", "1234567890", "+" + "9" * 16])
def test_what_is_no_number_is_refused(typed: str) -> None:
    """And nobody guesses."""
    assert phone_number(typed) == Refusal("phone_invalid")


@given(st.text(max_size=30))
def test_a_number_stays_as_it_is(typed: str) -> None:
    """What is accepted is accepted again, unchanged."""
    found = phone_number(typed)
    assert isinstance(found, Refusal) or phone_number(found) == found


def test_the_hash_is_of_what_is_sent_and_is_salted() -> None:
    """The same person with another salt has another hash, and the content reads back as it was."""
    assert Person(**json.loads(PERSON.content)) == PERSON
    assert content_hash(replace(PERSON, salt="00" * 16).content) != JOIN.attachment


def test_what_cannot_be_is_refused() -> None:
    """Bounds of what a terminal sends; a number that is none is not repeated in the message."""
    for wrong in ({"salt": "xx"}, {"first_name": "x" * 61}, {"language": ""}, {"consent": ""}):
        with pytest.raises(ValueError, match=" is "):
            replace(PERSON, **wrong)
    with pytest.raises(ValueError, match=r"^phone is no telephone number$"):
        replace(PERSON, phone="050-1234567")
    for bad in ({"member": "00"}, {"attachment": "x"}, {"consent": ""}, {"code": "2900000000019"}, {"code": "290"}):
        with pytest.raises(ValueError, match=" is "):
            replace(JOIN, **bad)
    for nowhere in ({"till": ""}, {"business_date": "2026-02-30"}, {"cashier": "x" * 201}):
        with pytest.raises(ValueError, match=" is "):
            replace(DESK, **nowhere)
