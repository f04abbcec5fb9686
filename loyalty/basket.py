"""What is being bought, as the till rang it up, and how it is paid."""

from dataclasses import dataclass

from loyalty import bounds
from loyalty.money import Minor

PIECE_MILLI = 1000


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a basket.

    `amount_minor` is what the till rang for the whole line, tax included; it is authoritative and is never computed from a
    price. `quantity_milli` counts thousandths of a piece or of a kilogram. `tax_bp` is the tax rate in basis points.
    """

    id: str
    product: str
    amount_minor: Minor
    quantity_milli: int = PIECE_MILLI
    name: str = ""
    category: str = ""
    tax_bp: int = 0

    def __post_init__(self) -> None:
        bounds.text("id", self.id)
        bounds.text("product", self.product)
        bounds.whole("amount_minor", self.amount_minor, 0, bounds.AMOUNT_MINOR_MAX)
        bounds.whole("quantity_milli", self.quantity_milli, 1, bounds.QUANTITY_MILLI_MAX)
        bounds.text("name", self.name, 0)
        bounds.text("category", self.category, 0)
        bounds.whole("tax_bp", self.tax_bp, 0, 10_000)


@dataclass(frozen=True, slots=True)
class Tender:
    """One way the basket was paid: `kind` is the till's word ("cash", "card"), `amount_minor` what it paid."""

    kind: str
    amount_minor: Minor

    def __post_init__(self) -> None:
        bounds.text("kind", self.kind)
        bounds.whole("amount_minor", self.amount_minor, 0, bounds.AMOUNT_MINOR_MAX)


@dataclass(frozen=True, slots=True)
class Basket:
    """All the lines of one checkout, in the till's order. Line ids are the till's and do not repeat."""

    lines: tuple[Line, ...]
    currency: str = "ILS"

    def __post_init__(self) -> None:
        bounds.whole("number of lines", len(self.lines), 1, bounds.LINES_MAX)
        bounds.text("currency", self.currency, 3, 3)
        if len({line.id for line in self.lines}) != len(self.lines):
            raise ValueError("two lines of the basket have the same id")
        bounds.whole("total of the basket", self.total_minor, 0, bounds.AMOUNT_MINOR_MAX)

    @property
    def total_minor(self) -> Minor:
        """What the basket costs before anything of ours is taken off."""
        return sum(line.amount_minor for line in self.lines)
