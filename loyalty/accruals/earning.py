"""What a way of earning gets to see, and what it is."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

from loyalty.basket import Line
from loyalty.goods import Places
from loyalty.mistakes import Known
from loyalty.money import Minor, Rounding
from loyalty.program import Mistake


class Earned(NamedTuple):
    """How many pieces, and by which weights the lines share them: one for each line, none negative.

    The sharing itself waits for the commit: a quote is asked for at every keystroke, and needs only the sum. `rest` is the money
    that was not enough for another step, where a rule carries it over; None where it does not.
    """

    pieces: int
    weights: tuple[int, ...]
    rest: Minor | None = None


class Basis(NamedTuple):
    """A basket as it earns by one rule.

    `places` are the rule's lines. `amounts` has what counts as paid for each line of the basket, none negative, and `pieces` how
    many pieces of it earn. `percent` is the tier's; `rest` what the last time left over; `earned` what the rules
    before have earned.
    """

    lines: tuple[Line, ...]
    places: Places
    amounts: tuple[Minor, ...]
    pieces: tuple[int, ...]
    percent: int
    rounding: Rounding
    per_line: bool
    rest: Minor
    earned: Mapping[str, Earned]

    def paid(self) -> Minor:
        """What counts as paid for the rule's lines together."""
        if len(self.places) == len(self.amounts):
            return sum(self.amounts)
        return sum([self.amounts[place] for place in self.places])

    def weights(self, of: tuple[int, ...]) -> tuple[int, ...]:
        """`of` on the rule's lines, nothing on the others."""
        if len(self.places) == len(of):
            return of
        mine = set(self.places)
        return tuple(weight if place in mine else 0 for place, weight in enumerate(of))


class Way(NamedTuple):
    """A way of earning: the settings a clerk writes (a dataclass), and what they earn. `earn(settings, basis)` is pure.

    `by_tier` says whether its settings let the tier multiply it, for the trace; `mistakes(settings, known)` what of them cannot
    be meant, by key.
    """

    settings: type
    earn: Callable[[Any, Basis], Earned]
    by_tier: Callable[[Any], bool]
    mistakes: Callable[[Any, Known], Iterator[Mistake]]
