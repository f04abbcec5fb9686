"""A checkout as somebody with a pencil would keep it: lists by line, and fractions; nothing is looked up."""

from collections import Counter
from dataclasses import dataclass, field
from fractions import Fraction

from loyalty.basket import Basket, Line
from loyalty.goods import Goods, matches
from loyalty.member import Member
from loyalty.moment import Moment
from loyalty.program import Program


def rounded(value: Fraction, how: str) -> int:
    """A whole number, by one of the named roundings."""
    below = value.numerator // value.denominator
    rest = value - below
    if how == "down" or not rest:
        return below
    if how == "up":
        return below + 1
    if rest == Fraction(1, 2):
        return below + 1 if how == "half_up" or below % 2 else below
    return below + (rest > Fraction(1, 2))


def untaxed(amount: int, tax_bp: int) -> int:
    """Without the tax in it, to the nearest; a half away from zero."""
    size = rounded(Fraction(abs(amount)) / (1 + Fraction(tax_bp, 10_000)), "half_up")
    return size if amount >= 0 else -size


@dataclass
class Till:
    """What is left to pay of each line, what may still come off it, which pieces are still free, and what is spent."""

    program: Program
    member: Member | None
    basket: Basket
    moment: Moment
    left: list[int] = field(default_factory=list)
    room: list[int] = field(default_factory=list)
    unused: list[int] = field(default_factory=list)
    free: Counter[int] = field(default_factory=Counter)
    purse: Counter[str] = field(default_factory=Counter)
    donated: int = 0
    paid: int = 0

    def __post_init__(self) -> None:
        """Nothing has come off yet."""
        self.left = [line.amount_minor for line in self.lines]
        self.room = [_room(line) for line in self.lines]
        self.unused = [line.pieces if line.amount_minor > 0 else 0 for line in self.lines]
        if self.member:
            for unit, pieces in self.member.spendable.items():
                self.purse[unit] = min(pieces, self.member.balances.get(unit, 0))

    @property
    def lines(self) -> tuple[Line, ...]:
        """The lines of the basket."""
        return self.basket.lines

    @property
    def total(self) -> int:
        """What the goods still cost."""
        return sum(self.left)

    def of(self, goods: Goods) -> list[int]:
        """The places of the lines that `goods` means."""
        return [place for place, line in enumerate(self.lines) if matches(goods, line)]

    def open(self, places: list[int]) -> int:
        """What may still come off these lines."""
        return max(0, min(sum(self.room[place] for place in places), self.total))

    def price(self, place: int) -> int:
        """What a piece was rung for."""
        line = self.lines[place]
        return rounded(Fraction(line.amount_minor, line.pieces), "up")

    def worth(self, place: int, pieces: int) -> int:
        """What so many of the pieces that are not free yet still cost, without the levy."""
        costly = max(1, self.lines[place].pieces - self.free[place])
        return max(0, self.left[place] - self.lines[place].levy_minor) * pieces // costly

    def ordered(self, places: list[int], piece: str) -> list[int]:
        """By price, as a rule or the policies want it."""
        piece = piece or self.program.policies.pick
        if piece == "first":
            return list(places)
        return sorted(places, key=lambda place: -self.price(place) if piece == "dearest" else self.price(place))

    def in_plan(self, code: str) -> bool:
        """Whether the member is in a plan today, or buys it here and it begins at once."""
        if self.member is None or code not in self.program.plans:
            return bool(self.member and self.member.plans.get(code, "") >= self.moment.local_date)
        plan = self.program.plans[code]
        bought = any(line.product == plan.product and line.amount_minor >= 0 for line in self.lines)
        return (plan.at_once and bought) or self.member.plans.get(code, "") >= self.moment.local_date


def _room(line: Line) -> int:
    if not line.discountable or line.amount_minor <= 0:
        return 0
    return max(0, line.amount_minor - max(line.levy_minor, line.floor_minor))
