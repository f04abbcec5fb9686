"""Every model's example, played as a story that a person has read."""

from itertools import pairwise

import pytest

from tests.posd.trial.sums import adds_up
from tests.stories.golden import GOLDEN, names
from tests.stories.telling import PROGRAMS, told


def test_every_example_has_a_story_that_was_read() -> None:
    """None is missing, none is of a program that is gone."""
    assert names() == sorted(path.stem for path in PROGRAMS.glob("*.toml")) == sorted(path.stem for path in GOLDEN.iterdir())


@pytest.mark.parametrize("name", names())
def test_the_story_is_as_it_was_read(name: str) -> None:
    """Not a word and not an agora differs; `make golden` writes it anew."""
    assert told(name).text == (GOLDEN / f"{name}.txt").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", names())
def test_every_part_of_the_story_sums_to_its_whole(name: str) -> None:
    """Lines, discounts, taxes, tenders, and every unit from step to step."""
    answers = told(name).answers
    for answer in answers:
        adds_up(answer)
        if answer["lines"]:
            assert sum(one["amount_minor"] for one in answer["tenders"]) == answer["to_pay_minor"]
    for before, after in pairwise(answers):
        for unit, found in after["units"].items():
            assert found["before"] == before["units"].get(unit, {"after": 0})["after"]
