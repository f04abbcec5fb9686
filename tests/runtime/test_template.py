"""The words of a layout: harmless by what they may be made of, told of every mistake, and said in the receipt's language."""

import inspect
import sys
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loyalty.document import Note
from loyalty.layout import FACTS, STANDARD, UNIT_FACTS, Layout, Line
from runtime import template
from runtime.errors import Misconfigured
from runtime.template import (
    NESTING_MAX,
    QR_BYTES_MAX,
    SAID_CHARS_MAX,
    TEMPLATE_CHARS_MAX,
    _compiled,
    laid_out,
    units_in,
    write,
    write_plain,
)
from sync.example import example

FACT = {"name": "חבר", "number": "A-1", "online": 1, "date": "2026-03-05", "balance.points": 1234, "worth.points": 12340}


def said(words: str, language: str = "en", **facts: Any) -> str:
    """What `words` say."""
    return write(words, {**FACT, **facts}, language, "ILS")


def wrong(words: str) -> list[str]:
    """What is wrong with `words`, as a person reads it."""
    return [f"{one.wrong}; {one.wanted}" for one in template.mistakes(words, "lines.0.words.he")]


@pytest.mark.parametrize(
    ("words", "text"),
    [
        ("Hello", "Hello"),
        ("Hello {{ number }}", "Hello A-1"),
        ("{{ balance.points }} points", "1,234 points"),
        ("{{ worth.points | money }}", "₪123.40"),
        ("{{ date | date }}", "Mar 5, 2026"),
        ("{% if online %}on{% else %}off{% endif %}", "on"),
        ("{% if balance.points > 1000 and not returned %}rich{% endif %}", "rich"),
        ("{{ 'a' if returned else 'b' }}", "b"),
        ("{{ 'a' if returned }}x", "x"),
        ("{{ tier | default('none', true) }}", "none"),
        ("{{ number ~ '/' ~ date }}", "A-1/2026-03-05"),
        ("{{ number | upper }}", "A-1"),
        ("one\n   line", "one line"),
        ("{# not said #}x", "x"),
        ("{% if not online %}{{ balance.nothing }}{% endif %}x", "x"),
        ("<b>&amp;</b> {{ coupon }}", "<b>&amp;</b>"),
    ],
)
def test_what_words_say(words: str, text: str) -> None:
    """Facts, counts and amounts as the language writes them, conditions, and nothing escaped: paper is not HTML."""
    assert wrong(words) == []
    assert said(words) == text


@pytest.mark.parametrize(
    "words",
    [
        "You have {{ balance.pionts }} points",
        "{{ earned.points }}",
        "{{ worth.stamps | money }}",
        "{{ unit.stamps }}",
        "{{ balance.items }}{{ balance.keys }}",
        "{% if balance.stamps > 5 %}rich{% else %}poor{% endif %}",
        "{{ balance.stamps | default(0) }}",
    ],
)
def test_words_about_what_the_receipt_does_not_know_say_nothing(words: str) -> None:
    """A 0 of a unit that was misspelled, or of a balance that nobody here knows, would be a lie: the line is not there."""
    assert wrong(words) == []
    assert said(words) == ""
    assert write_plain(words, FACT) == ""
    layout = Layout("mine", 1, (Line(words={"he": words}, qr=words), Line(show="number")))
    assert [type(block) for block in laid_out(replace(example("he"), facts=FACT), layout).blocks] == [Note]


def test_the_units_that_words_name() -> None:
    """Each once, by its code, wherever it stands; the facts of all receipts are none."""
    assert units_in("{{ name }} {{ balance.points }} {% if worth.points %}{{ unit.stamps | upper }}{% endif %}") == {
        "points", "stamps",
    }  # fmt: skip


def test_names_are_set_apart() -> None:
    """A Hebrew name in an English sentence cannot turn it around, nor a Latin number a Hebrew one."""
    assert said("Hello {{ name }}!") == "Hello \u2068חבר\u2069!"
    assert said("קבלה {{ number }}", "he") == "קבלה \u2068A-1\u2069"
    assert said("שלום {{ name }}!", "he") == "שלום חבר!"


def test_names_are_cleaned() -> None:
    """Line ends, controls and marks of direction are not the name's to bring."""
    assert said("{{ name }}", name="a\u202eb\n\x07c") == "ab c"


@pytest.mark.parametrize(
    ("words", "kept"),
    [("הנחה -5% היום", "הנחה \u2066-5%\u2069 היום"), ("054-123-4567", "\u2066054-123-4567\u2069"), ("ב-5", "ב-5")],
)
def test_numbers_are_read_from_left_to_right(words: str, kept: str) -> None:
    """A minus stays before its number and a telephone number whole."""
    assert said(words, "he") == kept
    assert said(words, "en") == words


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("{{ nmae }}", "there is no 'nmae'; did you mean 'name'?"),
        ("{{ zzz }}", f"there is no 'zzz'; one of {', '.join(FACTS)}"),
        ("{{ balance }}", "'balance' is known of each unit; name the unit behind a dot: balance.points"),
        ("{{ name.points }}", f"nothing is known of 'name' by unit; one of {', '.join(UNIT_FACTS)}"),
        ("{{ balance.points.real }}", f"nothing has a 'real'; units stand behind {', '.join(UNIT_FACTS)}"),
        ("{{ name | safe }}", "there is no filter 'safe'; one of money, date, default, urlencode, upper"),
        ("{{ name", "it cannot be read: unexpected end of template"),
        ("{% if name %}", "it cannot be read: Unexpected end of template."),
        ("{% for a in name %}{{ a }}{% endfor %}", "it holds a loop; words may hold {{ name }} and {% if %}"),
        ("{{ name() }}", "it holds a call"),
        ("{{ name * 99999 }}", "it holds arithmetic"),
        ("{{ 9 ** 9 ** 9 }}", "it holds arithmetic"),
        ("{{ '%999999999d' % 1 }}", "it holds arithmetic"),
        ("{{ name + 1 }}", "it holds arithmetic"),
        ("{% set x = name %}", "it holds an assignment"),
        ("{% include 'x' %}", "it holds another file"),
        ("{% extends 'x' %}", "it holds another file"),
        ("{% import 'x' as y %}", "it holds import"),
        ("{% macro m() %}{% endmacro %}", "it holds a macro"),
        ("{{ [1] }}", "it holds a list"),
        ("{{ {'a': 1} }}", "it holds a table"),
        ("{{ name[0] }}", "it holds brackets"),
        ("{{ ''.__class__ }}", "nothing has a '__class__'"),
        ("{{ name.__class__.__mro__ }}", "nothing has a '__mro__'"),
        ("{{ self }}", "there is no 'self'"),
        ("{{ range }}", "there is no 'range'"),
        ("{{ name is defined }}", "it holds test"),
        ("{% raw %}{{ x }}{% endraw %}{% block b %}{% endblock %}", "it holds block"),
        (
            "x" * (TEMPLATE_CHARS_MAX + 1),
            f"it has {TEMPLATE_CHARS_MAX + 1} characters; at most {TEMPLATE_CHARS_MAX} are wanted",
        ),
        ("{{ " + "(" * 240 + "1" + ")" * 240 + " }}", f"it has brackets inside brackets; at most {NESTING_MAX} open at once"),
        ("{{ " + "not(" * 65 + "1" + ")" * 65 + " }}", f"it has brackets inside brackets; at most {NESTING_MAX} open at once"),
        ("{{ " + "not " * 65 + "1 }}", f"it has one thing inside another; at most {NESTING_MAX} levels are wanted"),
        ("{{ name" + "|upper" * 65 + " }}", f"it has one thing inside another; at most {NESTING_MAX} levels are wanted"),
    ],
)
def test_what_words_may_not_hold(words: str, told: str) -> None:
    """Each mistake is told, and what to write instead."""
    found = wrong(words)
    assert any(one.startswith(told) for one in found), found


DEEP = {
    "brackets": lambda levels: "{{ 'a' if " + "not(" * levels + "1" + ")" * levels + " }}",
    "not": lambda levels: "{{ 'a' if " + "not " * levels + "1 }}",
    "and": lambda levels: "{{ 'a' if 1" + " and 1" * levels + " }}",
    "filters": lambda levels: "{{ 'a'" + "|upper" * levels + " }}",
    "ifs": lambda levels: "{% if 1 %}" * levels + "a" + "{% endif %}" * levels,
    "choices": lambda levels: "{{ " + "(" * levels + "'a'" + " if 1 else 'b')" * levels + " }}",
    "texts": lambda levels: "{{ " + "(" * levels + "'a'" + " ~ 'b')" * levels + " }}",
}
STACK_MAX = 400  # of Python's 1000 calls inside one another: the other 600 are for those who call


@pytest.mark.parametrize("form", DEEP.values(), ids=list(DEEP))
def test_words_as_deep_as_may_be_run_out_of_nothing(form: Callable[[int], str]) -> None:
    """The deepest that are allowed are read, compiled and said with little stack, whoever calls; one level more is a mistake."""
    levels = max(levels for levels in range(1, NESTING_MAX + 1) if not wrong(form(levels)))
    assert levels > 10
    assert wrong(form(levels + 1))
    _compiled.cache_clear()
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(len(inspect.stack(0)) + STACK_MAX)
    try:
        assert wrong(form(levels)) == []
        assert said(form(levels))[0].upper() == "A"
    finally:
        sys.setrecursionlimit(limit)


def test_every_mistake_is_told_at_once() -> None:
    """Not one after the other."""
    assert len(wrong("{{ nmae }}{{ balance }}{{ name | safe }}{{ name * 2 }}")) >= 4


def test_long_words_end_in_an_ellipsis() -> None:
    """A fact may be long: what is said has a bound, and its isolates are closed."""
    text = said("{{ name }}", "he", name="Long " * 200)
    assert len(text) <= SAID_CHARS_MAX + 2
    assert text.endswith("…")
    assert text.count("\u2068") == text.count("\u2069")


def test_a_code_says_facts_as_they_are() -> None:
    """No thousands, no marks; urlencode for addresses."""
    assert write_plain("https://x/?n={{ number | urlencode }}&b={{ balance.points }}", {**FACT, "number": "א/1"}) == (
        "https://x/?n=%D7%90/1&b=1234"
    )


def test_a_code_has_a_bound() -> None:
    """In bytes: a QR code holds so many."""
    with pytest.raises(ValueError, match=str(QR_BYTES_MAX)):
        write_plain("{{ name }}", {"name": "א" * QR_BYTES_MAX})


@pytest.mark.parametrize(
    "words", ["{{ name | money }}", "{% if name > 5 %}x{% endif %}", "{{ worth.points }}{{ date | money }}"]
)
def test_what_cannot_be_said_is_misconfigured(words: str) -> None:
    """An amount of a name: the layout is named, and what to do."""
    layout = Layout("mine", 1, (Line(words={"he": words}),))
    with pytest.raises(Misconfigured) as caught:
        laid_out(example("he"), layout)
    assert caught.value.code == "layout_words"
    assert "'mine'" in caught.value.message
    assert "posd receipt preview" in caught.value.hint


def test_a_layout_without_words_of_its_own_asks_for_nothing() -> None:
    """The built-in one says what the receipt says."""
    assert len(laid_out(example("he"), STANDARD).blocks) == len(example("he").blocks)


LOOSE = st.lists(
    st.one_of(
        st.sampled_from(["{{", "}}", "{%", "%}", "{#", "#}", "if", "endif", "else", "for", "in", "name", "balance", ".points"]),
        st.sampled_from(
            ["money", "date", "(", ")", "[", "]", "*", "**", "~", "'", '"', "__class__", "1", "-", "\n", "set", "="]
        ),
        st.text(max_size=5),
    ),
    max_size=25,
).map(" ".join)
"""Tokens in any order: nearly all of it is refused."""

VALUES = st.recursive(
    st.sampled_from([*FACTS, "balance.points", "worth.points", "unit.none", "1", "'a'"]),
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from(["money", "date", "upper", "urlencode", "default('x', true)"])).map(
            "({0[0]} | {0[1]})".format
        ),
        st.tuples(inner, st.sampled_from(["~", ">", "==", "and", "or"]), inner).map("({0[0]} {0[1]} {0[2]})".format),
        st.tuples(inner, inner, inner).map("({0[0]} if {0[1]} else {0[2]})".format),
        inner.map("not ({})".format),
    ),
    max_leaves=6,
)
WELL_FORMED = st.recursive(
    st.one_of(st.text(max_size=8).map(lambda text: text.replace("{", "")), VALUES.map("{{{{ {} }}}}".format)),
    lambda inner: st.one_of(
        st.tuples(VALUES, inner, inner).map("{{% if {0[0]} %}}{0[1]}{{% else %}}{0[2]}{{% endif %}}".format),
        st.tuples(inner, inner).map("".join),
    ),
    max_leaves=6,
)
"""What a person could have meant: nearly all of it is taken."""

SOME_FACTS = st.dictionaries(
    st.sampled_from([*FACTS, "balance.points"]), st.one_of(st.text(max_size=20), st.integers(0, 10**9))
)


@settings(max_examples=400, deadline=None)
@given(st.one_of(LOOSE, WELL_FORMED), SOME_FACTS)
def test_any_words_are_refused_or_bounded(words: str, facts: dict[str, Any]) -> None:
    """Whatever is written: mistakes, or a short text, or a Misconfigured; never anything else."""
    if wrong(words):
        return
    layout = Layout("mine", 1, (Line(words={"he": words}, qr=words),))
    try:
        blocks = laid_out(replace(example("he"), facts=facts), layout).blocks
    except Misconfigured:
        return
    assert all(len(block.text) <= 2 * SAID_CHARS_MAX for block in blocks if hasattr(block, "text"))


def test_well_formed_words_are_taken() -> None:
    """Or the test above would look at refusals only."""
    taken: list[bool] = []

    @settings(max_examples=100, deadline=None, database=None, derandomize=True)
    @given(WELL_FORMED)
    def look(words: str) -> None:
        taken.append(not wrong(words))

    look()
    assert sum(taken) > len(taken) / 2
