"""What a clerk reads of a program that is wrong: every word of it has been read."""

import pytest

from tests.loyalty.terrible import GOLDEN, told


def test_no_page_is_missing() -> None:
    """And none is left of what is told no more."""
    assert sorted(told()) == sorted(file.name for file in GOLDEN.iterdir())


@pytest.mark.parametrize("page", sorted(file.name for file in GOLDEN.iterdir()))
def test_the_words_of_a_page_are_as_they_were_read(page: str) -> None:
    """Where, what is wrong, and what is wanted, in this order; `make golden` writes them anew."""
    assert told()[page] == (GOLDEN / page).read_text(encoding="utf-8")
