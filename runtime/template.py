"""The words of a layout: Jinja2 templates of which only the harmless part is allowed, so that each is bounded by its own length.

`{{ name }}`, `{{ balance.points }}`, filters, comparisons and `{% if %}` are allowed; loops, calls, assignments and arithmetic
that could make something of nothing are not: the syntax tree is looked at before anything runs, and what is not in the list of
what may stand there is a mistake. So no template can run for long, grow, or reach anything but the facts it is given. The
environment is Jinja2's sandbox on top of that. Autoescape is off: nothing here is HTML.

Words that need a balance which the receipt does not know say nothing at all: a 0 there would be a claim.
"""

from collections.abc import Callable, Iterator, Mapping
from difflib import get_close_matches
from functools import cache
from itertools import accumulate
from typing import Any

from jinja2 import Template, TemplateError, Undefined, nodes, pass_context
from jinja2.runtime import Context
from jinja2.sandbox import ImmutableSandboxedEnvironment

from loyalty.document import Receipt
from loyalty.layout import FACTS, UNIT_FACTS, Layout, arranged
from loyalty.program import Mistake
from runtime import words
from runtime.errors import Misconfigured

TEMPLATE_CHARS_MAX = 500  # three lines of a receipt in four languages' worth of ifs
SAID_CHARS_MAX = 300  # ten lines of small letters: a paragraph that nobody reads is cut there, with an ellipsis
NESTING_MAX = 20  # no person reads that; what reads, compiles and says them calls itself for each level, and must not run out
QR_BYTES_MAX = 300  # a QR code of version 13: on 58 mm paper its modules are still three dots wide

ALLOWED: tuple[type[nodes.Node], ...] = (
    nodes.Template, nodes.Output, nodes.TemplateData, nodes.Name, nodes.Const, nodes.Getattr, nodes.Filter, nodes.If,
    nodes.CondExpr, nodes.Compare, nodes.Operand, nodes.And, nodes.Or, nodes.Not, nodes.Concat,
)  # fmt: skip
"""What a template may be made of. Each part is evaluated at most once: what comes out is bounded by the template and the facts."""


class NotKnown(Exception):
    """A fact of a unit that the receipt does not have: the program has no such unit, or nobody here knows the balance."""


class Units(dict[str, Any]):
    """One fact of all units."""

    def __missing__(self, unit: str) -> Any:
        raise NotKnown(unit)


class _Environment(ImmutableSandboxedEnvironment):
    def getattr(self, obj: Any, attribute: str) -> Any:
        """`balance.items` is the unit "items", not a method."""
        return obj[attribute] if isinstance(obj, Units) else self.undefined(obj=obj, name=attribute)


def mistakes(template: str, key: str) -> Iterator[Mistake]:
    """What is wrong with `template`, whose key in the file is `key`."""
    if len(template) > TEMPLATE_CHARS_MAX:
        yield Mistake(key, f"it has {len(template)} characters", f"at most {TEMPLATE_CHARS_MAX} are wanted")
        return
    if _brackets(template) > NESTING_MAX:
        yield Mistake(key, "it has brackets inside brackets", f"at most {NESTING_MAX} open at once are wanted")
        return
    try:
        tree = _environment().parse(template)
    except TemplateError as error:
        yield Mistake(key, f"it cannot be read: {error.message}", "write it like Hello {{ name }}")
        return
    if _depth(tree) > NESTING_MAX:
        yield Mistake(key, "it has one thing inside another", f"at most {NESTING_MAX} levels are wanted")
        return
    yield from _strange(tree, key)


def units_in(template: str) -> set[str]:
    """The codes of the units that words without mistakes name."""
    return {node.attr for node in _environment().parse(template).find_all(nodes.Getattr)}


def _brackets(template: str) -> int:
    """How many brackets are open at once, at most: known before anything is read."""
    return max(accumulate((one in "([{") - (one in ")]}") for one in template), default=0)


def _depth(tree: nodes.Node) -> int:
    """How many parts stand inside one another."""
    depth, level = 0, [tree]
    while level:
        depth, level = depth + 1, [child for node in level for child in node.iter_child_nodes()]
    return depth


def _strange(tree: nodes.Template, key: str) -> Iterator[Mistake]:
    """Whatever a template may not hold, each kind once; then names and filters that there are none of."""
    units = {node.node for node in tree.find_all(nodes.Getattr) if isinstance(node.node, nodes.Name)}
    told = set()
    for node in tree.find_all(nodes.Node):
        if not isinstance(node, ALLOWED):
            told.add(
                (f"it holds {_KINDS.get(type(node), type(node).__name__.lower())}", "words may hold {{ name }} and {% if %}")
            )
        elif isinstance(node, nodes.Getattr) and not isinstance(node.node, nodes.Name):
            told.add((f"nothing has a {node.attr!r}", f"units stand behind {', '.join(UNIT_FACTS)}"))
        elif isinstance(node, nodes.Name):
            told |= set(_wrong_name(node.name, of_unit=node in units))
        elif isinstance(node, nodes.Filter) and node.name not in FILTERS:
            told.add((f"there is no filter {node.name!r}", f"one of {', '.join(FILTERS)}"))
    yield from (Mistake(key, *one) for one in sorted(told))


def _wrong_name(name: str, *, of_unit: bool) -> Iterator[tuple[str, str]]:
    if of_unit and name not in UNIT_FACTS:
        yield f"nothing is known of {name!r} by unit", f"one of {', '.join(UNIT_FACTS)}"
    elif not of_unit and name in UNIT_FACTS:
        yield f"{name!r} is known of each unit", f"name the unit behind a dot: {name}.points"
    elif not of_unit and name not in FACTS:
        close = get_close_matches(name, FACTS, 1)
        yield f"there is no {name!r}", f"did you mean {close[0]!r}?" if close else f"one of {', '.join(FACTS)}"


def laid_out(receipt: Receipt, layout: Layout) -> Receipt:
    """`receipt` as it goes to a printer. Raises Misconfigured where a word of the layout cannot be said of this receipt."""

    def said(words: str, for_people: bool) -> str:
        if for_people:
            return write(words, receipt.facts, receipt.language, receipt.currency)
        return write_plain(words, receipt.facts)

    try:
        return arranged(receipt, layout, said)
    except (TemplateError, ValueError, TypeError, ArithmeticError) as error:
        raise Misconfigured(
            "layout_words",
            f"The receipt layout {layout.name!r} has words that cannot be said ({type(error).__name__})",  # the value may be a name
            "Mend its words: posd-central layout check FILE, posd receipt preview --layout FILE",
        ) from error


def write(template: str, facts: Mapping[str, int | str], language: str, currency: str) -> str:
    """What `template` says to a person, on one line: counts as the language writes them, names set apart from the sentence.

    Empty where it needs a fact of a unit that the receipt does not know.
    """
    try:
        text = _compiled(template).render(_values(facts), said_in=language, currency=currency)
    except NotKnown:
        return ""
    said = words.numbers_kept(language, " ".join(text.split()))
    return said if len(said) <= SAID_CHARS_MAX else words.closed(said[:SAID_CHARS_MAX]) + "…"


def write_plain(template: str, facts: Mapping[str, int | str]) -> str:
    """What `template` says to a machine: each fact as it is; empty as `write`. ValueError for more than a QR code of ours holds."""
    try:
        text = _compiled(template).render(_values(facts), said_in="", currency="").strip()
    except NotKnown:
        return ""
    if len(text.encode()) > QR_BYTES_MAX:
        raise ValueError(f"the text of a QR code has {len(text.encode())} bytes; at most {QR_BYTES_MAX} are wanted")
    return text


def _values(facts: Mapping[str, int | str]) -> dict[str, Any]:
    values: dict[str, Any] = {name: facts.get(name, 0 if name in _NUMBERS else "") for name in FACTS}
    values |= {name: Units() for name in UNIT_FACTS}
    for name, value in facts.items():
        fact, dot, unit = name.partition(".")
        if dot and fact in UNIT_FACTS:
            values[fact][unit] = value
    return values


@pass_context
def _finished(context: Context, value: Any) -> Any:
    """A value inside a sentence."""
    language = context["said_in"]
    if not language or isinstance(value, Undefined):  # an if without an else
        return value
    if isinstance(value, int):
        return words.count(language, value)
    return words.isolated(language, words.clean(value))


@pass_context
def _money(context: Context, value: int) -> str:
    return words.money(context["said_in"] or "en", int(value), context["currency"] or "ILS")


@pass_context
def _date(context: Context, value: str) -> str:
    return words.SAID["date"](context["said_in"] or "en", str(value))


_NUMBERS = frozenset({"online", "returned"})
FILTERS: tuple[str, ...] = ("money", "date", "default", "urlencode", "upper")
"""What a value may go through. `money` takes minor units, `date` an ISO date."""

_KINDS: dict[type[nodes.Node], str] = {
    nodes.For: "a loop",
    nodes.Call: "a call",
    nodes.Assign: "an assignment",
    nodes.Macro: "a macro",
    nodes.Getitem: "brackets",
    nodes.List: "a list",
    nodes.Dict: "a table",
    nodes.Include: "another file",
    nodes.Extends: "another file",
    **dict.fromkeys((nodes.Add, nodes.Sub, nodes.Mul, nodes.Div, nodes.Pow, nodes.Mod), "arithmetic"),
}


@cache
def _environment() -> _Environment:
    environment = _Environment(autoescape=False, finalize=_finished, cache_size=0)
    environment.globals.clear()
    own: dict[str, Callable[..., Any]] = {"money": _money, "date": _date}
    environment.filters = {name: own.get(name) or environment.filters[name] for name in FILTERS}
    environment.tests = {}
    return environment


@cache
def _compiled(template: str) -> Template:
    return _environment().from_string(template)
