"""The layout of receipts, as head office says. One that cannot be read or drawn stops nothing: the built-in one is used, and that
is told.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import msgspec
import structlog
from jinja2 import TemplateError

from loyalty.document import Receipt
from loyalty.layout import STANDARD, Layout, arranged
from runtime import template
from runtime.errors import Misconfigured
from sync import layout_file

log = structlog.get_logger()


class InUse(NamedTuple):
    """The layout that receipts have, and why it is not the one that head office published; empty where it is."""

    layout: Layout
    trouble: str = ""


@lru_cache(maxsize=2)
def in_use(published: str | None) -> InUse:
    """What the JSON from head office says; None where it has published none."""
    if published is None:
        return InUse(STANDARD)
    try:
        return InUse(layout_file.from_json(msgspec.json.decode(published)))
    except Misconfigured as error:
        log.warning("receipt layout unreadable", code=error.code, trouble=error.message, hint=error.hint)
        return InUse(STANDARD, error.message)


def laid_out(receipt: Receipt, layout: Layout) -> Receipt:
    """`receipt` as it goes to a printer. Raises Misconfigured where a word of the layout cannot be said of this receipt."""
    try:
        return arranged(receipt, layout, _Writer(receipt))
    except (TemplateError, ValueError, TypeError, ArithmeticError) as error:
        raise Misconfigured(
            "layout_words",
            f"The layout {layout.name!r} cannot be drawn: {error}",
            "Mend its words; posd-central layout check FILE, posd receipt preview --layout FILE",
        ) from error


def safely_laid_out(receipt: Receipt, published: str | None) -> Receipt:
    """The same, with the built-in layout where the published one fails."""
    layout = in_use(published).layout
    try:
        return laid_out(receipt, layout)
    except Misconfigured as error:
        log.warning("receipt layout failed", code=error.code, trouble=error.message, hint=error.hint)
        return laid_out(receipt, STANDARD)


@dataclass(frozen=True, slots=True)
class _Writer:
    receipt: Receipt

    def __call__(self, words: str, for_people: bool) -> str:
        one = self.receipt
        if for_people:
            return template.write(words, one.facts, one.language, one.currency)
        return template.write_plain(words, one.facts)
