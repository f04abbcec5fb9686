"""What really happened in the shops: every basket that was paid and carried out, every one that came back, and what posd said."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from loyalty.sale import ReturnedLine, Sale
from posd.booking import Booked, BroughtBack, Paid
from posd.claiming import Claimed, Claiming
from posd.joining import Joined, Joining
from posd.merging import Merged, Merging
from sync.wire import HoldAnswer, HoldRequest

POINTS = "points"


@dataclass(eq=False)
class Sold:
    """A basket that was paid for and is gone, whatever computers think of it."""

    place: int
    paid: Paid
    to_pay_minor: int
    booked: Booked | None = None
    lost: bool = False

    @property
    def sale(self) -> Sale:
        """What posd booked."""
        assert self.booked
        assert isinstance(self.booked.body, Sale)
        return self.booked.body


@dataclass(eq=False)
class CameBack:
    """Goods on the counter again."""

    place: int
    back: BroughtBack
    of: Sold
    booked: Booked | None = None
    lost: bool = False


@dataclass(eq=False)
class Deed:
    """What a till was asked for beside selling, and what posd said of it; `of` is the sale that is claimed."""

    place: int
    report: Joining | Claiming | Merging
    of: Sold | None = None
    booked: Joined | Claimed | Merged | None = None
    lost: bool = False


@dataclass
class Oracle:
    """Grows only. `violations` are promises that were broken, in words; `orphans` are holds of promises that an old disk forgot, by
    id: whose, and how many pieces.
    """

    sold: list[Sold] = field(default_factory=list)
    back: list[CameBack] = field(default_factory=list)
    deeds: list[Deed] = field(default_factory=list)
    given: Counter[str] = field(default_factory=Counter)
    granted: dict[str, HoldRequest] = field(default_factory=dict)
    steps: dict[tuple[str, int], str] = field(default_factory=dict)
    violations: list[str] = field(default_factory=list)
    orphans: dict[str, tuple[str, int]] = field(default_factory=dict)

    def broken(self, why: str) -> None:
        """A promise was."""
        self.violations.append(why)

    def must(self, holds: object, why: str) -> None:
        """A promise, and what it means if it does not hold."""
        if not holds:
            self.broken(why)

    def heard(self, one: Any, booked: Any, what: Any) -> None:
        """posd has acknowledged it: from now on it must not be lost, and every further answer must be the same."""
        if one.lost:  # its disk has forgotten it, and it was asked for once more: a promise that is forgotten binds nobody
            one.lost = False
            if isinstance(one, Sold):
                one.to_pay_minor = -1
        elif one.booked is not None:
            self.must(_said(one.booked) == _said(booked), f"{what}: two answers to one key")
            self.must(booked.replayed, f"{what}: booked twice")
        one.booked = booked

    def held(self, key: str, request: HoldRequest, answer: HoldAnswer) -> None:
        """Head office has answered a hold of the terminal whose key's name is `key`."""
        if answer.granted:
            before = self.granted.setdefault(request.id, request)
            self.must(before == request, f"hold {request.id} granted for two things")
            if request.step:
                first = self.steps.setdefault((request.member, request.step), key)
                self.must(first == key, f"one showing of {request.member}'s code has spent at {first} and at {key}")

    def acknowledged(self, place: int) -> list[Sold | CameBack | Deed]:
        """What that terminal has acknowledged, and could not be excused for losing."""
        every: list[Sold | CameBack | Deed] = [*self.sold, *self.back, *self.deeds]
        return [one for one in every if one.place == place and one.booked and not one.lost]

    def returnable(self) -> list[Sold]:
        """Sales of which not everything has come back."""
        every = [one for one in self.sold if one.booked]
        return [one for one in every if len(self.came_back(one)) < len(one.sale.basket.lines)]

    def came_back(self, sold: Sold) -> set[str]:
        """The lines of it that have come back, or are about to."""
        return {line.line for back in self.back if back.of is sold for line in back.back.lines}


def whole(sale: Sale, lines: tuple[str, ...]) -> tuple[ReturnedLine, ...]:
    """All of those lines."""
    quantity = {line.id: line.quantity_milli for line in sale.basket.lines}
    return tuple(ReturnedLine(line, quantity[line]) for line in lines)


def _said(booked: Booked | Joined | Claimed | Merged) -> object:
    """What must be the same in every answer to one key."""
    return booked.id, booked.body if isinstance(booked, Booked) else booked.member
