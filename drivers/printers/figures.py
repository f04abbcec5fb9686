"""What stands on the other side of a receipt's row: a count, or money."""

from loyalty.document import Receipt, Row
from runtime.words import count, money


def figure(receipt: Receipt, row: Row) -> str:
    """The row's number as the receipt's language writes it; to be drawn left to right."""
    if row.money:
        return money(receipt.language, row.pieces, receipt.currency, signed=row.signed)
    return count(receipt.language, row.pieces, signed=row.signed)
