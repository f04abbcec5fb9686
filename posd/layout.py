"""The layout of receipts, as head office says. One that cannot be read or drawn stops nothing: the built-in one is used, and that
is told.

Jinja2 is imported with the first published layout: without one nothing needs it. That and reading a layout take a tenth of a second
once, so call these off the loop's thread.
"""

from functools import lru_cache
from typing import NamedTuple

import msgspec
import structlog

from loyalty.document import Qr, Receipt
from loyalty.layout import STANDARD, Layout, arranged
from runtime.errors import Misconfigured

log = structlog.get_logger()


class InUse(NamedTuple):
    """The layout that receipts have, and why it is not the one that head office published, if it is not."""

    layout: Layout
    wrong: Misconfigured | None = None

    @property
    def trouble(self) -> str:
        """The same for people; empty where all is well."""
        return self.wrong.message if self.wrong else ""


def read(published: str | None) -> InUse:
    """What the JSON from head office says; None where it has published none."""
    if published is None:
        return InUse(STANDARD)
    from sync import layout_file

    try:
        return InUse(layout_file.from_json(msgspec.json.decode(published)))
    except Misconfigured as error:
        return InUse(STANDARD, error.with_traceback(None))


@lru_cache(maxsize=2)
def in_use(published: str | None) -> InUse:
    """The same, read once; the journal is told once what is wrong with it."""
    found = read(published)
    if found.wrong:
        log.warning("receipt layout unreadable", code=found.wrong.code, trouble=found.trouble, hint=found.wrong.hint)
    return found


def drawn(receipt: Receipt, layout: Layout) -> tuple[Receipt, Misconfigured | None]:
    """`receipt` as it goes to a printer, by `layout`, or by the built-in one where that fails, and why it did."""
    if any(isinstance(block, Qr) for block in receipt.blocks):
        return receipt, None  # who has just joined needs the code, whatever a layout leaves out
    if layout is STANDARD:
        return _built_in(receipt), None
    from runtime.template import laid_out

    try:
        return laid_out(receipt, layout), None
    except Misconfigured as error:
        return _built_in(receipt), error


def safely_laid_out(receipt: Receipt, published: str | None) -> Receipt:
    """`receipt` as it goes to a printer, by the published layout as far as that can be; what cannot be is logged."""
    made, wrong = drawn(receipt, in_use(published).layout)
    if wrong:
        log.warning("receipt layout failed", code=wrong.code, trouble=wrong.message, hint=wrong.hint)
    return made


def _built_in(receipt: Receipt) -> Receipt:
    """By the layout that has no words of its own."""
    return arranged(receipt, STANDARD, lambda words, _: words)
