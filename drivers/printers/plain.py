"""A Receipt as lines of plain text, for a terminal, a log or a till that prints text: in logical order, as text is stored."""

import unicodedata

from drivers.printers.figures import figure
from loyalty.document import Bar, Block, Picture, Qr, Receipt, Row, Rule, Words
from runtime.words import money, say

COLUMNS = 42  # what 80 mm paper holds in a printer's own font A
LRI, PDI = "\u2066", "\u2069"


def text(receipt: Receipt, columns: int = COLUMNS) -> str:
    """The receipt in lines of `columns` columns; a long label is never cut, its line is longer.

    Amounts stand in left-to-right isolates, so whoever shows the lines keeps "+12" and "₪12.50" in order.
    """
    return "".join(f"{line}\n" for block in receipt.blocks for line in _lines(receipt, block, columns))


def columns_of(line: str) -> int:
    """How many terminal columns `line` takes: none for marks, two for East Asian wide letters (Unicode Annex 11)."""
    shown = [letter for letter in line if unicodedata.category(letter) not in {"Mn", "Me", "Cf"}]
    return sum(2 if unicodedata.east_asian_width(letter) in {"W", "F"} else 1 for letter in shown)


def _lines(receipt: Receipt, block: Block, columns: int) -> list[str]:
    match block:
        case Picture():
            return []
        case Rule():
            return ["─" * columns]
        case Qr():
            said = f"[QR] {LRI}{block.text}{PDI}"
        case Words():
            said = block.text
        case _:
            said = say(receipt.language, f"receipt.{block.code}", block.params, receipt.currency)
    if isinstance(block, Row):
        return _row(receipt, block, said, columns)
    lines = [_centered(said, columns)]
    if isinstance(block, Bar):
        full = columns * block.filled // block.whole
        return ["█" * full + "░" * (columns - full), *lines]
    return lines


def _row(receipt: Receipt, row: Row, said: str, columns: int) -> list[str]:
    lines = [_pair(said, figure(receipt, row), columns)]
    if row.worth_minor:
        worth = money(receipt.language, row.worth_minor, receipt.currency)
        lines.append(_pair(say(receipt.language, "receipt.worth"), worth, columns))
    return lines


def _centered(said: str, columns: int) -> str:
    return " " * max(0, (columns - columns_of(said)) // 2) + said


def _pair(label: str, amount: str, columns: int) -> str:
    between = max(1, columns - columns_of(label) - columns_of(amount))
    return f"{label}{' ' * between}{LRI}{amount}{PDI}"
