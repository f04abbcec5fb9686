"""A layout: what of a receipt is shown, in which order, and the words, codes and pictures that head office adds to it.

It is data (sync/layout_file.py reads it) and is applied when a receipt is drawn, never when a sale is made.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from loyalty.document import Block, Picture, Qr, Receipt, Rule, Said, Side, Size, Words
from loyalty.program import Names

PARTS: Mapping[str, frozenset[str]] = {
    "copy": frozenset({"copy"}),
    "training": frozenset({"training"}),
    "logo": frozenset(),
    "club": frozenset({"club"}),
    "hello": frozenset({"hello"}),
    "returned": frozenset({"returned"}),
    "joined": frozenset({"joined", "joined_code"}),
    "given": frozenset({"off", "gift", "donated", "won"}),
    "balances": frozenset(
        {"before", "earned", "spent", "balance", "gained", "used", "taken_back", "given_back", "canceled", "restored"}
    ),
    "stamps": frozenset({"stamps", "ready"}),
    "why": frozenset({"why", "why_by_tier", "why_money"}),
    "tier": frozenset({"next_tier", "highest_tier"}),
    "challenges": frozenset({"challenge", "challenge_won"}),
    "expiring": frozenset({"expires", "expires_money"}),
    "plans": frozenset({"plan"}),
    "offers": frozenset({"offer", "offer_until"}),
    "coupon": frozenset({"coupon", "coupon_until"}),
    "rule": frozenset(),
    "offline": frozenset({"offline"}),
    "number": frozenset({"number"}),
}
"""What a line of a layout may show, and which of a receipt's blocks that is. The logo and a rule are the layout's own."""

ALWAYS = ("copy", "training", "returned", "offline")
"""What a layout may put elsewhere but not leave out: without it the paper would say what is not so."""

FACTS = ("club", "name", "tier", "number", "date", "store", "terminal", "online", "returned", "coupon", "coupon_until")
"""What words may name. Texts, but for `online` and `returned`, which are 1 or 0; of a receipt that has none it is empty or 0."""

UNIT_FACTS = ("before", "earned", "spent", "balance", "worth", "unit")
"""What words may name with a unit's code behind a dot: counts of pieces, what they buy in minor units, and the unit's name."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a layout: either what it shows, a row of PARTS, or words of its own, a QR code or both.

    `words` by language and `qr` are templates (runtime/template.py). `when` names a part that the receipt must have for the line
    to be there. `without` are blocks of the part, by their codes, that are left out.
    """

    show: str = ""
    without: tuple[str, ...] = ()
    words: Names = field(default_factory=dict)
    size: Size = "normal"
    side: Side = "middle"
    qr: str = ""
    width_percent: int = 50
    when: str = ""


@dataclass(frozen=True, slots=True)
class Layout:
    """All lines from top to bottom. `logo` is what the line that shows it draws. `name` and `version` are for people."""

    name: str
    version: int
    lines: tuple[Line, ...]
    logo: Picture | None = None


STANDARD = Layout("standard", 1, tuple(Line(show=part) for part in PARTS if part not in {"logo", "rule"}))
"""What is used where head office has published none, or one that cannot be drawn."""

Write = Callable[[str, bool], str]
"""(template, whether it is for people) -> what it says; a text for a QR code is left as it is."""


def arranged(receipt: Receipt, layout: Layout, write: Write) -> Receipt:
    """`receipt` in the order of `layout`, with its own words. Whatever `write` raises is raised.

    A part that several lines show is there once, at the first of them.
    """
    waiting = {part: [block for block in receipt.blocks if _code(block) in codes] for part, codes in PARTS.items()}
    there = {part for part, blocks in waiting.items() if blocks}
    blocks: list[Block] = []
    for line in layout.lines:
        if line.when and line.when not in there:
            continue
        if line.show:
            blocks += _shown(line, layout, waiting)
        else:
            blocks += _own(line, receipt.language, write)
    return replace(receipt, blocks=tuple(blocks))


def _shown(line: Line, layout: Layout, waiting: dict[str, list[Block]]) -> list[Block]:
    if line.show == "rule":
        return [Rule()]
    if line.show == "logo":
        return [layout.logo] if layout.logo else []
    return [block for block in waiting.pop(line.show, []) if _code(block) not in line.without]


def _own(line: Line, language: str, write: Write) -> list[Block]:
    """The code first, its words below it; what says nothing is not there."""
    blocks: list[Block] = []
    if line.qr and (text := write(line.qr, False)):
        blocks.append(Qr(text, line.width_percent))
    template = line.words.get(language) or line.words.get("en") or next(iter(line.words.values()), "")
    if template and (text := write(template, True)):
        blocks.append(Words(text, line.size, line.side))
    return blocks


def _code(block: Block) -> str:
    return block.code if isinstance(block, Said) else ""
