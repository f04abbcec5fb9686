"""What a reward type is, and what it gives."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from loyalty.bill import Bill
from loyalty.goods import Places
from loyalty.mistakes import Known
from loyalty.money import Minor
from loyalty.program import Mistake, Policies
from loyalty.refusal import Refusal

TIMES_MAX = 1000  # a quantity reward that fits more often into one basket is a wholesaler's


Offs = tuple[tuple[int, Minor], ...]
"""Minor units off lines, by place."""

Quick = Callable[[Bill, Places], Offs | None]
"""What a promotion takes off the lines at these places, of which there is one at least; None where `give` must be asked."""


class Given(NamedTuple):
    """What a reward gives: minor units off lines, by place; pieces that made it; pieces that cost nothing any more; the rest.

    `used` pieces can make no other quantity reward; those in `free` are among them. `gifts` are products handed over beside the
    basket. `paid_minor` is money that units pay, and is no discount. `donated_minor` is added to what is to be paid, for the
    `cause`; pieces that are spent go there too, where there is one.
    """

    offs: Offs = ()
    used: tuple[tuple[int, int], ...] = ()
    free: tuple[tuple[int, int], ...] = ()
    gifts: tuple[tuple[str, int], ...] = ()
    paid_minor: Minor = 0
    donated_minor: Minor = 0
    cause: str = ""

    @property
    def worth(self) -> Minor:
        """What it costs its budget: what comes off, and what units pay."""
        return sum([off for _, off in self.offs]) + self.paid_minor


class Target(NamedTuple):
    """Where a reward falls: the places of its lines, whether it is for the whole basket, what it may take off at the most, and
    whether the member pays for each time (then only whole steps are given).
    """

    places: Places
    order_wide: bool
    most: Minor
    costs: bool


class RewardType(NamedTuple):
    """A reward type: the settings a clerk writes (a dataclass), how often this bill has room for it, what it then gives, and what
    of the settings cannot be meant.

    `room(settings, bill, target)` gives how many times at the most, or why not once. `give(settings, times, bill, target)` changes
    nothing and takes no more off a line than may come off it. `mistakes(settings, known)` names each by its key. `repeats` says
    that as a promotion it is given as often as there is room; else once. A `tender` pays; it comes after all discounts, as does
    what is `last`. What is `for_others` gives the member nothing. One that is `free_of_units` has no cost, and one `by_choice` is
    no promotion: the member must want it. `order_wide(settings)` says whether it is a discount on the whole basket, where the rule
    names no goods. What is `movable(settings)` may lie on any of its lines, as long as it comes to the same (overlap.py).
    `quick(settings, policies)` is a shorter way to what `give` gives a promotion without limits, if there is one.
    """

    settings: type
    room: Callable[[Any, Bill, Target], int | Refusal]
    give: Callable[[Any, int, Bill, Target], Given]
    mistakes: Callable[[Any, Known], Iterator[Mistake]]
    repeats: bool = False
    tender: bool = False
    last: bool = False
    for_others: bool = False
    free_of_units: bool = False
    by_choice: bool = False
    order_wide: Callable[[Any], bool] = lambda _: False
    movable: Callable[[Any], bool] = lambda _: False
    quick: Callable[[Any, Policies], Quick | None] = lambda *_: None


def open_of(bill: Bill, target: Target) -> Minor:
    """What a reward may take off its lines together."""
    return min(bill.open(target.places), target.most)


def nothing_left(target: Target) -> Refusal:
    """Why nothing can come off: the goods are not there, or are free already."""
    return NOTHING_LEFT if target.places else GOODS_MISSING


NOTHING_LEFT = Refusal("nothing_left")
GOODS_MISSING = Refusal("goods_missing", {"missing": 1})


def offs(places: Iterable[int], amounts: Sequence[Minor]) -> tuple[tuple[int, Minor], ...]:
    """Place and amount of each line that something comes off."""
    return tuple((place, amount) for place, amount in zip(places, amounts, strict=True) if amount)
