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

    A negative amount is the till's own correction (goods brought back, a manual discount): it earns and is given nothing, and
    lowers what the basket comes to. `category` may be a path, "food/dairy"; a rule about "food" means it too. `levy_minor` is the
    part of the amount that is a deposit or a fixed levy: nothing is ever taken off it. `floor_minor` is the least the line may
    cost. `reduced` says that it is cheaper on the shelf already; `discountable` that anything may be taken off it at all.
    """

    id: str
    product: str
    amount_minor: Minor
    quantity_milli: int = PIECE_MILLI
    name: str = ""
    category: str = ""
    tax_bp: int = 0
    tags: tuple[str, ...] = ()
    levy_minor: Minor = 0
    floor_minor: Minor = 0
    reduced: bool = False
    discountable: bool = True

    def __post_init__(self) -> None:
        bounds.text("id", self.id)
        bounds.text("product", self.product)
        bounds.whole("amount_minor", self.amount_minor, -bounds.AMOUNT_MINOR_MAX, bounds.AMOUNT_MINOR_MAX)
        bounds.whole("quantity_milli", self.quantity_milli, 1, bounds.QUANTITY_MILLI_MAX)
        bounds.text("name", self.name, 0)
        bounds.text("category", self.category, 0)
        bounds.whole("tax_bp", self.tax_bp, 0, 10_000)
        for tag in self.tags:
            bounds.text("tag", tag)
        bounds.whole("number of tags", len(self.tags), 0, bounds.WORDS_MAX)
        bounds.whole("levy_minor", self.levy_minor, 0, max(self.amount_minor, 0))
        bounds.whole("floor_minor", self.floor_minor, 0, bounds.AMOUNT_MINOR_MAX)

    @property
    def pieces(self) -> int:
        """How many pieces it is; goods sold by weight are one."""
        whole, rest = divmod(self.quantity_milli, PIECE_MILLI)
        return 1 if rest else whole


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
    """All the lines of one checkout, in the till's order. Line ids are the till's and do not repeat.

    `codes` are what was scanned or keyed in beside the goods (coupons, campaign words). `paying` are the kinds of tender that the
    member means to pay with, where the till knows them before payment.
    """

    lines: tuple[Line, ...]
    currency: str = "ILS"
    codes: tuple[str, ...] = ()
    paying: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        bounds.whole("number of lines", len(self.lines), 1, bounds.LINES_MAX)
        bounds.text("currency", self.currency, 3, 3)
        for word in (*self.codes, *self.paying):
            bounds.text("code", word)
        bounds.whole("number of codes", len(self.codes) + len(self.paying), 0, bounds.WORDS_MAX)
        if len({line.id for line in self.lines}) != len(self.lines):
            raise ValueError("two lines of the basket have the same id")
        bounds.whole("total of the basket", self.total_minor, 0, bounds.AMOUNT_MINOR_MAX)

    @property
    def total_minor(self) -> Minor:
        """What the basket costs before anything of ours is taken off."""
        return sum(line.amount_minor for line in self.lines)
