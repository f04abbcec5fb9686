"""A checkout while its quote is being worked out: what is still to pay on each line, what may still come off, what is used up."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial
from operator import attrgetter

from loyalty.basket import Basket, Line
from loyalty.goods import Index, Places, index
from loyalty.member import Member
from loyalty.moment import Moment
from loyalty.money import WHOLE_BP, Minor, half_up
from loyalty.program import Policies, Program


def open_part(line: Line) -> Minor:
    """How much may come off `line` at the most: nothing below its levy or its lowest price."""
    if not line.discountable:
        return 0
    return max(0, line.amount_minor - max(line.levy_minor, line.floor_minor))


def without_tax(amount: Minor, tax_bp: int) -> Minor:
    """`amount`, tax included, less its tax; a half of a minor unit goes up."""
    if amount < 0:
        return -without_tax(-amount, tax_bp)
    return half_up(amount * WHOLE_BP, WHOLE_BP + tax_bp)


@dataclass(slots=True)
class Bill:
    """The one mutable thing of a quote. Everything is by the place of a line in the basket.

    `left` is what is still to pay, `room` what may still come off, `free` how many pieces no quantity reward has used yet and
    `given` how many pieces cost nothing any more. `spendable` is what the member may still spend. `donated` is added to what is
    to be paid and `paid` is what units have paid of it. `floored` says that some line has a lowest price, `plans`
    which plans the member is in, with those that begin at once in this basket.
    """

    policies: Policies
    member: Member | None
    basket: Basket
    moment: Moment
    index: Index
    left: list[Minor]
    room: list[Minor]
    total: Minor
    rung: Minor
    floored: bool
    plans: frozenset[str]
    donated: Minor = 0
    paid: Minor = 0
    given: dict[int, int] = field(default_factory=dict)
    counted: list[int] | None = None
    spendable: defaultdict[str, int] = field(default_factory=partial(defaultdict, int))

    @property
    def free(self) -> list[int]:
        """How many pieces of each line no quantity reward has used yet; counted when the first one asks."""
        if self.counted is None:
            self.counted = [line.pieces if line.amount_minor > 0 else 0 for line in self.index.lines]
        return self.counted

    @property
    def lines(self) -> Sequence[Line]:
        """The lines of the basket."""
        return self.index.lines

    def open(self, places: Places) -> Minor:
        """What may still come off these lines together; never more than the whole basket still costs."""
        room = self.room
        return max(0, min(sum([room[place] for place in places]), self.total))

    def take(self, offs: Iterable[tuple[int, Minor]]) -> Minor:
        """Take so much off these lines; how much it was together."""
        left, room, total = self.left, self.room, 0
        for place, off in offs:
            left[place] -= off
            room[place] -= off
            total += off
        self.total -= total
        return total

    def use(self, place: int, pieces: int) -> None:
        """These pieces have made a quantity reward: no other may count them."""
        assert 0 <= pieces <= self.free[place]
        self.free[place] -= pieces

    @property
    def due(self) -> Minor:
        """What is to be paid, by units or by money: the goods after all discounts, and what is donated."""
        return self.total + self.donated

    def worth(self, place: int, pieces: int) -> Minor:
        """What so many pieces of a line still cost; those that cost nothing any more are none of them. All of them are the line."""
        return max(0, self.left[place] - self.lines[place].levy_minor) * pieces // self._costly(place)

    def _costly(self, place: int) -> int:
        return max(1, self.lines[place].pieces - self.given.get(place, 0))

    def price(self, place: int) -> Minor:
        """What one piece of a line was rung for, rounded up; what rules compare by."""
        line = self.index.lines[place]
        return -(-line.amount_minor // line.pieces)

    def amount(self, places: Places, after: bool, with_tax: bool) -> Minor:
        """What these lines cost, before or after the discounts so far, with or without tax."""
        if with_tax:
            if after:
                return self.total if len(places) == len(self.left) else sum([self.left[place] for place in places])
            if len(places) == len(self.left):
                return self.rung
            lines = self.index.lines
            return sum([lines[place].amount_minor for place in places])
        amounts = self.left if after else [line.amount_minor for line in self.lines]
        some = [(amounts[place], self.lines[place]) for place in places]
        return sum(without_tax(amount - line.levy_minor, line.tax_bp) + line.levy_minor for amount, line in some)


_FLOOR, _LEVY, _DISCOUNTABLE = attrgetter("floor_minor"), attrgetter("levy_minor"), attrgetter("discountable")


def bill(program: Program, member: Member | None, basket: Basket, moment: Moment) -> Bill:
    """A checkout before any rule has looked at it."""
    lines = basket.lines
    left = [line.amount_minor for line in lines]
    total = sum(left)
    floored = any(map(_FLOOR, lines)) or any(map(_LEVY, lines))
    plain = not floored and min(left) >= 0 and all(map(_DISCOUNTABLE, lines))
    return Bill(
        program.policies,
        member,
        basket,
        moment,
        index(lines),
        left,
        left.copy() if plain else [open_part(line) for line in lines],
        total,
        total,
        floored,
        _plans(program, member, basket, moment),
        spendable=_spendable(member),
    )


def _spendable(member: Member | None) -> defaultdict[str, int]:
    """What head office has confirmed, less what this terminal has since spent or taken back: never more than there is."""
    if member is None:
        return defaultdict(int)
    balances = member.balances
    return defaultdict(int, {unit: min(pieces, balances.get(unit, 0)) for unit, pieces in member.spendable.items()})


def _plans(program: Program, member: Member | None, basket: Basket, moment: Moment) -> frozenset[str]:
    if member is None or not program.plans:
        return frozenset()
    bought = {line.product for line in basket.lines if line.amount_minor >= 0}
    sold = {code for code, plan in program.plans.items() if plan.at_once and plan.product in bought}
    return frozenset(sold.union(code for code, last in member.plans.items() if last >= moment.local_date))
