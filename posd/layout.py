"""The layout of receipts, as head office says. One that cannot be read or drawn stops nothing: the built-in one is used, and that
is told.
"""

from functools import lru_cache
from typing import NamedTuple

import msgspec
import structlog

from loyalty.document import Receipt
from loyalty.layout import STANDARD, Layout
from runtime.errors import Misconfigured
from runtime.template import laid_out
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


def safely_laid_out(receipt: Receipt, published: str | None) -> Receipt:
    """`receipt` as it goes to a printer, by the published layout, or by the built-in one where that fails."""
    layout = in_use(published).layout
    try:
        return laid_out(receipt, layout)
    except Misconfigured as error:
        log.warning("receipt layout failed", code=error.code, trouble=error.message, hint=error.hint)
        return laid_out(receipt, STANDARD)
