"""What a clerk reads of a program that is wrong: every word of it has been read."""

import pytest

from tests.loyalty.terrible import GOLDEN, told

TOLD = told()


def test_no_page_is_missing() -> None:
    """And none is left of what is told no more."""
    assert sorted(TOLD) == sorted(file.name for file in GOLDEN.iterdir())


@pytest.mark.parametrize("name", sorted(TOLD))
def test_the_words_are_as_they_were_read(name: str) -> None:
    """Where, what is wrong, and what is wanted, in this order; `make golden` writes them anew."""
    assert TOLD[name] == (GOLDEN / name).read_text(encoding="utf-8")
