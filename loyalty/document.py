"""A receipt's document: what stands on the paper, from top to bottom, in codes and numbers or in words that were said already.

It knows no printer. `Title`, `Row`, `Bar` and `Note` are what a sale has to say; a layout (loyalty/layout.py) puts them into the
order of the shop and adds `Words`, `Qr`, `Picture` and `Rule` of its own.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from loyalty.money import Minor
from loyalty.refusal import Params

Size = Literal["title", "strong", "normal", "small"]
Side = Literal["start", "middle", "end"]
"""`start` is where reading starts: the right of a Hebrew receipt."""


@dataclass(frozen=True, slots=True)
class Title:
    """A line on its own, large and in the middle."""

    code: str
    params: Params = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Row:
    """A label on the reading side and a count on the other; `signed` shows the plus; `worth_minor` is what the count buys.

    With `money` the count is in minor units, and is written as an amount.
    """

    code: str
    pieces: int
    params: Params = field(default_factory=dict)
    signed: bool = False
    worth_minor: Minor = 0
    strong: bool = False
    money: bool = False


@dataclass(frozen=True, slots=True)
class Bar:
    """A bar with `filled` of `whole` steps full, and the sentence below it."""

    code: str
    filled: int
    whole: int
    params: Params = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Note:
    """A sentence in small letters."""

    code: str
    params: Params = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Words:
    """Words of the layout, in the receipt's language already."""

    text: str
    size: Size = "normal"
    side: Side = "middle"


@dataclass(frozen=True, slots=True)
class Qr:
    """A QR code of `text`, at most `width_percent` of the paper wide."""

    text: str
    width_percent: int = 50


@dataclass(frozen=True, slots=True)
class Picture:
    """A PNG file, drawn in black and white `width_percent` of the paper wide; with `dither` its grays become dots."""

    png: bytes
    width_percent: int = 60
    dither: bool = False


@dataclass(frozen=True, slots=True)
class Rule:
    """A line across the paper."""


Said = Title | Row | Bar | Note
"""What the domain says, by codes of runtime/locales."""

Block = Said | Words | Qr | Picture | Rule


@dataclass(frozen=True, slots=True)
class Receipt:
    """The document. `language` is a code such as "he"; the words of `receipt.CODE` are in runtime/locales.

    `facts` are what the words of a layout may name: loyalty/layout.py lists them. A fact of one unit has its code behind a dot.
    """

    language: str
    currency: str
    blocks: tuple[Block, ...]
    facts: Mapping[str, int | str] = field(default_factory=dict)
