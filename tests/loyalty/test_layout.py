"""A layout puts a receipt's blocks into the shop's order and adds its own; it loses nothing that must be on the paper."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loyalty.document import Note, Picture, Qr, Receipt, Row, Rule, Said, Title, Words
from loyalty.layout import ALWAYS, PARTS, STANDARD, Layout, Line, arranged
from loyalty.receipt import as_copy, as_training
from sync.example import example

SALE = Receipt(
    "he",
    "ILS",
    (Title("club", {"club": "x"}), Row("before", 1), Row("earned", 2), Row("balance", 3), Note("offer"), Note("number")),
)
LOGO = Picture(b"png")


def write(template: str, for_people: bool) -> str:
    """Words as they are, told apart by whom they are for."""
    return template if for_people else f"<{template}>" if template else ""


def shown(*lines: Line, receipt: Receipt = SALE, logo: Picture | None = None) -> tuple[object, ...]:
    """The blocks in a layout of these lines."""
    return arranged(receipt, Layout("mine", 1, lines, logo), write).blocks


def codes(blocks: tuple[object, ...]) -> list[str]:
    """What the domain says, by code."""
    return [block.code for block in blocks if isinstance(block, Said)]


def test_the_built_in_layout_shows_everything_once() -> None:
    """Each block of a receipt is there, none is there twice, and nothing is added."""
    for language in ("he", "en", "ar", "ru"):
        receipt = as_copy(as_training(example(language)))
        assert sorted(codes(arranged(receipt, STANDARD, write).blocks)) == sorted(codes(receipt.blocks))


def test_parts_stand_in_the_order_of_the_layout() -> None:
    """And the blocks of one part in the order of the receipt."""
    assert codes(shown(Line(show="number"), Line(show="balances"), Line(show="club"))) == [
        "number", "before", "earned", "balance", "club",
    ]  # fmt: skip


def test_what_is_not_named_is_not_shown() -> None:
    """The offer is not on this paper."""
    assert codes(shown(Line(show="balances", without=("before", "earned")))) == ["balance"]


def test_a_part_is_shown_once() -> None:
    """At the first line that names it."""
    assert codes(shown(Line(show="number"), Line(show="club"), Line(show="number"))) == ["number", "club"]


def test_when_asks_for_a_part() -> None:
    """Even one that another line has shown already; of a part that is not there the line is not."""
    own = Line(words={"he": "יש"}, when="offers")
    assert shown(Line(show="offers"), own)[-1] == Words("יש")
    assert shown(replace(own, when="coupon")) == ()
    assert shown(Line(show="club", when="coupon")) == ()


def test_words_are_in_the_receipts_language() -> None:
    """Else in English, else in any there is."""
    for words, said in (({"he": "א", "en": "b"}, "א"), ({"en": "b", "ru": "c"}, "b"), ({"ru": "c"}, "c")):
        assert shown(Line(words=words, size="title", side="end")) == (Words(said, "title", "end"),)


def test_a_code_stands_above_its_words() -> None:
    """What it says is written for machines."""
    assert shown(Line(qr="u", words={"he": "א"}, width_percent=30)) == (Qr("<u>", 30), Words("א"))


def test_what_says_nothing_takes_no_room() -> None:
    """Words that come out empty, and a code of nothing."""
    empty = Layout("mine", 1, (Line(qr="x", words={"he": "y"}),))
    assert arranged(SALE, empty, lambda *_: "").blocks == ()


def test_rule_and_logo() -> None:
    """A rule as often as it is wanted; a logo only where there is one."""
    assert shown(Line(show="rule"), Line(show="logo"), Line(show="rule"), logo=LOGO) == (Rule(), LOGO, Rule())
    assert shown(Line(show="logo")) == ()


def test_the_rest_of_the_receipt_stays() -> None:
    """Language, currency and facts are the receipt's."""
    receipt = replace(SALE, facts={"name": "x"})
    laid = arranged(receipt, STANDARD, write)
    assert (laid.language, laid.currency, laid.facts) == ("he", "ILS", {"name": "x"})


def test_an_arranged_receipt_may_be_arranged_again() -> None:
    """Another layout's own lines do not stay."""
    once = arranged(SALE, Layout("mine", 1, (Line(words={"he": "א"}), Line(show="rule"), Line(show="club"))), write)
    assert codes(arranged(once, STANDARD, write).blocks) == ["club"]


@pytest.mark.parametrize("part", ALWAYS)
def test_the_built_in_layout_has_what_must_be_there(part: str) -> None:
    """Without condition."""
    assert Line(show=part) in STANDARD.lines


@given(st.lists(st.sampled_from([*PARTS, "words"]), max_size=30), st.booleans())
def test_nothing_is_made_up(parts: list[str], copied: bool) -> None:
    """Whatever the lines, what the domain says is a part of what the receipt has, each at most once."""
    receipt = as_copy(example("he")) if copied else example("he")
    lines = tuple(Line(words={"he": "א"}) if part == "words" else Line(show=part) for part in parts)
    blocks = arranged(receipt, Layout("mine", 1, lines, LOGO), write).blocks
    said = [block for block in blocks if isinstance(block, Said)]
    assert all(said.count(block) == 1 and block in receipt.blocks for block in said)
    assert sum(isinstance(block, Words) for block in blocks) == parts.count("words")
