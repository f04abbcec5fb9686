"""The examples say all that a receipt can say, by the rules that say it in a shop."""

import pytest

from loyalty.document import Receipt, Said
from loyalty.layout import FACTS, PARTS, UNIT_FACTS
from loyalty.receipt import as_copy, as_training, join_receipt
from loyalty.validate import validate
from runtime.words import LANGUAGES
from sync.example import DATE, KINDS, example
from sync.example_program import PROGRAM


def codes(receipt: Receipt) -> set[str]:
    """What it says."""
    return {block.code for block in receipt.blocks if isinstance(block, Said)}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_part_is_in_some_example(language: str) -> None:
    """Or a layout would be tried, and shown, without it. The slip of who joins is no example: no layout changes it."""
    slips = (join_receipt("", code, PROGRAM, language) for code in ("", "PL1:ABC"))
    said = set().union(*map(codes, slips), *(codes(as_copy(as_training(example(language, kind)))) for kind in KINDS))
    assert set().union(*PARTS.values()) - said == set()


@pytest.mark.parametrize("kind", KINDS)
def test_an_example_says_the_same_in_every_language(kind: str) -> None:
    """With other words: its blocks, numbers and facts are those of the one sale."""
    first, *others = (example(language, kind) for language in LANGUAGES)
    for one in others:
        assert [type(block) for block in one.blocks] == [type(block) for block in first.blocks]
        assert codes(one) == codes(first)
        assert {name: fact for name, fact in one.facts.items() if isinstance(fact, int)} == {
            name: fact for name, fact in first.facts.items() if isinstance(fact, int)
        }


def test_each_has_the_branches_that_words_ask_for() -> None:
    """Of a return and of a sale, in reach and out of it, with a balance and without, to somebody and to nobody by name."""
    facts = {kind: example("he", kind).facts for kind in KINDS}
    assert {kind for kind in KINDS if facts[kind].get("returned")} == {"return"}
    assert {kind for kind in KINDS if not facts[kind]["online"]} == {"offline", "new"}
    assert {kind for kind in KINDS if "balance.points" not in facts[kind]} == {"new"}
    assert {kind for kind in KINDS if not facts[kind]["name"]} == {"new"}
    assert facts["sale"]["date"] == DATE
    assert facts["return"]["before.points"] == facts["sale"]["balance.points"]


def test_every_fact_is_in_some_example() -> None:
    """What words may name has a value to try them on."""
    found = {name.partition(".")[0] for kind in KINDS for name, fact in example("en", kind).facts.items() if fact}
    assert found == {*FACTS, *UNIT_FACTS}


def test_the_program_is_one_that_could_be_published() -> None:
    """Without a mistake, and with every name in every language."""
    assert validate(PROGRAM) == []
    rules = (PROGRAM.units, PROGRAM.rewards, PROGRAM.promotions, PROGRAM.challenges, PROGRAM.plans, PROGRAM.pools)
    assert PROGRAM.tiers
    names = [PROGRAM.name, *PROGRAM.causes.values(), *(tier.name for tier in PROGRAM.tiers.steps)]
    names += [rule.name for table in rules for rule in table.values()]
    assert all(set(one) == set(LANGUAGES) for one in names)
