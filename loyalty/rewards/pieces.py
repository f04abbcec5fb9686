"""Choosing pieces of goods: in which order, and which of them make a quantity reward."""

from collections import Counter
from collections.abc import Iterable, Sequence

from loyalty.bill import Bill
from loyalty.goods import Places
from loyalty.program import Piece


def ordered(bill: Bill, places: Iterable[int], piece: Piece) -> list[int]:
    """`places` by the price of a piece, the one to choose first in front; the till's order decides between equals."""
    choose = piece or bill.policies.pick
    if choose == "first":
        return list(places)
    return sorted(places, key=bill.price, reverse=choose == "dearest")


def limited(bill: Bill, places: Iterable[int], only: Piece, most: int, each_line: bool) -> list[tuple[int, int]]:
    """At most so many pieces of these lines that still cost something, together or of each line, as `ordered` has them."""
    left, found = most, []
    for place in ordered(bill, places, only):
        pieces = min(most if each_line else left, bill.lines[place].pieces - bill.given.get(place, 0))
        if pieces and bill.room[place]:
            found.append((place, pieces))
            left -= pieces
    return found


class Shelf:
    """The pieces that quantity rewards may still use, while one of them is being tried. Nothing of it touches the bill."""

    def __init__(self, bill: Bill) -> None:
        """Everything that is free on `bill`."""
        self._bill = bill
        self.used: Counter[int] = Counter()

    def pieces(self, places: Places) -> int:
        """How many pieces of these lines are still free."""
        return sum(self._bill.free[place] - self.used[place] for place in places)

    def take(self, order: Sequence[int], pieces: int) -> list[tuple[int, int]] | None:
        """So many pieces, those in front first; None, and nothing taken, where there are not enough."""
        taken = []
        for place in order:
            if not pieces:
                break
            have = min(self._bill.free[place] - self.used[place], pieces)
            if have > 0:
                taken.append((place, have))
                pieces -= have
        if pieces:
            return None
        for place, count in taken:
            self.used[place] += count
        return taken
